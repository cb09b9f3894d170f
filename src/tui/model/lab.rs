//! The rule lab: a rule as it is typed, what it makes of the aggregate shown, and what of the whole store.

use std::sync::Arc;

use super::Model;
use super::overlay::Overlay;
use super::scroll::Scroll;
use super::typed::Typed;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version};
use crate::journal::Contrasts;
use crate::jq::Mistake;
use crate::replay::Change;
use crate::session::{LabRule, Trial, Tried};
use crate::tui::text::count;

/// What the keys are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The rule is typed.
    #[default]
    Rule,
    /// The cursor runs over the aggregate.
    Time,
    /// The aggregates of the whole store that differ.
    Store,
}

impl Focus {
    const ALL: [Self; 3] = [Self::Rule, Self::Time, Self::Store];

    /// The next one, or the one before.
    #[must_use]
    pub fn next(self, forward: bool) -> Self {
        let at = Self::ALL.iter().position(|focus| *focus == self).unwrap_or(0);
        Self::ALL[(at + if forward { 1 } else { 2 }) % 3]
    }
}

/// How far taking the rule into use is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The rule is typed.
    Typed,
    /// It is being taken into use: aggregates done, and of how many; it was asked to stop.
    Sent(i64, i64, bool),
}

/// How the lab is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It is not.
    Stay,
    /// The rule is taken into use.
    Use,
    /// The whole domain is saved to a file.
    Save,
    /// The rule is dropped.
    Drop,
}

/// A row of the list of what differs in the whole store.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// The rule at which states part and the fields, how many aggregates, and how many of them are the same at the head.
    Cause(String, i64, i64),
    /// What one of the rules refuses.
    Error(String),
    /// An aggregate that parts.
    One(One),
    /// So many more.
    More(i64),
}

/// An aggregate that parts.
#[derive(Clone, Debug, PartialEq)]
pub struct One {
    /// Its branch.
    pub branch: String,
    /// Which one.
    pub aggregate: AggregateId,
    /// The version at which it does.
    pub version: Version,
    /// What differs at the head, or where the states meet again until then, where they part.
    pub changes: Vec<Change>,
    /// Whether they meet again.
    pub meets: bool,
}

impl One {
    /// The point where it parts, as a revision.
    pub fn revision(&self) -> String {
        format!("{}:{}@{}", self.branch, self.aggregate, self.version)
    }
}

/// What the whole store makes of the rule.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The domain's text that is counted.
    pub source: Option<Arc<str>>,
    /// The number of the newest count asked for.
    pub asked: u64,
    /// Aggregates done and of how many, while it is counted.
    pub counting: Option<(i64, i64)>,
    /// What came out, and whether it is about the text that is counted.
    pub counted: Option<(Result<Contrasts>, bool)>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Which of them is selected.
    pub scroll: Scroll,
}

/// The lab.
#[derive(Debug)]
pub struct Lab {
    /// The aggregate type and the event type of the event that it was opened on.
    pub of: (String, String),
    /// The rule in use; `None` until it is read.
    pub rule: Option<Arc<LabRule>>,
    /// The text in its place.
    pub input: Typed,
    /// What the keys are about.
    pub focus: Focus,
    /// What was asked last, and the head then.
    pub asked: Option<(Trial, Version)>,
    /// What came of a trial; of an earlier one while the newest is being folded.
    pub tried: Option<(Trial, Box<Tried>)>,
    /// Why the text is no rule.
    pub mistake: Option<Mistake>,
    /// Why the trial could not be made.
    pub problem: Option<Error>,
    /// How far the differences at the cursor are scrolled.
    pub top: usize,
    /// The whole store.
    pub store: Store,
    /// How far it is.
    pub phase: Phase,
}

impl Lab {
    /// A lab whose rule is being read.
    pub fn new(of: (String, String)) -> Self {
        Self {
            of,
            rule: None,
            input: Typed::lines(""),
            focus: Focus::Rule,
            asked: None,
            tried: None,
            mistake: None,
            problem: None,
            top: 0,
            store: Store::default(),
            phase: Phase::Typed,
        }
    }

    /// The rule in use came.
    pub fn take(&mut self, rule: LabRule) {
        self.input = Typed::lines(&rule.text);
        self.rule = Some(Arc::new(rule));
    }

    /// Puts another text in the place of the one that was typed.
    pub fn put(&mut self, text: &str) {
        self.input = Typed::lines(text).from_start();
    }

    /// What was typed.
    pub fn text(&self) -> String {
        self.input.text()
    }

    /// Whether it is another rule than the one in use.
    pub fn changed(&self) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.text.trim() != self.text().trim())
    }

    /// What the text makes of an aggregate, where that is known and is about this text.
    pub fn current(&self) -> Option<&Tried> {
        let (trial, tried) = self.tried.as_ref()?;
        let (asked, _) = self.asked.as_ref()?;
        (trial == asked && self.mistake.is_none() && self.problem.is_none()).then_some(&**tried)
    }

    /// What is shown of a trial of this aggregate: an earlier text's, until the newest one's is there.
    pub fn shown(&self) -> Option<&Tried> {
        let (trial, tried) = self.tried.as_ref()?;
        let (asked, _) = self.asked.as_ref()?;
        (trial.aggregate == asked.aggregate).then_some(&**tried)
    }

    /// The version before or behind one at which the states differ or the rule fails.
    pub fn step(&self, from: Version, forward: bool) -> Option<Version> {
        let tried = self.shown()?;
        let all = tried.differing.iter().chain(&tried.failing);
        if forward {
            all.filter(|(_, last)| *last > from).map(|(first, _)| (*first).max(from + 1)).min()
        } else {
            all.filter(|(first, _)| *first < from).map(|(_, last)| (*last).min(from - 1)).max()
        }
    }
}

