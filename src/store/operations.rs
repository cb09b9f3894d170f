//! The operation log: what people did to the store, a row each. An undo is another row.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::sums::OPERATIONS;
use super::{Store, Transaction};
use crate::error::{Error, Result};
use crate::event::{Hash, Position, Time};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its number, from 1.
    pub id: i64,
    /// When, by the clock of whoever did it.
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

/// The last position of an operation that took several transactions stands in the rows that extend it.
const COLUMNS: &str = "id, at, actor, verb, branch, first_position, \
    max(last_position, ifnull((SELECT max(e.last_position) FROM operations e WHERE e.extends = operations.id), 0)), \
    detail, undoes";

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

/// What the chain says of an operation behind its parent.
fn operation_hash(parent: Option<Hash>, operation: &Operation, extends: Option<i64>) -> Hash {
    let parent = parent.map_or_else(|| "0".repeat(64), |parent| parent.to_string());
    let Operation { id, at, actor, verb, branch, span, detail, undoes } = operation;
    let (first, last) = (span.map(|span| span.0), span.map(|span| span.1));
    let row = json!([id, at.0, actor, verb, branch, first, last, detail, undoes, extends]);
    Hash(Sha256::digest(format!("backstory-operation-1\n{parent}\n{row}\n")).into())
}

impl Store {
    /// The newest operation's hash and number.
    fn newest_operation(&self) -> Result<Option<(Hash, i64)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT hash, id FROM operations ORDER BY id DESC LIMIT 1")?;
        Ok(statement.query_row([], |row| Ok((Hash(row.get(0)?), row.get(1)?))).optional()?)
    }

    /// Recomputes the chain of operations: the first one that is not what was written.
    pub(super) fn check_operations(&self) -> Result<()> {
        let mut statement = self.connection.prepare(
            "SELECT id, at, actor, verb, branch, first_position, last_position, detail, undoes, extends, parent, \
             hash FROM operations ORDER BY id",
        )?;
        let (mut rows, mut expected, mut tip) = (statement.query([])?, 1, None);
        while let Some(row) = rows.next()? {
            let (read, extends) = (operation(row)?, row.get(9)?);
            let parent = row.get::<_, Option<[u8; 32]>>(10)?.map(Hash);
            let hash = Hash(row.get(11)?);
            if read.id != expected || parent != tip || operation_hash(parent, &read, extends) != hash {
                return Err(Error::damaged(format!(
                    "The log of operations is damaged at operation {expected}: it is not what was written."
                )));
            }
            (expected, tip) = (expected + 1, Some(hash));
        }
        Ok(())
    }

    /// The operations before one (`None`: the newest), newest first, at most `limit`.
    pub fn operations(&self, before: Option<i64>, limit: usize) -> Result<Vec<Operation>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM operations WHERE id < ?1 AND extends IS NULL ORDER BY id DESC LIMIT ?2"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((before.unwrap_or(i64::MAX), limit), operation)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Where events stand that were carried over from the event with this hash.
    pub(crate) fn carried_from(&self, origin: Hash) -> Result<Vec<Position>> {
        let mut statement =
            self.connection.prepare_cached("SELECT position FROM origins WHERE origin = ?1")?;
        let rows = statement.query_map([origin.0], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The operation of that number; `None` where there is none.
    pub fn operation(&self, id: i64) -> Result<Option<Operation>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operations WHERE id = ?1"))?;
        Ok(statement.query_row([id], operation).optional()?)
    }
}

impl Transaction<'_> {
    /// Writes an operation and answers its number; the given one is not looked at.
    pub(crate) fn note_operation(&self, new: &Operation) -> Result<i64> {
        self.chain_operation(new, None)
    }

    fn chain_operation(&self, new: &Operation, extends: Option<i64>) -> Result<i64> {
        let (parent, newest) = self.newest_operation()?.map_or((None, 0), |(hash, id)| (Some(hash), id));
        let new = Operation { id: newest + 1, ..new.clone() };
        let hash = operation_hash(parent, &new, extends);
        let (first, last) = (new.span.map(|span| span.0), new.span.map(|span| span.1));
        self.connection
            .prepare_cached(
                "INSERT INTO operations (id, at, actor, verb, branch, first_position, last_position, detail, \
                 undoes, extends, parent, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                new.id,
                new.at.0,
                new.actor,
                new.verb,
                new.branch,
                first,
                last,
                new.detail,
                new.undoes,
                extends,
                parent.map(|parent| parent.0),
                hash.0
            ])?;
        self.toggle(OPERATIONS, [new.id])?;
        Ok(new.id)
    }

    /// Notes that the event at a position was carried over from another one.
    pub(crate) fn note_origin(&self, origin: Hash, position: Position) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO origins (origin, position) VALUES (?1, ?2)")?
            .execute((origin.0, position))?;
        Ok(())
    }

    /// An operation that takes several transactions has appended these events, too.
    pub(crate) fn extend_operation(&self, operation: i64, span: (Position, Position)) -> Result<()> {
        if let Some(begun) = self.operation(operation)? {
            let more = Operation { span: Some(span), detail: "{}".to_owned(), ..begun };
            self.chain_operation(&more, Some(operation))?;
        }
        Ok(())
    }
}
