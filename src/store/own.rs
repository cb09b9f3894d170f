//! What one branch's row owns, without the rest of its events: where the next one stands, and of what they are.

use std::ops::RangeInclusive;

use rusqlite::OptionalExtension;

use super::{MAIN, Store};
use crate::error::Result;
use crate::event::{Position, Version};

/// Where an event stands, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its place in the log.
    pub position: Position,
    /// The row of its aggregate.
    pub aggregate: i64,
    /// Its place in the aggregate's history.
    pub version: Version,
}

impl Store {
    /// A position in the range up to which a branch's row owns nothing there; `None` where it owns nothing in
    /// all of it. For the first branch, whose events have no index of their own, it is the range's start.
    pub(crate) fn own_from(&self, branch: i64, range: &RangeInclusive<Position>) -> Result<Option<Position>> {
        let (from, to) = (*range.start(), *range.end());
        if branch == MAIN {
            let tip = self.branch_row(MAIN)?.tip.map_or(0, |(tip, _)| tip);
            return Ok((from <= to.min(tip)).then_some(from));
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT position FROM events INDEXED BY events_off_main WHERE branch = ?1 AND branch <> 1 \
             AND position BETWEEN ?2 AND ?3 ORDER BY position LIMIT 1",
        )?;
        Ok(statement.query_row((branch, from, to), |row| row.get(0)).optional()?)
    }

    /// Where the events stand that a branch's row owns at a range of positions, oldest first.
    pub(crate) fn own_places(
        &self,
        branch: i64,
        range: &RangeInclusive<Position>,
        each: &mut dyn FnMut(Placed),
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(if branch == MAIN {
            "SELECT position, aggregate, version FROM events WHERE position BETWEEN ?2 AND ?3 AND +branch = ?1 \
             ORDER BY position"
        } else {
            "SELECT position, aggregate, version FROM events INDEXED BY events_off_main \
             WHERE branch = ?1 AND branch <> 1 AND position BETWEEN ?2 AND ?3 ORDER BY position"
        })?;
        let mut rows = statement.query((branch, range.start(), range.end()))?;
        while let Some(row) = rows.next()? {
            each(Placed { position: row.get(0)?, aggregate: row.get(1)?, version: row.get(2)? });
        }
        Ok(())
    }
}
