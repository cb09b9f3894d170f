//! A projection: rows folded from events of many aggregates. It only says which; keeping them is the journal's.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::form::lazy;
use super::moment::{self, Moment, wrong};
use super::reactor::Pattern;
use super::schedule::Every;
use super::source::{Origin, Spot};
use super::{Domain, Lazy};
use crate::error::{Error, Result};
use crate::event::{Position, Time};
use crate::jq::{Parts, Rule, State, View};

/// What a row rule, where `.` is the state, and a fold rule, where `.` is the row so far, see besides.
const ROW_VARS: &[&str] = &[
    "$event",
    "$data",
    "$meta",
    "$at",
    "$before",
    "$day",
    "$changed",
    "$flags",
    "$previous",
    "$by",
    "$state",
    "$key",
];

/// A read model: which events it is folded from, and into what.
#[derive(Debug)]
pub struct Projection {
    /// Its name; the table's is `projection_` and this.
    pub name: String,
    /// What it shows.
    pub doc: Option<String>,
    /// The events that it is folded from.
    pub on: Vec<Pattern>,
    /// Which row an event belongs to, or several; without it every event has a row of its own.
    key: Option<Lazy<Rule>>,
    shape: Shape,
    pub(super) spot: Spot,
    /// The columns shown, in order; empty is all that the rows have.
    pub columns: Vec<String>,
    /// How often it is due as a report, for the reactors that send it.
    pub every: Option<Every>,
    /// Whether its table is kept by the transaction that appends; else it follows behind.
    pub kept: bool,
}

#[derive(Debug)]
enum Shape {
    /// The newest event says the whole row.
    Row(Lazy<Rule>),
    /// Each event makes the next row of the one before.
    Fold(Lazy<Rule>),
}

/// A row of a projection, and the event that last changed it.
#[derive(Clone, Debug)]
pub struct Projected {
    /// The position of that event.
    pub position: Position,
    /// The row, an object.
    pub row: State,
}

/// `[projection.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectionTable {
    doc: Option<String>,
    on: Vec<String>,
    key: Option<Spanned<String>>,
    row: Option<Spanned<String>>,
    fold: Option<Spanned<String>>,
    #[serde(default)]
    columns: Vec<Spanned<String>>,
    mode: Option<Spanned<String>>,
    every: Option<Spanned<String>>,
}

pub(super) fn projections(
    origin: &Origin,
    tables: IndexMap<Spanned<String>, ProjectionTable>,
    tolerated: &mut Vec<Error>,
) -> Result<IndexMap<String, Projection>> {
    tables
        .into_iter()
        .map(|(name, table)| {
            tolerated.extend(misnamed(origin, &table.columns));
            let projection = projection(origin, name, table)?;
            Ok((projection.name.clone(), projection))
        })
        .collect()
}

/// The first column that cannot be one beside the others, or beside those that every projection's table has. `key`
/// alone may be named: it is the row's own.
fn misnamed(origin: &Origin, columns: &[Spanned<String>]) -> Option<Error> {
    let mut seen = vec!["position".to_owned(), "row".to_owned(), "key".to_owned()];
    for (place, column) in columns.iter().enumerate() {
        let (name, lower) = (column.get_ref(), column.get_ref().to_lowercase());
        let again = columns[..place].iter().any(|before| before.get_ref().to_lowercase() == lower);
        if name == "key" && !again {
            continue;
        }
        if seen.contains(&lower) {
            let why = if again {
                format!(
                    "the column {name} is there already: SQLite takes large and small letters for the same"
                )
            } else {
                format!("a column cannot be called {name}: every projection's table has a column {lower}")
            };
            return Some(origin.mistake(column.span().start, &why));
        }
        seen.push(lower);
    }
    None
}

fn projection(origin: &Origin, name: Spanned<String>, table: ProjectionTable) -> Result<Projection> {
    let at = name.span().start;
    let name = name.into_inner();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Err(origin.mistake(at, "a projection's name is a table's: small letters, digits and _"));
    }
    if table.on.is_empty() {
        return Err(origin.mistake(at, &format!("the projection {name} reads no event: on = [\"…\"]")));
    }
    let rule = |what: &str, text: Spanned<String>| lazy(origin, format!("projection {name} {what}"), text);
    let shape = match (table.row, table.fold) {
        (Some(row), None) => Shape::Row(rule("row", row)),
        (None, Some(fold)) if table.key.is_some() => Shape::Fold(rule("fold", fold)),
        (None, Some(fold)) => {
            return Err(
                origin.mistake(fold.span().start, "a fold needs a key: which row does it go on with?")
            );
        }
        _ => return Err(origin.mistake(at, &format!("the projection {name} has either a row or a fold"))),
    };
    let kept = match table.mode.as_ref().map(|mode| (mode.get_ref().as_str(), mode.span().start)) {
        None | Some(("sync", _)) => true,
        Some(("async", _)) => false,
        Some((_, at)) => {
            return Err(origin
                .mistake(at, "a projection's mode is \"sync\" (with the append) or \"async\" (behind it)"));
        }
    };
    let every = match &table.every {
        None => None,
        Some(word) => Some(Every::named(word.get_ref()).ok_or_else(|| {
            origin.mistake(word.span().start, "a report is due every hour, day, week or month")
        })?),
    };
    let on = table.on.iter().map(|text| Pattern::parse(text)).collect();
    let key = table.key.map(|text| rule("key", text));
    let columns = table.columns.into_iter().map(Spanned::into_inner).collect();
    let (doc, spot) = (table.doc, origin.spot(at));
    Ok(Projection { name, doc, on, key, shape, spot, columns, every, kept })
}

