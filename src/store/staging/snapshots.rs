//! Records that are the whole object, until they are compared with the one before.

use rusqlite::{OptionalExtension, Row, params};

use super::{Staging, failed};
use crate::error::Result;
use crate::event::AggregateId;

/// A record that is the whole object, in the order of its aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its record's number in this run.
    pub sequence: i64,
    /// What it is about.
    pub aggregate: AggregateId,
    /// Which of the run's files it is from, and the line there.
    pub origin: (i64, i64),
    /// The number of the record in its file.
    pub index: i64,
    /// The store has it.
    pub seen: bool,
    /// The record, as JSON.
    pub record: String,
    /// The object, as JSON.
    pub object: String,
}

impl Staging {
    /// Puts down a record that is the whole object; `index` is its number in its file.
    pub(crate) fn put_snapshot(
        &mut self,
        sequence: i64,
        index: i64,
        record: &str,
        object: &str,
    ) -> Result<()> {
        self.db
            .prepare_cached("INSERT INTO snapshots VALUES (?, ?, ?, ?)")
            .and_then(|mut insert| insert.execute(params![sequence, index, record, object]))
            .map_err(failed)?;
        Ok(())
    }

    /// A record that is the whole object: its number in its file, the record, and the object.
    pub(crate) fn snapshot_of(&self, sequence: i64) -> Result<Option<(i64, String, String)>> {
        self.db
            .prepare_cached("SELECT number, record, object FROM snapshots WHERE sequence = ?")
            .and_then(|mut select| {
                select.query_row([sequence], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
            })
            .map_err(failed)
    }

    /// Puts down the newest object of an aggregate, as JSON.
    pub(crate) fn put_newest(&mut self, aggregate: &AggregateId, object: &str) -> Result<()> {
        let aggregate = self.intern(aggregate)?;
        self.db
            .prepare_cached("INSERT OR REPLACE INTO newest VALUES (?, ?)")
            .and_then(|mut insert| insert.execute(params![aggregate, object]))
            .map_err(failed)?;
        Ok(())
    }

    /// The newest object of an aggregate that was put down.
    pub(crate) fn newest(&mut self, aggregate: &AggregateId) -> Result<Option<String>> {
        let aggregate = self.intern(aggregate)?;
        self.db
            .prepare_cached("SELECT object FROM newest WHERE aggregate = ?")
            .and_then(|mut select| select.query_row([aggregate], |row| row.get(0)).optional())
            .map_err(failed)
    }

    /// The next `count` snapshots after a place (0: from the start), each with its place.
    pub(crate) fn snapshots(&self, after: i64, count: usize) -> Result<Vec<(i64, Snapshot)>> {
        let read = |row: &Row<'_>| {
            Ok((
                row.get(0)?,
                Snapshot {
                    sequence: row.get(1)?,
                    aggregate: AggregateId::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?),
                    origin: (row.get(4)?, row.get(5)?),
                    index: row.get(6)?,
                    seen: row.get(7)?,
                    record: row.get(8)?,
                    object: row.get(9)?,
                },
            ))
        };
        self.db
            .prepare_cached(
                "SELECT w.place, w.sequence, a.type, a.key, r.file, r.line, s.number, r.seen, s.record, s.object
                 FROM walk w JOIN records r USING (sequence) JOIN snapshots s USING (sequence)
                 JOIN aggregates a ON a.id = r.aggregate WHERE w.place > ? ORDER BY w.place LIMIT ?",
            )
            .and_then(|mut select| select.query_map(params![after, count as i64], read)?.collect())
            .map_err(failed)
    }
}
