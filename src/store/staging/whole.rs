//! What can be told only when everything was read: numbers that are missing, causes that are not there.

use rusqlite::{Row, params};

use super::{Staging, failed};
use crate::error::Result;
use crate::event::AggregateId;

/// A record that its source numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its record's number in this run.
    pub sequence: i64,
    /// What it is about.
    pub aggregate: AggregateId,
    /// The number.
    pub version: i64,
    /// Which of the run's files it is from, and the line there.
    pub origin: (i64, i64),
}

impl Staging {
    /// The next `count` new records that their source numbers, aggregate by aggregate, each in its own order; behind
    /// a place, and with their places.
    pub fn numbered(&self, after: i64, count: usize) -> Result<Vec<(i64, Numbered)>> {
        let read = |row: &Row<'_>| {
            let numbered = Numbered {
                sequence: row.get(0)?,
                aggregate: AggregateId::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?),
                version: row.get(3)?,
                origin: (row.get(4)?, row.get(5)?),
            };
            Ok((row.get(6)?, numbered))
        };
        self.db
            .prepare_cached(
                "SELECT r.sequence, a.type, a.key, r.version, r.file, r.line, w.place FROM walk w JOIN records r USING (sequence)
                 JOIN aggregates a ON a.id = r.aggregate WHERE NOT r.seen AND w.place > ? ORDER BY w.place LIMIT ?",
            )
            .and_then(|mut select| select.query_map(params![after, count as i64], read)?.collect())
            .map_err(failed)
    }

    /// The causes and origins that events name and `known` does not know: how many events, and where the first stands.
    pub fn unknown(&self, known: &mut dyn FnMut(&str) -> Result<bool>) -> Result<Option<(u64, (i64, i64))>> {
        let mut targets = self.db.prepare("SELECT DISTINCT target FROM named").map_err(failed)?;
        let mut rows = targets.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let target: String = row.get(0).map_err(failed)?;
            if !known(&target)? {
                self.db
                    .prepare_cached("INSERT INTO unknown VALUES (?)")
                    .and_then(|mut insert| insert.execute([target]))
                    .map_err(failed)?;
            }
        }
        let first = |row: &Row<'_>| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?, (row.get(2)?, row.get(3)?)))
        };
        let (count, found, origin) = self
            .db
            .query_row(
                "SELECT count(DISTINCT sequence), min(sequence), ifnull(file, 0), ifnull(line, 0)
                 FROM named WHERE target IN (SELECT target FROM unknown)",
                [],
                first,
            )
            .map_err(failed)?;
        Ok(found.map(|_| (count as u64, origin)))
    }
}
