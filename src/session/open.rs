//! Opening a store, what it holds at a glance, and noticing what other processes append.

use std::path::PathBuf;

use crate::clock::Clock;
use crate::event::{Hash, Position, Time};

/// How a session is opened.
#[derive(Clone, Debug)]
pub struct Open {
    /// The store's file.
    pub path: PathBuf,
    /// The branch that is read and written.
    pub branch: String,
    /// Where the time comes from.
    pub clock: Clock,
}

/// An aggregate type and how many aggregates it has on the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// The type's name.
    pub name: String,
    /// How many aggregates, deleted ones too.
    pub aggregates: i64,
    /// Names of the extra list columns.
    pub columns: Vec<String>,
}

/// What the header and the start of a screen need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The file's name without its folder.
    pub file: String,
    /// The branch.
    pub branch: String,
    /// Events visible on the branch.
    pub events: i64,
    /// The newest event's position on the branch; 0 when there is none.
    pub head: Position,
    /// The newest event's hash.
    pub head_hash: Option<Hash>,
    /// The aggregate types that have aggregates, in name order, then the declared ones without.
    pub types: Vec<TypeInfo>,
    /// Whether the store can only be read, and why.
    pub read_only: Option<String>,
    /// The domain's name, where there is a domain.
    pub domain: Option<String>,
    /// The times of the first and the newest event (`occurred_at`).
    pub span: Option<(Time, Time)>,
}

/// What has been appended since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The newest position now.
    pub head: Position,
    /// Events on the branch now.
    pub events: i64,
}
