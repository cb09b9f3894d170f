//! The states around an event of a branch, and which event last set a field.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Position};
use crate::replay::{Change, Seen, Timeline, diff, touches};
use crate::store::{Branch, Store};

/// The states of a branch's aggregates, as far as they were asked for.
pub(super) struct States<'a> {
    store: &'a Store,
    domain: &'a Domain,
    branch: Branch,
    timelines: HashMap<i64, Timeline>,
}

impl<'a> States<'a> {
    pub fn new(store: &'a Store, domain: &'a Domain, branch: Branch) -> Self {
        Self { store, domain, branch, timelines: HashMap::new() }
    }

    fn timeline(&mut self, aggregate: &AggregateId) -> Result<Option<&mut Timeline>> {
        let Some(row) = self.store.aggregate_row(aggregate)? else { return Ok(None) };
        if !self.timelines.contains_key(&row) {
            let head = self.store.version_at(&self.branch, row, Position::MAX)?;
            self.timelines.insert(row, Timeline::new(aggregate.clone(), row, self.branch.clone(), head));
        }
        Ok(self.timelines.get_mut(&row).filter(|timeline| timeline.head() > 0))
    }

    /// The state before an event, and what it led to; before the first event there is null.
    pub fn around(&mut self, event: &Event) -> Result<(Value, Seen)> {
        let (store, domain) = (self.store, self.domain);
        let gone = || Error::refused(format!("{}@{} is not there.", event.aggregate, event.version));
        let timeline = self.timeline(&event.aggregate)?.ok_or_else(gone)?;
        let (before, after) = timeline.seek(store, domain, event.version, i64::MAX)?.ok_or_else(gone)?;
        let before = if event.version == 1 { Value::Null } else { before.state.to_value()? };
        Ok((before, after))
    }

    /// The newest event of the branch that set a field, or a part or the whole of what it stands in.
    pub fn writer(&mut self, aggregate: &AggregateId, path: &str) -> Result<Option<Event>> {
        let (store, domain, branch) = (self.store, self.domain, self.branch.clone());
        let Some(timeline) = self.timeline(aggregate)? else { return Ok(None) };
        let (row, head) = (timeline.row(), timeline.head());
        let (mut before, mut last) = (None, None);
        timeline.along(store, domain, (1, head), &mut |version, state| {
            let after = state.to_value()?;
            let changes = before.take().map(|before| diff(&before, &after)).unwrap_or_default();
            if changes.iter().any(|change| touches(&change.path, path)) {
                last = Some(version);
            }
            before = Some(after);
            Ok(())
        })?;
        last.map_or(Ok(None), |version| store.event_of(&branch, row, version))
    }
}

/// Events that were just appended, with the fields that they set.
#[derive(Default)]
pub(super) struct Touched(Vec<(Event, Vec<String>)>);

impl Touched {
    pub fn note(&mut self, event: &Event, changes: &[Change]) {
        self.0.push((event.clone(), changes.iter().map(|change| change.path.clone()).collect()));
    }

    pub fn writer(&self, aggregate: &AggregateId, path: &str) -> Option<&Event> {
        let newest = self.0.iter().rev().find(|(event, paths)| {
            event.aggregate == *aggregate && paths.iter().any(|touched| touches(touched, path))
        });
        newest.map(|(event, _)| event)
    }
}
