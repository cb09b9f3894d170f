//! Chips: what narrows a list of records or a log of events, one short test each. All of them hold for what is shown.
//!
//! Those that need no state are tried on an event as it is stored; the others are jq, in the vocabulary of every filter,
//! and become one expression: a log that is narrowed by chips folds each aggregate once.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::log::LogRequest;
use super::predicate::{FilterOf, check_filter};
use super::{ListRequest, Session};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::Time;
use crate::replay::Flag;
use crate::replay::diff::{dotted, keys_of};

/// What a chip asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// A text that stands in its row, whatever its case.
    Text(String),
    /// A jq expression that holds.
    Jq(String),
    /// It is by one of these actors; of a record its newest event is.
    Actor(Vec<String>),
    /// It has one of these types; of a record its newest event has.
    Event(Vec<String>),
    /// The record is in one of these states; of records only.
    Status(Vec<String>),
    /// Something is special about it; of events only.
    Flag(Flag),
    /// It changed this field, as a dotted path, or something inside it; of events only.
    Changed(String),
    /// The field at this JSON Pointer is this value after it; of a record now.
    Is(String, Value),
    /// It occurred at or after this time; of a record its newest event did.
    Since(Time),
    /// It occurred at or before this time; of a record its newest event did.
    Until(Time),
    /// It is about one of the records that the list takes at the head; of events only.
    Listed,
}

/// A test, which may be turned round, or switched off for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chip {
    /// What is asked for.
    pub test: Test,
    /// Only what it does not hold for.
    #[serde(default)]
    pub not: bool,
    /// It narrows nothing.
    #[serde(default)]
    pub off: bool,
}

impl Chip {
    /// One that is on.
    pub fn only(test: Test) -> Self {
        Self { test, not: false, off: false }
    }

    /// One that is on, turned round.
    pub fn not(test: Test) -> Self {
        Self { test, not: true, off: false }
    }

    /// In a word or two, as the screen shows it; `time` writes a moment, `not` is the sign for what is turned round.
    pub fn words(&self, not: &str, time: &dyn Fn(Time) -> String) -> String {
        let words = match &self.test {
            Test::Is(pointer, value) => {
                let sign = if self.not { not } else { "=" };
                return format!("{} {sign} {}", dotted(pointer), short(value));
            }
            Test::Text(text) => text.clone(),
            Test::Jq(filter) => format!("| {filter}"),
            Test::Actor(names) => format!("actor {}", names.join(" or ")),
            Test::Event(names) => names.join(" or "),
            Test::Status(names) => format!("status {}", names.join(" or ")),
            Test::Flag(flag) => flag.name().to_owned(),
            Test::Changed(field) => format!("{field} changed"),
            Test::Since(at) => format!("since {}", time(*at)),
            Test::Until(at) => format!("until {}", time(*at)),
            Test::Listed => "listed records".to_owned(),
        };
        if self.not { format!("{not} {words}") } else { words }
    }

    /// What it asks for as jq, where that takes a state, or of a record its newest event; with the vocabulary of every
    /// filter.
    fn jq(&self, of_records: bool) -> Option<String> {
        let jq = match &self.test {
            Test::Jq(filter) => format!("({filter}\n)"),
            Test::Flag(flag) => format!("$flags.{}", flag.name()),
            Test::Changed(field) => changed(field),
            Test::Is(pointer, value) => is(pointer, value),
            Test::Event(names) if of_records => {
                format!("($event.type | . != null and IN({}))", quoted(names))
            }
            _ => return None,
        };
        Some(if self.not { format!("({jq} | not)") } else { jq })
    }
}

/// The filter for the events that changed a field, as a dotted path, or something inside it.
fn changed(field: &str) -> String {
    let quoted = Value::String(field.to_owned());
    let inside = Value::String(format!("{field}."));
    format!("any($changed[]; . == {quoted} or startswith({inside}))")
}

/// The filter for a field's value. Where something on the way is no object the field is not there.
fn is(pointer: &str, value: &Value) -> String {
    let keys = keys_of(pointer);
    if let [key] = keys.as_slice() {
        return format!("(.{} == {value})", Value::String(key.clone()));
    }
    let part = |key: &String| {
        let named = Value::String(key.clone());
        match key.parse::<u32>() {
            Ok(place) => format!("(if type == \"array\" then .[{place}] else .{named} end)"),
            Err(_) => format!(".{named}"),
        }
    };
    let path = keys.iter().map(part).collect::<Vec<_>>().join(" | ");
    format!("([({path})?] == [{value}])")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| Value::String(name.clone()).to_string()).collect::<Vec<_>>().join(", ")
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is asked for in jq, and the rest.
pub(super) fn split(chips: &[Chip], filter: Option<&String>, of: FilterOf) -> Result<Split> {
    let mut rest = Vec::new();
    let mut filters: Vec<String> = filter.map(|filter| format!("({filter}\n)")).into_iter().collect();
    for chip in chips.iter().filter(|chip| !chip.off) {
        // What is wrong in one is said of that one.
        if let Test::Jq(source) = &chip.test {
            check_filter(source, of)?;
        }
        match chip.jq(of != FilterOf::Events) {
            Some(jq) => filters.push(jq),
            None => rest.push(chip.clone()),
        }
    }
    let filter = match filters.as_slice() {
        [_] if filter.is_some() => filter.cloned(),
        _ => (!filters.is_empty()).then(|| filters.join(" and ")),
    };
    Ok(Split { filter, rest })
}

