//! What is to be read, and how much that is.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::error::{Error, Result};
use crate::file;
use crate::import::files::{self, Listed};
use crate::import::mapping::Format;
use crate::import::source::LARGEST_RECORD;
use crate::import::{Options, Part, Reads, Rows};
use crate::store::foreign::Bound;

/// Files of fewer bytes than this together are read and taken in turn.
const MUCH: u64 = 1 << 20;

/// What is to be read.
pub struct Plan {
    pub files: Vec<Listed>,
    pub parts: Vec<Part>,
    pub rows: Option<Rows>,
    pub largest: u64,
    /// Whether only the first records are read, to show what they become.
    pub trying: bool,
    /// Whether the files are read again when they have grown.
    pub grows: bool,
    /// Whether a database is asked: what it takes to answer is not told by its size.
    asks: bool,
    /// Somebody stopped it.
    pub stopped: Arc<AtomicBool>,
    /// How many bytes that are, as far as that is known before.
    pub total: u64,
}

impl Plan {
    /// What an import asks for.
    pub fn new(options: &Options) -> Result<Self> {
        // A name that is wrong shows before the first of many files is read.
        let files = files::listed(&options.files)?;
        let mut total = options.parts.iter().map(Part::size).sum::<u64>();
        for file in files.iter().filter(|file| !file::is_stream(&file.path)) {
            let found = std::fs::metadata(&file.path).map_err(|error| {
                Error::refused(format!("{} cannot be read: {error}", file.path.display()))
            })?;
            total += found.len();
        }
        let told = options.mapping.as_ref().and_then(|mapping| mapping.reading.format);
        let asks = options.rows.is_some() || matches!(told, Some(Format::Ocel | Format::Papertrail));
        Ok(Self {
            asks,
            grows: options.reads != Reads::Once,
            stopped: Arc::default(),
            files,
            parts: options.parts.clone(),
            rows: options.rows.clone(),
            largest: options.largest.unwrap_or(LARGEST_RECORD),
            trying: options.try_first.is_some(),
            total,
        })
    }

    /// Whether it is read on a thread of its own.
    pub fn is_much(&self) -> bool {
        let streams = || self.files.iter().any(|file| file::is_stream(&file.path));
        !self.trying && (self.total >= MUCH || self.asks || streams())
    }

    /// How far a database goes: what is only tried, somebody waits for.
    pub fn bound(&self) -> Option<Bound> {
        (!self.trying).then(|| Bound::Until(Arc::clone(&self.stopped)))
    }
}