impl Projection {
    /// Whether it is folded from events of this type.
    pub fn reads(&self, aggregate: &str, event: &str) -> bool {
        self.on.iter().any(|pattern| pattern.matches(aggregate, event))
    }

    /// Whether every event has a row of its own, so that rows are never changed.
    pub fn is_list(&self) -> bool {
        self.key.is_none()
    }

    /// The rows that an event belongs to: what its key rule answers, or the items of an array that it answers; each
    /// once, and none for null.
    pub fn keys(&self, moment: &Moment<'_>) -> Result<Vec<String>> {
        let Some(rule) = &self.key else { return Ok(vec![list_key(moment.position())]) };
        let compiled = moment::compiled(rule)?;
        let keys = compiled.run(moment.after(), &moment.vars(compiled)?)?;
        let mut rows = Vec::new();
        let mut belongs = |key: View<'_>| {
            let key = match (key.text(), key.to_value()?) {
                (Some(text), _) => text.to_owned(),
                (None, number) if number.is_number() => number.to_string(),
                (None, Value::Null) => return Ok(()),
                (None, Value::Array(none)) if none.is_empty() => return Ok(()),
                (None, other) => return Err(wrong(&rule.name, "a text, a number or a list of them", &other)),
            };
            if !rows.contains(&key) {
                rows.push(key);
            }
            Ok(())
        };
        for key in &keys {
            match key.view().parts() {
                Parts::Items(items) => items.iter().try_for_each(&mut belongs)?,
                _ => belongs(key.view())?,
            }
        }
        Ok(rows)
    }

    /// The row behind the one before (null where there was none); null where there is to be none. A fold rule sees
    /// an empty object where there was none.
    pub fn next(&self, key: &str, row: &State, moment: &Moment<'_>) -> Result<State> {
        let (rule, input) = match &self.shape {
            Shape::Row(rule) => (rule, moment.after().clone()),
            // As an apply rule sees it: an empty object where nothing is yet.
            Shape::Fold(rule) if row.is_null() => (rule, State::empty()),
            Shape::Fold(rule) => (rule, row.clone()),
        };
        let compiled = compiled(rule)?;
        let mut vars = moment.vars(compiled)?;
        vars.extend([moment.after().clone(), State::from_value(&key.into())]);
        let next = compiled.one(&input, &vars)?;
        if next.is_null() || next.is_object() {
            return Ok(next);
        }
        Err(wrong(&rule.name, "an object or null", &next.to_value()?))
    }

    /// Its rules that read more than an event and the states around it, compiled.
    pub(super) fn further(&self) -> impl Iterator<Item = Result<&Rule>> {
        let (Shape::Row(shape) | Shape::Fold(shape)) = &self.shape;
        let key = self.key.iter().filter(|rule| moment::reads_further(rule)).map(moment::compiled);
        key.chain(Some(shape).into_iter().filter(|rule| moment::reads_further(rule)).map(compiled))
    }

    /// Its rules, in the order of the file, compiled.
    pub(super) fn check(&self) -> impl Iterator<Item = (&Lazy<Rule>, Option<Error>)> {
        let (Shape::Row(shape) | Shape::Fold(shape)) = &self.shape;
        let key = self.key.iter().map(|rule| (rule, moment::compiled(rule).err()));
        key.chain([(shape, compiled(shape).err())])
    }
}

fn compiled(rule: &Lazy<Rule>) -> Result<&Rule> {
    rule.get(|name, text| Rule::compile(name, text, ROW_VARS))
}

/// The key of an event's own row: rows sorted by it stand in log order.
pub fn list_key(position: Position) -> String {
    format!("{position:012}")
}

impl Domain {
    /// The projections that are folded from events of a type, in the order of the file.
    pub fn projections_of(&self, aggregate: &str, event: &str) -> impl Iterator<Item = &Projection> {
        self.projections.values().filter(move |projection| projection.reads(aggregate, event))
    }

    /// The day of a time in the domain's zone, `2019-04-24`.
    pub fn day(&self, time: Time) -> String {
        let local = time.to_chrono().map(|utc| utc.with_timezone(&self.time_zone));
        local.map(|local| local.format("%Y-%m-%d").to_string()).unwrap_or_default()
    }
}
