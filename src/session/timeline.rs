//! What the timeline draws: marks of single events, and counts of many.

use crate::event::{AggregateId, Position, Time, Version};

/// What is special about an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// It occurred before its predecessor.
    pub late: bool,
    /// It equals an earlier event of its aggregate in type and data.
    pub repeated: bool,
    /// It changed nothing.
    pub unchanged: bool,
    /// Its rule failed.
    pub error: bool,
}

/// One event of the aggregate on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its version.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
    /// The event type.
    pub kind: String,
    /// Who did it.
    pub actor: Option<String>,
    /// When it happened.
    pub occurred_at: Time,
    /// The running maximum of `occurred_at`.
    pub effective_at: Time,
    /// What is special about it.
    pub flags: Flags,
}

/// One event of the whole store on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMark {
    /// Its position.
    pub position: Position,
    /// What it is about.
    pub aggregate: AggregateId,
    /// Its version there.
    pub version: Version,
    /// The event type.
    pub kind: String,
    /// Who did it.
    pub actor: Option<String>,
    /// When it happened.
    pub occurred_at: Time,
}

/// The timeline of the cursor's subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Events of an aggregate in the asked range of versions, in version order.
    pub marks: Vec<Mark>,
    /// Or, for the whole store, events in the asked range of positions.
    pub store_marks: Vec<StoreMark>,
    /// For ranges too long for single marks: the time at each cell's left edge (effective time; last entry is the range's end).
    pub edges: Vec<Time>,
    /// The whole history cut into equal spans of time: events in each.
    pub density: Vec<i64>,
    /// The first and the newest effective time of the whole history.
    pub span: Option<(Time, Time)>,
}
