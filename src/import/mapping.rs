//! A mapping: the TOML text that says how the records of another system become events.

use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::format::Records;
use super::lists::{self, List, Part};
use super::value::Value;
use crate::error::{Error, Result};
use crate::jq::{Mistake, Rule};

/// The mappings that come with the program, by name.
const BUILT_IN: [(&str, &str); 10] = [
    ("cloudevents", include_str!("../../assets/mappings/cloudevents.toml")),
    ("cloudtrail", include_str!("../../assets/mappings/cloudtrail.toml")),
    ("git", include_str!("../../assets/mappings/git.toml")),
    ("github", include_str!("../../assets/mappings/github.toml")),
    ("k8s-audit", include_str!("../../assets/mappings/k8s-audit.toml")),
    ("kurrentdb", include_str!("../../assets/mappings/kurrentdb.toml")),
    ("papertrail", include_str!("../../assets/mappings/papertrail.toml")),
    ("servicenow", include_str!("../../assets/mappings/servicenow.toml")),
    ("stripe", include_str!("../../assets/mappings/stripe.toml")),
    ("temporal", include_str!("../../assets/mappings/temporal.toml")),
];

/// What a rule over one record may use.
pub const RECORD_VARS: &[&str] = &["$file", "$line", "$index"];
/// What a rule may use once the record's predecessor is known.
pub const SNAPSHOT_VARS: &[&str] = &["$file", "$line", "$index", "$previous", "$changed"];

/// How a source is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Rows under a header.
    Csv,
    /// JSON documents.
    Json,
    /// One JSON value a line.
    Jsonl,
    /// `level=info msg="it is done"` a line.
    Logfmt,
    /// A message of RFC 5424 a line.
    Syslog,
    /// The `versions` of `PaperTrail`, in a SQLite database or in one of the other formats.
    Papertrail,
}

/// The order of the events inside an aggregate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// As they stand in the source.
    #[default]
    Source,
    /// By `at`, and as they stand in the source where that is equal.
    Time,
    /// The newest stands first in the source.
    Reverse,
}

/// What a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Something that happened.
    #[default]
    Events,
    /// The whole object as it then was: the event is what changed since the aggregate's previous record.
    Snapshots,
}

/// How the aggregates of a type are shown in a list; every value is jq over the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListView {
    /// The aggregate type.
    pub kind: String,
    /// What it is called.
    pub label: Option<String>,
    /// The state it is in.
    pub status: Option<String>,
    /// More columns: the heading, and the rule.
    pub columns: Vec<(String, String)>,
}

/// A mapping, read and compiled.
pub struct Mapping {
    /// What it is called in messages.
    pub name: String,
    pub(super) format: Option<Format>,
    pub(super) records: Records,
    pub(super) order: Order,
    pub(super) mode: Mode,
    pub(super) at_format: Option<String>,
    pub(super) skip: Option<Value>,
    pub(super) kind: Value,
    pub(super) id: Value,
    pub(super) at: Value,
    pub(super) key: Option<Value>,
    pub(super) data: Option<Value>,
    pub(super) event: Value,
    pub(super) received: Option<Value>,
    pub(super) actor: Option<Value>,
    pub(super) reason: Option<Value>,
    pub(super) meta: Option<Value>,
    recognise: Option<Rule>,
    list: Vec<ListView>,
}

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    import: Form,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    name: Option<String>,
    format: Option<Format>,
    records: Option<Text>,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    mode: Mode,
    at_format: Option<Text>,
    define: Option<Text>,
    skip: Option<Text>,
    r#type: Text,
    id: Text,
    at: Text,
    key: Option<Text>,
    data: Option<Text>,
    event: Text,
    received: Option<Text>,
    actor: Option<Text>,
    reason: Option<Text>,
    meta: Option<Text>,
    recognise: Option<Text>,
    #[serde(default)]
    list: Ordered<ListForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListForm {
    label: Option<Text>,
    status: Option<Text>,
    #[serde(default)]
    columns: Ordered<Text>,
}

