//! The log: events with what they changed, newest or oldest first, filtered.

use crate::event::{AggregateId, Event, Position, Time, Version};
use crate::replay::Change;

/// Which events are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// Only this aggregate.
    pub aggregate: Option<AggregateId>,
    /// Only aggregates of this type.
    pub kind: Option<String>,
    /// Nothing after this version (needs an aggregate).
    pub up_to_version: Option<Version>,
    /// Nothing after this position.
    pub up_to_position: Option<Position>,
    /// Only events that occurred at or after.
    pub since: Option<Time>,
    /// Only events that occurred at or before.
    pub until: Option<Time>,
    /// Only events by this actor.
    pub actor: Option<String>,
    /// Only this event type.
    pub event: Option<String>,
    /// A jq predicate: `.` is the state after, `$before` (null at version 1), `$event`, `$changed` (dotted paths).
    pub filter: Option<String>,
    /// Text that the event's data or metadata contains.
    pub text: String,
    /// Oldest first.
    pub oldest_first: bool,
    /// Go on after this version (with an aggregate) or position (without one).
    pub after: Option<i64>,
    /// At most so many rows.
    pub limit: usize,
    /// Look at no more than this many events before answering with what was found; 0 is no bound.
    pub budget: usize,
}

/// One event with what it changed.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// The event.
    pub event: Event,
    /// Every field it changed, old and new.
    pub changes: Vec<Change>,
    /// What is special about it (late, repeated: only where the log of one aggregate is read).
    pub flags: super::Flags,
    /// Why its rule failed.
    pub error: Option<String>,
}

/// Rows, and how to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    /// The rows, in the asked order.
    pub rows: Vec<LogRow>,
    /// Where to go on; `None` when there is no more.
    pub next: Option<i64>,
    /// How many events were looked at.
    pub scanned: usize,
}
