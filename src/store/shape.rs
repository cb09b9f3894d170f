//! Whether a file's tables, indexes, triggers and views are those of this program: somebody else's could run code of
//! theirs when it reads or writes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rusqlite::Connection;

use crate::error::{Error, Result};

/// The statements that make a store.
pub(super) const SCHEMA: &str = include_str!("schema.sql");

/// How long a statement of a schema may be: a projection's table has a column for each field shown.
const LONGEST: usize = 1 << 20;

/// What a schema has of each name: its type and its statement.
type Shape = BTreeMap<String, (String, String)>;

/// Refuses a file that has more or other tables, triggers and views. People's own indexes are let be, as long as they
/// refuse no row, and what SQLite's ANALYZE writes.
pub(super) fn check(connection: &Connection) -> Result<()> {
    static OURS: OnceLock<Result<Shape>> = OnceLock::new();
    let ours = OURS.get_or_init(own).as_ref().map_err(Clone::clone)?;
    let found = shape(connection)?;
    for (name, (kind, statement)) in ours {
        match found.get(name) {
            None => return Err(foreign(&format!("its {kind} {name} is gone"))),
            Some((other, _)) if other != kind => {
                return Err(foreign(&format!("{name} is a {other}, not a {kind}")));
            }
            Some((_, other)) if other != statement => {
                return Err(foreign(&format!("its {kind} {name} is another one")));
            }
            Some(_) => {}
        }
    }
    for (name, (kind, statement)) in found.iter().filter(|(name, _)| !ours.contains_key(*name)) {
        if !is_harmless(name, kind, statement) {
            return Err(foreign(&format!("it has a {kind} {name} that backstory did not make")));
        }
    }
    Ok(())
}

fn is_harmless(name: &str, kind: &str, statement: &str) -> bool {
    match kind {
        // One that SQLite makes for a table's keys has no statement.
        "index" => statement.is_empty() || statement.starts_with("CREATE INDEX "),
        "table" if name.starts_with("sqlite_stat") => true,
        "table" => is_projection(name, statement),
        _ => false,
    }
}

/// A projection's table, as `begin_projection` makes it: its columns are members of the row's JSON and nothing else.
fn is_projection(name: &str, statement: &str) -> bool {
    let table = format!("CREATE TABLE \"{name}\" (");
    let Some(rest) = statement.strip_prefix(&table).filter(|_| name.starts_with("projection_")) else {
        return false;
    };
    let Some(rest) = rest
        .strip_prefix("key TEXT PRIMARY KEY, position INTEGER NOT NULL, row TEXT NOT NULL")
        .and_then(|rest| rest.strip_suffix(") WITHOUT ROWID"))
    else {
        return false;
    };
    let mut rest = rest;
    while !rest.is_empty() {
        let column = rest.strip_prefix(", ").and_then(|rest| after_quoted(rest, '"'));
        let path = column.and_then(|rest| rest.strip_prefix(" GENERATED ALWAYS AS (json_extract(row, "));
        let end =
            path.and_then(|rest| after_quoted(rest, '\'')).and_then(|rest| rest.strip_prefix(")) VIRTUAL"));
        let Some(next) = end else { return false };
        rest = next;
    }
    true
}

/// What stands behind a text in quotes, in which a quote stands twice.
fn after_quoted(text: &str, quote: char) -> Option<&str> {
    let mut rest = text.strip_prefix(quote)?;
    loop {
        rest = &rest[rest.find(quote)? + quote.len_utf8()..];
        match rest.strip_prefix(quote) {
            Some(behind) => rest = behind,
            None => return Some(rest),
        }
    }
}

fn own() -> Result<Shape> {
    let empty = Connection::open_in_memory()?;
    empty.execute_batch(SCHEMA)?;
    shape(&empty)
}

fn shape(connection: &Connection) -> Result<Shape> {
    let mut statement = connection.prepare(
        "SELECT type, name, iif(octet_length(sql) > ?1, 'too long', ifnull(sql, '')) FROM sqlite_schema",
    )?;
    let rows = statement.query_map([LONGEST as i64], |row| {
        Ok((row.get::<_, String>(1)?, (row.get::<_, String>(0)?, spaced(&row.get::<_, String>(2)?))))
    })?;
    let rows = rows.collect::<rusqlite::Result<_>>();
    rows.map_err(|error| Error::damaged(format!("The store's schema cannot be read ({error}).")))
}

/// A statement without comments, and each white space one space: tools that copy a schema lay it out anew.
fn spaced(statement: &str) -> String {
    let lines = statement.lines().map(|line| if line.trim_start().starts_with("--") { "" } else { line });
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

fn foreign(what: &str) -> Error {
    Error::damaged(format!("The file is not a store as backstory makes it: {what}."))
        .hint("Do not write to it. `sqlite3 FILE .schema` shows what is in it; compare with a backup.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(more: &str) -> Result<()> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch(more).unwrap();
        check(&connection)
    }

    #[test]
    fn a_new_store_is_ours_with_the_indexes_of_people() {
        store("").unwrap();
        store("CREATE INDEX mine ON events (occurred_at); ANALYZE;").unwrap();
        store("CREATE TABLE \"projection_a\" (key TEXT PRIMARY KEY, position INTEGER NOT NULL, row TEXT NOT NULL, \
               \"o'n\"\"e\" GENERATED ALWAYS AS (json_extract(row, '$.\"o''ne\"')) VIRTUAL) WITHOUT ROWID;")
        .unwrap();
    }

    #[test]
    fn what_could_run_or_refuse_is_not() {
        for more in [
            "CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END;",
            "DROP TRIGGER events_are_facts_update;",
            "CREATE VIEW v AS SELECT 1;",
            "DROP VIEW log; CREATE VIEW log AS SELECT load_extension('x');",
            "CREATE UNIQUE INDEX u ON events (occurred_at);",
            "CREATE TABLE t (a);",
            "DROP TABLE hashes; CREATE VIEW hashes AS SELECT 1;",
            "DROP TABLE jobs; CREATE TABLE jobs (id INTEGER PRIMARY KEY);",
            "ALTER TABLE jobs ADD COLUMN x TEXT DEFAULT 'y';",
            "CREATE TABLE \"projection_a\" (key TEXT PRIMARY KEY, position INTEGER NOT NULL, row TEXT NOT NULL, \
             \"b\" GENERATED ALWAYS AS (abs(row)) VIRTUAL) WITHOUT ROWID;",
        ] {
            assert_eq!(store(more).unwrap_err().exit_code(), 4, "{more}");
        }
    }
}
