//! What a rule reads of an event, taken out of its JSON texts without parsing the rest.

use std::cell::Cell;
use std::fmt;

use jaq_json::{Map, Rc, Val};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::apply::EventView;
use super::state::{State, text};
use super::value::V;
use crate::error::{Error, Result};

/// A part of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A field of the data, with its default.
    Data(String),
    /// A field of the metadata.
    Meta(String),
    WholeData,
    WholeMeta,
    WholeEvent,
    /// A field of `$event` that is neither its data nor its metadata; an unknown one is null.
    Event(String),
}

/// The parts that a rule reads, in the order of their slots.
#[derive(Debug, Default)]
pub(super) struct Projection {
    sources: Vec<Source>,
    data: Vec<(String, usize)>,
    meta: Vec<(String, usize)>,
}

/// A value that a rule reads once is moved out, not cloned.
pub(super) type Slots = Vec<Cell<Option<V>>>;

impl Projection {
    /// The slot of a part, made where it is new.
    pub(super) fn slot(&mut self, source: Source) -> usize {
        if let Some(slot) = self.sources.iter().position(|s| *s == source) {
            return slot;
        }
        let slot = self.sources.len();
        match &source {
            Source::Data(key) => self.data.push((key.clone(), slot)),
            Source::Meta(key) => self.meta.push((key.clone(), slot)),
            _ => {}
        }
        self.sources.push(source);
        slot
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    /// Reads the parts.
    pub(super) fn read(&self, event: &EventView<'_>) -> Result<Slots> {
        let slots: Slots = self.sources.iter().map(|_| Cell::new(None)).collect();
        fields(event.data, &self.data, &slots)?;
        fields(event.meta, &self.meta, &slots)?;
        for (key, slot) in &self.data {
            let read = slots[*slot].take();
            let default =
                || event.defaults.iter().find(|(k, _)| k == key).map(|(_, v)| V(State::from_value(v).0));
            slots[*slot].set(Some(read.or_else(default).unwrap_or_default()));
        }
        for (slot, source) in slots.iter().zip(&self.sources) {
            let value = match source {
                Source::Data(_) => continue,
                Source::Meta(_) => slot.take().unwrap_or_default(),
                Source::WholeData => V(data(event)?),
                Source::WholeMeta => V(object(event.meta)?),
                Source::WholeEvent => V(whole(event, data(event)?, object(event.meta)?)),
                Source::Event(key) => field(event, key).map(V).unwrap_or_default(),
            };
            slot.set(Some(value));
        }
        Ok(slots)
    }
}

fn damaged(error: &serde_json::Error) -> Error {
    Error::damaged(format!("the event does not hold a JSON object: {error}"))
}

/// A stored JSON object. What the log holds was checked when it came in; here it is only read.
pub(super) fn object(json: &str) -> Result<Val> {
    match serde_json::from_str(json).map_err(|e| damaged(&e))? {
        object @ Val::Obj(_) => Ok(object),
        _ => Err(Error::damaged("the event does not hold a JSON object")),
    }
}

/// The data, with the defaults that it lacks.
pub(super) fn data(event: &EventView<'_>) -> Result<Val> {
    let mut data = object(event.data)?;
    if let Val::Obj(map) = &mut data {
        let map: &mut Map = Rc::make_mut(map);
        for (key, value) in event.defaults {
            map.entry(text(key)).or_insert_with(|| State::from_value(value).0);
        }
    }
    Ok(data)
}

const FIELDS: [&str; 7] =
    ["position", "branch", "aggregate", "version", "type", "occurred_at", "recorded_at"];

fn field(event: &EventView<'_>, key: &str) -> Option<Val> {
    Some(match key {
        "position" => Val::from(event.position as isize),
        "branch" => text(event.branch),
        "aggregate" => text(&format!("{}/{}", event.kind, event.id)),
        "version" => Val::from(event.version as isize),
        "type" => text(event.event),
        "occurred_at" => Val::utf8_str(event.occurred_at.to_string().into_bytes()),
        "recorded_at" => Val::utf8_str(event.recorded_at.to_string().into_bytes()),
        _ => return None,
    })
}

/// The event as `$event`.
pub(super) fn whole(event: &EventView<'_>, data: Val, meta: Val) -> Val {
    let fields = FIELDS.iter().filter_map(|key| Some((text(key), field(event, key)?)));
    Val::obj(fields.chain([(text("data"), data), (text("meta"), meta)]).collect())
}

/// Reads the wanted fields of an object; the rest is skipped over.
fn fields(json: &str, wanted: &[(String, usize)], slots: &Slots) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut json = serde_json::Deserializer::from_str(json);
    Fields { wanted, slots }.deserialize(&mut json).and_then(|()| json.end()).map_err(|e| damaged(&e))
}

struct Fields<'k> {
    wanted: &'k [(String, usize)],
    slots: &'k Slots,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(slot) = map.next_key_seed(Key(self.wanted))? {
            match slot {
                Some(slot) => self.slots[slot].set(Some(V(map.next_value()?))),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Key<'k>(&'k [(String, usize)]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|(wanted, _)| wanted == key).map(|(_, slot)| *slot))
    }
}
