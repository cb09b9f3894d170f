//! Revisions: the ways to name a point in history.

use crate::event::{AggregateId, Position, Version};

/// A point that a revision named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// An aggregate at a version; 0 is before its first event.
    Aggregate {
        /// Which aggregate.
        aggregate: AggregateId,
        /// Which version.
        version: Version,
        /// The newest version on the branch.
        head: Version,
    },
    /// The whole store right after a position; 0 is before the first event.
    Store(Position),
}
