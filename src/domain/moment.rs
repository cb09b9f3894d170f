//! An event between two states: what filters, and the rules of reactors, projections and monitors see. Here stands the one
//! list of the variables, and the one place that gives them their values.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::{Domain, Lazy};
use crate::error::{Error, Result};
use crate::event::{Event, Hash, Position};
use crate::jq::{EventView, Rule, State};

/// What a filter or a rule about an event sees besides the state after it. `$day` is the event's in the domain's zone.
pub const EVENT_VARS: &[&str] =
    &["$event", "$data", "$meta", "$at", "$before", "$day", "$changed", "$flags", "$previous", "$by"];
/// Those that take more than the event and the states around it.
const FURTHER: &[&str] = &["$changed", "$flags", "$previous", "$by"];
pub(super) const EVENT: usize = 0;
pub(super) const DATA: usize = 1;
const META: usize = 2;
const AT: usize = 3;
const BEFORE: usize = 4;
const DAY: usize = 5;
const CHANGED: usize = 6;
const FLAGS: usize = 7;
const PREVIOUS_EVENT: usize = 8;

/// The fields of `$previous`.
pub const PREVIOUS: &[&str] = &["type", "at", "actor", "data", "changed", "version"];

/// What a walk over an aggregate's events knows of one beside the states around it; null where nobody reads it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The dotted paths that it changed.
    pub changed: State,
    /// What is special about it.
    pub flags: State,
    /// The aggregate's event before it.
    pub previous: State,
    /// Who had set each field before it.
    pub by: State,
}

/// An event with the states around it, as filters, reactors and projections see it. What is whole of a variable is made
/// once, when the first rule reads it.
pub struct Moment<'a> {
    pub(super) view: EventView<'a>,
    hashes: (Hash, Option<Hash>),
    before: State,
    pub(super) after: &'a State,
    day: Day<'a>,
    known: Known,
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
        let hashes = (event.hash, event.parent);
        Self::of(domain.view(event), hashes, (before.clone(), after), Day::OfEvent(domain))
    }

    /// The same of an event as a walk shows it.
    pub fn shown(
        domain: &'a Domain,
        view: EventView<'a>,
        hashes: (Hash, Option<Hash>),
        states: (State, &'a State),
    ) -> Self {
        Self::of(view, hashes, states, Day::OfEvent(domain))
    }

    /// A report that is due: `.` is its rows, sorted by key, `$day` the day on which the period began, and `$event`
    /// the newest event that is in it.
    pub fn of_report(domain: &'a Domain, event: &'a Event, rows: &'a State, day: &'a str) -> Self {
        let hashes = (event.hash, event.parent);
        Self::of(domain.view(event), hashes, (State::null(), rows), Day::Given(day))
    }

    fn of(
        view: EventView<'a>,
        hashes: (Hash, Option<Hash>),
        (before, after): (State, &'a State),
        day: Day<'a>,
    ) -> Self {
        // Before its first event nothing is there.
        let before = if view.version == 1 { State::null() } else { before };
        Self { view, hashes, before, after, day, known: Known::default(), made: Default::default() }
    }

    /// With what else is known of the event.
    #[must_use]
    pub fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
    }

    pub(super) fn position(&self) -> Position {
        self.view.position
    }

    /// The state after it.
    pub fn after(&self) -> &State {
        self.after
    }

    /// A whole variable by its place among [`EVENT_VARS`].
    pub(super) fn var(&self, var: usize) -> Result<State> {
        let made = &self.made[var];
        if let Some(made) = made.get() {
            return Ok(made.clone());
        }
        let value = match var {
            EVENT => State::of_parts(&self.view, (self.var(DATA)?, self.var(META)?), self.hashes),
            DATA => State::data_of(&self.view)?,
            META => State::meta_of(&self.view)?,
            AT => State::of_time(self.view.occurred_at),
            BEFORE => self.before.clone(),
            DAY => State::from_value(&match self.day {
                Day::OfEvent(domain) => domain.day(self.view.occurred_at).into(),
                Day::Given(day) => day.into(),
            }),
            CHANGED => self.known.changed.clone(),
            FLAGS => self.known.flags.clone(),
            PREVIOUS_EVENT => self.known.previous.clone(),
            _ => self.known.by.clone(),
        };
        Ok(made.get_or_init(|| value).clone())
    }

    /// The values of [`EVENT_VARS`] for a rule, of the event as much as the rule reads; null where it does not read one.
    pub fn vars(&self, rule: &Rule) -> Result<Vec<State>> {
        let parts = if rule.needs().is_whole() || !(EVENT..=AT).any(|var| rule.reads(var)) {
            None
        } else {
            Some(rule.needs().states(&self.view, self.hashes)?)
        };
        let var = |var: usize| match parts.as_ref().and_then(|parts| parts.get(var)) {
            Some(part) => Ok(part.clone()),
            None if rule.reads(var) => self.var(var),
            None => Ok(State::null()),
        };
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

/// Whether a rule's text names a variable that takes more than an event and the states around it: to look at it costs
/// less than to compile it.
pub(super) fn reads_further(rule: &Lazy<Rule>) -> bool {
    FURTHER.iter().any(|var| rule.text.value.contains(var))
}

pub(super) fn compiled(rule: &Lazy<Rule>) -> Result<&Rule> {
    rule.get(|name, text| Rule::compile(name, text, EVENT_VARS))
}

pub(super) fn wrong(rule: &str, wanted: &str, got: &Value) -> Error {
    Error::refused(format!("{rule} answers {got}, which is not {wanted}."))
}
