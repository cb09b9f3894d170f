//! Counts that take a walk over much: a slice at a time, so that whoever asks stays free to stop.

use std::collections::BTreeMap;

use super::Session;
use crate::error::Result;
use crate::event::{Event, Position};
use crate::store::Link;

/// Up to how many positions a count is carried over.
const NEAR: u64 = 1_000;

/// A slice of a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    /// How many aggregates of each type; a type may come more than once.
    pub types: Vec<(String, i64)>,
    /// Where to go on; `None` when all are counted.
    pub next: Option<i64>,
}

/// How many aggregates of each type had their first event up to a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Existed {
    /// The position.
    pub at: Position,
    /// The types that had some.
    pub types: BTreeMap<String, i64>,
}

impl Existed {
    /// Whether the events in between are few enough to count from here.
    pub fn is_near(&self, at: Position) -> bool {
        self.at.abs_diff(at) <= NEAR
    }

    /// Takes in a slice of a count.
    pub fn add(&mut self, begun: Vec<(String, i64)>) {
        for (name, count) in begun {
            *self.types.entry(name).or_default() += count;
        }
    }
}

impl Session {
    /// How many events name an event as their cause, on any branch; at most `most`.
    pub fn count_effects(&mut self, cause: &Event, most: i64) -> Result<i64> {
        let mut effects = 0;
        self.store.linked(Link::Cause, &self.names_of(cause)?, 0, true, &mut |_| {
            effects += 1;
            Ok(effects < most)
        })?;
        Ok(effects)
    }

    /// How many events this branch has behind a position.
    pub fn count_behind(&self, position: Position) -> Result<i64> {
        self.store.count_behind(&self.branch, position)
    }

    /// How many aggregates of each type had their first event up to a position: those of the next `most` rows
    /// behind `after`, which starts at 0.
    pub fn begun(&mut self, position: Position, after: i64, most: i64) -> Result<Begun> {
        let to = after.saturating_add(most);
        let types = self.store.count_begun(&self.branch, (after + 1, to), position)?;
        let next = self.store.aggregate_after(to)?.map(|_| to);
        Ok(Begun { types, next })
    }

    /// The same for all rows, from what is known of a position nearby on this branch.
    pub fn begun_near(&mut self, known: &Existed, at: Position) -> Result<Existed> {
        let between = (known.at.min(at) + 1, known.at.max(at));
        let mut types = known.types.clone();
        for (name, count) in self.store.count_begun_between(&self.branch, between)? {
            *types.entry(name).or_default() += if at > known.at { count } else { -count };
        }
        types.retain(|_, count| *count > 0);
        Ok(Existed { at, types })
    }
}
