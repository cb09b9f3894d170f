//! The `versions` of `PaperTrail`: a table of a SQLite database, or its rows in a file. Each row holds the object as it
//! was *before* the change, so that a row is told together with the next one of its item, and the first one of an item
//! whose beginning was not recorded is told twice: what was found there, and what then changed. What follows the newest
//! version of an item is its row in the application's own table, where the database has that.
//!
//! The change is worked out here, and the record holds nothing else of what told it: so the version is the same record
//! before and after another one has followed it.

mod rows;

use std::cell::Cell;
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::adapter;
use super::format::Reading;
use super::source::{Found, Sink, Source};
use crate::error::{Error, Result};
use crate::event::Hash;
use crate::jq::{Rule, State, patch, without_nulls};
use crate::store::foreign::{self, Bound, Kept, Rows, Shelf};

/// What a record that tells what was found at the beginning is marked with.
const FOUND: &str = "found";

/// Reads the rows of a source. `false`: the sink said stop.
pub fn read(source: &mut Source, reading: &Reading, sink: &mut Sink<'_>) -> Result<bool> {
    let (name, size, largest) = (source.name.clone(), source.size, source.largest());
    let bound = source.bound().clone();
    let (kept, decoded) = (Shelf::open()?, decoded()?);
    let bytes = Cell::new(0);
    let mut line = 0;
    let mut go = true;
    if source.is_sqlite()? {
        if !Path::new(&name).is_file() {
            return Err(Error::refused("A SQLite database cannot be read from standard input.")
                .hint("Name its file: backstory import FILE --map papertrail."));
        }
        if let Some(key) = reading.idle(None) {
            return Err(Error::refused(format!("{name} is a SQLite database, where `{key}` has no effect."))
                .hint("Leave it out of the mapping, or bring this file in by itself."));
        }
        let table = table_of(Path::new(&name), &bound)?;
        foreign::rows(Path::new(&name), &Rows::Of(table), (largest, &bound), &mut |row| {
            line += 1;
            go = match row.and_then(|row| keep(&kept, line, &row).map_err(|error| error.message().to_owned()))
            {
                Ok(()) => true,
                Err(why) => sink(Found {
                    file: &name,
                    line: line as u64,
                    text: Err(why),
                    tamed: false,
                    bytes: 0,
                    alien: false,
                })?,
            };
            Ok(go)
        })?;
        rows::keep(&kept, &decoded, Path::new(&name), (largest, &bound))?;
    } else {
        go = source.read(None, reading, &mut |found| {
            bytes.set(found.bytes);
            let row = found.text.clone().and_then(|text| {
                let text = text.unwrap_or_default();
                serde_json::from_str::<Map<String, Value>>(text)
                    .map_err(|error| format!("it is no row: {error}"))
            });
            match row.and_then(|row| keep(&kept, found.line as i64, &row).map_err(|e| e.message().to_owned()))
            {
                Ok(()) => Ok(true),
                Err(why) => sink(Found { text: Err(why), ..found }),
            }
        })?;
    }
    go = go
        && kept.each(&mut |row| {
            // It only says what the version before it left.
            if row.text.is_empty() {
                return Ok(true);
            }
            let mut tell = |record: Record| {
                let text = record.map(|record| Value::Object(record).to_string());
                sink(Found {
                    file: &name,
                    line: row.line as u64,
                    text: text.as_deref().map(Some).map_err(Clone::clone),
                    tamed: false,
                    bytes: size,
                    alien: false,
                })
            };
            let (found, record) = told(&row, &decoded);
            Ok(found.map_or(Ok(true), |found| tell(Ok(found)))? && tell(record)?)
        })?;
    Ok(go)
}

/// The table of a database that has the versions, whatever it is called.
fn table_of(path: &Path, bound: &Bound) -> Result<String> {
    const COLUMNS: [&str; 5] = ["item_type", "item_id", "event", "object", "created_at"];
    let mut found = adapter::tables_with(path, &COLUMNS, bound)?;
    let usual = "versions".to_owned();
    Ok(if found.contains(&usual) || found.is_empty() { usual } else { found.swap_remove(0) })
}

fn keep(kept: &Shelf, line: i64, row: &Map<String, Value>) -> Result<()> {
    // An empty text is how CSV writes that there is nothing, and some databases do.
    let row: Map<String, Value> = row
        .iter()
        .filter(|(_, value)| *value != "")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let part = |name: &str| row.get(name).unwrap_or(&Value::Null);
    let item = item(part("item_type"), part("item_id"));
    // By id, as PaperTrail does; where ids are no numbers, as the rows stand.
    let number = |id: &Value| id.as_i64().or_else(|| id.as_str()?.parse().ok());
    let place = row.get("id").and_then(number).unwrap_or(line);
    let object = row.get("object").filter(|object| !object.is_null()).map(Value::to_string);
    kept.put(&item, place, line, &Value::Object(row.clone()).to_string(), object.as_deref())
}

