//! The log tab: rows around the cursor, what narrows them, and which way they run. There is one for the
//! aggregate shown and one for the whole store: each keeps its own filter and its own rows.

use super::timeline::Subject;
use crate::session::{Flags, LogPage, LogRequest, LogRow};
use crate::tui::question::Slot;

/// How many rows of an aggregate are asked for at once.
pub const PAGE: usize = 300;

/// A log.
#[derive(Debug, Default)]
pub struct Log {
    /// Whose rows they are.
    pub subject: Option<Subject>,
    /// The rows, oldest first.
    pub rows: Vec<LogRow>,
    /// The place behind which the rows start: a version, in the whole store a position.
    pub start: i64,
    /// Whether more rows follow; after a scan, whether it stopped at as many rows as it keeps.
    pub after: bool,
    /// The newest at the top.
    pub newest_first: bool,
    /// Only rows with this text.
    pub text: String,
    /// Only rows for which this holds.
    pub filter: String,
    /// The rows that were asked for.
    pub page: Slot<LogRequest, LogPage>,
    /// How far the running or last scan has looked.
    pub scanned: usize,
}

impl Log {
    /// Whether rows are looked for rather than read.
    pub fn scans(&self) -> bool {
        !self.text.is_empty() || !self.filter.is_empty()
    }

    /// Forgets whose rows these are, so that they are asked for again.
    pub fn forget(&mut self) {
        self.subject = None;
        self.page.forget();
    }

    /// Where a row stands in the history that this is the log of: its version, in the whole store its position.
    pub fn place(&self, row: &LogRow) -> i64 {
        if self.subject == Some(Subject::Store) { row.event.position } else { row.event.version }
    }

    /// The request for so many rows behind a place.
    pub fn request(&self, subject: &Subject, after: i64, limit: usize) -> LogRequest {
        LogRequest {
            aggregate: match subject {
                Subject::One(aggregate) => Some(aggregate.clone()),
                Subject::Store | Subject::Set(_) => None,
            },
            filter: (!self.filter.is_empty()).then(|| self.filter.clone()),
            text: self.text.clone(),
            oldest_first: true,
            brief: true,
            flags: Flags::near(),
            after: (after > 0).then_some(after),
            limit,
            ..LogRequest::default()
        }
    }

    /// Whether the row at a place, if it matches, must be among the rows that are there.
    pub fn covers(&self, place: i64) -> bool {
        let last = self.rows.last().map_or(self.start, |row| self.place(row));
        place == 0 || (place > self.start && (place <= last || !self.after))
    }

    /// The row at a place, or the last one before it, among the rows that are there.
    pub fn index(&self, place: i64) -> Option<usize> {
        self.rows.partition_point(|row| self.place(row) <= place).checked_sub(1)
    }

    /// The place of a row as they stand on the screen.
    pub fn place_at(&self, line: usize) -> Option<i64> {
        let i = if self.newest_first { self.rows.len().checked_sub(line + 1)? } else { line };
        self.rows.get(i).map(|row| self.place(row))
    }

    /// The row at exactly a place.
    pub fn row(&self, place: i64) -> Option<&LogRow> {
        self.index(place).and_then(|i| self.rows.get(i)).filter(|row| self.place(row) == place)
    }

    /// The next matching place in a direction, where it is among the rows that are there.
    pub fn neighbour(&self, place: i64, forward: bool, by: usize) -> Option<i64> {
        let next = self.rows.partition_point(|row| self.place(row) <= place);
        let before = self.rows.partition_point(|row| self.place(row) < place);
        let i = if forward {
            (next + by.saturating_sub(1)).min(self.rows.len().checked_sub(1)?)
        } else {
            before.saturating_sub(by)
        };
        let found = self.place(self.rows.get(i)?);
        (if forward { found > place } else { found < place }).then_some(found)
    }

    /// The matching row nearest to a place at which none stands.
    pub fn nearest(&self, place: i64) -> Option<i64> {
        self.neighbour(place, false, 1).or_else(|| self.neighbour(place, true, 1))
    }
}
