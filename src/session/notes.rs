//! What is special about single events of the whole log, as the timeline of the store marks it.

use std::collections::HashMap;

use super::{BUDGET, Flag, Flags, Session};
use crate::error::Result;
use crate::event::{Position, Version};
use crate::replay::WITHIN;

/// How many events are taken together by the aggregates that they are about.
const TOGETHER: usize = 500;

/// A look through a stretch of the log, a slice at a time.
#[derive(Debug)]
pub struct Notes {
    next: Position,
    to: Position,
    /// What is still to be looked at of the events taken together: an aggregate's row, and their places.
    pending: Vec<(i64, Vec<(Position, Version)>)>,
    done: bool,
}

impl Notes {
    /// Of the events between two positions.
    pub fn between(from: Position, to: Position) -> Self {
        Self { next: from, to, pending: Vec::new(), done: from > to }
    }

    /// Whether everything was looked at.
    pub fn is_done(&self) -> bool {
        self.done
    }
}

/// That an event changed nothing is no note of a whole log's.
fn noted() -> Flags {
    Flag::ALL.into_iter().filter(|flag| *flag != Flag::Nothing).collect()
}

impl Session {
    /// The next events that have a flag of those that are noted: what comes of a slice of work, in no order.
    pub fn notes(&mut self, notes: &mut Notes) -> Result<Vec<(Position, Flags)>> {
        let (mut found, mut left) = (Vec::new(), BUDGET);
        while left > 0 && !notes.done {
            let Some((row, places)) = notes.pending.pop() else {
                self.take_together(notes)?;
                continue;
            };
            let aggregate = self.store.aggregate_of(row)?;
            let newest = places.iter().map(|(_, version)| *version).max().unwrap_or(0);
            let (before, all) = (self.flagged(row), (Flags::all(), WITHIN));
            let known = self.flags_of((&aggregate, row), newest, all, left)?;
            left -= (self.flagged(row) - before).max(1);
            if known.is_none() {
                notes.pending.push((row, places));
                continue;
            }
            for (position, version) in places {
                let flags = self.flags_of((&aggregate, row), version, (noted(), WITHIN), 0)?;
                found.extend(flags.filter(|flags| !flags.is_empty()).map(|flags| (position, flags)));
            }
        }
        Ok(found)
    }

    fn take_together(&self, notes: &mut Notes) -> Result<()> {
        let (mut taken, mut by_row) = (0, HashMap::<i64, Vec<_>>::new());
        self.store.events_between(&self.branch, (notes.next, notes.to), false, &mut |raw| {
            by_row.entry(raw.aggregate).or_default().push((raw.position, raw.version));
            notes.next = raw.position + 1;
            taken += 1;
            Ok(taken < TOGETHER)
        })?;
        notes.done = taken == 0;
        notes.pending = by_row.into_iter().collect();
        Ok(())
    }
}
