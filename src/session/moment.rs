//! One aggregate at one version: the event, the state after it, and what it changed.

use serde_json::Value;

use crate::event::{AggregateId, Event, Time, Version};
use crate::replay::Change;

/// Everything the panes show of the cursor's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// Its label at this version.
    pub label: String,
    /// Its status at this version.
    pub status: String,
    /// The version shown; 0 is before the first event.
    pub version: Version,
    /// The newest version on the branch.
    pub head: Version,
    /// The event that made this version; `None` at version 0.
    pub event: Option<Event>,
    /// The state before the event.
    pub before: Value,
    /// The state after it; `{}` where nothing exists.
    pub state: Value,
    /// Whether the aggregate exists at this version.
    pub exists: bool,
    /// What the event changed.
    pub changes: Vec<Change>,
    /// The rule that ran; `None` when the data was merged.
    pub rule: Option<String>,
    /// What the domain says of the event type.
    pub doc: Option<String>,
    /// Why the rule failed, where it did; the state is the last good one then.
    pub error: Option<String>,
    /// Marks of this event.
    pub flags: super::Flags,
    /// The running maximum of `occurred_at` up to here.
    pub effective_at: Option<Time>,
    /// `occurred_at` of the event before.
    pub previous_at: Option<Time>,
    /// Microseconds until the next event occurred, where there is one.
    pub next_at: Option<Time>,
    /// The event that caused this one (`meta.causation_id`), where it is in the log.
    pub cause: Option<(AggregateId, Version)>,
    /// How many events name this one as their cause; `None` where it was not counted.
    pub effects: Option<usize>,
}
