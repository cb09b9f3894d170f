//! OCEL 2.0 in a SQLite database: events and objects, each with a table for every type of them. One query made from the
//! tables that are there gives a row for each object of each event, and one for each time an object's attributes were set.

use std::path::Path;

use super::format::Records;
use super::source::{Found, Sink, Source};
use super::sql::{columns, pairs, quoted, text};
use crate::error::Result;
use crate::store::foreign::{Bound, Rows, tables};

/// The tables that tell such a database from others.
const KNOWN: [&str; 5] = ["event", "object", "event_object", "event_map_type", "object_map_type"];
/// An event that names more objects than this tells only how many they are with each of them, and who they are once.
const MANY: usize = 100;
/// So many attributes are put into one call: SQLite bounds the arguments of a function.
const ARGUMENTS: usize = 40;

/// Reads the rows of a source. `false`: the sink said stop.
pub fn read(source: &mut Source, records: &Records, sink: &mut Sink<'_>) -> Result<bool> {
    let query = if source.is_sqlite()? { query(Path::new(&source.name), source.bound())? } else { None };
    if let Some(query) = query {
        return source.read_rows(&Rows::Asked(query), records, sink);
    }
    let reason = format!("it is no SQLite database with the tables of OCEL 2.0: {}", KNOWN.join(", "));
    let (file, bytes) = (source.name.as_str(), source.size);
    sink(Found { file, line: 1, text: Err(reason), tamed: false, bytes, alien: true })
}

/// The query for a database; `None` where it is no such log.
pub fn query(path: &Path, bound: &Bound) -> Result<Option<String>> {
    let tables = tables(path)?;
    if !KNOWN.iter().all(|known| tables.iter().any(|table| table == known)) {
        return Ok(None);
    }
    let (mut parts, mut told) = (Vec::new(), Vec::new());
    for (name, table) in types(path, &tables, "event", bound)? {
        let attributes = attributes(path, &table, bound)?;
        let of_type = format!("LEFT JOIN {} own ON own.ocel_id = e.ocel_id", quoted(&table));
        parts.push(events("own.ocel_time", &attributes, &of_type, &format!("e.ocel_type = {}", text(&name))));
        told.push(text(&name));
    }
    // They have no time, and are told so.
    let others = format!("e.ocel_type IS NULL OR e.ocel_type NOT IN ({})", told.join(", "));
    parts.push(events("NULL", "'{}'", "", &others));
    for (name, table) in types(path, &tables, "object", bound)? {
        parts.push(format!(
            "SELECT NULL, NULL, own.ocel_time, own.ocel_id, {}, NULL, NULL, NULL, own.ocel_changed_field, {} FROM {} own",
            text(&name),
            attributes(path, &table, bound)?,
            quoted(&table)
        ));
    }
    Ok(Some(format!(
        "WITH named AS MATERIALIZED (SELECT ocel_event_id, count(*) AS many,
         json_group_array(ocel_object_id) AS objects FROM event_object GROUP BY ocel_event_id) {}",
        parts.join(" UNION ALL ")
    )))
}

/// The events that a condition holds for, each once for every object that it names, and once where it names none. One that
/// names very many comes once more, by itself: with each of them all the others would be the square of that.
fn events(time: &str, attributes: &str, of_type: &str, condition: &str) -> String {
    format!(
        "SELECT e.ocel_id AS ocel_event, e.ocel_type AS ocel_event_type, {time} AS ocel_time,
         named_by.ocel_object_id AS ocel_object, o.ocel_type AS ocel_object_type, named_by.ocel_qualifier AS ocel_qualifier,
         CASE WHEN named.many <= {MANY} THEN named.objects END AS ocel_objects,
         CASE WHEN named.many > {MANY} THEN named.many END AS ocel_object_count,
         NULL AS ocel_changed_field, {attributes} AS ocel_attributes
         FROM event e {of_type} LEFT JOIN event_object named_by ON named_by.ocel_event_id = e.ocel_id
         LEFT JOIN object o ON o.ocel_id = named_by.ocel_object_id
         LEFT JOIN named ON named.ocel_event_id = e.ocel_id WHERE {condition}
         UNION ALL
         SELECT e.ocel_id, e.ocel_type, {time}, NULL, NULL, NULL, named.objects, named.many, NULL, {attributes}
         FROM event e {of_type} JOIN named ON named.ocel_event_id = e.ocel_id AND named.many > {MANY} WHERE {condition}"
    )
}

/// The types of events or of objects that have a table, with its name.
fn types(path: &Path, tables: &[String], of: &str, bound: &Bound) -> Result<Vec<(String, String)>> {
    let sql = format!("SELECT DISTINCT ocel_type AS a, '{of}_' || ocel_type_map AS b FROM {of}_map_type");
    let mut types = pairs(path, &sql, bound)?;
    types.retain(|(_, table)| tables.contains(table));
    Ok(types)
}

/// What makes a JSON text of the attributes in a table.
fn attributes(path: &Path, table: &str, bound: &Bound) -> Result<String> {
    let columns = columns(path, table, bound)?;
    let own: Vec<String> = columns
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !["ocel_id", "ocel_time", "ocel_changed_field"].contains(&name.as_str()))
        .map(|name| format!("{}, own.{}", text(name), quoted(name)))
        .collect();
    let some = own.chunks(ARGUMENTS).map(|some| format!("json_object({})", some.join(", ")));
    Ok(some.reduce(|all, some| format!("json_patch({all}, {some})")).unwrap_or_else(|| "'{}'".to_owned()))
}
