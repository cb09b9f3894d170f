//! The burst of events beside a place, where the screen holds a part of the history only.

use std::mem::discriminant;

use super::Loop;
use crate::error::Result;
use crate::event::AggregateId;
use crate::tui::effect::{Read, Reply};
use crate::tui::timeline::{Point, bursts, points};

/// How many events are looked at at once, always the same ones together: what is usual is what is usual among them.
const STRETCH: i64 = 500;

impl Loop<'_> {
    /// Looks on, a stretch after the other; each begins with the last event of the one before, for the gap behind it.
    pub fn burst(
        &mut self,
        aggregate: Option<&AggregateId>,
        (here, forward): (i64, bool),
        last: i64,
    ) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Burst { aggregate: None, here, last, forward });
        let mut number = if forward { here.max(0) } else { (here - 2).max(0) } / STRETCH;
        loop {
            let stretch =
                self.stretch(aggregate, (number * STRETCH).max(1), ((number + 1) * STRETCH).min(last))?;
            let found = bursts::beside(&stretch, here, forward);
            let end = if forward { (number + 1) * STRETCH >= last } else { number == 0 };
            if found.is_some() || end {
                return Ok(Some(Reply::Burst((here, forward), found)));
            }
            number += if forward { 1 } else { -1 };
            if !self.goes_on(kind) {
                return Ok(None);
            }
        }
    }

    fn stretch(&mut self, aggregate: Option<&AggregateId>, from: i64, to: i64) -> Result<Vec<Point>> {
        Ok(match aggregate {
            Some(aggregate) => points::of_one(&self.session.window(aggregate, (from, to), 1, 1)?),
            None => points::of_store(&self.session.store_window((from, to), 1, 1)?),
        })
    }
}
