//! Counts that take a walk over much: a slice at a time, so that whoever asks stays free to stop.

use super::Session;
use super::moment::cause_of;
use crate::error::Result;
use crate::event::{Hash, Position};

/// A slice of a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// How many aggregates of each type; a type may come more than once.
    pub types: Vec<(String, i64)>,
    /// Where to go on; `None` when all are counted.
    pub next: Option<i64>,
}

impl Session {
    /// How many of the next `most` events behind a position name an event as their cause, and where to go on;
    /// `None` at the newest event.
    pub fn effects(&mut self, cause: Hash, after: Position, most: i64) -> Result<(i64, Option<Position>)> {
        let head = self.tail()?.head;
        let to = after.saturating_add(most).min(head);
        let mut effects = 0;
        self.store.metas_with(&self.branch, (after + 1, to), &cause.to_string(), &mut |meta| {
            effects += i64::from(cause_of(meta) == Some(cause));
        })?;
        Ok((effects, (to < head).then_some(to)))
    }

    /// How many aggregates of each type had their first event up to a position: those of the next `most` rows
    /// behind `after`, which starts at 0.
    pub fn begun(&mut self, position: Position, after: i64, most: i64) -> Result<Begun> {
        let to = after.saturating_add(most);
        let types = self.store.count_begun(&self.branch, (after + 1, to), position)?;
        let next = self.store.aggregate_after(to)?.map(|_| to);
        Ok(Begun { types, next })
    }
}