/// A table in the order of its text.
struct Ordered<T>(Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(toml: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        toml.deserialize_map(Entries(std::marker::PhantomData))
    }
}

impl Mapping {
    /// The names of the mappings that come with the program.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The text of a mapping that comes with the program.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, text)| *text)
    }

    /// A mapping that comes with the program; `None` where there is none of that name.
    pub fn builtin(name: &str) -> Option<Result<Self>> {
        let text = Self::builtin_text(name)?;
        Some(Self::parse(&format!("{name}.toml"), text))
    }

    /// A mapping by its name, or from a file.
    pub fn load(name_or_path: &str) -> Result<Self> {
        if let Some(mapping) = Self::builtin(name_or_path) {
            return mapping;
        }
        let text = crate::file::text(Path::new(name_or_path)).map_err(|error| {
            let names: Vec<&str> = Self::builtin_names().collect();
            Error::refused(format!("the mapping {name_or_path} cannot be read: {error}"))
                .hint(format!("give a file, or one of {}", names.join(", ")))
        })?;
        Self::parse(name_or_path, &text)
    }

    /// Reads and compiles a mapping; `file` is what messages call it.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let mut place = Source { file, text, define: String::new() };
        let form: Document = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            place.mistake(span.start, error.message())
        })?;
        if let Some(define) = &form.import.define {
            // Compiled alone first: a mistake in it would show in every rule, and in the wrong place.
            let alone = Spanned::new(define.span(), format!("{}\n.", define.get_ref()));
            place.rule("define", &alone, &[])?;
            place.define.clone_from(define.get_ref());
        }
        place.compile(form.import)
    }

    /// Which records it knows: true for one of them. A log of such records needs no mapping to be named.
    pub fn recognise(&self) -> Option<&Rule> {
        self.recognise.as_ref()
    }

    /// How its aggregates are shown in lists.
    pub fn list_view(&self) -> Vec<ListView> {
        self.list.clone()
    }
}

/// The text being read, for the place of a mistake.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// jq definitions that every rule of the mapping can call.
    define: String,
}

