//! Events that were written under another name or in another shape: the log keeps them as they are, and everything
//! reads them as the domain knows them today.

use serde::Deserialize;
use serde_json::Value;

use super::{Domain, EventType};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::jq::{Rule, State};

/// What an upcast rule sees beside the data.
const VARS: &[&str] = &["$schema", "$was", "$meta"];

/// The shape in which an event's data was written.
#[derive(Deserialize)]
struct Shape {
    schema: Option<Value>,
}

impl Domain {
    /// Whether any event is read otherwise than it is written.
    pub fn evolves(&self) -> bool {
        self.aggregates.values().any(|a| a.events.values().any(EventType::evolves))
    }

    /// The name under which an event type is known today.
    pub fn current_name<'a>(&'a self, kind: &str, stored: &'a str) -> &'a str {
        let renamed = self.aggregates.get(kind).and_then(|a| a.renamed.get(stored));
        renamed.map_or(stored, String::as_str)
    }

    /// The name of an event type today, whatever its aggregate; a name that no event bears any more leads there.
    pub fn name_today<'a>(&'a self, name: &'a str) -> &'a str {
        if self.aggregates.values().any(|aggregate| aggregate.events.contains_key(name)) {
            return name;
        }
        self.aggregates
            .values()
            .find_map(|aggregate| aggregate.renamed.get(name))
            .map_or(name, String::as_str)
    }

    /// Every name under which events of a type may be stored, whatever their aggregate.
    pub fn stored_names<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let events = self.aggregates.values().filter_map(|aggregate| aggregate.events.get(name));
        std::iter::once(name).chain(events.flat_map(|event| event.was.iter().map(String::as_str))).collect()
    }

    /// An event's data where it is read in another shape than it was written in.
    pub fn upcast(&self, kind: &str, event: &str, data: &str, meta: &str) -> Result<Option<String>> {
        let Some(declared) = self.event(kind, event).filter(|declared| declared.evolves()) else {
            return Ok(None);
        };
        let Some(rule) = declared.upcast_rule()? else { return Ok(None) };
        let schema = match serde_json::from_str::<Shape>(meta) {
            Ok(shape) => shape.schema.unwrap_or_default(),
            Err(error) => return Err(Error::damaged(format!("the event's metadata is not JSON: {error}"))),
        };
        let current = match &declared.schema {
            Some(now) => *now == schema,
            None => declared.was.iter().all(|old| old != event),
        };
        if current {
            return Ok(None);
        }
        let vars =
            [State::from_value(&schema), State::from_value(&Value::from(event)), State::from_json(meta)?];
        let read = rule.one(&State::from_json(data)?, &vars)?;
        if !read.is_object() {
            return Err(Error::refused("the data that it makes must be an object").at(rule.name()));
        }
        read.to_json().map(Some)
    }

    /// An event as it is read today; as it was written where its upcast fails, which the fold then tells.
    pub fn as_read(&self, event: Event) -> Event {
        self.read_otherwise(&event).unwrap_or(event)
    }

    /// The same where it is read otherwise than it is written.
    pub fn read_otherwise(&self, event: &Event) -> Option<Event> {
        let kind = &event.aggregate.kind;
        let data = self.upcast(kind, &event.kind, &event.data, &event.meta).ok().flatten();
        let name = self.current_name(kind, &event.kind);
        if data.is_none() && name == event.kind {
            return None;
        }
        let mut read = Event { kind: name.to_owned(), ..event.clone() };
        if let Some(data) = data {
            read.data = data;
        }
        Some(read)
    }
}

impl EventType {
    /// Whether events of the type may be stored under another name or in another shape.
    pub fn evolves(&self) -> bool {
        !self.was.is_empty() || self.upcast.is_some()
    }

    pub(super) fn upcast_rule(&self) -> Result<Option<&Rule>> {
        let rule = self.upcast.as_ref();
        rule.map(|rule| rule.get(|name, text| Rule::compile(name, text, VARS))).transpose()
    }
}
