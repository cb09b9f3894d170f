//! What the worker for jobs says, and what reactors made of the event shown.

use crate::event::Position;
use crate::session::{Answer, JobPulse, Unconsented};

/// What the worker for jobs says.
#[derive(Debug, Default)]
pub struct Labour {
    /// How the jobs stand.
    pub pulse: JobPulse,
    /// How often that was told.
    pub told: u64,
    /// What waits for this machine's consent.
    pub held: Vec<Unconsented>,
}

/// What reactors made of the event shown.
#[derive(Debug, Default)]
pub struct Reactions {
    /// The event's position, and how often it was told when they were asked for that jobs changed.
    pub of: Option<(Position, u64)>,
    /// What it came to, once it is known.
    pub known: Option<(Position, Vec<Answer>)>,
}

impl Reactions {
    /// Those of the event at a position.
    pub fn at(&self, position: Position) -> &[Answer] {
        self.known.as_ref().filter(|(of, _)| *of == position).map_or(&[], |(_, answers)| answers)
    }
}
