//! Somebody else's SQLite database, read only; and rows kept in a temporary one, to look at a row's neighbours.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// What a SQLite file begins with.
pub const SQLITE: &[u8] = b"SQLite format 3\0";

/// Gives each row of a table to `each`, as a JSON object, until it answers false; `Err` is what is wrong with the row.
pub fn rows(
    path: &Path,
    table: &str,
    each: &mut dyn FnMut(Result<Map<String, Value>, String>) -> Result<bool>,
) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).map_err(|error| {
        Error::refused(format!("{} has no table {table} that can be read: {error}.", path.display()))
    })?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut object = Map::new();
        let mut wrong = None;
        for (index, name) in names.iter().enumerate() {
            match value(row.get_ref(index)?) {
                Ok(value) => {
                    object.insert(name.clone(), value);
                }
                Err(why) => wrong = wrong.or(Some(format!("{name} {why}"))),
            }
        }
        if !each(wrong.map_or(Ok(object), Err))? {
            break;
        }
    }
    Ok(())
}

fn value(value: ValueRef<'_>) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(whole) => whole.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?.into()
        }
    })
}

/// A row that is kept.
pub struct Kept {
    /// Its line, or its number in the table.
    pub line: i64,
    /// Its JSON.
    pub text: String,
    /// Whether nothing of the same item stands before it.
    pub first: bool,
    /// The column to look ahead to, of the row behind it of the same item.
    pub next: Option<String>,
}

/// Rows put down in any order and read in theirs.
pub struct Rows {
    connection: Connection,
}

impl Rows {
    /// None yet; they lie in a file that goes away by itself.
    pub fn open() -> Result<Self> {
        let connection = Connection::open("")?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;
             CREATE TABLE kept (item TEXT, place INTEGER, line INTEGER, text TEXT, ahead TEXT);",
        )?;
        Ok(Self { connection })
    }

    /// Puts a row down: what it is of, its place there, and the column that the row before it looks ahead to.
    pub fn put(&self, item: &str, place: i64, line: i64, text: &str, ahead: Option<&str>) -> Result<()> {
        let mut insert = self.connection.prepare_cached("INSERT INTO kept VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute((item, place, line, text, ahead))?;
        Ok(())
    }

    /// Gives every row to `each` by its place, until it answers false; whether it never did.
    pub fn each(&self, each: &mut dyn FnMut(Kept) -> Result<bool>) -> Result<bool> {
        let mut select = self.connection.prepare(
            "SELECT line, text, lag(1) OVER item IS NULL, lead(ahead) OVER item FROM kept
             WINDOW item AS (PARTITION BY item ORDER BY place, rowid) ORDER BY place, rowid",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let kept = Kept { line: row.get(0)?, text: row.get(1)?, first: row.get(2)?, next: row.get(3)? };
            if !each(kept)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
