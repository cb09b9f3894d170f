//! A mapping: the TOML text that says how the records of another system become events.

mod compile;
mod form;
mod place;
mod text;

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use self::form::Document;
use self::place::Source;
use super::adapter;
use super::format::Reading;
use super::time::Times;
use super::value::Value;
use crate::domain::Listed;
use crate::error::{Error, Result};

/// The mappings that come with the program, by name.
const BUILT_IN: [(&str, &str); 12] = [
    ("cloudevents", include_str!("../../assets/mappings/cloudevents.toml")),
    ("cloudtrail", include_str!("../../assets/mappings/cloudtrail.toml")),
    ("git", include_str!("../../assets/mappings/git.toml")),
    ("github", include_str!("../../assets/mappings/github.toml")),
    ("k8s-audit", include_str!("../../assets/mappings/k8s-audit.toml")),
    ("kurrentdb", include_str!("../../assets/mappings/kurrentdb.toml")),
    ("ocel", include_str!("../../assets/mappings/ocel.toml")),
    ("own-edited", include_str!("../../assets/mappings/own-edited.toml")),
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
    /// OCEL 2.0 in a SQLite database.
    Ocel,
}

impl Format {
    /// How a mapping writes it.
    pub fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// What a file is that is written so.
    pub fn says(self) -> &'static str {
        match self {
            Self::Csv => "a table",
            Self::Json => "JSON",
            Self::Jsonl => "JSON Lines",
            Self::Logfmt => "logfmt",
            Self::Syslog => "syslog",
            Self::Papertrail => "the versions of PaperTrail",
            Self::Ocel => "OCEL 2.0",
        }
    }
}

/// The order of the events inside an aggregate.
pub enum Order {
    /// As they stand in the source.
    Source,
    /// The same, across all aggregates, too: the source has an order of its own, which the log keeps.
    Log,
    /// By `at`, and as they stand in the source where that is equal.
    Time,
    /// The newest stands first in each file.
    Reverse,
    /// By what a rule gives.
    By(Value),
    /// By the number that the source itself gives.
    Version(Value),
}

impl Order {
    /// Whether what stands first in the source is earlier.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Source | Self::Log)
    }
}

/// What becomes of what comes in twice under one key, with the same content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeats {
    /// It counts as seen.
    #[default]
    Skip,
    /// It is another event.
    Keep,
}

/// What becomes of an event that comes in when its successor was appended already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Late {
    /// It goes to the end, which is noted.
    #[default]
    Append,
    /// It is a bad record.
    Refuse,
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

/// A mapping, read and compiled.
pub struct Mapping {
    /// What it is called in messages.
    pub name: String,
    /// What its file is called, and its text.
    written: (String, String),
    pub(super) reading: Reading,
    pub(super) order: Order,
    pub(super) repeats: Repeats,
    pub(super) late: Late,
    /// How long an event waits for its predecessor where a log is followed, in microseconds.
    pub(super) wait: i64,
    pub(super) carry: bool,
    pub(super) mode: Mode,
    pub(super) times: Times,
    pub(super) skip: Option<Value>,
    pub(super) kind: Value,
    pub(super) id: Value,
    pub(super) at: Value,
    pub(super) key: Option<Value>,
    /// What a record that comes in again is compared by.
    pub(super) content: Option<Value>,
    pub(super) data: Option<Value>,
    pub(super) deleted: Option<Value>,
    pub(super) event: Value,
    pub(super) received: Option<Value>,
    pub(super) actor: Option<Value>,
    pub(super) reason: Option<Value>,
    pub(super) cause: Option<Value>,
    pub(super) seen: Option<Value>,
    pub(super) meta: Option<Value>,
    /// Whether its rules may call functions of its own.
    defines: bool,
    list: Vec<Listed>,
}

impl Mapping {
    /// The names of the mappings that come with the program.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The text of a mapping that comes with the program.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        let known = BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, text)| *text);
        known.or_else(|| adapter::builtin_text(name))
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

    /// What it was read from: the name of its file, and its text. Its rules stay on the thread that compiled them.
    pub fn written(&self) -> (String, String) {
        self.written.clone()
    }

    /// In snapshots that are compared as they come: whether `event` reads the record, and whether all that makes the
    /// metadata asks only the record.
    pub(super) fn apart(&self) -> (bool, bool) {
        let of_meta = [&self.received, &self.actor, &self.reason, &self.cause, &self.seen, &self.meta];
        let asks = |value: &Value| (RECORD_VARS.len()..SNAPSHOT_VARS.len()).any(|var| value.reads(var));
        let alone = self.order.is_read() && !of_meta.into_iter().flatten().any(asks);
        (self.defines || self.event.reads_record(), alone)
    }

    /// How long an event waits for its predecessor while a log is followed; not at all where it has none.
    pub fn wait(&self) -> Duration {
        let numbered = matches!(self.order, Order::Version(_));
        Duration::from_micros(if numbered { self.wait.unsigned_abs() } else { 0 })
    }

    /// How its aggregates are shown in lists.
    pub fn listed(&self) -> &[Listed] {
        &self.list
    }
}
