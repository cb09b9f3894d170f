//! What a store leaves out that holds a part of a log: stretches of positions, with the hash that each ends with, so
//! that what stands behind it is still chained to something.

use rusqlite::{OptionalExtension, Row};
use serde_json::Value;

use super::sums::ABSENT;
use super::{Store, Transaction};
use crate::error::Result;
use crate::event::{Hash, Position};

/// A stretch of positions whose events are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its first position.
    pub first: Position,
    /// Its last position.
    pub last: Position,
    /// The row of the branch that owns them; 0 where the store does not have that branch.
    pub branch: i64,
    /// The hash of the last one.
    pub last_hash: Hash,
}

/// What the first operation of a store says that was made from a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseMark {
    /// What the case is called.
    pub name: String,
    /// The last position that came with it.
    pub end: Position,
    /// The paths whose values are replaced.
    pub redacted: Vec<String>,
    /// The last row of the branches that came with it.
    pub branches: i64,
}

/// The verb of that operation.
pub(crate) const CASE: &str = "case";

fn absent(row: &Row<'_>) -> rusqlite::Result<Absent> {
    Ok(Absent { first: row.get(0)?, last: row.get(1)?, branch: row.get(2)?, last_hash: Hash(row.get(3)?) })
}

impl Store {
    /// Every stretch that is left out, in order.
    pub fn absents(&self) -> Result<Vec<Absent>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT first, last, branch, last_hash FROM absent ORDER BY first")?;
        let rows = statement.query_map([], absent)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The stretch in which a position is left out; `None` where it is not.
    pub(crate) fn absent_at(&self, position: Position) -> Result<Option<Absent>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT first, last, branch, last_hash FROM absent WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
        )?;
        let found = statement.query_row([position], absent).optional()?;
        Ok(found.filter(|found| found.last >= position))
    }

    /// How many positions are left out behind a position, up to another one.
    pub(crate) fn absent_between(&self, behind: Position, to: Position) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(
            "SELECT coalesce(sum(min(last, ?2) - max(first, ?1 + 1) + 1), 0) FROM absent \
             WHERE last > ?1 AND first <= ?2",
        )?;
        Ok(statement.query_row((behind, to), |row| row.get(0))?)
    }

    /// What is said of the case that the store was made from; `None` where it was made from none.
    pub fn case_mark(&self) -> Result<Option<CaseMark>> {
        let mut statement =
            self.connection.prepare_cached("SELECT detail FROM operations WHERE id = 1 AND verb = ?1")?;
        let detail: Option<String> = statement.query_row([CASE], |row| row.get(0)).optional()?;
        let Some(detail) = detail else { return Ok(None) };
        let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
        let redacted = detail["redacted"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Some(CaseMark {
            name: detail["case"].as_str().unwrap_or_default().to_owned(),
            end: detail["end"].as_i64().unwrap_or_default(),
            redacted: redacted.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect(),
            branches: detail["branches"].as_i64().unwrap_or_default(),
        }))
    }
}

impl Transaction<'_> {
    /// Notes a stretch that is left out.
    pub(crate) fn add_absent(&self, absent: &Absent) -> Result<()> {
        let Absent { first, last, branch, last_hash } = absent;
        self.connection
            .prepare_cached("INSERT INTO absent (first, last, branch, last_hash) VALUES (?1, ?2, ?3, ?4)")?
            .execute((first, last, branch, last_hash.0))?;
        self.toggle(ABSENT, [first])
    }
}