impl Source<'_> {
    fn mistake(&self, offset: usize, message: &str) -> Error {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let mut sentence = String::new();
        // A message of several lines becomes one sentence.
        for part in message.lines().map(str::trim).filter(|part| !part.is_empty()) {
            let _ = write!(sentence, "{}{part}", if sentence.is_empty() { "" } else { ", " });
        }
        Error::refused(format!("{}:{line}:{column}: {sentence}", self.file))
    }

    /// Where a place inside a TOML string is in the file.
    fn inside(&self, string: &Range<usize>, place: usize) -> usize {
        let raw = &self.text[string.clone()];
        let quotes = if raw.starts_with("'''") || raw.starts_with("\"\"\"") { 3 } else { 1 };
        // The newline right after three quotes is no part of the string.
        let newline = match raw.as_bytes().get(quotes..) {
            Some([b'\r', b'\n', ..]) if quotes == 3 => 2,
            Some([b'\n', ..]) if quotes == 3 => 1,
            _ => 0,
        };
        // Escapes shift what follows them; then the string's start is the best that can be said.
        let place = if raw.starts_with('"') && raw.contains('\\') { 0 } else { place };
        (string.start + quotes + newline + place).min(string.end)
    }

    fn wrong(&self, name: &str, text: &Text, mistake: &Mistake) -> Error {
        let offset = self.inside(&text.span(), mistake.span.start);
        self.mistake(offset, &format!("in `{name}`: {}", mistake.message))
    }

    fn rule(&self, name: &str, text: &Text, vars: &[&'static str]) -> Result<Rule> {
        Rule::compile_with(name, text.get_ref(), vars, &self.define).map_err(|mistake| {
            let source = text.get_ref();
            if let Some(late) = ["$previous", "$changed"].into_iter().find(|var| source.contains(var))
                && !vars.contains(&late)
            {
                let offset = source.find(late).unwrap_or_default();
                let message = if vars.is_empty() {
                    format!("{late} is not known here")
                } else {
                    format!("{late} is known only with mode = \"snapshots\", in event, actor, reason, received and meta")
                };
                return self.wrong(name, text, &Mistake { message, span: offset..offset + late.len() });
            }
            self.wrong(name, text, &mistake)
        })
    }

    fn value(&self, name: &str, text: &Text, vars: &[&'static str]) -> Result<Value> {
        Ok(Value::new(self.rule(name, text, vars)?))
    }

    fn compile(&self, form: Form) -> Result<Mapping> {
        let late_vars = if form.mode == Mode::Snapshots { SNAPSHOT_VARS } else { RECORD_VARS };
        let early = |name: &str, text: &Option<Text>| -> Result<Option<Value>> {
            text.as_ref().map(|text| self.value(name, text, RECORD_VARS)).transpose()
        };
        let late = |name: &str, text: &Option<Text>| -> Result<Option<Value>> {
            text.as_ref().map(|text| self.value(name, text, late_vars)).transpose()
        };
        if let Some(format) = &form.at_format {
            use chrono::format::{Item, StrftimeItems};
            if StrftimeItems::new(format.get_ref()).any(|item| item == Item::Error) {
                let message = "at_format: expected fields such as %d/%m/%Y %H:%M";
                return Err(self.mistake(format.span().start, message));
            }
        }
        let records = match &form.records {
            None => Records::Whole,
            Some(text) => {
                let whole = self.rule("records", text, &[])?;
                match lists::parts(text.get_ref()) {
                    Some(parts) => Records::Under(self.lists(parts)?),
                    None => Records::Rule(Box::new(whole)),
                }
            }
        };
        Ok(Mapping {
            name: form.name.unwrap_or_else(|| self.file.to_owned()),
            format: form.format,
            records,
            order: form.order,
            mode: form.mode,
            at_format: form.at_format.map(Spanned::into_inner),
            skip: early("skip", &form.skip)?,
            kind: self.value("type", &form.r#type, RECORD_VARS)?,
            id: self.value("id", &form.id, RECORD_VARS)?,
            at: self.value("at", &form.at, RECORD_VARS)?,
            key: early("key", &form.key)?,
            data: early("data", &form.data)?,
            event: self.value("event", &form.event, late_vars)?,
            received: late("received", &form.received)?,
            actor: late("actor", &form.actor)?,
            reason: late("reason", &form.reason)?,
            meta: late("meta", &form.meta)?,
            recognise: form.recognise.map(|text| self.rule("recognise", &text, &[])).transpose()?,
            list: self.list(form.list)?,
        })
    }

    /// The lists that `records` names. The whole has been compiled: what is wrong with a part shows there.
    fn lists(&self, parts: Vec<Part<'_>>) -> Result<Vec<List>> {
        let list = |(keys, then, may_miss): Part<'_>| {
            let rule = |then| {
                Rule::compile_with("records", then, &[], &self.define)
                    .map_err(|mistake| self.mistake(0, &mistake.message))
            };
            Ok(List { keys, then: then.map(rule).transpose()?.map(Box::new), may_miss })
        };
        parts.into_iter().map(list).collect()
    }

    /// The rules of the list are compiled here only to find their mistakes.
    fn list(&self, list: Ordered<ListForm>) -> Result<Vec<ListView>> {
        let check = |name: &str, text: Text| {
            self.rule(name, &text, &[])?;
            Ok::<_, Error>(text.into_inner())
        };
        list.0
            .into_iter()
            .map(|(kind, form)| {
                Ok(ListView {
                    label: form.label.map(|text| check("label", text)).transpose()?,
                    status: form.status.map(|text| check("status", text)).transpose()?,
                    columns: form
                        .columns
                        .0
                        .into_iter()
                        .map(|(heading, text)| Ok((heading.clone(), check(&heading, text)?)))
                        .collect::<Result<_>>()?,
                    kind,
                })
            })
            .collect()
    }
}
