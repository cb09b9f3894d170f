//! The operation log: what people did to the store, a row each. An undo is another row.

use rusqlite::{OptionalExtension, Row};

use super::{Store, Transaction};
use crate::error::Result;
use crate::event::{Hash, Position, Time};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its number, from 1.
    pub id: i64,
    /// When.
    pub at: Time,
    /// Who.
    pub actor: String,
    /// What: `fire`, `fork`, `rename`, `archive`, `import`, `undo` and so on.
    pub verb: String,
    /// The branch it was done on, or to.
    pub branch: i64,
    /// The first and the last position of the events it appended.
    pub span: Option<(Position, Position)>,
    /// What else there is to know, a JSON object.
    pub detail: String,
    /// The operation that it took back.
    pub undoes: Option<i64>,
}

const COLUMNS: &str = "id, at, actor, verb, branch, first_position, last_position, detail, undoes";

fn operation(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let (first, last): (Option<Position>, Option<Position>) = (row.get(5)?, row.get(6)?);
    Ok(Operation {
        id: row.get(0)?,
        at: Time(row.get(1)?),
        actor: row.get(2)?,
        verb: row.get(3)?,
        branch: row.get(4)?,
        span: first.zip(last),
        detail: row.get(7)?,
        undoes: row.get(8)?,
    })
}

impl Store {
    /// The operations before one (`None`: the newest), newest first, at most `limit`.
    pub fn operations(&self, before: Option<i64>, limit: usize) -> Result<Vec<Operation>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM operations WHERE id < ?1 ORDER BY id DESC LIMIT ?2"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((before.unwrap_or(i64::MAX), limit), operation)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Where events stand that were carried over from the event with this hash.
    pub fn carried_from(&self, origin: Hash) -> Result<Vec<Position>> {
        let mut statement =
            self.connection.prepare_cached("SELECT position FROM origins WHERE origin = ?1")?;
        let rows = statement.query_map([origin.0], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One operation.
    pub fn operation(&self, id: i64) -> Result<Option<Operation>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operations WHERE id = ?1"))?;
        Ok(statement.query_row([id], operation).optional()?)
    }
}

impl Transaction<'_> {
    /// Writes an operation and answers its number; the given one is not looked at.
    pub fn note_operation(&self, new: &Operation) -> Result<i64> {
        let (first, last) = (new.span.map(|span| span.0), new.span.map(|span| span.1));
        self.connection
            .prepare_cached(
                "INSERT INTO operations (at, actor, verb, branch, first_position, last_position, detail, undoes) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((new.at.0, &new.actor, &new.verb, new.branch, first, last, &new.detail, new.undoes))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Notes that the event at a position was carried over from another one.
    pub fn note_origin(&self, origin: Hash, position: Position) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO origins (origin, position) VALUES (?1, ?2)")?
            .execute((origin.0, position))?;
        Ok(())
    }

    /// An operation that takes several transactions has come so far.
    pub fn extend_operation(&self, id: i64, last: Position) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE operations SET last_position = ?2 WHERE id = ?1")?
            .execute((id, last))?;
        Ok(())
    }
}