/// What versions of one item have in common.
fn item(kind: &Value, id: &Value) -> String {
    format!("{kind} {id}")
}

/// A row as a record, or what is wrong with it.
type Record = Result<Map<String, Value>, String>;

/// What was found at the beginning, where that was not recorded, and the row with what it changed.
fn told(row: &Kept, decoded: &Rule) -> (Option<Map<String, Value>>, Record) {
    let mut record: Map<String, Value> = serde_json::from_str(&row.text).unwrap_or_default();
    let has = |name: &str| record.get(name).is_some_and(|value| !value.is_null());
    let is = |event: &str| record.get("event").is_some_and(|said| said == event);
    let mut found = None;
    if row.first && !is("create") && has("object") {
        let mut first = record.clone();
        first.shift_remove("object_changes");
        first.insert("event".to_owned(), FOUND.into());
        found = Some(first);
    }
    if has("object_changes") || is("destroy") {
        return (found, Ok(record));
    }
    let next = row.next.as_ref().and_then(|next| serde_json::from_str(next).ok());
    match next.map_or(Ok(None), |next| changed(&record, next, decoded)) {
        Ok(Some(changed)) => {
            // What was told by the table and is told otherwise by the next version is another delivery.
            let told = Hash(Sha256::digest(changed.to_string()).into()).short();
            record.insert("changed".to_owned(), changed);
            record.insert("told".to_owned(), told.into());
        }
        Ok(None) => drop(record.insert("newest".to_owned(), true.into())),
        Err(why) => return (found, Err(why)),
    }
    (found, Ok(record))
}

/// What leads from the object of a version to what followed it (RFC 7396). `None`: the row of the application's table is
/// not as this version left it.
fn changed(version: &Map<String, Value>, next: Value, decoded: &Rule) -> Result<Option<Value>, String> {
    let none = Value::Null;
    let old = object(decoded, version.get("object").unwrap_or(&none))?;
    let at = version.get("created_at").unwrap_or(&none);
    let updated =
        |of: &State| of.get("updated_at").and_then(|at| at.to_value().ok()).filter(|at| !at.is_null());
    let new = match next {
        Value::Array(row) => {
            let row = row.into_iter().next().unwrap_or_default();
            let row = left(row, &old.to_value().map_err(|error| error.message().to_owned())?, decoded);
            let row = State::from_value(&row);
            if updated(&row).is_some_and(|updated| !same_moment(&updated, at)) {
                return Ok(None);
            }
            row
        }
        next => object(decoded, &next)?,
    };
    let change = if new.is_object() {
        patch(&without_nulls(old.clone()), &without_nulls(new))
    } else {
        State::empty()
    };
    let mut change = change.to_value().map_err(|error| error.message().to_owned())?;
    // A `touch` is recorded with the time that it set, and with nothing else.
    if let (Some(updated), Some(change)) = (updated(&old), change.as_object_mut())
        && same_moment(&updated, at)
    {
        change.entry("updated_at").or_insert(updated);
    }
    // A table may have its columns in another order.
    change.sort_all_objects();
    Ok(Some(change))
}

/// A row as the object that it would be recorded as: with the fields that the object before it has.
fn left(row: Value, old: &Value, decoded: &Rule) -> Value {
    let (Value::Object(mut row), Some(old)) = (row, old.as_object()) else { return Value::Null };
    row.retain(|name, _| old.is_empty() || old.contains_key(name));
    for (name, value) in &mut row {
        if old.get(name).is_some_and(|old| old.is_array() || old.is_object())
            && let Some(inside) = object(decoded, value).ok().and_then(|inside| inside.to_value().ok())
        {
            *value = inside;
        }
    }
    Value::Object(row)
}

/// Reads an object as it is kept: JSON, or YAML as Rails writes it.
fn decoded() -> Result<Rule> {
    const DECODED: &str =
        r#"if type != "string" then . elif test("^\\s*[{\\[]") then fromjson else fromyaml end"#;
    Rule::compile("object", DECODED, &[]).map_err(|mistake| Error::refused(mistake.message))
}

fn object(decoded: &Rule, kept: &Value) -> Result<State, String> {
    decoded.one(&State::from_value(kept), &[]).map_err(|error| error.message().to_owned())
}

/// Whether two times are one, as far as both are written.
fn same_moment(a: &Value, b: &Value) -> bool {
    let time = |value: &Value| value.as_str().and_then(rows::time);
    let (Some(a), Some(b)) = (time(a), time(b)) else { return false };
    let whole = |micros: i64| a.0.div_euclid(micros) == b.0.div_euclid(micros);
    whole(1000) || (whole(1_000_000) && (a.0 % 1_000_000 == 0 || b.0 % 1_000_000 == 0))
}
