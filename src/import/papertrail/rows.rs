//! The application's own tables, beside its `versions`: a row holds what the newest version of its item left.

use std::path::Path;

use chrono::SecondsFormat;
use serde_json::{Map, Value};

use super::object;
use crate::error::Result;
use crate::event::Time;
use crate::import::sql::{columns, quoted, text};
use crate::jq::Rule;
use crate::store::foreign::{Bound, Rows, Shelf, rows, tables};

/// What a row stands behind in the order of its item's versions.
const LAST: i64 = i64::MAX;
/// The column that names the item of a row.
const ITEM: &str = "(item)";

/// A type of items, and what one of them was.
struct Kind {
    name: String,
    object: Map<String, Value>,
    json: bool,
}

/// Puts the rows of items behind their versions. What cannot be found or read is not known, as without the table.
pub fn keep(kept: &Shelf, decoded: &Rule, path: &Path, bounds: (u64, &Bound)) -> Result<()> {
    let Ok(tables) = tables(path) else { return Ok(()) };
    for kind in kinds(path, decoded, bounds) {
        let Some((table, columns)) = table_of(path, &tables, &kind, bounds.1) else { continue };
        let sql = format!(
            "SELECT own.*, of.item_id AS \"{ITEM}\" FROM
             (SELECT DISTINCT item_id FROM versions WHERE item_type = {}) of JOIN {} own ON own.id = of.item_id",
            text(&kind.name),
            quoted(&table),
        );
        let mut failed = Ok(());
        let read = rows(path, &Rows::Asked(sql), bounds, &mut |row| {
            let Ok(mut row) = row else { return Ok(true) };
            let item = super::item(&kind.name.as_str().into(), &row.shift_remove(ITEM).unwrap_or_default());
            for (name, value) in &mut row {
                let declared = columns.iter().find(|(column, _)| column == name);
                *value = as_written(value.take(), declared.map_or("", |(_, of)| of), kind.json);
            }
            failed = kept.put(&item, LAST, 0, "", Some(&Value::Array(vec![row.into()]).to_string()));
            Ok(failed.is_ok())
        });
        failed?;
        // A row that cannot be asked for is one that is not known.
        drop(read);
    }
    Ok(())
}

/// The types of items, each with its newest object.
fn kinds(path: &Path, decoded: &Rule, bounds: (u64, &Bound)) -> Vec<Kind> {
    let sql = "SELECT item_type, object, max(CASE WHEN object IS NOT NULL THEN id END) FROM versions
               WHERE item_type IS NOT NULL GROUP BY item_type";
    let mut kinds = Vec::new();
    let read = rows(path, &Rows::Asked(sql.to_owned()), bounds, &mut |row| {
        let Ok(row) = row else { return Ok(true) };
        let (Some(name), written) = (row["item_type"].as_str(), &row["object"]) else { return Ok(true) };
        let json = written.as_str().is_some_and(|text| text.trim_start().starts_with('{'));
        let object = object(decoded, written).ok().and_then(|object| object.to_value().ok());
        let object = object.and_then(|object| object.as_object().cloned()).unwrap_or_default();
        kinds.push(Kind { name: name.to_owned(), object, json });
        Ok(true)
    });
    if read.is_ok() { kinds } else { Vec::new() }
}

/// The table of a type, with the names and types of its columns: the one that Rails names so, or else the only one that
/// has what its objects have.
fn table_of(
    path: &Path,
    tables: &[String],
    kind: &Kind,
    bound: &Bound,
) -> Option<(String, Vec<(String, String)>)> {
    let fits = |table: &String| {
        let columns = columns(path, table, bound).ok()?;
        let has = |name: &str| columns.iter().any(|(column, _)| column == name);
        let fits = table != "versions" && has("id") && kind.object.keys().all(|key| has(key));
        fits.then(|| (table.clone(), columns))
    };
    let names = names_of(&kind.name);
    let mut named = names.iter().filter_map(|name| tables.iter().find(|table| *table == name));
    if let Some(found) = named.find_map(fits) {
        return Some(found);
    }
    let mut others = tables.iter().filter(|_| kind.object.len() > 1).filter_map(fits);
    others.next().filter(|_| others.next().is_none())
}

/// `admin_users` and `users` for `Admin::User`, as Rails has them.
fn names_of(kind: &str) -> [String; 2] {
    let snake = |name: &str| {
        let mut snake = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        }
        snake
    };
    let last = kind.rsplit("::").next().unwrap_or(kind);
    [kind.replace("::", "_").as_str(), last].map(|name| plural(&snake(name)))
}

fn plural(name: &str) -> String {
    for (one, many) in [("person", "people"), ("child", "children"), ("man", "men")] {
        if let Some(before) = name.strip_suffix(one) {
            return format!("{before}{many}");
        }
    }
    match name.strip_suffix('y') {
        Some(before) if !before.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{before}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| name.ends_with(end)) => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

/// A value of a column as an object has it: in Rails' JSON, or as its YAML is read.
fn as_written(value: Value, declared: &str, json: bool) -> Value {
    let is = |kinds: &[&str]| kinds.iter().any(|kind| declared.starts_with(kind));
    match &value {
        Value::Number(number) if is(&["bool"]) => (number.as_f64() != Some(0.0)).into(),
        Value::Number(number) if is(&["decimal", "numeric"]) => {
            let double = number.as_f64().unwrap_or_default();
            match (json, double.fract() == 0.0) {
                (true, _) => format!("{double:?}").into(),
                (false, true) => (double as i64).into(),
                (false, false) => value,
            }
        }
        Value::String(text) if is(&["datetime", "timestamp"]) => match time(text) {
            // JSON has milliseconds.
            Some(at) if json => {
                at.to_chrono().map_or(value, |at| at.to_rfc3339_opts(SecondsFormat::Millis, true).into())
            }
            Some(at) => at.to_string().into(),
            None => value,
        },
        _ => value,
    }
}

/// A time as Rails keeps it: UTC, where it says nothing else.
pub fn time(text: &str) -> Option<Time> {
    let text = text.trim_end_matches(" UTC").replacen(' ', "T", 1);
    Time::parse(&text).or_else(|| Time::parse(&format!("{text}Z")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_named_as_rails_names_it() {
        for (kind, table) in [
            ("Task", "tasks"),
            ("LineItem", "line_items"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Address", "addresses"),
            ("Batch", "batches"),
            ("Person", "people"),
            ("Admin::User", "admin_users"),
        ] {
            assert_eq!(names_of(kind)[0], table);
        }
        assert_eq!(names_of("Admin::User")[1], "users");
    }

    #[test]
    fn a_column_is_written_as_its_object_was() {
        for (value, declared, yaml, in_json) in [
            (json!(1), "boolean", json!(true), json!(true)),
            (json!(12.5), "decimal(10,2)", json!(12.5), json!("12.5")),
            (json!(13), "decimal(10,2)", json!(13), json!("13.0")),
            (
                json!("2026-11-26 20:35:58.349752"),
                "datetime(6)",
                json!("2026-11-26T20:35:58.349752Z"),
                json!("2026-11-26T20:35:58.349Z"),
            ),
            (
                json!("2026-11-26 20:35:58"),
                "text",
                json!("2026-11-26 20:35:58"),
                json!("2026-11-26 20:35:58"),
            ),
            (json!(1), "integer", json!(1), json!(1)),
        ] {
            assert_eq!(as_written(value.clone(), declared, false), yaml);
            assert_eq!(as_written(value, declared, true), in_json);
        }
    }
}
