//! The rule lab: what another apply rule for one event type makes of an aggregate, and taking it into use.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Session;
use crate::domain::{Domain, with_apply};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version};
use crate::jq::{Apply, Mistake, State};
use crate::replay::{Beside, Change, REVERTED, Timeline, diff};

/// How many events one answer folds at most before it says how far it is.
const BUDGET: Version = 2_000;

/// The rule by which events of a type are applied, and the domain that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabRule {
    /// The aggregate type.
    pub aggregate: String,
    /// The event type, by today's name.
    pub event: String,
    /// The rule's text; blank where there is none and the data is merged.
    pub text: String,
    /// The whole domain's text.
    pub source: String,
}

/// Another rule tried on an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The rule in use.
    pub rule: Arc<LabRule>,
    /// The text in its place.
    pub text: String,
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// The version at which both states are compared.
    pub version: Version,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The text is no rule.
    Mistake(Mistake),
    /// What it makes of the aggregate.
    Tried(Box<Tried>),
}

/// What another rule makes of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The whole domain's text with the other rule in it.
    pub source: String,
    /// Stretches of versions whose states differ, first and last of each.
    pub differing: Vec<(Version, Version)>,
    /// Stretches of versions whose event a rule of the other domain refuses.
    pub failing: Vec<(Version, Version)>,
    /// How far the walk has come, where it has not reached the head: ask again to go on.
    pub folding: Option<Version>,
    /// The newest version.
    pub head: Version,
    /// What differs at the trial's version, from the state by the rules in use.
    pub changes: Vec<Change>,
    /// Whether there is anything at that version: by the rules in use, by the other one.
    pub exists: (bool, bool),
    /// Why the other rule refuses that version's event.
    pub error: Option<String>,
}

/// A trial as far as it was folded; the same rule goes on from there.
pub(super) struct Trying {
    of: (i64, i64, i64),
    text: String,
    rule: Arc<LabRule>,
    domain: Domain,
    beside: Beside,
    /// The version that the walk came by when it was asked for, and what it saw there.
    seen: Option<Side>,
    timeline: Timeline,
}

/// Both states at a version, and why the other rule refused its event.
struct Side {
    version: Version,
    present: State,
    other: State,
    error: Option<Error>,
}

impl Session {
    /// The rule by which events of a type are applied.
    pub fn rule_of(&mut self, kind: &str, event: &str) -> Result<LabRule> {
        if event == REVERTED {
            return Err(Error::refused("What takes events back has no rule that could be another one.")
                .hint("Step to another event."));
        }
        let domain = self.domain()?;
        let text = domain.event(kind, event).and_then(|declared| declared.apply_text()).unwrap_or_default();
        Ok(LabRule {
            aggregate: kind.to_owned(),
            event: domain.current_name(kind, event).to_owned(),
            text: text.trim().to_owned(),
            source: domain.source.clone(),
        })
    }

    /// What another rule makes of an aggregate. Where the fold is long the answer comes before it is done and says how
    /// far it is (`folding`); the same question goes on from there.
    pub fn try_rule(&mut self, trial: &Trial) -> Result<Verdict> {
        self.at_once(|session| session.try_now(trial))
    }

    fn try_now(&mut self, trial: &Trial) -> Result<Verdict> {
        let own = self.domain()?;
        let (row, head) = self.known(&trial.aggregate)?;
        let version = trial.version.clamp(0, head);
        let of = (self.folded_by, self.branch.id, row);
        let same = |trying: &Trying| {
            trying.of == of && trying.text == trial.text && Arc::ptr_eq(&trying.rule, &trial.rule)
        };
        let mut trying = match self.trying.take().filter(same) {
            Some(trying) => trying,
            None => match self.begin(trial, of, head)? {
                Ok(trying) => trying,
                Err(mistake) => return Ok(Verdict::Mistake(mistake)),
            },
        };
        let Trying { domain, beside, seen, timeline, .. } = &mut trying;
        timeline.grow(head);
        // What is looked at comes first, then the rest of the history.
        let to = if beside.folded() < version { version } else { head };
        beside.advance(&self.store, [&own, domain], to.min(beside.folded().saturating_add(BUDGET)))?;
        if beside.folded() == version {
            let (present, other, error) = beside.here();
            *seen = Some(Side { version, present, other, error });
        }
        let mut tried = Tried {
            source: domain.source.clone(),
            differing: beside.differing().to_vec(),
            failing: beside.failing().to_vec(),
            folding: Some(beside.folded()).filter(|folded| *folded < head),
            head,
            changes: Vec::new(),
            exists: (true, true),
            error: None,
        };
        let wanted = tried.failing.iter().any(|(first, last)| (*first..=*last).contains(&version))
            || beside.differs_at(version);
        if let Some(side) = seen.as_ref().filter(|side| wanted && side.version == version) {
            tried.compare(&side.present, &side.other, side.error.as_ref())?;
        } else if wanted {
            let other = timeline.seek(&self.store, domain, version, super::BUDGET)?;
            let present = self.seek_within(&trial.aggregate, row, head, version, super::BUDGET)?;
            match (present, other) {
                (Some((_, present)), Some((_, other))) => {
                    tried.compare(&present.state, &other.state, other.error.as_ref())?;
                }
                _ => tried.folding = tried.folding.or(Some(version)),
            }
        }
        self.trying = Some(trying);
        Ok(Verdict::Tried(Box::new(tried)))
    }

    fn begin(
        &mut self,
        trial: &Trial,
        of: (i64, i64, i64),
        head: Version,
    ) -> Result<std::result::Result<Trying, Mistake>> {
        let Trial { rule, text, aggregate, .. } = trial;
        // The text by itself first: its mistakes have their place in it.
        if !text.trim().is_empty()
            && let Err(mistake) = Apply::compile("the rule", text)
        {
            return Ok(Err(mistake));
        }
        let source = with_apply(&rule.source, &rule.aggregate, &rule.event, text)?;
        let (row, branch) = (of.2, self.branch.clone());
        Ok(Ok(Trying {
            of,
            text: text.clone(),
            rule: Arc::clone(rule),
            domain: Domain::parse("the domain", &source)?,
            beside: Beside::new(aggregate.clone(), row, branch.clone()),
            seen: None,
            timeline: Timeline::new(aggregate.clone(), row, branch, head),
        }))
    }
}

impl Tried {
    fn compare(&mut self, present: &State, other: &State, error: Option<&Error>) -> Result<()> {
        self.changes = diff(&value(present)?, &value(other)?);
        self.exists = (!present.is_null(), !other.is_null());
        self.error = error.map(|error| error.message().to_owned());
        Ok(())
    }
}

/// What is gone or never was holds nothing.
fn value(state: &State) -> Result<Value> {
    if state.is_null() { Ok(json!({})) } else { state.to_value() }
}
