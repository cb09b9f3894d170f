//! The one cursor: over an aggregate, over a chosen set, or over the whole store.

use crate::event::{AggregateId, Position, Version};

/// What the cursor runs over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The versions of one aggregate.
    #[default]
    One,
    /// The events of the selected aggregates, in log order.
    Set,
    /// The positions of the whole log.
    Store,
}

/// How many events of the branch lie behind the cursor in the whole store: between them are other branches' positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ahead {
    /// The cursor's position, and the newest one, when they were asked for.
    pub of: Option<(Position, Position)>,
    /// How many; `None` until they are counted.
    pub counted: Option<i64>,
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
    /// The position in the log, in the scopes that run over it.
    pub position: Position,
    /// The newest position of that scope.
    pub last: Position,
}

impl Cursor {
    /// Where the cursor stands in its scope, and where the scope ends.
    pub fn place(&self) -> (i64, i64) {
        match self.scope {
            Scope::One => (self.version, self.head),
            Scope::Set | Scope::Store => (self.position, self.last),
        }
    }

    /// Where the cursor stands in the log tab, and where that ends: of the aggregate shown, or of the whole store.
    pub fn log_place(&self) -> (i64, i64) {
        match self.scope {
            Scope::Store => (self.position, self.last),
            Scope::One | Scope::Set => (self.version, self.head),
        }
    }

    /// Whether the cursor is not at the newest event.
    pub fn past(&self) -> bool {
        let (here, head) = self.place();
        here < head
    }

    /// The position as of which the list is shown; `None` at the head.
    pub fn list_at(&self) -> Option<Position> {
        (self.scope == Scope::Store && self.past()).then_some(self.position)
    }
}
