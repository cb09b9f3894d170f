//! Reading what is small: interned names, the end of the log, what was delivered.

use rusqlite::types::{Type, ValueRef};
use rusqlite::{OptionalExtension, Row};

use super::{Branch, Store};
use crate::error::Result;
use crate::event::{AggregateId, Position};

/// No log has more events: what is beyond was not written by this program, and could not be counted with.
const MOST: i64 = 1 << 53;

/// A position, a version or a count from a row, if it can be one.
pub(super) fn counted(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    let value: i64 = row.get(column)?;
    if (0..=MOST).contains(&value) {
        return Ok(value);
    }
    let why = format!("{value} is no position, version or count").into();
    Err(rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, why))
}

/// The same where there may be none.
pub(super) fn counted_or_none(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<i64>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => counted(row, column).map(Some),
    }
}

impl Store {
    /// The row of an aggregate, where it was ever named in this store.
    pub(crate) fn aggregate_row(&self, aggregate: &AggregateId) -> Result<Option<i64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT id FROM aggregates WHERE type = ?1 AND key = ?2")?;
        Ok(statement.query_row([&aggregate.kind, &aggregate.id], |row| row.get(0)).optional()?)
    }

    /// The aggregate of a row.
    pub(crate) fn aggregate_of(&self, row: i64) -> Result<AggregateId> {
        let mut statement =
            self.connection.prepare_cached("SELECT type, key FROM aggregates WHERE id = ?1")?;
        Ok(statement.query_row([row], |row| Ok(AggregateId { kind: row.get(0)?, id: row.get(1)? }))?)
    }

    /// How many aggregates were ever named in this store.
    pub(crate) fn aggregate_count(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT coalesce(max(id), 0) FROM aggregates")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The next aggregate's row after a row, to walk over all of them.
    pub(crate) fn aggregate_after(&self, row: i64) -> Result<Option<i64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT id FROM aggregates WHERE id > ?1 ORDER BY id LIMIT 1")?;
        Ok(statement.query_row([row], |row| row.get(0)).optional()?)
    }

    /// How many of the aggregates in the rows `from..=to` had their first event up to a position, by type.
    pub(crate) fn count_begun(
        &self,
        branch: &Branch,
        (from, to): (i64, i64),
        position: Position,
    ) -> Result<Vec<(String, i64)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT type, count(*) FROM aggregates WHERE id BETWEEN ?1 AND ?2 AND EXISTS \
             (SELECT 1 FROM events WHERE branch = ?3 AND aggregate = aggregates.id AND version = 1 \
             AND position <= ?4) GROUP BY type",
        )?;
        let mut counts = Vec::new();
        for &(id, limit) in &branch.segments {
            let rows = statement
                .query_map((from, to, id, limit.min(position)), |row| Ok((row.get(0)?, row.get(1)?)))?;
            for row in rows {
                counts.push(row?);
            }
        }
        Ok(counts)
    }

    /// How many aggregates have their first event at one of these positions, by type; a type may come more than once.
    pub(crate) fn count_begun_between(
        &self,
        branch: &Branch,
        positions: (Position, Position),
    ) -> Result<Vec<(String, i64)>> {
        let mut begun = Vec::new();
        self.places_between(branch, positions, false, &mut |(_, aggregate, version)| {
            begun.extend((version == 1).then_some(aggregate));
            Ok(true)
        })?;
        begun.into_iter().map(|aggregate| Ok((self.aggregate_of(aggregate)?.kind, 1))).collect()
    }

    /// The next number for an id of this type: one more than the largest number in use.
    pub(crate) fn next_id(&self, kind: &str) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(CAST(key AS INTEGER)) FROM aggregates \
             WHERE type = ?1 AND key GLOB '[1-9]*' AND NOT key GLOB '*[^0-9]*' AND length(key) < 19",
        )?;
        let largest: Option<i64> = statement.query_row([kind], |row| row.get(0))?;
        Ok(largest.unwrap_or(0) + 1)
    }

    /// The name of an event type's row.
    pub fn type_name(&self, row: i64) -> Result<String> {
        let mut statement = self.connection.prepare_cached("SELECT name FROM types WHERE id = ?1")?;
        Ok(statement.query_row([row], |row| row.get(0))?)
    }

    /// Every event type: its row and its name.
    pub(crate) fn each_type(&self, each: &mut dyn FnMut(i64, &str)) -> Result<()> {
        let mut statement = self.connection.prepare_cached("SELECT id, name FROM types")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get(0)?, row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        }
        Ok(())
    }

    /// Every aggregate's row, with its id and what it is called on a branch now, as far as that is known.
    pub(crate) fn each_called(&self, branch: &Branch, each: &mut dyn FnMut(i64, &str, &str)) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT a.id, a.key, coalesce((SELECT h.label FROM heads h \
             WHERE h.generation = (SELECT shown FROM generations) AND h.branch = ?1 AND h.aggregate = a.id), '') \
             FROM aggregates a",
        )?;
        for &(id, _) in &branch.segments {
            let mut rows = statement.query([id])?;
            while let Some(row) = rows.next()? {
                let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
                each(row.get(0)?, text(1)?, text(2)?);
            }
        }
        Ok(())
    }

    /// The row of an event type, where it was ever used.
    pub(crate) fn type_row(&self, name: &str) -> Result<Option<i64>> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM types WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// The hash of the content that an import delivered under a key to a branch, or to one before its fork.
    pub(crate) fn delivered(&self, branch: &Branch, key: &str) -> Result<Option<[u8; 32]>> {
        self.sort_deliveries()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT content FROM deliveries WHERE branch = ?1 AND key = ?2 AND position <= ?3",
        )?;
        for &(id, limit) in &branch.segments {
            let content = statement.query_row((id, key, limit), |row| row.get(0)).optional()?;
            if content.is_some() {
                return Ok(content);
            }
        }
        Ok(None)
    }

    /// The event that an import delivered under a key to a branch, or to one before its fork.
    pub(crate) fn delivered_at(&self, branch: &Branch, key: &str) -> Result<Option<Position>> {
        self.sort_deliveries()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT position FROM deliveries WHERE branch = ?1 AND key = ?2 AND position <= ?3",
        )?;
        for &(id, limit) in &branch.segments {
            let position = statement.query_row((id, key, limit), |row| row.get(0)).optional()?;
            if position.is_some() {
                return Ok(position);
            }
        }
        Ok(None)
    }

    /// The keys under which an import delivered an event. A store into which nothing was imported since there is an
    /// index of them knows none.
    pub(crate) fn delivered_as(&self, position: Position) -> Result<Vec<String>> {
        let Ok(mut statement) = self.connection.prepare_cached(
            "SELECT key FROM deliveries INDEXED BY deliveries_by_position WHERE position = ?1 AND length(key) < 65",
        ) else {
            return Ok(Vec::new());
        };
        let keys = statement.query_map([position], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// The random number that tells this store from every other one, its copies by `backup` too.
    pub fn id(&self) -> Result<String> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM store")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// How many jobs were ever handed to workers.
    pub fn worked(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT worked FROM store")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Keeps one unchanging picture of the store, with one lock for all reads, until [`Self::release`]; `false`
    /// where one is kept already.
    pub fn hold(&self) -> Result<bool> {
        let free = self.connection.is_autocommit();
        if free {
            self.connection.prepare_cached("BEGIN")?.execute([])?;
        }
        Ok(free)
    }

    /// Lets go of the picture that [`Self::hold`] keeps.
    pub fn release(&self) -> Result<()> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Runs several reads on one unchanging picture of the store.
    pub(crate) fn snapshot<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        if !self.connection.is_autocommit() {
            return read(self);
        }
        let transaction = self.connection.unchecked_transaction()?;
        let answer = read(self);
        transaction.finish()?;
        answer
    }
}