impl Store {
    /// What came of a count becomes rows.
    pub fn learn(&mut self, result: Result<Contrasts>) {
        self.rows.clear();
        for caused in result.iter().flat_map(|all| &all.causes) {
            let cause = &caused.cause;
            let paths = if cause.paths.is_empty() { "no field".to_owned() } else { cause.paths.join(", ") };
            let name = format!("{}.{}: {paths}", cause.aggregate, cause.event);
            self.rows.push(Row::Cause(name, caused.aggregates, caused.met_again));
            self.rows.extend(cause.error.iter().map(|error| Row::Error(error.clone())));
            self.rows.extend(caused.listed.iter().map(|(branch, parted)| {
                let meets = parted.last.is_empty();
                Row::One(One {
                    branch: branch.clone(),
                    aggregate: parted.aggregate.clone(),
                    version: parted.version,
                    changes: if meets { parted.first.clone() } else { parted.last.clone() },
                    meets,
                })
            }));
            let more = caused.aggregates - caused.listed.len() as i64;
            if more > 0 {
                self.rows.push(Row::More(more));
            }
        }
        (self.counting, self.counted) = (None, Some((result, true)));
        self.scroll = Scroll::default();
    }

    /// The text is another one, which is not counted; answers whether a count runs that is not wanted any more.
    pub fn forget(&mut self) -> bool {
        self.source = None;
        if let Some((_, current)) = &mut self.counted {
            *current = false;
        }
        self.counting.take().is_some()
    }

    /// The count in words.
    pub fn says(&self) -> String {
        let far = match self.counting {
            Some((done, total)) if total > 0 => format!("counting, {} % …", done * 100 / total),
            Some(_) => "counting …".to_owned(),
            None => String::new(),
        };
        match &self.counted {
            Some((Ok(all), true)) => {
                let stopped = if all.whole { "" } else { " so far: it was stopped" };
                format!("{} of {} differ{stopped}", count(all.differ), count(all.aggregates))
            }
            Some((Err(error), true)) => error.message().to_owned(),
            Some(_) if far.is_empty() => "as an earlier text had it".to_owned(),
            _ => far,
        }
    }
}

impl Model {
    /// The rule lab, where it is open.
    pub fn lab(&self) -> Option<&Lab> {
        self.overlays.iter().rev().find_map(|overlay| match overlay {
            Overlay::Lab(lab) => Some(&**lab),
            _ => None,
        })
    }

    /// The same, to be changed.
    pub fn lab_mut(&mut self) -> Option<&mut Lab> {
        self.overlays.iter_mut().rev().find_map(|overlay| match overlay {
            Overlay::Lab(lab) => Some(&mut **lab),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(differing: &[(Version, Version)], failing: &[(Version, Version)]) -> Lab {
        let rule = LabRule {
            aggregate: "Task".into(),
            event: "Put".into(),
            text: ".n = 1".into(),
            source: String::new(),
        };
        let mut lab = Lab::new(("Task".into(), "Put".into()));
        lab.take(rule);
        let trial = Trial {
            rule: lab.rule.clone().unwrap(),
            text: ".n = 2".into(),
            aggregate: AggregateId::new("Task", "1"),
            version: 1,
        };
        let tried = Tried {
            source: String::new(),
            differing: differing.to_vec(),
            failing: failing.to_vec(),
            folding: None,
            head: 99,
            changes: Vec::new(),
            exists: (true, true),
            error: None,
        };
        (lab.asked, lab.tried) = (Some((trial.clone(), 99)), Some((trial, Box::new(tried))));
        lab
    }

    #[test]
    fn steps_go_through_what_differs_and_what_fails() {
        let lab = lab(&[(3, 5), (9, 9)], &[(7, 7)]);
        let (mut at, mut visited) = (0, Vec::new());
        while let Some(next) = lab.step(at, true) {
            visited.push(next);
            at = next;
        }
        assert_eq!(visited, [3, 4, 5, 7, 9]);
        let mut back = Vec::new();
        at = 100;
        while let Some(next) = lab.step(at, false) {
            back.push(next);
            at = next;
        }
        back.reverse();
        assert_eq!(back, visited);
    }

    #[test]
    fn what_is_typed_back_is_no_change_and_an_earlier_text_is_not_the_current_one() {
        let mut lab = lab(&[], &[]);
        assert!(!lab.changed() && lab.current().is_some());
        lab.put(".n = 2\n");
        assert!(lab.changed());
        lab.put(" .n = 1\n");
        assert!(!lab.changed());
        if let Some((asked, _)) = &mut lab.asked {
            asked.text = ".n = 3".into();
        }
        assert!(lab.current().is_none() && lab.shown().is_some());
    }
}
