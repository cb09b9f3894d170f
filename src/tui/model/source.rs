//! The log that the store is read from, where it is one that was opened by its file's name.

use super::offer::Offers;
use crate::session::{ImportProgress, Source};

/// What is said of it in the first line.
#[derive(Debug)]
pub struct SourceLine {
    /// The log.
    pub log: Source,
    /// How far it is read, while it is.
    pub taking: Option<ImportProgress>,
    /// How many of its records could not be read.
    pub bad: u64,
    /// How long after it was written to last, in microseconds, its newest events were here.
    pub behind: Option<i64>,
    /// Whether the first line is all about it, as nothing was pressed yet.
    pub announced: bool,
    /// What can be done with what somebody comes to, offered once.
    pub offers: Offers,
}

impl SourceLine {
    /// A log that was just opened.
    pub fn new(log: Source) -> Self {
        Self { log, taking: None, bad: 0, behind: None, announced: true, offers: Offers::default() }
    }
}

/// How far an import is, as a part of a hundred.
pub fn percent(progress: ImportProgress) -> u64 {
    let of = |done: u64, total: u64| done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
    match progress {
        ImportProgress::Staging(at) => of(at.done, at.total),
        ImportProgress::Appending(done, total) | ImportProgress::Folding(done, total) => of(done, total),
    }
}
