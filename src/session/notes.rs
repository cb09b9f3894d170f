//! What is special about single events of the whole log, as the timeline of the store marks it.

use std::collections::HashMap;

use super::{BUDGET, Flags, Session};
use crate::error::Result;
use crate::event::{Position, Version};

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

impl Session {
    /// The next events that are late or repeated or whose rule failed: what comes of a slice of work, in no order.
    pub fn notes(&mut self, notes: &mut Notes) -> Result<Vec<(Position, Flags)>> {
        let domain = self.domain()?;
        let (mut found, mut left) = (Vec::new(), BUDGET);
        while left > 0 && !notes.done {
            let Some((row, places)) = notes.pending.pop() else {
                self.take_together(notes)?;
                continue;
            };
            let aggregate = self.store.aggregate_of(row)?;
            let (_, head) = self.known(&aggregate)?;
            let newest = places.iter().map(|(_, version)| *version).max().unwrap_or(0);
            self.timeline(&aggregate, row, head);
            let Some(timeline) = self.timelines.get_mut(&row) else { continue };
            let before = timeline.folded();
            if before < newest {
                timeline.advance(&self.store, &domain, (newest - before).min(left))?;
            }
            left -= (timeline.folded() - before).max(1);
            if timeline.folded() < newest {
                notes.pending.push((row, places));
                continue;
            }
            for (position, version) in places {
                let walked = timeline.flags(version).unwrap_or_default();
                let (late, repeated, error) = (walked.late, walked.repeated, walked.error);
                if late || repeated || error {
                    found.push((position, Flags { late, repeated, error, unchanged: false }));
                }
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
