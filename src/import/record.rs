//! One record through a mapping: its place first, and what happened once its predecessor is known.

use indexmap::IndexMap;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::mapping::{Mapping, Mode, Order};
use super::notes::Notice;
use super::order;
use super::value::{Value, brief};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Time};
use crate::jq::State;

/// An aggregate's id is at most this long, in bytes.
const LONGEST_NAME: usize = 1 << 16;

/// What is known of a record by itself.
pub struct Placed {
    /// What it is about.
    pub aggregate: AggregateId,
    /// When it happened.
    pub at: Time,
    /// Sorts inside its aggregate.
    pub order: Vec<u8>,
    /// The number that its source gives to it.
    pub version: Option<i64>,
    /// Names its delivery, where the mapping says so.
    pub key: Option<String>,
    /// A JSON object: the event's data, or the whole object in snapshots mode; there `null` where it is gone.
    pub data: String,
}

/// What a record says happened.
pub struct Told {
    /// The event type.
    pub kind: String,
    /// The event's meta: a JSON object.
    pub meta: String,
}

impl Mapping {
    /// Places a record, whose compact text is `text`; `None` where the mapping leaves it out.
    pub(super) fn place(
        &self,
        text: &str,
        record: &State,
        vars: &[State],
        notices: &mut Vec<Notice>,
    ) -> Result<Option<Placed>> {
        if let Some(skip) = &self.skip
            && skip.get(record, vars)?.is_some_and(|value| value.truthy())
        {
            return Ok(None);
        }
        let kind = self.kind.required(record, vars)?;
        if kind.contains('/') {
            return Err(self.kind.error("gives a type with a / in it"));
        }
        let id = self.id.required(record, vars)?;
        for (value, name) in [(&self.kind, &kind), (&self.id, &id)] {
            if name.len() > LONGEST_NAME {
                return Err(value.error(&format!("gives {} bytes, more than {LONGEST_NAME}", name.len())));
            }
        }
        let Some(at) = self.time(&self.at, record, vars, notices)? else {
            return Err(self.at.error("gives nothing").hint("`at = '\"unknown\"'` is for what has no time"));
        };
        if at == Time::UNKNOWN && matches!(self.order, Order::Time) {
            return Err(self.at.error("gives \"unknown\", and `order` is by time"));
        }
        let key = match &self.key {
            Some(key) => key.text(record, vars)?.filter(|key| !key.is_empty()),
            None => None,
        };
        let version = self.version(record, vars)?;
        let order = match (&self.order, version) {
            (Order::Time, _) => order::number(at.0),
            (_, Some(version)) => order::number(version),
            (Order::By(rule), _) => {
                let value = rule.get(record, vars)?.map_or(Ok(Json::Null), |value| value.to_value())?;
                order::key(&value).map_err(|why| rule.error(&why))?
            }
            _ => Vec::new(),
        };
        Ok(Some(Placed {
            aggregate: AggregateId::new(kind, id),
            at,
            order,
            version,
            key,
            data: self.data(text, record, vars)?,
        }))
    }

    fn data(&self, text: &str, record: &State, vars: &[State]) -> Result<String> {
        if let Some(deleted) = &self.deleted
            && deleted.get(record, vars)?.is_some_and(|value| value.truthy())
        {
            return Ok("null".to_owned());
        }
        let Some(data) = &self.data else {
            if record.is_object() {
                return Ok(text.to_owned());
            }
            return Err(Error::refused(format!("the record is {}, not an object", shown(record)))
                .hint("let `data` in the mapping make one of it"));
        };
        match data.get(record, vars)? {
            None if self.mode == Mode::Events => Ok("{}".to_owned()),
            None => Err(data.error("gives nothing")),
            Some(object) if object.is_object() => object.to_json(),
            Some(other) => Err(data.error(&format!("gives {}, not an object", shown(&other)))),
        }
    }

    /// The number that the record's source gives to it, where the mapping says that it has one.
    fn version(&self, record: &State, vars: &[State]) -> Result<Option<i64>> {
        let Order::Version(rule) = &self.order else { return Ok(None) };
        let text = rule.required(record, vars)?;
        let version =
            text.trim().parse().map_err(|_| rule.error(&format!("gives {text:?}, not a whole number")))?;
        Ok(Some(version))
    }

    /// What happened, and who, why and how.
    pub(super) fn tell(&self, record: &State, vars: &[State], notices: &mut Vec<Notice>) -> Result<Told> {
        let kind = self.event_of(record, vars)?;
        Ok(Told { kind, meta: self.meta_of(record, vars, notices)? })
    }

    /// What happened.
    pub(super) fn event_of(&self, record: &State, vars: &[State]) -> Result<String> {
        let kind = self.event.required(record, vars)?;
        if kind.len() > LONGEST_NAME {
            return Err(self.event.error(&format!("gives {} bytes, more than {LONGEST_NAME}", kind.len())));
        }
        Ok(kind)
    }

