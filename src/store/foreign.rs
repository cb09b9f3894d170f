//! Somebody else's SQLite database, read only; and rows kept in a temporary one, to look at a row's neighbours.

mod open;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rusqlite::Connection;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use self::open::Opened;
use crate::error::{Error, Result};
use crate::event::shown_bytes;

/// What a SQLite file begins with.
pub const SQLITE: &[u8] = b"SQLite format 3\0";

/// Which rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// All of a table or a view.
    Of(String),
    /// Those that a SELECT gives.
    Asked(String),
    /// The same over a store that a program writes to: they are put aside at once, however long whoever reads them takes,
    /// so that the program waits for nobody.
    Aside(String),
}

impl Rows {
    /// What stands behind FROM.
    fn from(&self) -> String {
        match self {
            Self::Of(table) => quoted(table),
            Self::Asked(sql) | Self::Aside(sql) => format!("({})", sql.trim().trim_end_matches(';')),
        }
    }
}

/// How far SQLite goes over somebody else's file, where a view may be endless.
#[derive(Clone, Debug)]
pub enum Bound {
    /// So many steps of its machine, over all that it is asked.
    Steps(Arc<AtomicU64>),
    /// Until somebody stops it.
    Until(Arc<AtomicBool>),
}

/// The steps between two looks at a bound.
const STEP: u64 = 1000;

impl Bound {
    /// So many steps; about ten million a second.
    pub fn steps(most: u64) -> Self {
        Self::Steps(Arc::new(AtomicU64::new(most)))
    }

    /// How many steps are left, where those count.
    pub fn left(&self) -> u64 {
        match self {
            Self::Steps(left) => left.load(Ordering::Relaxed),
            Self::Until(_) => u64::MAX,
        }
    }

    /// Whether it goes no further.
    pub fn is_reached(&self) -> bool {
        match self {
            Self::Steps(_) => self.left() == 0,
            Self::Until(stopped) => stopped.load(Ordering::Relaxed),
        }
    }

    /// Has a connection ask it.
    fn hold(&self, connection: &mut Connection) -> Result<()> {
        let bound = self.clone();
        let look = move || {
            if let Self::Steps(left) = &bound {
                // Only one thread counts.
                left.store(left.load(Ordering::Relaxed).saturating_sub(STEP), Ordering::Relaxed);
            }
            bound.is_reached()
        };
        Ok(connection.progress_handler(STEP as i32, Some(look))?)
    }

    /// What is said where it was reached.
    fn error(&self, path: &Path) -> Error {
        match self {
            Self::Steps(_) => Error::refused(format!(
                "{}: there is too much to look at to tell what it holds.",
                path.display()
            ))
            .hint("Name what is read: --table NAME, or --query SQL with a LIMIT."),
            Self::Until(_) => Error::refused("the import was stopped while a database was read"),
        }
    }
}

/// The tables and views of a database, by name.
pub fn tables(path: &Path) -> Result<Vec<String>> {
    let Opened { connection, .. } = &Opened::new(path)?;
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names)
}

/// Whether a file is a SQLite database.
pub fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; SQLITE.len()];
    let read = crate::file::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    read.is_ok() && head == SQLITE
}

/// Gives each row that is asked for to `each`, as a JSON object, until it answers false; `Err` is what is wrong with the row.
/// Of a row that is larger than `largest` bytes nothing is read.
pub fn rows(
    path: &Path,
    which: &Rows,
    (largest, bound): (u64, &Bound),
    each: &mut dyn FnMut(Result<Map<String, Value>, String>) -> Result<bool>,
) -> Result<()> {
    let mut opened = Opened::new(path)?;
    // A view can make values that no file holds.
    opened.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(largest).unwrap_or(i32::MAX))?;
    bound.hold(&mut opened.connection)?;
    let connection = &opened.connection;
    let no_rows = |error: rusqlite::Error| {
        if bound.is_reached() {
            return bound.error(path);
        }
        let tables = tables(path).unwrap_or_default().join(", ");
        let what = match which {
            Rows::Of(table) => format!("has no table {table} that can be read"),
            Rows::Asked(_) | Rows::Aside(_) => "does not answer the query".to_owned(),
        };
        Error::refused(format!("{} {what}: {error}.", path.display())).hint(format!("Its tables: {tables}"))
    };
    let from = which.from();
    let names: Vec<String> = {
        let statement = connection.prepare(&format!("SELECT * FROM {from}")).map_err(no_rows)?;
        statement.column_names().map(str::to_owned).collect()
    };
    let mut asked = sized(&from, &names);
    let aside = matches!(which, Rows::Aside(_)) && !opened.is_alone();
    if aside {
        connection.execute_batch("PRAGMA temp_store = FILE")?;
        let put = format!("CREATE TEMP TABLE {ASIDE} AS {asked}");
        connection.execute(&put, [largest as i64]).map_err(no_rows)?;
        asked = format!("SELECT * FROM temp.{ASIDE} ORDER BY rowid");
    }
    let mut statement = connection.prepare(&asked).map_err(no_rows)?;
    let mut rows = if aside { statement.query([])? } else { statement.query([largest as i64])? };
    while let Some(row) = rows.next().map_err(|error| stopped(error, path, bound))? {
        let mut object = Map::new();
        let size: i64 = row.get(names.len())?;
        let large = size > largest as i64;
        let mut wrong = large.then(|| format!("is larger than {} MB", largest >> 20));
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
    opened.is_still(path)
}

/// A failure between two rows.
fn stopped(error: rusqlite::Error, path: &Path, bound: &Bound) -> Error {
    if bound.is_reached() { bound.error(path) } else { error.into() }
}

/// Where rows lie that were put aside.
const ASIDE: &str = "\"(put aside)\"";

/// A name that no column has.
const SIZE: &str = "\"(size of the row)\"";

/// A name of a table or a column, as a query has it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Selects a table's columns, and behind them how large the row is. How large a value is can be told without reading
/// it; the values themselves are null where all of them together are too large.
fn sized(from: &str, names: &[String]) -> String {
    let size = |name: &String| format!("ifnull(octet_length({}), 0)", quoted(name));
    let mut sizes: Vec<String> = names.iter().map(size).collect();
    // SQLite bounds how deep an expression is.
    while sizes.len() > 1 {
        sizes = sizes.chunks(2).map(|pair| format!("({})", pair.join(" + "))).collect();
    }
    let size = sizes.pop().unwrap_or_else(|| "0".to_owned());
    let columns: Vec<_> =
        names.iter().map(|name| format!("CASE WHEN {SIZE} <= ?1 THEN {} END", quoted(name))).collect();
    format!("SELECT {}, {SIZE} FROM (SELECT *, {size} AS {SIZE} FROM {from})", columns.join(", "))
}

fn value(value: ValueRef<'_>) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(whole) => whole.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?.into(),
        ValueRef::Blob(bytes) => {
            std::str::from_utf8(bytes).map_or_else(|_| shown_bytes(bytes), str::to_owned).into()
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
pub struct Shelf {
    connection: Connection,
}

impl Shelf {
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
