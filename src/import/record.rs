//! One record through a mapping: its place first, and what happened once its predecessor is known.

use chrono::NaiveDateTime;
use serde_json::{Map, Value as Json};

use super::mapping::{Mapping, Mode};
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
    /// Names its delivery, where the mapping says so.
    pub key: Option<String>,
    /// A JSON object: the event's data, or the whole object in snapshots mode.
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
    pub(super) fn place(&self, text: &str, record: &State, vars: &[State]) -> Result<Option<Placed>> {
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
        let Some(at) = self.time(&self.at, record, vars)? else {
            return Err(self.at.error("gives nothing"));
        };
        let key = match &self.key {
            Some(key) => key.text(record, vars)?.filter(|key| !key.is_empty()),
            None => None,
        };
        Ok(Some(Placed {
            aggregate: AggregateId::new(kind, id),
            at,
            key,
            data: self.data(text, record, vars)?,
        }))
    }

    fn data(&self, text: &str, record: &State, vars: &[State]) -> Result<String> {
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

    /// What happened, and who, why and how.
    pub(super) fn tell(&self, record: &State, vars: &[State]) -> Result<Told> {
        let kind = self.event.required(record, vars)?;
        if kind.len() > LONGEST_NAME {
            return Err(self.event.error(&format!("gives {} bytes, more than {LONGEST_NAME}", kind.len())));
        }
        let mut meta = Map::new();
        for (name, value) in [("actor", &self.actor), ("reason", &self.reason)] {
            if let Some(value) = value
                && let Some(text) = value.text(record, vars)?
            {
                meta.insert(name.to_owned(), Json::String(text));
            }
        }
        if let Some(received) = &self.received
            && let Some(time) = self.time(received, record, vars)?
        {
            meta.insert("received_at".to_owned(), Json::String(time.to_string()));
        }
        if let Some(value) = &self.meta
            && let Some(more) = value.get(record, vars)?
        {
            let Json::Object(more) = more.to_value()? else {
                return Err(value.error(&format!("gives {}, not an object", shown(&more))));
            };
            for (name, value) in more {
                if !value.is_null() {
                    meta.entry(name).or_insert(value);
                }
            }
        }
        Ok(Told { kind, meta: Json::Object(meta).to_string() })
    }

    fn time(&self, value: &Value, record: &State, vars: &[State]) -> Result<Option<Time>> {
        let Some(found) = value.get(record, vars)? else { return Ok(None) };
        if let Some(text) = found.as_str() {
            if text.is_empty() {
                return Ok(None);
            }
            return read_time(text, self.at_format.as_deref()).map(Some).map_err(|why| value.error(&why));
        }
        let seconds = match found.to_value()? {
            Json::Number(number) => number.as_f64().unwrap_or(f64::NAN),
            other => return Err(value.error(&format!("gives {}, not a time", brief(&other)))),
        };
        // The years 1 to 9999, which RFC 3339 can write.
        if !(-62_135_596_800.0..253_402_300_800.0).contains(&seconds) {
            let hint = "a number is seconds since 1970; divide milliseconds by 1000";
            return Err(value.error(&format!("gives {seconds}, which is no time")).hint(hint));
        }
        // Whole seconds and microseconds apart, or a double would lose the last digits.
        let whole = seconds.floor();
        Ok(Some(Time(whole as i64 * 1_000_000 + ((seconds - whole) * 1e6).round() as i64)))
    }
}

/// Reads a time as the mapping says that it is written, in UTC where it has no zone.
fn read_time(text: &str, format: Option<&str>) -> Result<Time, String> {
    if let Some(format) = format {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(Time(time.and_utc().timestamp_micros()));
        }
        if let Ok(time) = chrono::DateTime::parse_from_str(text, format) {
            return Ok(Time(time.timestamp_micros()));
        }
        if let Ok(day) = chrono::NaiveDate::parse_from_str(text, format) {
            return Ok(Time(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()));
        }
        return Err(format!("gives {}, which is not written as {format}", brief(&text.into())));
    }
    Time::parse(text).ok_or_else(|| {
        format!("gives {}, which is not an RFC 3339 time (at_format names others)", brief(&text.into()))
    })
}

fn shown(state: &State) -> String {
    state.to_value().map_or_else(|error| error.message().to_owned(), |value| brief(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_mapping_says() {
        let at = |text, format| read_time(text, format).map(|t| t.to_string());
        assert_eq!(at("9/3/2016 7:05", Some("%d/%m/%Y %H:%M")), Ok("2016-03-09T07:05:00Z".to_owned()));
        assert_eq!(at("9.3.2016", Some("%d.%m.%Y")), Ok("2016-03-09T00:00:00Z".to_owned()));
        assert_eq!(
            at("2016-03-09T07:05:00.123456789+01:00", None),
            Ok("2016-03-09T06:05:00.123456Z".to_owned())
        );
        assert_eq!(at("2016-03-09T07:05:00Z", None), Ok("2016-03-09T07:05:00Z".to_owned()));
        assert!(at("yesterday", None).unwrap_err().contains("RFC 3339"));
        assert!(at("31/2/2016 7:05", Some("%d/%m/%Y %H:%M")).is_err());
    }
}
