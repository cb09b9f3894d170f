//! An event between two states: what the rules of reactors, projections and monitors see.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::{Domain, Lazy};
use crate::error::{Error, Result};
use crate::event::{Event, Position};
use crate::jq::{EventView, Rule, State};

/// What a rule about an event sees besides the state after it; `$day` is the event's in the domain's zone.
pub(super) const EVENT_VARS: &[&str] = &["$event", "$data", "$meta", "$at", "$before", "$day"];
pub(super) const EVENT: usize = 0;
pub(super) const DATA: usize = 1;
const META: usize = 2;
const AT: usize = 3;
const BEFORE: usize = 4;

/// An event with the states around it, as a reactor or a projection sees it. Each variable is made when the first
/// rule reads it.
pub struct Moment<'a> {
    pub(super) event: &'a Event,
    view: EventView<'a>,
    before: State,
    pub(super) after: &'a State,
    day: Day<'a>,
    made: [OnceCell<State>; EVENT_VARS.len()],
}

/// What `$day` is.
enum Day<'a> {
    /// The event's day in a domain's zone.
    OfEvent(&'a Domain),
    /// The first day of a report's period.
    Given(&'a str),
}

impl<'a> Moment<'a> {
    /// An event between two states.
    pub fn new(domain: &'a Domain, event: &'a Event, before: &State, after: &'a State) -> Self {
        Self::of(domain, event, before.clone(), after, Day::OfEvent(domain))
    }

    /// A report that is due: `.` is its rows, sorted by key, `$day` the day on which the period began, and `$event`
    /// the newest event that is in it.
    pub fn of_report(domain: &'a Domain, event: &'a Event, rows: &'a State, day: &'a str) -> Self {
        Self::of(domain, event, State::null(), rows, Day::Given(day))
    }

    fn of(domain: &'a Domain, event: &'a Event, before: State, after: &'a State, day: Day<'a>) -> Self {
        Self { event, view: domain.view(event), before, after, day, made: Default::default() }
    }

    pub(super) fn position(&self) -> Position {
        self.event.position
    }

    pub(super) fn after(&self) -> &State {
        self.after
    }

    /// A variable by its place among [`EVENT_VARS`].
    pub(super) fn var(&self, var: usize) -> Result<State> {
        let made = &self.made[var];
        if let Some(made) = made.get() {
            return Ok(made.clone());
        }
        let event = self.event;
        let value = match var {
            EVENT => {
                let parts = (self.var(DATA)?, self.var(META)?);
                State::of_parts(&self.view, parts, (event.hash, event.parent))
            }
            DATA => State::data_of(&self.view)?,
            META => State::meta_of(&self.view)?,
            AT => State::of_time(event.occurred_at),
            BEFORE => self.before.clone(),
            _ => State::from_value(&match self.day {
                Day::OfEvent(domain) => domain.day(event.occurred_at).into(),
                Day::Given(day) => day.into(),
            }),
        };
        Ok(made.get_or_init(|| value).clone())
    }

    /// The values of [`EVENT_VARS`] for a rule; null where it does not read one.
    pub(super) fn vars(&self, rule: &Rule) -> Result<Vec<State>> {
        let var = |var| if rule.reads(var) { self.var(var) } else { Ok(State::null()) };
        (0..EVENT_VARS.len()).map(var).collect()
    }

    /// Whether a rule's one answer is true; true where there is no rule.
    pub(super) fn holds(&self, rule: Option<&Lazy<Rule>>) -> Result<bool> {
        let Some(rule) = rule else { return Ok(true) };
        Ok(self.answer(rule)?.truthy())
    }

    fn answer(&self, rule: &Lazy<Rule>) -> Result<State> {
        let rule = compiled(rule)?;
        rule.one(self.after, &self.vars(rule)?)
    }

    pub(super) fn one(&self, rule: &Lazy<Rule>) -> Result<Value> {
        self.answer(rule)?.to_value()
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
