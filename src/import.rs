//! Other systems' logs as events: read, mapped and sorted into a staging database, then handed over in log order.
//! Nothing here writes to a store; a mistake in a file or a mapping shows before the first append.

pub mod adapter;
mod alien;
mod document;
mod files;
mod format;
pub mod guess;
mod lines;
mod lists;
mod logfmt;
mod mapping;
mod notes;
mod ocel;
mod order;
mod own;
mod papertrail;
mod record;
mod source;
mod sql;
mod stage;
mod syslog;
mod table;
pub mod tail;
mod text;
mod time;
mod value;
mod waiting;
mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use mapping::{Format, Mapping, Mode};
pub use notes::{Note, Notice};
pub use source::LARGEST_RECORD;
pub use stage::{Staged, Straight, Unsorted, comes_straight, stage, stage_straight};

pub use crate::journal::Imported;
pub use crate::store::foreign::{Bound, Rows};
pub use tail::{Mark, New, Part};
pub use waiting::Waiting;

use crate::error::Result;
use crate::event::{AggregateId, NewEvent, Time};

/// The files that names stand for: what is no log by its name is left out.
pub fn listed(names: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let listed = files::listed(names)?.into_iter().filter(|file| file.is_odd().is_none());
    Ok(listed.map(|file| file.path).collect())
}

/// What a log is called: after its one file or folder, or the folder of its files, without what only says how it is
/// written.
pub fn name_of(files: &[PathBuf]) -> String {
    let folder = |file: &PathBuf| file.parent().map(Path::to_owned).unwrap_or_default();
    let named = match files {
        [one] => one.clone(),
        [first, ..] => folder(first),
        [] => PathBuf::new(),
    };
    let named = named.canonicalize().unwrap_or(named);
    let name = named.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut name = name.as_str();
    while let Some((rest, ending)) = name.rsplit_once('.')
        && !rest.is_empty()
        && ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
    {
        name = rest;
    }
    if matches!(name, "" | "-") { "log".to_owned() } else { name.to_owned() }
}

/// Endings of names that say how a file is written, and nothing of what it is about.
const ENDINGS: [&str; 16] = [
    "json", "jsonl", "ndjson", "csv", "tsv", "txt", "log", "gz", "zip", "zst", "sqlite", "sqlite3", "db",
    "logfmt", "xml", "parquet",
];

/// What to import, and how.
#[derive(Default)]
pub struct Options {
    /// The files, read in this order: folders with all that lies in them, patterns such as `*.json`; `-` is standard
    /// input.
    pub files: Vec<PathBuf>,
    /// Parts of files of lines, read behind the files.
    pub parts: Vec<Part>,
    /// What waited for its predecessors when the files were looked at last.
    pub waiting: Vec<Waiting>,
    /// Whether what lacks its predecessor, by `version`, waits for it: there will be another look.
    pub wait: bool,
    /// How records become events; `None` for what another store exported.
    pub mapping: Option<Mapping>,
    /// Counts and lists bad records, and goes on without them.
    pub skip_bad: bool,
    /// Reads only this many records, to show what they become.
    pub try_first: Option<usize>,
    /// Who imports, for the operation log.
    pub actor: String,
    /// Lets the domain's reactors answer what is appended.
    pub react: bool,
    /// The largest record that is read, in bytes; else 64 MB.
    pub largest: Option<u64>,
    /// Which rows are read, of files that are SQLite databases.
    pub rows: Option<Rows>,
    /// Whether the files are read again when they have grown.
    pub reads: Reads,
}

/// How often files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// Once.
    #[default]
    Once,
    /// Again when they have grown: what has no key is named by its file's name, and not by all that the file holds.
    Growing,
    /// The same, and somebody looks at the store meanwhile: where it is empty, events are appended as they are read, and
    /// what comes too late for its place stands behind them.
    Watched,
}

/// What the store knows of an earlier import.
pub trait Known {
    /// The content that was noted for a key.
    fn seen(&self, key: &str) -> Result<Option<[u8; 32]>>;
    /// Whether there is nothing at all, and nobody who could bring something meanwhile.
    fn is_new(&self) -> Result<bool> {
        Ok(false)
    }
    /// Is told of a key whose content is another one now.
    fn differs(&self, _: &str) {}
    /// When the newest event was recorded behind which the import goes on.
    fn recorded(&self) -> Result<Time> {
        Ok(Time(i64::MIN))
    }
    /// When the import runs.
    fn now(&self) -> Time {
        Time(i64::MAX)
    }
    /// The numbers that its source gave to the events of an aggregate that the store has.
    fn source_versions(&self, _: &AggregateId) -> Result<BTreeSet<i64>> {
        Ok(BTreeSet::new())
    }
    /// The current state of an aggregate, as JSON; `None` where it does not exist.
    fn head_state(&self, aggregate: &AggregateId) -> Result<Option<String>>;
}

/// An empty store: it knows nothing.
pub struct Nothing;

impl Known for Nothing {
    fn seen(&self, _: &str) -> Result<Option<[u8; 32]>> {
        Ok(None)
    }

    fn head_state(&self, _: &AggregateId) -> Result<Option<String>> {
        Ok(None)
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// How much of it is done: bytes of the files while reading, records while comparing.
    pub done: u64,
    /// How much there is to do, in the same unit.
    pub total: u64,
    /// Records read so far.
    pub records: u64,
}

/// What an import is doing before it appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reads the files and maps their records.
    Reading,
    /// Compares each snapshot with the one before it.
    Comparing,
    /// Puts the events in the order of the log.
    Sorting,
}

/// What the records came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// Events that are ready to be appended.
    pub events: u64,
    /// Records that an earlier import, or this one, has already brought.
    pub seen: u64,
    /// Records that the mapping leaves out.
    pub left_out: u64,
    /// How many records are bad.
    pub bad_count: u64,
    /// The first hundred of them.
    pub bad: Vec<Bad>,
    /// The files that were read to their end, and how many records they have had so far.
    pub read: Vec<(PathBuf, u64)>,
    /// Where the import decided, or was lenient.
    pub notes: Vec<Note>,
    /// What waits for its predecessor, and counts when it is taken.
    pub waiting: Vec<Waiting>,
    /// Files found in a folder or by a pattern that are something else than a log; nothing of them was read.
    pub aside: Vec<Aside>,
}

/// A file that is no log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Its name.
    pub file: String,
    /// What it is instead.
    pub reason: String,
}

/// A record that cannot become an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The file, with the member where it is an archive.
    pub file: String,
    /// The line on which the record starts, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What one of the first records becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The file, with the member where it is an archive.
    pub file: String,
    /// The line on which the record starts, from 1.
    pub line: u64,
    /// What it becomes.
    pub becomes: Becomes,
}

/// What a record becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// An event.
    Event(NewEvent),
    /// Nothing: the store has it already.
    Seen,
    /// Nothing: the mapping leaves it out.
    LeftOut,
    /// Nothing: this is wrong with it.
    Bad(String),
}