    /// Who, why and how: a JSON object.
    pub(super) fn meta_of(
        &self,
        record: &State,
        vars: &[State],
        notices: &mut Vec<Notice>,
    ) -> Result<String> {
        // Texts, so that numbers keep their digits.
        let mut meta: IndexMap<String, String> = IndexMap::new();
        for (name, value) in [("actor", &self.actor), ("reason", &self.reason)] {
            if let Some(value) = value
                && let Some(text) = value.text(record, vars)?.filter(|text| !text.is_empty())
            {
                meta.insert(name.to_owned(), Json::String(text).to_string());
            }
        }
        if let Some(version) = self.version(record, vars)? {
            meta.insert("source_version".to_owned(), version.to_string());
        }
        if let Some(cause) = &self.cause
            && let Some(found) = cause.get(record, vars)?
        {
            meta.extend(causes(&found, cause)?.map(|found| ("causation_id".to_owned(), found)));
        }
        if let Some(received) = &self.received
            && let Some(time) =
                self.time(received, record, vars, notices)?.filter(|time| *time != Time::UNKNOWN)
        {
            meta.insert("received_at".to_owned(), Json::String(time.to_string()).to_string());
        }
        if let Some(value) = &self.meta
            && let Some(more) = value.get(record, vars)?
        {
            if !more.is_object() {
                return Err(value.error(&format!("gives {}, not an object", shown(&more))));
            }
            for (name, value) in more.members()? {
                // An empty cell of a table names nobody and nothing.
                let nobody = value == "\"\""
                    && ["actor", "reason", "correlation_id", "causation_id"].contains(&name.as_str());
                if value != "null" && !nobody {
                    meta.entry(name).or_insert(value);
                }
            }
        }
        if let Some(value) = &self.seen
            && let Some(seen) = value.get(record, vars)?
        {
            note_seen(&mut meta, &seen, value)?;
        }
        Ok(object(&meta))
    }

    fn time(
        &self,
        value: &Value,
        record: &State,
        vars: &[State],
        notices: &mut Vec<Notice>,
    ) -> Result<Option<Time>> {
        let Some(found) = value.get(record, vars)? else { return Ok(None) };
        let read = match found.as_str() {
            Some("") => return Ok(None),
            Some(text) => self.times.text(text),
            None if found.is_number() => self.times.number(&found.to_json()?),
            None => Err(format!("gives {}, not a time", shown(&found))),
        };
        let (time, notice) = read.map_err(|why| value.error(&why))?;
        notices.extend(notice);
        Ok(Some(time))
    }
}

/// Causes as the metadata has them: an id, or a list of ids; `None` where there are none.
fn causes(found: &State, rule: &Value) -> Result<Option<String>> {
    let ids = match found.to_value()? {
        Json::Array(ids) => ids,
        id => vec![id],
    };
    let text = |id: &&Json| id.is_string() || id.is_number();
    let none = |id: &&Json| id.is_null() || **id == "";
    if let Some(other) = ids.iter().find(|id| !text(id) && !none(id)) {
        return Err(rule.error(&format!("gives {}, not an id or a list of ids", brief(other))));
    }
    let ids: Vec<Json> = ids.into_iter().filter(|id| !none(&id)).collect();
    Ok(match ids.as_slice() {
        [] => None,
        [id] => Some(id.to_string()),
        _ => Some(Json::Array(ids).to_string()),
    })
}

/// Puts what the requester had looked at into the command of the metadata: an object of versions from 0, by aggregate.
fn note_seen(meta: &mut IndexMap<String, String>, found: &State, rule: &Value) -> Result<()> {
    let is_place = |(name, version): (&String, &Json)| {
        name.parse::<AggregateId>().is_ok() && version.as_i64().is_some_and(|version| version >= 0)
    };
    let seen = match found.to_value()? {
        Json::Object(seen) if seen.iter().all(is_place) => seen,
        other => {
            return Err(rule.error(&format!("gives {}, not versions by aggregate", brief(&other))).hint(
                "it gives an object such as {\"Order/7\": 3}: the third event of Order/7 was the last one that was seen",
            ));
        }
    };
    if seen.is_empty() {
        return Ok(());
    }
    let command = meta.get("command").map_or(Ok(IndexMap::new()), |command| members(command));
    let mut command = command.map_err(|_| {
        rule.error("goes into `command` of the metadata, and `meta` gives one that is not an object")
    })?;
    command.insert("seen".to_owned(), Json::Object(seen).to_string());
    meta.insert("command".to_owned(), object(&command));
    Ok(())
}

/// An object of members as they are written.
fn object(members: &IndexMap<String, String>) -> String {
    let mut out = String::with_capacity(256);
    for (name, value) in members {
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&Json::from(name.as_str()).to_string());
        out.push(':');
        out.push_str(value);
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
    out
}

/// The members of an object, as they are written.
fn members(object: &str) -> Result<IndexMap<String, String>> {
    let members: IndexMap<String, Box<RawValue>> = serde_json::from_str(object)
        .map_err(|error| Error::refused(format!("an object cannot be read back: {error}")))?;
    Ok(members.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect())
}

fn shown(state: &State) -> String {
    state.to_value().map_or_else(|error| error.message().to_owned(), |value| brief(&value))
}
