//! The one cursor: over an aggregate, over a chosen set, or over the whole store.

use super::Model;
use super::timeline::Subject;
use crate::event::{AggregateId, Position, Version};
use crate::session::{Moment, Point};
use crate::tui::text;

/// What the cursor runs over, and where it stands in that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant names its parts")]
pub enum Scope {
    /// The versions of one aggregate.
    #[default]
    One,
    /// The events of the chosen aggregates, in log order: the place among them, from 1, and how many there are.
    Set { index: i64, count: i64 },
    /// The whole log: the position, and the newest one.
    Store { position: Position, last: Position },
}

/// What is asked for to be shown where the cursor goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seek {
    /// An aggregate at a version.
    Version(AggregateId, Version),
    /// The same on a branch that may not have the aggregate.
    Arrive(AggregateId, Version),
    /// An aggregate right after a position.
    AsOf(AggregateId, Position),
    /// The aggregate that the event at a position is about; where the branch has no event there the nearest one
    /// behind it (`true`) or before it is meant.
    Near(Position, bool),
}

/// A place in time, and what it is a place of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// What left and right run over.
    pub scope: Scope,
    /// The aggregate whose state is shown.
    pub aggregate: Option<AggregateId>,
    /// Its version.
    pub version: Version,
    /// Its newest version.
    pub head: Version,
}

impl Cursor {
    /// Whether it runs over the versions of one aggregate.
    pub fn is_one(&self) -> bool {
        self.scope == Scope::One
    }

    /// Whether it runs over chosen aggregates.
    pub fn is_set(&self) -> bool {
        matches!(self.scope, Scope::Set { .. })
    }

    /// Whether it runs over the whole store.
    pub fn is_whole(&self) -> bool {
        matches!(self.scope, Scope::Store { .. })
    }

    /// Where the cursor stands in its scope, and where the scope ends.
    pub fn place(&self) -> (i64, i64) {
        match self.scope {
            Scope::One => (self.version, self.head),
            Scope::Set { index, count } => (index, count),
            Scope::Store { position, last } => (position, last),
        }
    }

    /// The position in the log right behind which the cursor stands, whatever it runs over, where
    /// `moment` is what is shown. `None` while that is not what the cursor is on.
    pub fn stands(&self, moment: Option<&Moment>) -> Option<Position> {
        if let Scope::Store { position, .. } = self.scope {
            return Some(position);
        }
        let moment = moment.filter(|moment| {
            self.aggregate.as_ref() == Some(&moment.aggregate) && self.version == moment.version
        })?;
        Some(moment.event.as_ref().map_or(0, |event| event.position))
    }

    /// Whether the cursor is not at the newest event.
    pub fn past(&self) -> bool {
        let (here, head) = self.place();
        here < head
    }

    /// The position as of which the list is shown; `None` at the head.
    pub fn list_at(&self) -> Option<Position> {
        match self.scope {
            Scope::Store { position, last } if position < last => Some(position),
            _ => None,
        }
    }
}

impl Model {
    /// The position of the event of the version shown, where the log of its aggregate has it.
    pub fn logged(&self) -> Option<Position> {
        let aggregate = self.cursor.aggregate.as_ref()?;
        let row = self.own_log.row(self.cursor.version)?;
        (row.event.aggregate == *aggregate && self.cursor.is_one()).then_some(row.event.position)
    }

    /// What the log tab is a log of.
    pub fn log_subject(&self) -> Option<Subject> {
        match self.cursor.scope {
            Scope::Store { .. } => Some(Subject::Store),
            Scope::Set { .. } => Some(Subject::Set(self.list.lanes.clone())),
            Scope::One => self.cursor.aggregate.clone().map(Subject::One),
        }
    }

    /// Where the cursor stands in the log tab, and where that ends: in versions of the aggregate shown, among several
    /// in positions.
    pub fn log_place(&self) -> (i64, i64) {
        match self.cursor.scope {
            Scope::One => (self.cursor.version, self.cursor.head),
            Scope::Store { position, last } => (position, last),
            Scope::Set { .. } => {
                let newest = self.overview.as_ref().map_or(0, |overview| overview.head);
                (self.position().unwrap_or(newest), newest)
            }
        }
    }

    /// The point that the cursor stands at.
    pub fn point(&self) -> Option<Point> {
        let (branch, cursor) = (self.branch.clone(), &self.cursor);
        match (cursor.scope, &cursor.aggregate) {
            (Scope::Store { position, .. }, _) => Some(Point::store(branch, position)),
            (_, Some(aggregate)) => {
                let (aggregate, version, head) = (aggregate.clone(), cursor.version, cursor.head);
                Some(Point::Aggregate { branch, aggregate, version, head })
            }
            (_, None) => None,
        }
    }

    /// How many events of the branch lie behind the cursor; `None` while that is not known.
    pub fn behind_cursor(&self) -> Option<i64> {
        let (here, head) = self.cursor.place();
        if !self.cursor.is_whole() || self.branches.len() < 2 {
            return Some(head - here);
        }
        self.beside.ahead.answer_to(&(here, head)).copied()
    }

    /// Where the cursor stands, in words: `Task/42 v3`, `#118`.
    pub fn here(&self) -> String {
        match (self.cursor.scope, &self.cursor.aggregate) {
            (Scope::Store { position, .. }, _) => format!("#{}", text::count(position)),
            (_, Some(aggregate)) => format!("{aggregate} v{}", self.cursor.version),
            (_, None) => "nowhere".into(),
        }
    }

    /// The position in the log right behind which the cursor stands; `None` while what is there has not come.
    pub fn position(&self) -> Option<Position> {
        self.cursor.stands(self.moment.as_ref())
    }
}
