//! The log tab: rows around the cursor, what narrows them, and which way they run.

use crate::event::{AggregateId, Version};
use crate::session::{LogRequest, LogRow};

/// How many rows are asked for at once.
pub const PAGE: usize = 300;

/// The log tab.
#[derive(Debug, Default)]
pub struct Log {
    /// Whose rows they are.
    pub aggregate: Option<AggregateId>,
    /// The rows, oldest first.
    pub rows: Vec<LogRow>,
    /// The version behind which the rows start.
    pub start: Version,
    /// Whether more rows follow.
    pub after: bool,
    /// The newest at the top.
    pub newest_first: bool,
    /// Only rows with this text.
    pub text: String,
    /// Only rows for which this holds.
    pub filter: String,
    /// A page was asked for and has not come.
    pub waiting: bool,
    /// How far the running or last scan has looked.
    pub scanned: usize,
}

impl Log {
    /// Whether rows are looked for rather than read.
    pub fn scans(&self) -> bool {
        !self.text.is_empty() || !self.filter.is_empty()
    }

    /// The request for rows behind a version.
    pub fn request(&self, aggregate: &AggregateId, after: Version) -> LogRequest {
        LogRequest {
            aggregate: Some(aggregate.clone()),
            filter: (!self.filter.is_empty()).then(|| self.filter.clone()),
            text: self.text.clone(),
            oldest_first: true,
            after: (after > 0).then_some(after),
            limit: PAGE,
            ..LogRequest::default()
        }
    }

    /// Whether a reply belongs to what the tab shows now.
    pub fn wants(&self, request: &LogRequest) -> bool {
        self.aggregate.is_some()
            && request.aggregate == self.aggregate
            && request.text == self.text
            && request.filter.as_deref().unwrap_or_default() == self.filter
    }

    /// Whether the row of a version, if it matches, must be among the rows that are there.
    pub fn covers(&self, version: Version) -> bool {
        let last = self.rows.last().map_or(self.start, |row| row.event.version);
        version == 0 || (version > self.start && (version <= last || !self.after))
    }

    /// The row of a version, or the last one before it, among the rows that are there.
    pub fn index(&self, version: Version) -> Option<usize> {
        self.rows.partition_point(|row| row.event.version <= version).checked_sub(1)
    }

    /// The version of a row as they stand on the screen.
    pub fn version_at(&self, line: usize) -> Option<Version> {
        let i = if self.newest_first { self.rows.len().checked_sub(line + 1)? } else { line };
        self.rows.get(i).map(|row| row.event.version)
    }

    /// The next matching version in a direction, where it is among the rows that are there.
    pub fn neighbour(&self, version: Version, forward: bool, by: usize) -> Option<Version> {
        let next = self.rows.partition_point(|row| row.event.version <= version);
        let before = self.rows.partition_point(|row| row.event.version < version);
        let i = if forward {
            (next + by.saturating_sub(1)).min(self.rows.len().checked_sub(1)?)
        } else {
            before.saturating_sub(by)
        };
        let found = self.rows.get(i)?.event.version;
        (if forward { found > version } else { found < version }).then_some(found)
    }
}
