//! An apply rule: the next state from a state and an event.

use jaq_json::{Map, Rc, Val};
use serde_json::Value;

use super::lower::Program;
use super::mistake::Mistake;
use super::project;
use super::reads::Reads;
use super::rule::Rule;
use super::state::{State, text};
use crate::error::{Error, Result};
use crate::event::{Hash, Time};

/// What an apply rule sees of an event; the JSON texts are borrowed as they are stored.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// Its place in the whole log.
    pub position: i64,
    /// The name of the branch that owns it.
    pub branch: &'a str,
    /// The aggregate's type.
    pub kind: &'a str,
    /// The aggregate's id.
    pub id: &'a str,
    /// Its place in the aggregate's history.
    pub version: i64,
    /// The event type.
    pub event: &'a str,
    /// When the producer says that it happened.
    pub occurred_at: Time,
    /// When the store took it.
    pub recorded_at: Time,
    /// A compact JSON object.
    pub data: &'a str,
    /// A compact JSON object.
    pub meta: &'a str,
    /// Attributes that old events lack: they are filled into the data where absent.
    pub defaults: &'a [(String, Value)],
}

/// An apply rule, compiled: a state goes in, the next one comes out, with `$event`, `$data`, `$meta` and `$at`
/// (the event's `occurred_at`) at hand.
pub struct Apply {
    rule: Rule,
    program: Option<Program>,
    reads: Reads,
}

const VARS: &[&str] = &["$event", "$data", "$meta", "$at"];

impl Apply {
    /// Compiles a rule, to plain operations where it needs no more than those.
    pub fn compile(name: &str, source: &str) -> Result<Self, Mistake> {
        let apply = Self::compile_unlowered(name, source)?;
        Ok(Self { program: Program::lower(source), ..apply })
    }

    /// Compiles a rule for the jq engine, whatever it is.
    pub fn compile_unlowered(name: &str, source: &str) -> Result<Self, Mistake> {
        let rule = Rule::compile(name, source, VARS)?;
        Ok(Self { rule, program: None, reads: Reads::of(source) })
    }

    /// Does it run as plain operations, without the jq engine?
    pub fn is_bare(&self) -> bool {
        self.program.is_some()
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        self.rule.source()
    }

    /// What it reads of an event.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// What the rule is called in errors.
    pub fn name(&self) -> &str {
        self.rule.name()
    }

    /// The next state: an object, or null where the aggregate is gone. The state is moved in, so that it is
    /// changed in place.
    pub fn apply(&self, state: State, event: &EventView<'_>) -> Result<State> {
        let next = if let Some(program) = &self.program {
            program.run(self.name(), state, event)?
        } else {
            let vars = self.reads.vars(event).map_err(|e| e.at(self.name()))?;
            self.rule.only(state.0, vars)?
        };
        match next.0 {
            Val::Obj(_) | Val::Null => Ok(next),
            _ => Err(Error::refused("the state that it makes must be an object or null").at(self.name())),
        }
    }
}

impl State {
    /// An event's data as a rule sees it, with the defaults that it lacks.
    pub fn data_of(event: &EventView<'_>) -> Result<Self> {
        project::data(event).map(Self)
    }

    /// An event's metadata as a rule sees it.
    pub fn meta_of(event: &EventView<'_>) -> Result<Self> {
        project::object(event.meta).map(Self)
    }

    /// A time as a rule sees it: RFC 3339.
    pub fn of_time(time: Time) -> Self {
        Self(project::stamp(time))
    }

    /// A whole event as a predicate sees it: the fields of its JSON, in their order.
    pub fn of_event(event: &EventView<'_>, hash: Hash, parent: Option<Hash>) -> Result<Self> {
        Ok(Self::of_parts(event, (Self::data_of(event)?, Self::meta_of(event)?), (hash, parent)))
    }

    /// The same where its data and metadata are at hand, and its hash with its parent's.
    pub fn of_parts(
        event: &EventView<'_>,
        (data, meta): (Self, Self),
        (hash, parent): (Hash, Option<Hash>),
    ) -> Self {
        let of = |hash: Hash| text(&hash.to_string());
        let mut fields = project::fields(event, data.0, meta.0);
        fields.insert(text("hash"), of(hash));
        fields.insert(text("parent"), parent.map_or(Val::Null, of));
        Self(Val::obj(fields))
    }
}

/// The fold with no rule: the data is merged into the state (RFC 7396), null removes.
pub fn merge(state: State, data: &str) -> Result<State> {
    Ok(merged(state, project::object(data)?))
}

/// The same with an event's data and the defaults that it lacks.
pub fn merge_event(state: State, event: &EventView<'_>) -> Result<State> {
    Ok(merged(state, project::data(event)?))
}

fn merged(state: State, patch: Val) -> State {
    let mut state = state.0;
    merge_into(&mut state, patch);
    State(state)
}

fn merge_into(target: &mut Val, patch: Val) {
    let Val::Obj(patch) = patch else {
        *target = patch;
        return;
    };
    if !matches!(target, Val::Obj(_)) {
        *target = Val::obj(Map::default());
    }
    let Val::Obj(map) = target else { return };
    let map = Rc::make_mut(map);
    for (key, value) in Rc::unwrap_or_clone(patch) {
        match value {
            // The order of what stays is part of what a reader sees.
            Val::Null => {
                map.shift_remove(&key);
            }
            Val::Obj(_) => merge_into(map.entry(key).or_default(), value),
            _ => {
                map.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
