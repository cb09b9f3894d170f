//! A command: checks its parameters, then says with jq which events follow from the state.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Attribute, Domain, EventType, Lazy};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Time, Version};
use crate::jq::{Rule, State, compact};

/// `event("TaskCreated"; $params)` is how an emit rule says what happened.
pub(super) const PRELUDE: &str = "def event($type; $data): {type: $type, data: $data};";

/// A command of an aggregate type.
#[derive(Debug)]
pub struct Command {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub doc: Option<String>,
    /// Whether it demands that the aggregate does not exist.
    pub creates: bool,
    /// Its parameters, in the order of the file.
    pub params: IndexMap<String, Attribute>,
    pub(super) emit: Lazy<Rule>,
}

/// An event that a command emits: type and data, the rest is the journal's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// The event type.
    pub kind: String,
    /// Its data, a compact JSON object.
    pub data: String,
    /// The shape of its data, where the domain names one: it goes into the metadata.
    pub schema: Option<Value>,
}

impl Command {
    pub(super) fn rule(&self) -> Result<&Rule> {
        self.emit.get(|name, source| Rule::compile_with(name, source, &["$params", "$meta", "$now"], PRELUDE))
    }

    /// The text of its emit rule.
    pub(super) fn emit_text(&self) -> &str {
        &self.emit.text.value
    }

    /// Checks the parameters against their types and fills in defaults.
    pub fn check_params(&self, given: &Map<String, Value>) -> Result<Map<String, Value>> {
        if let Some(unknown) = given.keys().find(|key| !self.params.contains_key(*key)) {
            let known: Vec<_> = self.params.keys().map(String::as_str).collect();
            return Err(Error::hopeless(format!("{} has no parameter {unknown}.", self.name)).hint(
                if known.is_empty() {
                    "It takes none.".to_owned()
                } else {
                    format!("It takes {}.", known.join(", "))
                },
            ));
        }
        let mut checked = Map::new();
        for (name, attribute) in &self.params {
            match given.get(name).or(attribute.default.as_ref()) {
                Some(value) => {
                    attribute.check(value).map_err(|why| {
                        let error = Error::hopeless(format!("{name} {why}."));
                        // The command line's strings are the usual reason.
                        if value.is_string()
                            && !matches!(
                                attribute.kind,
                                super::Type::Enum(_) | super::Type::Date | super::Type::DateTime
                            )
                        {
                            error.hint(format!(
                                "On the command line write {name}:=JSON for what is not a string."
                            ))
                        } else {
                            error
                        }
                    })?;
                    checked.insert(name.clone(), value.clone());
                }
                None if attribute.optional => {}
                None => {
                    return Err(Error::hopeless(format!("{} needs {name}.", self.name))
                        .hint(format!("{name} is a {}.", attribute.type_name())));
                }
            }
        }
        Ok(checked)
    }

    /// The events that follow from a state; none where nothing changes, an error where the rule refuses.
    pub fn emit(
        &self,
        domain: &Domain,
        kind: &str,
        state: &State,
        params: &Map<String, Value>,
        meta: &Map<String, Value>,
        now: Time,
    ) -> Result<Vec<Emitted>> {
        let vars = [
            State::from_value(&Value::Object(params.clone())),
            State::from_value(&Value::Object(meta.clone())),
            State::from_value(&Value::String(now.to_string())),
        ];
        let outputs = self.rule()?.run(state, &vars)?;
        outputs.iter().map(|output| emitted(&self.emit.name, domain, kind, output)).collect()
    }
}

/// A request to decide about, with whose words it is refused.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Of what it is asked.
    pub aggregate: &'a AggregateId,
    /// The branch on which that is.
    pub branch: &'a str,
    /// The parameters as they are given.
    pub params: &'a Map<String, Value>,
    /// What is known of who asks, and why.
    pub meta: &'a Map<String, Value>,
    /// When.
    pub now: Time,
}

impl Command {
    /// What it makes of a request on a state, whose version is 0 where nothing has happened: the parameters as they count, and
    /// the events; an error where it is refused.
    pub fn decide(
        &self,
        domain: &Domain,
        asking: &Asking<'_>,
        state: &State,
        version: Version,
    ) -> Result<(Map<String, Value>, Vec<Emitted>)> {
        let &Asking { aggregate, branch, params, meta, now } = asking;
        let exists = version > 0 && !state.is_null();
        if self.creates && exists {
            return Err(Error::refused(format!("{aggregate} exists already."))
                .hint("Leave the id out to take the next number."));
        }
        if !self.creates && !exists {
            return Err(Error::refused(format!("There is no {aggregate} on {branch}.")));
        }
        let params = self.check_params(params)?;
        // What is gone is nothing to a rule, as it was before the first event.
        let state = if state.is_null() { &State::empty() } else { state };
        let events = self.emit(domain, &aggregate.kind, state, &params, meta, now)?;
        Ok((params, events))
    }
}

impl Domain {
    /// The events by which an event's own rule takes it back, on a state; `before` and `after` are the states
    /// around it.
    pub fn revert(
        &self,
        event: &Event,
        state: &Value,
        before: &Value,
        after: &Value,
    ) -> Result<Vec<Emitted>> {
        let kind = &event.aggregate.kind;
        let Some(rule) = self.event(kind, &event.kind).map_or(Ok(None), EventType::revert)? else {
            return Ok(Vec::new());
        };
        let vars = [
            State::from_json(&self.as_read(event.clone()).to_json())?,
            State::from_value(before),
            State::from_value(after),
        ];
        let outputs = rule.run(&State::from_value(state), &vars)?;
        let name = format!("{kind} {} revert", event.kind);
        outputs.iter().map(|output| emitted(&name, self, kind, output)).collect()
    }
}

/// The event that a rule's output says.
fn emitted(rule: &str, domain: &Domain, kind: &str, output: &State) -> Result<Emitted> {
    let not_event = || {
        Error::refused(format!("{rule} emits something that is not an event."))
            .hint("An emit rule answers event(\"Type\"; {…}), empty, or error(\"why not\").")
    };
    let Value::Object(mut output) = output.to_value()? else { return Err(not_event()) };
    let (Some(Value::String(event)), Some(data)) = (output.remove("type"), output.remove("data")) else {
        return Err(not_event());
    };
    let data = match data {
        Value::Object(data) => data,
        Value::Null => Map::new(),
        _ => return Err(Error::refused(format!("The data of {event} is not an object."))),
    };
    let Some(declared) = domain.aggregate(kind).and_then(|aggregate| aggregate.events.get(&event)) else {
        return Err(Error::refused(format!("{rule} emits {event}, which the domain does not declare."))
            .hint(format!("Add [aggregate.{kind}.event.{event}] to the domain.")));
    };
    for (name, attribute) in &declared.data {
        match data.get(name) {
            Some(value) => {
                attribute.check(value).map_err(|why| Error::refused(format!("{event}: {name} {why}.")))?;
            }
            None if attribute.optional || attribute.default.is_some() => {}
            None => return Err(Error::refused(format!("{event} lacks {name}."))),
        }
    }
    let data = compact(&Value::Object(data).to_string())?.into_owned();
    Ok(Emitted { kind: event, data, schema: declared.schema.clone() })
}
