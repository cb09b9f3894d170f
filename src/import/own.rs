//! The export of another store: events as they stood in its log.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, NewEvent, Time};
use crate::jq;
use crate::store::staging::Origin;

/// An event as `export` writes it. Without a hash it is an event that somebody wrote by hand.
#[derive(Deserialize)]
struct Line<'a> {
    aggregate: String,
    r#type: String,
    occurred_at: String,
    recorded_at: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    meta: Option<&'a RawValue>,
    hash: Option<String>,
}

/// An exported event, and what its store said of it.
pub struct Exported {
    /// The event.
    pub event: NewEvent,
    /// What its store said of it.
    pub origin: Origin,
    /// SHA-256 of the record as read.
    pub content: [u8; 32],
}

/// Reads a line of an export, whatever spaces are in it.
pub fn exported(text: &str) -> Result<Exported> {
    let (whole, slips) = jq::compact_leniently(text)?;
    // Numbers are as they were taken in; nothing else that an export would not write may be changed.
    let text = if slips.doubled || slips.halves { jq::compact(text)? } else { whole };
    let (event, origin) = read(&text)?;
    Ok(Exported { event, origin, content: Sha256::digest(text.as_bytes()).into() })
}

fn read(text: &str) -> Result<(NewEvent, Origin)> {
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| {
        Error::refused(format!("it is not an event as `export` writes it: {error}"))
            .hint("the logs of other systems need a mapping: --map NAME or FILE")
    })?;
    let aggregate: AggregateId = line
        .aggregate
        .parse()
        .map_err(|()| Error::refused(format!("the aggregate is {:?}, not TYPE/ID", line.aggregate)))?;
    if line.r#type.is_empty() {
        return Err(Error::refused("the event's type is empty"));
    }
    let event = NewEvent {
        aggregate,
        kind: line.r#type,
        occurred_at: time("occurred_at", &line.occurred_at)?,
        data: object("data", line.data.get())?,
        meta: line.meta.map_or_else(|| Ok("{}".to_owned()), |meta| object("meta", meta.get()))?,
    };
    let origin = Origin {
        recorded_at: line.recorded_at.as_deref().map(|text| time("recorded_at", text)).transpose()?,
        hash: line.hash.as_deref().map(hash).transpose()?,
    };
    Ok((event, origin))
}

/// The metadata with the time at which another store recorded the event, where this one cannot keep it as its own.
pub fn with_recorded(meta: &str, recorded: Time) -> String {
    let mut map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(meta).unwrap_or_default();
    map.entry("recorded_at").or_insert_with(|| recorded.to_string().into());
    serde_json::Value::from(map).to_string()
}

fn time(name: &str, text: &str) -> Result<Time> {
    Time::parse_occurred(text)
        .ok_or_else(|| Error::refused(format!("{name} is {text:?}, not an RFC 3339 time")))
}

fn hash(text: &str) -> Result<Hash> {
    text.parse().map_err(|()| Error::refused(format!("the hash is {text:?}, not 64 hexadecimal digits")))
}

fn object(name: &str, text: &str) -> Result<String> {
    if !text.starts_with('{') {
        return Err(Error::refused(format!("{name} is not an object")));
    }
    jq::compact_leniently(text).map(|(text, _)| text.into_owned()).map_err(|error| error.at(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    #[test]
    fn an_event_comes_back_as_it_was_written() {
        let event = Event {
            position: 7,
            branch: "main".into(),
            aggregate: AggregateId::new("Task", "a/b"),
            version: 2,
            kind: "TaskRetitled".into(),
            occurred_at: Time(1_000_001),
            recorded_at: Time(2_000_000),
            data: r#"{"z":1.50,"a":"é"}"#.into(),
            meta: r#"{"actor":"mira"}"#.into(),
            parent: Some(Hash([1; 32])),
            hash: Hash([2; 32]),
        };
        let (new, origin) = read(&event.to_json()).unwrap();
        assert_eq!((new.aggregate, new.kind), (event.aggregate, event.kind));
        assert_eq!((new.occurred_at, origin.recorded_at), (event.occurred_at, Some(event.recorded_at)));
        assert_eq!((new.data, new.meta), (event.data, event.meta));
        assert_eq!(origin.hash, Some(event.hash));
    }

    #[test]
    fn another_systems_record_is_refused_with_a_way_out() {
        let error = read(r#"{"kind":"Event"}"#).unwrap_err();
        assert!(error.hint_text().unwrap().contains("--map"));
        assert!(
            read(r#"{"aggregate":"T","type":"E","occurred_at":"2019-01-01T00:00:00Z","data":{}}"#).is_err()
        );
    }
}
