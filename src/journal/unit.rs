//! What is carried over at once, and what its events say of where they come from.

use serde_json::{Map, Value, json};

use super::batch::ORIGIN;
use crate::error::{Error, Result};
use crate::event::{Event, Hash, Position, Recorded, Unit, units};
use crate::store::origin_of;
use crate::store::{Branch, Store};

/// The member of a command in an event's metadata, and of an origin, that says what the requester had looked at.
pub(super) const SEEN: &str = "seen";

impl Unit {
    /// For each event the hash of the event that was there first: it may have been carried over before.
    pub fn origins(&self) -> Vec<Hash> {
        self.events.iter().map(|event| origin_of(&event.meta).unwrap_or(event.hash)).collect()
    }

    /// The same as the metadata of the events that come of it has them.
    pub(super) fn named_origins(&self) -> Vec<Value> {
        self.events.iter().map(origin).collect()
    }

    /// What the events' metadata says beside actor, reason and command.
    pub(super) fn meta(&self) -> Map<String, Value> {
        let mut meta = meta_of(&self.events[0]);
        for name in ["actor", "reason", "command", ORIGIN] {
            meta.shift_remove(name);
        }
        meta
    }
}

/// An event's metadata as an object.
pub(super) fn meta_of(event: &Event) -> Map<String, Value> {
    serde_json::from_str(&event.meta).unwrap_or_default()
}

/// `meta.origin` of an event that is carried over: the hash of the event that was there first. What the requester had seen was seen
/// there, and not where it goes to: it stands beside that.
fn origin(event: &Event) -> Value {
    let (meta, first) = (meta_of(event), origin_of(&event.meta).unwrap_or(event.hash));
    let seen = |from: &str| meta.get(from).and_then(|from| from.get(SEEN));
    match seen(ORIGIN).or_else(|| seen("command")) {
        Some(seen) => json!({ "hash": first, SEEN: seen }),
        None => first.to_string().into(),
    }
}

/// Metadata for an event that is carried over.
pub(super) fn with_origin(event: &Event, mut meta: Map<String, Value>) -> Map<String, Value> {
    if let Some(command) = meta.get_mut("command").and_then(Value::as_object_mut) {
        command.shift_remove(SEEN);
    }
    meta.insert(ORIGIN.to_owned(), origin(event));
    meta
}

/// Whether no other event of its command comes behind an event.
pub(super) fn ends_unit(event: &Event) -> bool {
    Recorded::of(&event.meta).is_none_or(|command| command.part >= command.of)
}

/// The whole unit that the event at a position belongs to.
pub(crate) fn unit_at(store: &Store, position: Position) -> Result<Unit> {
    let gone = || Error::refused(format!("There is no event at position {position}."));
    let event = store.event_at(position)?.ok_or_else(gone)?;
    let Some(command) = Recorded::of(&event.meta) else {
        return Ok(Unit::single(event));
    };
    let first = position - (command.part as Position - 1).max(0);
    let last = first + command.of as Position - 1;
    let mut events = Vec::new();
    for at in first..=last {
        events.extend(store.event_at(at)?);
    }
    let found = units(events).into_iter().find(|unit| unit.events.iter().any(|e| e.position == position));
    found.ok_or_else(gone)
}

/// The events that a branch owns behind a position, as units.
pub(crate) fn own_units(store: &Store, branch: &Branch, after: Position) -> Result<Vec<Unit>> {
    let own = Branch { segments: vec![(branch.id, Position::MAX)], ..branch.clone() };
    let mut events = Vec::new();
    store.events_between(&own, (after + 1, Position::MAX), false, &mut |raw| {
        events.push(store.whole(raw)?);
        Ok(true)
    })?;
    Ok(units(events))
}
