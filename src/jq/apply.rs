//! An apply rule: the next state from a state and an event.

use jaq_json::{Map, Rc, Val};
use serde_json::Value;

use super::mistake::Mistake;
use super::rule::Rule;
use super::state::{State, text};
use crate::error::{Error, Result};
use crate::event::Time;

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
}

const VARS: &[&str] = &["$event", "$data", "$meta", "$at"];

impl Apply {
    /// Compiles a rule, to plain operations where it can be done with them.
    pub fn compile(name: &str, source: &str) -> Result<Self, Mistake> {
        Self::compile_unlowered(name, source)
    }

    /// Compiles a rule for the jq engine, whatever it is.
    pub fn compile_unlowered(name: &str, source: &str) -> Result<Self, Mistake> {
        Ok(Self { rule: Rule::compile(name, source, VARS)? })
    }

    /// Does it run as plain operations, without the jq engine?
    pub fn is_bare(&self) -> bool {
        false
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        self.rule.source()
    }

    /// What the rule is called in errors.
    pub fn name(&self) -> &str {
        self.rule.name()
    }

    /// The next state: an object, or null where the aggregate is gone. The state is moved in, so that it is
    /// changed in place.
    pub fn apply(&self, state: State, event: &EventView<'_>) -> Result<State> {
        let data = data(event).map_err(|e| e.at(self.name()))?;
        let meta = parse(event.meta).map_err(|e| e.at(self.name()))?;
        let at = text(&event.occurred_at.to_string());
        let whole = whole(event, data.clone(), meta.clone(), at.clone());
        let next = self.rule.only(state.0, vec![whole, data, meta, at])?;
        match next.0 {
            Val::Obj(_) | Val::Null => Ok(next),
            _ => Err(Error::refused("the state that it makes must be an object or null").at(self.name())),
        }
    }
}

/// The event as `$event`.
fn whole(event: &EventView<'_>, data: Val, meta: Val, at: Val) -> Val {
    let int = |i: i64| Val::from(i as isize);
    let fields = [
        ("position", int(event.position)),
        ("branch", text(event.branch)),
        ("aggregate", text(&format!("{}/{}", event.kind, event.id))),
        ("version", int(event.version)),
        ("type", text(event.event)),
        ("occurred_at", at),
        ("recorded_at", text(&event.recorded_at.to_string())),
        ("data", data),
        ("meta", meta),
    ];
    Val::obj(fields.into_iter().map(|(key, val)| (Val::utf8_str(key), val)).collect())
}

/// What the log holds was checked when it came in; here it is only read.
fn parse(json: &str) -> Result<Val> {
    serde_json::from_str(json).map_err(|e| Error::damaged(format!("the event does not hold JSON: {e}")))
}

fn data(event: &EventView<'_>) -> Result<Val> {
    let mut data = parse(event.data)?;
    if let Val::Obj(map) = &mut data {
        let map = Rc::make_mut(map);
        for (key, value) in event.defaults {
            map.entry(text(key)).or_insert_with(|| State::from_value(value).0);
        }
    }
    Ok(data)
}

/// The fold with no rule: the data is merged into the state (RFC 7396), null removes.
pub fn merge(state: State, data: &str) -> Result<State> {
    let mut state = state.0;
    merge_into(&mut state, parse(data)?);
    Ok(State(state))
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
mod tests {
    use super::*;

    fn view<'a>(data: &'a str, defaults: &'a [(String, Value)]) -> EventView<'a> {
        EventView {
            position: 7,
            branch: "main",
            kind: "Task",
            id: "a/b",
            version: 3,
            event: "TaskTold",
            occurred_at: Time::parse("2019-04-20T10:00:00Z").unwrap(),
            recorded_at: Time::parse("2019-04-20T10:00:01Z").unwrap(),
            data,
            meta: r#"{"actor":"ann"}"#,
            defaults,
        }
    }

    #[test]
    fn a_rule_sees_the_whole_event() {
        let apply =
            Apply::compile("t", ".e = $event | .d = $data.x | .by = $meta.actor | .at = $at").unwrap();
        let defaults = [("x".to_owned(), Value::from(1)), ("y".to_owned(), Value::from("USD"))];
        let state = apply.apply(State::empty(), &view(r#"{"x":2}"#, &defaults)).unwrap();
        assert_eq!(
            state.to_json().unwrap(),
            concat!(
                r#"{"e":{"position":7,"branch":"main","aggregate":"Task/a/b","version":3,"type":"TaskTold","#,
                r#""occurred_at":"2019-04-20T10:00:00Z","recorded_at":"2019-04-20T10:00:01Z","#,
                r#""data":{"x":2,"y":"USD"},"meta":{"actor":"ann"}},"d":2,"by":"ann","at":"2019-04-20T10:00:00Z"}"#
            )
        );
    }

    #[test]
    fn a_rule_makes_an_object_or_null() {
        assert!(
            Apply::compile("t", "null").unwrap().apply(State::empty(), &view("{}", &[])).unwrap().is_null()
        );
        for (source, why) in [("1", "must be an object"), ("empty", "has none"), (".,.", "has 2")] {
            let error = Apply::compile("T.E apply", source)
                .unwrap()
                .apply(State::empty(), &view("{}", &[]))
                .unwrap_err();
            assert!(error.message().starts_with("T.E apply: ") && error.message().contains(why), "{error}");
        }
    }

    #[test]
    fn merging_follows_rfc_7396() {
        let state = State::from_json(r#"{"a":1,"b":{"c":1,"d":2},"e":[1]}"#).unwrap();
        let state = merge(state, r#"{"a":null,"b":{"c":null,"x":{"y":null}},"e":{"z":1}}"#).unwrap();
        assert_eq!(state.to_json().unwrap(), r#"{"b":{"d":2,"x":{}},"e":{"z":1}}"#);
    }
}
