//! What the worker for jobs says.

use crate::session::{JobPulse, JobState, Unconsented};

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

/// The word for a job's state.
pub fn word(state: JobState) -> &'static str {
    if state == JobState::Dead { "failed" } else { state.name() }
}
