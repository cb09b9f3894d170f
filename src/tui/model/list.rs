//! The list: a stretch of rows around what is visible, read by key, and what narrows them.

use std::collections::HashMap;

use super::chips::Chips;
use crate::event::{AggregateId, Position};
use crate::session::{Existed, ListPage, ListRequest, ListRow, RowKey, Sort};
use crate::tui::question::Slot;

/// How many rows are asked for at once.
pub const PAGE: usize = 200;

/// How rows join those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// They take their place.
    Replace,
    /// They follow them.
    Append,
    /// They come before them.
    Prepend,
}

/// Rows that came.
#[derive(Debug)]
pub struct Rows {
    /// They, and how many were looked at for them.
    pub page: ListPage,
    /// Whether there are more in the same direction.
    pub more: bool,
    /// How many were found behind them, which are read when they are wanted.
    pub beyond: usize,
}

/// Rows around an aggregate's.
#[derive(Debug)]
pub struct Around {
    /// The rows.
    pub rows: Vec<ListRow>,
    /// How many rows come before them.
    pub rank: i64,
    /// Whether more follow.
    pub follows: bool,
}

/// The list.
#[derive(Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "what is there, what is to be and the order are independent"
)]
pub struct List {
    /// The rows that are there, a stretch of the whole list.
    pub rows: Vec<ListRow>,
    /// Whether rows come before the first one.
    pub before: bool,
    /// Whether rows follow the last one.
    pub after: bool,
    /// How many rows come before the first one, where it is known.
    pub rank: Option<i64>,
    /// All rows of the type before text and filters, at the head.
    pub total: i64,
    /// How many rows there were in the past that is shown.
    pub then: Slot<Position, Existed>,
    /// The first visible row, counted in `rows`.
    pub top: usize,
    /// The selected aggregate.
    pub selected: Option<AggregateId>,
    /// Aggregates on the timeline beside each other.
    pub lanes: Vec<AggregateId>,
    /// What those are called, where they are called something.
    pub called: HashMap<AggregateId, String>,
    /// Only this type.
    pub kind: Option<String>,
    /// What else narrows it.
    pub chips: Chips,
    /// The order.
    pub sort: Sort,
    /// The order turned round.
    pub reversed: bool,
    /// Extra columns that are not shown.
    pub hidden: Vec<String>,
    /// The rows that were asked for.
    pub page: Slot<(ListRequest, Join), Rows>,
    /// The rows around an aggregate.
    pub around: Slot<(ListRequest, AggregateId), Option<Around>>,
    /// How many rows come before one.
    pub ranking: Slot<RowKey, i64>,
    /// How far the running or last scan has looked.
    pub scanned: usize,
    /// How many rows it has found.
    pub hits: usize,
    /// The first hit is to be selected when the scan is done, where the selected row is not among the hits.
    pub pick: bool,
    /// The rows that come are of another time: the selected one is to be in sight among them.
    pub moved: bool,
    /// The time as of which the rows are.
    pub at: Option<Position>,
}

impl List {
    /// Whether rows are looked for rather than read by index.
    pub fn scans(&self) -> bool {
        self.chips.narrow()
    }

    /// The request for the rows from the first one.
    pub fn request(&self, at: Option<Position>) -> ListRequest {
        ListRequest {
            kind: self.kind.clone(),
            chips: self.chips.asked(),
            sort: self.sort,
            reversed: self.reversed,
            at,
            limit: PAGE,
            ..ListRequest::default()
        }
    }

    /// Puts rows to those that are there.
    pub fn join(&mut self, rows: Rows, request: &ListRequest, join: Join) {
        let Rows { page, more, beyond } = rows;
        match join {
            // The first row stays as the anchor of what follows it.
            Join::Replace if request.after.is_some() => {
                self.rows.truncate(1);
                self.rows.extend(page.rows);
                self.after = more;
            }
            Join::Replace => {
                self.rows = page.rows;
                (self.before, self.after, self.rank) = (false, more, Some(0));
            }
            Join::Append => {
                self.rows.extend(page.rows);
                self.after = more;
            }
            Join::Prepend => {
                let n = page.rows.len();
                self.rows.splice(0..0, page.rows);
                self.top += n;
                self.before = more;
                self.rank = self.rank.filter(|_| self.scans()).map(|rank| (rank - n as i64).max(0));
            }
        }
        let found = self.rank.unwrap_or(0) as usize + self.rows.len() + beyond;
        self.hits = self.hits.max(found);
    }

    /// Lets rows go that are far from what is visible, so that at most so many stay.
    pub fn trim(&mut self, most: usize) {
        let Some(n) = self.rows.len().checked_sub(most).filter(|n| *n > 0) else { return };
        if self.top > self.rows.len() / 2 {
            self.rows.drain(..n);
            self.top = self.top.saturating_sub(n);
            self.before = true;
            self.rank = self.rank.filter(|_| self.scans()).map(|rank| rank + n as i64);
        } else {
            self.rows.truncate(most);
            self.after = true;
        }
    }

    /// How many aggregates there were right after a position, of one type or of all, where it is known.
    pub fn existed(&self, position: Position, kind: Option<&str>) -> Option<i64> {
        let wanted = |name: &str| kind.is_none_or(|kind| kind == name);
        let then = self.then.answer_to(&position)?;
        Some(then.types.iter().filter(|(name, _)| wanted(name)).map(|(_, n)| n).sum())
    }

    /// All rows of the type and time, before text and filters, where it is known.
    pub fn all(&self) -> Option<i64> {
        match self.at {
            None => Some(self.total),
            Some(at) => self.existed(at, self.kind.as_deref()),
        }
    }

    /// The names of the lanes, as the rows of the list say them; the ids of those that are called alike.
    pub fn lane_names(&self) -> Vec<String> {
        let called = |lane: &AggregateId| self.called.get(lane).filter(|name| !name.is_empty());
        let alike = |name: &String| self.lanes.iter().filter(|lane| called(lane) == Some(name)).count() > 1;
        let name = |lane: &AggregateId| called(lane).filter(|name| !alike(name)).unwrap_or(&lane.id).clone();
        self.lanes.iter().map(name).collect()
    }

    /// Where the selected row is.
    pub fn index(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| row.aggregate == *selected)
    }

    /// The selected row.
    pub fn row(&self) -> Option<&ListRow> {
        self.index().and_then(|i| self.rows.get(i))
    }

    /// The key behind which the rows that are there start; `None` at the very first row.
    pub fn first_key(&self) -> Option<RowKey> {
        self.rows.first().map(|row| row.key.clone())
    }

    /// The number of the selected row in the whole list, from 1, where it is known.
    pub fn number(&self) -> Option<i64> {
        let rank = if self.before { self.rank? } else { 0 };
        self.index().map(|i| rank + i as i64 + 1)
    }

    /// Keeps the selected row among the `height` visible ones.
    pub fn reveal(&mut self, height: usize) {
        let height = height.max(1);
        if let Some(i) = self.index() {
            if i < self.top {
                self.top = i;
            } else if i >= self.top + height {
                self.top = i + 1 - height;
            }
        }
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }
}
