//! What is found out about what is shown while it stands there.

use serde_json::Value;

use super::Model;
use crate::event::{AggregateId, Position, Version};
use crate::session::{Answer, Writer};
use crate::tui::question::Slot;

/// What is found out about the moment and the cursor.
#[derive(Debug, Default)]
pub struct Beside {
    /// Who last set each field of the state at a version, by the field's JSON Pointer.
    pub blame: Slot<(AggregateId, Version), Vec<(String, Writer)>>,
    /// How many events name the one at a position as their cause, and whether there may be more; counted again as the
    /// newest position moves on.
    pub effects: Slot<(Position, Position), (i64, bool)>,
    /// What reactors made of the event at a position; asked again as jobs change.
    pub reactions: Slot<(Position, u64), Vec<Answer>>,
    /// How many events of the branch lie behind a position, up to the newest one: between them are other branches'.
    pub ahead: Slot<(Position, Position), i64>,
    /// The state at the mark: its branch, whose it is, and the version.
    pub marked: Slot<(String, AggregateId, Version), Value>,
}

impl Model {
    /// The version of that event.
    pub fn set_by(&self, pointer: &str) -> Option<Version> {
        self.writer(pointer).map(|writer| writer.version)
    }

    /// The newest event that set something in a field of the state shown, where that is known.
    pub fn writer(&self, pointer: &str) -> Option<&Writer> {
        let inside = |path: &str| {
            path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fields = self.beside.blame.answer()?.iter();
        fields.filter(|(path, _)| inside(path)).map(|(_, writer)| writer).max_by_key(|writer| writer.version)
    }

    /// What reactors made of the event at a position, as far as that is known.
    pub fn reactions(&self, position: Position) -> &[Answer] {
        let reactions = &self.beside.reactions;
        let about = reactions.asked().is_some_and(|(of, _)| *of == position);
        reactions.shown().filter(|_| about).map_or(&[], Vec::as_slice)
    }
}
