//! One aggregate at one version: the event, the state after it, and what it changed.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{BUDGET, Flags, Session, Who};
use crate::error::Result;
use crate::event::{AggregateId, Event, Time, Version};
use crate::jq::State;
use crate::replay::{Change, Flag, Seen, Timeline, WITHIN, changes, quiet_last};

/// Everything the panes show of the cursor's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// Its label at this version.
    pub label: String,
    /// Its status at this version.
    pub status: String,
    /// The version shown; 0 is before the first event.
    pub version: Version,
    /// The newest version on the branch.
    pub head: Version,
    /// The event that made this version; `None` at version 0.
    pub event: Option<Event>,
    /// The event as the log has it, where it is read otherwise today.
    pub stored: Option<Box<Event>>,
    /// The state after it; `{}` where nothing exists.
    pub state: Value,
    /// Whether the aggregate exists at this version.
    pub exists: bool,
    /// The account of the event's actor, as it stands now.
    pub who: Option<Who>,
    /// What the event changed.
    pub changes: Vec<Change>,
    /// The rule that ran; `None` when the data was merged.
    pub rule: Option<String>,
    /// What the domain says of the event type.
    pub doc: Option<String>,
    /// Why the rule failed, where it did; the state is the last good one then.
    pub error: Option<String>,
    /// Marks of this event.
    pub flags: Flags,
    /// The running maximum of `occurred_at` up to here.
    pub effective_at: Option<Time>,
    /// `occurred_at` of the event before.
    pub previous_at: Option<Time>,
    /// `occurred_at` of the event behind, where there is one.
    pub next_at: Option<Time>,
    /// The event that caused this one (`meta.causation_id`), where it is in the log.
    pub cause: Option<(AggregateId, Version)>,
    /// How far the fold has come, where it has not reached this version yet: ask again to go on.
    pub folding: Option<Version>,
}

impl Session {
    /// One aggregate at one version; a version past the head is the head. Where the fold is long the answer
    /// comes before it is done and says how far it is (`folding`); the same question goes on from there.
    pub fn moment(&mut self, aggregate: &AggregateId, version: Version) -> Result<Moment> {
        self.at_once(|session| session.moment_now(aggregate, version))
    }

    /// The same, or nothing where the branch has no such aggregate.
    pub fn moment_if_any(&mut self, aggregate: &AggregateId, version: Version) -> Result<Option<Moment>> {
        if self.found(aggregate)?.is_none() {
            return Ok(None);
        }
        self.moment(aggregate, version).map(Some)
    }

    pub(super) fn moment_now(&mut self, aggregate: &AggregateId, version: Version) -> Result<Moment> {
        let (row, head) = self.known(aggregate)?;
        let version = version.clamp(0, head);
        self.warming = Some(row);
        let found = self.seek_within(aggregate, row, head, version, BUDGET)?;
        let folded = self.timelines.get(&row).map_or(0, Timeline::folded);
        let domain = self.domain()?;
        let (store, branch) = (&self.store, &self.branch);
        let (mut event, mut previous_at, mut next_at) = (None, None, None);
        store.events_of(branch, row, version - 1, version + 1, &mut |raw| {
            match raw.version.cmp(&version) {
                Ordering::Less => previous_at = Some(raw.occurred_at),
                Ordering::Greater => next_at = Some(raw.occurred_at),
                Ordering::Equal => {
                    let branch = if raw.branch == branch.id {
                        branch.name.clone()
                    } else {
                        store.branch_name(raw.branch)?
                    };
                    event = Some(store.named(raw, branch, aggregate.clone())?);
                }
            }
            Ok(true)
        })?;
        let (before, after, folding) = if let Some((before, after)) = found {
            (Some(before), after, None)
        } else {
            // The head's state is known without a fold.
            let stored = self.head_row(row)?.filter(|_| version == head);
            let state = State::from_json(&stored.map_or("{}".to_owned(), |stored| stored.head.state))?;
            (None, Seen { state, error: None }, Some(folded))
        };
        let kind = event.as_ref().map_or("", |event| event.kind.as_str());
        let summary = domain.summary(&aggregate.kind, &aggregate.id, kind, &after.state);
        let value = |state: &State| if state.is_null() { Ok(json!({})) } else { state.to_value() };
        let state = value(&after.state)?;
        let changed = before.as_ref().map(|before| changes(&before.state, &after.state)).transpose()?;
        let mut changes = changed.unwrap_or_default();
        quiet_last(domain.quiet(&aggregate.kind), &mut changes);
        let written = event.clone();
        let event = event.map(|event| self.as_read(event));
        let stored = written.filter(|written| Some(written) != event.as_ref()).map(Box::new);
        let who = event.as_ref().map_or(Ok(None), |event| self.who(&event.meta))?;
        let declared = event.as_ref().and_then(|event| domain.event(&aggregate.kind, &event.kind));
        let rule = declared.and_then(|declared| declared.apply().ok().flatten());
        let rule = rule.map(|rule| rule.source().trim().to_owned());
        let refused = after.error.is_some();
        let mut flags = Flags::default()
            .with(Flag::RejectedByRule, refused)
            .with(Flag::Nothing, folding.is_none() && version > 0 && !refused && changes.is_empty());
        if version > 0 && folding.is_none() {
            // Who overwrote whom is told as soon as the walk that knows it has come here.
            let all = self.flags_of((aggregate, row), version, (Flags::all(), WITHIN), BUDGET)?;
            flags = flags.and(match all {
                Some(all) => all,
                None => self.near_flags(aggregate, version)?,
            });
        }
        let timeline = self.timelines.get(&row);
        let cause = event.as_ref().map_or(Ok(None), |event| self.cause(event))?;
        Ok(Moment {
            label: summary.label,
            status: summary.status,
            version,
            head,
            exists: version > 0 && !after.state.is_null(),
            flags,
            effective_at: timeline.and_then(|timeline| timeline.effective_at(version)),
            previous_at,
            next_at,
            cause: cause.map(|cause| (cause.aggregate, cause.version)),
            doc: declared.and_then(|declared| declared.doc.clone()),
            error: after.error.map(|error| error.message().to_owned()),
            aggregate: aggregate.clone(),
            event,
            stored,
            state,
            changes,
            who,
            rule,
            folding,
        })
    }

    /// Folds a little further ahead for the aggregate last asked for, so that later seeks are fast; `true`
    /// while there is more to do.
    pub fn warm(&mut self) -> Result<bool> {
        let domain = self.domain()?;
        let Some(row) = self.warming else { return Ok(false) };
        let Some(timeline) = self.timelines.get_mut(&row) else { return Ok(false) };
        if timeline.advance(&self.store, &domain, BUDGET / 4)? {
            return Ok(true);
        }
        let (aggregate, head) = (timeline.aggregate().clone(), timeline.head());
        let all = (Flags::all(), WITHIN);
        Ok(head > 0 && self.flags_of((&aggregate, row), head, all, BUDGET / 4)?.is_none())
    }
}
