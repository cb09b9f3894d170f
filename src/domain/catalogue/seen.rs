//! What a log shows of an event type: how often, since when, with which values, and what breaks its schema.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::attribute::is_date;
use crate::domain::{Attribute, EventType, Type};
use crate::event::{Position, Time};

/// How many different members one event type's data is looked at for: some logs have ids as keys.
const MEMBERS: usize = 256;

/// How many different short texts of a member are kept, and how long they may be.
const TEXTS: usize = 12;
const SHORT: usize = 40;

/// A text seen fewer times than this many times its different values is no choice of a few.
const TIMES: u64 = 3;

/// How many broken values are shown of each event type.
const EXAMPLES: usize = 5;

/// What was seen of an event type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventSeen {
    /// How many events.
    pub events: u64,
    /// The earliest time at which one happened.
    pub first: Time,
    /// The latest.
    pub last: Time,
    /// Where the first one stands in the log.
    pub first_position: Position,
    /// Where the last one stands.
    pub last_position: Position,
    /// How many of them break the schema.
    pub broken: u64,
    /// The first of those.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Break>,
    /// The members of their data.
    #[serde(skip)]
    pub members: IndexMap<String, ValuesSeen>,
    /// Whether there are more members than are looked at.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_members: bool,
}

/// What was seen of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ValuesSeen {
    /// How many events have it.
    pub events: u64,
    /// How many values were of each type, in the words of a domain file, and `null`.
    pub types: IndexMap<&'static str, u64>,
    /// Its different texts, where they are few and short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// Whether it has other texts too.
    #[serde(skip)]
    pub many_texts: bool,
    /// How many values break the schema.
    #[serde(skip_serializing_if = "is_zero")]
    pub broken: u64,
}

/// A value that is not as the schema says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The event's position in the log.
    pub position: Position,
    /// What is wrong: `due_on "soon" is not a date (YYYY-MM-DD)`.
    pub why: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl EventSeen {
    /// Nothing seen yet but that there is one, at a position and a time.
    pub fn new(position: Position, at: Time) -> Self {
        Self {
            events: 0,
            first: at,
            last: at,
            first_position: position,
            last_position: position,
            broken: 0,
            breaks: Vec::new(),
            members: IndexMap::new(),
            more_members: false,
        }
    }

    /// Takes note of an event.
    pub fn note(
        &mut self,
        position: Position,
        at: Time,
        data: &Map<String, Value>,
        declared: Option<&EventType>,
    ) {
        self.events += 1;
        (self.first, self.last) = (self.first.min(at), self.last.max(at));
        self.last_position = position;
        let schema = declared.map(|event| &event.data);
        let mut wrong: Option<String> = None;
        for (name, value) in data {
            let attribute = schema.and_then(|schema| schema.get(name));
            let mistake = attribute.and_then(|attribute| attribute.check(value).err());
            if !self.members.contains_key(name) && self.members.len() >= MEMBERS {
                self.more_members = true;
            } else {
                let member = self.members.entry(name.clone()).or_default();
                member.note(value);
                member.broken += u64::from(mistake.is_some());
            }
            if let (Some(why), None) = (mistake, &wrong) {
                wrong = Some(format!("{name} {} {why}", brief(value)));
            }
        }
        let demanded = |attribute: &Attribute| !attribute.optional && attribute.default.is_none();
        if let (Some(schema), None) = (schema, &wrong) {
            let lacking = schema.iter().find(|(name, a)| demanded(a) && !data.contains_key(*name));
            wrong = lacking.map(|(name, _)| format!("{name} is missing"));
        }
        if let Some(why) = wrong {
            self.broken += 1;
            if self.breaks.len() < EXAMPLES {
                self.breaks.push(Break { position, why });
            }
        }
    }
}

impl EventSeen {
    /// Takes over what was seen of the same events under another name.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
        self.first_position = self.first_position.min(other.first_position);
        self.last_position = self.last_position.max(other.last_position);
        self.broken += other.broken;
        self.breaks.extend(other.breaks.iter().cloned());
        self.breaks.sort_by_key(|broken| broken.position);
        self.breaks.truncate(EXAMPLES);
        self.more_members |= other.more_members;
        for (name, values) in &other.members {
            self.members.entry(name.clone()).or_default().add(values);
        }
    }
}

impl ValuesSeen {
    /// The type that takes every value seen, in the words of a domain file.
    pub fn type_name(&self) -> String {
        let mut types: Vec<&str> = self.types.keys().copied().filter(|kind| *kind != "null").collect();
        types.sort_unstable();
        match types.as_slice() {
            ["string"] => {
                let choices = &self.texts;
                let plain = |text: &String| {
                    !text.is_empty() && text.trim() == text && !text.contains(['|', '(', ')', '=', '?', ','])
                };
                let few = (2..=8).contains(&choices.len()) && self.events >= TIMES * choices.len() as u64;
                if few && choices.iter().all(plain) {
                    format!("enum({})", choices.join("|"))
                } else {
                    "string".to_owned()
                }
            }
            [one] => (*one).to_owned(),
            ["integer", "number"] => "number".to_owned(),
            all if !all.is_empty()
                && all.iter().all(|kind| matches!(*kind, "string" | "date" | "datetime")) =>
            {
                "string".to_owned()
            }
            _ => "any".to_owned(),
        }
    }

    /// An attribute that takes every value seen, and need not be there.
    pub fn attribute(&self) -> Attribute {
        let kind = match Attribute::parse(&self.type_name()).map_or(Type::Any, |attribute| attribute.kind) {
            Type::Enum(_) => Type::String,
            kind => kind,
        };
        Attribute { kind, optional: true, default: None, doc: None }
    }

    fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.broken += other.broken;
        for (kind, count) in &other.types {
            *self.types.entry(kind).or_default() += count;
        }
        self.many_texts |= other.many_texts;
        self.texts.extend(
            other.texts.iter().filter(|text| !self.texts.contains(text)).cloned().collect::<Vec<_>>(),
        );
        if self.many_texts || self.texts.len() > TEXTS {
            self.many_texts = true;
            self.texts.clear();
        }
    }

    /// In words: `10 string, 2 null (low, high)`.
    pub fn summary(&self) -> String {
        let types: Vec<_> = self.types.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let mut text = types.join(", ");
        if self.broken > 0 {
            text += &format!(", {} broken", self.broken);
        }
        if !self.texts.is_empty() {
            text += &format!(" ({})", self.texts.join(", "));
        }
        text
    }

    /// Takes note of a value.
    pub fn note(&mut self, value: &Value) {
        self.events += 1;
        *self.types.entry(type_of(value)).or_default() += 1;
        let Value::String(text) = value else { return };
        if self.many_texts || self.texts.contains(text) {
            return;
        }
        if text.len() > SHORT || self.texts.len() == TEXTS {
            self.many_texts = true;
            self.texts.clear();
        } else {
            self.texts.push(text.clone());
        }
    }
}

/// A value's type in the words of a domain file.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(text) if is_date(text) => "date",
        Value::String(text) if text.len() >= 19 && Time::parse(text).is_some() => "datetime",
        Value::String(_) => "string",
    }
}

/// A value on a line, cut short.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHORT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
