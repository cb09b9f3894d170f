//! An event between two states: what the rules of reactors, projections and monitors see.

use serde_json::{Map, Value};

use super::{Domain, Lazy};
use crate::error::{Error, Result};
use crate::event::{Event, Position};
use crate::jq::{Rule, State};

/// What a rule about an event sees besides the state after it; `$day` is the event's in the domain's zone.
pub(super) const EVENT_VARS: &[&str] = &["$event", "$data", "$meta", "$at", "$before", "$day"];

/// An event with the states around it, as a reactor or a projection sees it.
pub struct Moment<'a> {
    pub(super) event: &'a Event,
    pub(super) after: &'a State,
    pub(super) vars: [State; 6],
}

impl<'a> Moment<'a> {
    /// An event between two states.
    pub fn new(domain: &Domain, event: &'a Event, before: &State, after: &'a State) -> Result<Self> {
        let text = |text: String| State::from_value(&Value::String(text));
        let whole = State::from_json(&event.to_json())?;
        let member = |name: &str| whole.get(name).unwrap_or_else(State::null);
        let (data, meta) = (member("data"), member("meta"));
        let (at, day) = (text(event.occurred_at.to_string()), text(domain.day(event.occurred_at)));
        Ok(Self { event, after, vars: [whole, data, meta, at, before.clone(), day] })
    }

    /// A report that is due: `.` is its rows, sorted by key, `$day` the day on which the period began, and `$event`
    /// the newest event that is in it.
    pub fn of_report(event: &'a Event, rows: &'a State, day: &str) -> Result<Self> {
        let text = |text: String| State::from_value(&Value::String(text));
        let whole = State::from_json(&event.to_json())?;
        let member = |name: &str| whole.get(name).unwrap_or_else(State::null);
        let (data, meta, at) = (member("data"), member("meta"), text(event.occurred_at.to_string()));
        Ok(Self { event, after: rows, vars: [whole, data, meta, at, State::null(), text(day.to_owned())] })
    }

    pub(super) fn position(&self) -> Position {
        self.event.position
    }

    pub(super) fn after(&self) -> &State {
        self.after
    }

    pub(super) fn vars(&self) -> &[State] {
        &self.vars
    }

    pub(super) fn one(&self, rule: &Lazy<Rule>) -> Result<Value> {
        compiled(rule)?.one(self.after, &self.vars)?.to_value()
    }

    pub(super) fn text(&self, rule: &Lazy<Rule>) -> Result<String> {
        match self.one(rule)? {
            Value::String(text) => Ok(text),
            other => Err(wrong(&rule.name, "a text", &other)),
        }
    }

    pub(super) fn object(&self, rule: &Lazy<Rule>) -> Result<Map<String, Value>> {
        match self.one(rule)? {
            Value::Object(object) => Ok(object),
            other => Err(wrong(&rule.name, "an object", &other)),
        }
    }
}

pub(super) fn compiled(rule: &Lazy<Rule>) -> Result<&Rule> {
    rule.get(|name, text| Rule::compile(name, text, EVENT_VARS))
}

pub(super) fn wrong(rule: &str, wanted: &str, got: &Value) -> Error {
    Error::refused(format!("{rule} answers {got}, which is not {wanted}."))
}
