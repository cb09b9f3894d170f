//! What is known of the store as a whole, as it was answered last.

use crate::session::{Alarm, BranchInfo, Facets, Fields, NoteInfo, Overview, Undone, WaypointInfo};
use crate::tui::question::Slot;

/// The questions about the store as a whole.
#[derive(Debug, Default)]
pub struct Facts {
    /// What it holds.
    pub overview: Slot<(), Overview>,
    /// Every branch.
    pub branches: Slot<(), Vec<BranchInfo>>,
    /// Every note.
    pub notes: Vec<NoteInfo>,
    /// Every waypoint, and every note.
    pub waypoints: Slot<(), (Vec<WaypointInfo>, Vec<NoteInfo>)>,
    /// What came too seldom or too often.
    pub alarms: Slot<(), Vec<Alarm>>,
    /// Which fields records have; asked anew when there are twice as many events.
    pub fields: Slot<u32, Fields>,
    /// The types and actors of all events, counted anew as often.
    pub names: Slot<u32, Facets>,
    /// What an undo, or (`true`) a redo, would do.
    pub undo: Slot<bool, Undone>,
}
