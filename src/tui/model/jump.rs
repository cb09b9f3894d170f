//! Where the cursor is about to jump: each question is answered a moment later, and then the cursor goes there.

use crate::event::{AggregateId, Event, Position, Version};
use crate::session::{Point, WritersRequest};
use crate::tui::question::Slot;

/// An event: its aggregate, its version and its position.
pub type Place = (AggregateId, Version, Position);

/// What was asked for and is gone to when it is there.
#[derive(Debug, Default)]
pub struct Jump {
    /// The point that a revision names.
    pub point: Slot<String, Point>,
    /// The next event of some sort, and what is said where there is none.
    pub next: Slot<String, Option<Place>>,
    /// What the event at a position caused.
    pub caused: Slot<Position, Vec<Event>>,
    /// The newest writers of a path: the version of each, and where the path led there.
    pub writers: Slot<WritersRequest, Vec<(Version, String)>>,
    /// The start of the burst beside a place, forwards or backwards.
    pub burst: Slot<(i64, bool), Option<i64>>,
    /// A name for a branch that forks at the cursor.
    pub fork: Slot<(), String>,
}
