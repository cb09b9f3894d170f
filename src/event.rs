//! An event and its parts: plain data, read by everything else and knowing nothing of it.

mod cloud;
mod command;
pub mod distance;
mod unit;

pub use cloud::cloud_event;
pub use command::{Looked, Recorded, seen_json, seen_of};
pub use unit::{Unit, goes_on, units};

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An event's place in the whole log, from 1, across all branches, without gaps.
pub type Position = i64;
/// An event's place in its aggregate's history on a branch, from 1; 0 is before the first.
pub type Version = i64;

/// A moment: microseconds since 1970-01-01 UTC. Written as RFC 3339.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// When something happened of which nobody says when: before everything else, and far enough from both ends to be
    /// reckoned with.
    pub const UNKNOWN: Self = Self(-(1 << 62));
    /// How that is written.
    pub const UNKNOWN_WORD: &str = "unknown";

    /// Reads the time at which an event happened: an RFC 3339 time, or that it is not known.
    pub fn parse_occurred(text: &str) -> Option<Self> {
        if text == Self::UNKNOWN_WORD { Some(Self::UNKNOWN) } else { Self::parse(text) }
    }

    /// Reads an RFC 3339 time; digits past the microsecond are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_micros()))
    }

    /// The same moment as a chrono time; `None` where it is not known, and beyond the years that chrono knows.
    pub fn to_chrono(self) -> Option<DateTime<Utc>> {
        if self == Self::UNKNOWN { None } else { DateTime::from_timestamp_micros(self.0) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_chrono() {
            Some(t) => f.write_str(&t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None if *self == Self::UNKNOWN => f.write_str(Self::UNKNOWN_WORD),
            None => write!(f, "{}µs", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("{text} is not a time")))
    }
}

/// SHA-256 of an event, chained to its parent's. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The first eight digits, enough for a person to tell events apart.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

/// Bytes that are no text, as `PostgreSQL` shows them: `\x` and their hexadecimal digits.
pub fn shown_bytes(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    "\\x".chars().chain(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])).collect()
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        let digits = s.as_bytes();
        if digits.len() != 64 || !s.is_ascii() {
            return Err(());
        }
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| ())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ())?;
        }
        Ok(Self(out))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// The thing events are about: a type without `/`, and an id. Written `Task/42`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AggregateId {
    /// The aggregate type, such as `Task`.
    pub kind: String,
    /// The id inside its type; it may hold any character.
    pub id: String,
}

impl AggregateId {
    /// Puts the two parts together.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }
}

impl fmt::Display for AggregateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

impl FromStr for AggregateId {
    type Err = ();

    /// The type ends at the first `/`; neither part is empty.
    fn from_str(s: &str) -> Result<Self, ()> {
        match s.split_once('/') {
            Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Ok(Self::new(kind, id)),
            _ => Err(()),
        }
    }
}

impl Serialize for AggregateId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the whole log.
    pub position: Position,
    /// The name of the branch that owns it.
    pub branch: String,
    /// What it is about.
    pub aggregate: AggregateId,
    /// Its place in the aggregate's history.
    pub version: Version,
    /// The event type, such as `TaskCreated`.
    pub kind: String,
    /// When the producer says that it happened.
    pub occurred_at: Time,
    /// When the store took it; never decreases along a branch's chain.
    pub recorded_at: Time,
    /// A JSON object, compact, as it came in.
    pub data: String,
    /// A JSON object, compact, as it came in: who, why and how.
    pub meta: String,
    /// The previous event on the branch; `None` for the first event of all.
    pub parent: Option<Hash>,
    /// The chain's hash of all of this.
    pub hash: Hash,
}

impl Event {
    /// The fields that every output of an event has, in their order; and `$event` in filters and rules.
    pub const FIELDS: &[&str] = &[
        "position",
        "branch",
        "aggregate",
        "version",
        "type",
        "occurred_at",
        "recorded_at",
        "data",
        "meta",
        "hash",
        "parent",
    ];

    /// The JSON object that every output of an event uses.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            position: Position,
            branch: &'a str,
            aggregate: &'a AggregateId,
            version: Version,
            r#type: &'a str,
            occurred_at: Time,
            recorded_at: Time,
            data: &'a RawValue,
            meta: &'a RawValue,
            hash: Hash,
            parent: Option<Hash>,
        }
        // What a damaged log holds may not be JSON: it is shown as a string then.
        let raw = |text: &'_ str| {
            RawValue::from_string(text.to_owned())
                .or_else(|_| serde_json::value::to_raw_value(text))
                .unwrap_or_default()
        };
        let (data, meta) = (raw(&self.data), raw(&self.meta));
        serde_json::to_string(&Line {
            position: self.position,
            branch: &self.branch,
            aggregate: &self.aggregate,
            version: self.version,
            r#type: &self.kind,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            data: &data,
            meta: &meta,
            hash: self.hash,
            parent: self.parent,
        })
        .unwrap_or_default()
    }

    /// The same with one field more, the last.
    pub fn to_json_with(&self, name: &str, value: &impl Serialize) -> String {
        let (mut json, value) = (self.to_json(), serde_json::to_string(value).unwrap_or_default());
        json.pop();
        json + ",\"" + name + "\":" + &value + "}"
    }
}

/// An event that is not in the log yet: what its producer says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What it is about.
    pub aggregate: AggregateId,
    /// The event type.
    pub kind: String,
    /// When it happened.
    pub occurred_at: Time,
    /// A compact JSON object.
    pub data: String,
    /// A compact JSON object.
    pub meta: String,
}

/// An actor in an event's metadata.
#[derive(Deserialize)]
struct Who {
    actor: Option<serde_json::Value>,
}

/// Who an event's metadata says did it.
pub fn actor_of(meta: &str) -> Option<String> {
    match serde_json::from_str::<Who>(meta).ok()?.actor? {
        serde_json::Value::String(actor) => Some(actor),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// Why, as an event's metadata says.
pub fn reason_of(meta: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Why {
        reason: Option<serde_json::Value>,
    }
    match serde_json::from_str::<Why>(meta).ok()?.reason? {
        serde_json::Value::String(reason) => Some(reason),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_ends_its_type_at_the_first_slash() {
        assert_eq!("Pod/default/web".parse(), Ok(AggregateId::new("Pod", "default/web")));
        assert_eq!("Pod".parse::<AggregateId>(), Err(()));
        assert_eq!("/x".parse::<AggregateId>(), Err(()));
    }

    #[test]
    fn times_read_back_as_written() {
        for text in ["2019-04-24T12:02:11Z", "1969-12-31T23:59:59.000001Z"] {
            assert_eq!(Time::parse(text).map(|t| t.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn hashes_read_back_as_written() {
        let hash = Hash([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("zz".repeat(32).parse::<Hash>(), Err(()));
    }
}
