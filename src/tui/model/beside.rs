//! What is found out about the moment shown while it stands there: its effects, and who set its fields.

use crate::event::{AggregateId, Position, Version};

/// How many events name the event at a position as their cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The position, and the newest one when they were asked for.
    pub of: Option<(Position, Position)>,
    /// How many, and whether there may be more; `None` until they are counted.
    pub counted: Option<(i64, bool)>,
}

/// Which version last set each field of a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blame {
    /// On which branch, whose state, and at which version.
    pub of: Option<(String, AggregateId, Version)>,
    /// The fields' JSON Pointers and versions; `None` until they are known.
    pub fields: Option<Vec<(String, Version)>>,
}

impl Blame {
    /// The newest version that set something in a field.
    pub fn version(&self, pointer: &str) -> Option<Version> {
        let inside = |path: &str| {
            path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.fields.iter().flatten().filter(|(path, _)| inside(path)).map(|(_, version)| *version).max()
    }
}
