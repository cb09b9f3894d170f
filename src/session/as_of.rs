//! The whole store at a time: each aggregate stands at its own last version whose effective time is at most that, wherever
//! its events lie in the log.

use std::collections::HashMap;

use super::{Point, Session};
use crate::error::Result;
use crate::event::{Position, Time, Version};
use crate::history::version_at_time;
use crate::store::{Branch, RawEvent, Store};

/// Which events of a branch had happened at a time; it remembers where each aggregate stood.
pub(super) struct AsOf {
    time: Time,
    versions: HashMap<i64, Version>,
}

impl AsOf {
    pub fn new(time: Time) -> Self {
        Self { time, versions: HashMap::new() }
    }

    /// The time.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Whether a version of an aggregate had happened.
    pub fn has(&mut self, store: &Store, branch: &Branch, (row, version): (i64, Version)) -> Result<bool> {
        if let Some(last) = self.versions.get(&row) {
            return Ok(version <= *last);
        }
        let last = version_at_time(store, branch, row, self.time)?;
        self.versions.insert(row, last);
        Ok(version <= last)
    }

    /// Whether an event had happened.
    pub fn has_event(&mut self, store: &Store, branch: &Branch, raw: &RawEvent<'_>) -> Result<bool> {
        Ok(raw.occurred_at <= self.time && self.has(store, branch, (raw.aggregate, raw.version))?)
    }
}

/// What a position leaves out of the time that it stands for: how many events, and the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many events had happened by then, but stand behind the position.
    pub events: i64,
    /// The first of them.
    pub first: Position,
}

impl Session {
    /// What is left out where a point that is a time has to be a position; nothing for another point.
    pub fn left_out(&mut self, point: &Point) -> Result<LeftOut> {
        let Point::Store { branch, position, time: Some(time) } = point else {
            return Ok(LeftOut::default());
        };
        let branch = self.store.branch(branch)?;
        let (mut as_of, mut left, store) = (AsOf::new(*time), LeftOut::default(), &self.store);
        store.events_between(&branch, (position + 1, Position::MAX), false, &mut |raw| {
            if as_of.has_event(store, &branch, raw)? {
                left.events += 1;
                left.first = if left.first == 0 { raw.position } else { left.first };
            }
            Ok(true)
        })?;
        Ok(left)
    }
}
