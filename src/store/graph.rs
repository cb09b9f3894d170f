//! The log of all branches by position, and what each branch owns of an aggregate.

use super::events::RawEvent;
use super::{Branch, Store};
use crate::error::Result;
use crate::event::{Position, Version};

impl Store {
    /// Every branch's events before a position, the newest first, or behind it, the oldest first, until `each`
    /// answers false. `wanted` is asked by owner and position before the rest of a row is read.
    pub(crate) fn log_from(
        &self,
        position: Position,
        newer: bool,
        wanted: &mut dyn FnMut(i64, Position) -> bool,
        each: &mut dyn FnMut(Option<&RawEvent<'_>>) -> Result<bool>,
    ) -> Result<()> {
        let (side, order) = if newer { (">", "ASC") } else { ("<", "DESC") };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {} FROM events WHERE position {side} ?1 ORDER BY position {order}",
            super::events::COLUMNS
        ))?;
        let mut rows = statement.query([position])?;
        while let Some(row) = rows.next()? {
            let more =
                if wanted(row.get(1)?, row.get(0)?) { each(Some(&RawEvent::of(row)?))? } else { each(None)? };
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// The first version of an aggregate that a branch's row owns, and its position.
    pub(crate) fn first_owned(&self, branch: i64, aggregate: i64) -> Result<Option<(Version, Position)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT version, position FROM events WHERE branch = ?1 AND aggregate = ?2 ORDER BY version LIMIT 1",
        )?;
        let mut rows = statement.query((branch, aggregate))?;
        Ok(rows.next()?.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?)
    }

    /// The position of an aggregate's version on a branch, where it sees one.
    pub(crate) fn position_of(
        &self,
        branch: &Branch,
        aggregate: i64,
        version: Version,
    ) -> Result<Option<Position>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT position FROM events WHERE branch = ?1 AND aggregate = ?2 AND version = ?3 AND position <= ?4",
        )?;
        for &(id, limit) in branch.segments.iter().rev() {
            let mut rows = statement.query((id, aggregate, version, limit))?;
            if let Some(row) = rows.next()? {
                return Ok(Some(row.get(0)?));
            }
        }
        Ok(None)
    }
}
