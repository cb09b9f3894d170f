//! The `versions` of `PaperTrail`: a table of a SQLite database, or its rows in a file. Each row holds the object as it
//! was *before* the change, so that a row is told together with the next one of its item, and the first one of an item
//! whose beginning was not recorded is told twice: what was found there, and what then changed.

use std::cell::Cell;
use std::path::Path;

use serde_json::{Map, Value};

use super::format::Reading;
use super::mapping::Format;
use super::source::{Found, Sink, Source};
use crate::error::{Error, Result};
use crate::store::foreign::{Kept, Rows, Shelf, rows};

/// What a record that tells what was found at the beginning is marked with.
const FOUND: &str = "found";

/// Reads the rows of a source. `false`: the sink said stop.
pub fn read(source: &mut Source, reading: &Reading, sink: &mut Sink<'_>) -> Result<bool> {
    let (name, size, largest) = (source.name.clone(), source.size, source.largest());
    let kept = Shelf::open()?;
    let bytes = Cell::new(0);
    let mut line = 0;
    let mut go = true;
    if source.is_sqlite()? {
        if !Path::new(&name).is_file() {
            return Err(Error::refused("A SQLite database cannot be read from standard input.")
                .hint("Name its file: backstory import FILE --map papertrail."));
        }
        if let Some(key) = reading.of_text.first() {
            return Err(Error::refused(format!("{name} is a SQLite database, where `{key}` has no effect."))
                .hint("Leave it out of the mapping, or bring this file in by itself."));
        }
        rows(Path::new(&name), &Rows::Of("versions".to_owned()), largest, &mut |row| {
            line += 1;
            go = match row.and_then(|row| keep(&kept, line, &row).map_err(|error| error.message().to_owned()))
            {
                Ok(()) => true,
                Err(why) => {
                    let (line, text) = (line as u64, Err(why));
                    sink(Found { file: &name, line, text, tamed: false, bytes: 0, alien: false })?
                }
            };
            Ok(go)
        })?;
    } else {
        go = source.read(reading.dialect.is_said().then_some(Format::Csv), reading, &mut |found| {
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
            let mut tell = |record: Map<String, Value>| {
                let text = Value::Object(record).to_string();
                sink(Found {
                    file: &name,
                    line: row.line as u64,
                    text: Ok(Some(&text)),
                    tamed: false,
                    bytes: size,
                    alien: false,
                })
            };
            let (found, record) = told(&row);
            Ok(found.map_or(Ok(true), &mut tell)? && tell(record)?)
        })?;
    Ok(go)
}

fn keep(kept: &Shelf, line: i64, row: &Map<String, Value>) -> Result<()> {
    // An empty text is how CSV writes that there is nothing, and some databases do.
    let row: Map<String, Value> = row
        .iter()
        .filter(|(_, value)| *value != "")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let part = |name: &str| row.get(name).map(Value::to_string).unwrap_or_default();
    let item = format!("{} {}", part("item_type"), part("item_id"));
    // By id, as PaperTrail does; where ids are no numbers, as the rows stand.
    let number = |id: &Value| id.as_i64().or_else(|| id.as_str()?.parse().ok());
    let place = row.get("id").and_then(number).unwrap_or(line);
    let object = row.get("object").filter(|object| !object.is_null()).map(Value::to_string);
    kept.put(&item, place, line, &Value::Object(row.clone()).to_string(), object.as_deref())
}

/// What was found at the beginning, where that was not recorded, and the row with what it needs of the next one.
fn told(row: &Kept) -> (Option<Map<String, Value>>, Map<String, Value>) {
    let mut record: Map<String, Value> = serde_json::from_str(&row.text).unwrap_or_default();
    let has =
        |record: &Map<String, Value>, name: &str| record.get(name).is_some_and(|value| !value.is_null());
    let created = record.get("event").is_some_and(|event| event == "create");
    let mut found = None;
    if row.first && !created && has(&record, "object") {
        let mut first = record.clone();
        first.shift_remove("object_changes");
        first.insert("event".to_owned(), FOUND.into());
        found = Some(first);
    }
    let known = has(&record, "object_changes") || record.get("event").is_some_and(|event| event == "destroy");
    match row.next.as_ref().and_then(|next| serde_json::from_str(next).ok()) {
        Some(next) if !has(&record, "object_changes") => drop(record.insert("next_object".to_owned(), next)),
        None if !known => drop(record.insert("newest".to_owned(), true.into())),
        _ => {}
    }
    (found, record)
}