pub(super) struct Split {
    pub filter: Option<String>,
    pub rest: Vec<Chip>,
}

/// Takes the first test that fits out, for what can look for it by an index or in the rows as they are stored.
fn take<T>(chips: &mut Vec<Chip>, fits: impl Fn(&Test) -> Option<T>) -> Option<T> {
    let place = chips.iter().position(|chip| !chip.not && fits(&chip.test).is_some())?;
    fits(&chips.remove(place).test)
}

fn take_text(chips: &mut Vec<Chip>) -> Option<String> {
    take(chips, |test| if let Test::Text(text) = test { Some(text.clone()) } else { None })
}

fn one(names: &[String]) -> Option<String> {
    if let [name] = names { Some(name.clone()) } else { None }
}

impl Session {
    /// A request for events whose chips are what an event can be tried for as it is stored; the others are in its filter.
    pub(super) fn without_chips(request: LogRequest, domain: &Domain) -> Result<LogRequest> {
        let mut request = LogRequest {
            event: request.event.as_deref().map(|name| domain.name_today(name).to_owned()),
            ..request
        };
        if request.chips.is_empty() {
            return Ok(request);
        }
        let Split { filter, mut rest } = split(&request.chips, request.filter.as_ref(), FilterOf::Events)?;
        request.filter = filter;
        if rest.iter().any(|chip| matches!(chip.test, Test::Status(_))) {
            return Err(Error::usage("a status is of a record: it narrows the list, and no log"));
        }
        for chip in &mut rest {
            if let Test::Event(names) = &mut chip.test {
                for name in names {
                    *name = domain.name_today(name).to_owned();
                }
            }
        }
        if request.text.is_empty()
            && let Some(text) = take_text(&mut rest)
        {
            (request.text, request.any_case, request.content_only) = (text, true, false);
        }
        request.actor = request.actor.or_else(|| {
            take(&mut rest, |test| if let Test::Actor(names) = test { one(names) } else { None })
        });
        request.event = request.event.or_else(|| {
            take(&mut rest, |test| if let Test::Event(names) = test { one(names) } else { None })
        });
        request.chips = rest;
        Ok(request)
    }
}

impl ListRequest {
    /// The same whose chips are what a row of the list can be tried for as it is; the others are in its filter.
    pub(super) fn without_chips(&self) -> Result<Self> {
        let mut request = self.clone();
        let Split { filter, mut rest } = split(&self.chips, self.filter.as_ref(), FilterOf::Records)?;
        request.filter = filter;
        let of_events = |chip: &&Chip| matches!(chip.test, Test::Flag(_) | Test::Changed(_) | Test::Listed);
        if let Some(chip) = self.chips.iter().filter(|chip| !chip.off).find(of_events) {
            let words = chip.words("not", &|at| at.to_string());
            return Err(Error::usage(format!("\"{words}\" is about events: it narrows a log, and no list")));
        }
        if request.text.is_empty()
            && let Some(text) = take_text(&mut rest)
        {
            request.text = text;
        }
        request.chips = rest;
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chip_says_what_it_asks_for() {
        let words = |chip: Chip| chip.words("≠", &|at| at.to_string());
        assert_eq!(words(Chip::not(Test::Text("nightly".into()))), "≠ nightly");
        assert_eq!(words(Chip::only(Test::Actor(vec!["ann".into(), "bob".into()]))), "actor ann or bob");
        assert_eq!(words(Chip::not(Test::Is("/a~1b/0".into(), json!("x")))), "a/b.0 ≠ x");
        assert_eq!(words(Chip::only(Test::Changed("priority".into()))), "priority changed");
    }

    #[test]
    fn what_takes_a_state_is_one_expression() {
        let chips = [
            Chip::only(Test::Jq(".a # a comment".into())),
            Chip::not(Test::Is("/tags/0".into(), json!(1))),
            Chip { off: true, ..Chip::only(Test::Flag(Flag::Late)) },
            Chip::only(Test::Text("x".into())),
        ];
        let Split { filter, rest } = split(&chips, None, FilterOf::Events).unwrap();
        let number = r#"([(."tags" | (if type == "array" then .[0] else ."0" end))?] == [1])"#;
        assert_eq!(filter.unwrap(), format!("(.a # a comment\n) and ({number} | not)"));
        assert_eq!(rest, [Chip::only(Test::Text("x".into()))]);
    }
}
