//! What reactors asked for, as a list over the whole screen, and what the worker that does it says.

use super::scroll::Scroll;
use crate::event::Position;
use crate::session::{Answer, JobInfo, JobPulse, Unconsented};

/// How many jobs are read at once.
pub const PAGE: usize = 200;

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

/// The list of jobs.
#[derive(Debug)]
pub struct Jobs {
    /// The newest ones; `None` until they are read.
    pub rows: Option<Vec<JobInfo>>,
    /// Which one is selected.
    pub scroll: Scroll,
    /// Whether only those are shown that failed.
    pub failed: bool,
    /// How many were asked for.
    pub limit: usize,
}

impl Jobs {
    /// A list that is not read yet.
    pub fn new(failed: bool) -> Self {
        Self { rows: None, scroll: Scroll::default(), failed, limit: PAGE }
    }

    /// The selected job.
    pub fn selected(&self) -> Option<&JobInfo> {
        self.rows.as_ref()?.get(self.scroll.selected)
    }

    /// Takes rows in; the selected job stays selected where it is among them.
    pub fn take(&mut self, rows: Vec<JobInfo>, height: usize) {
        let chosen = self.selected().map(|info| info.job.id);
        let place = rows.iter().position(|info| Some(info.job.id) == chosen);
        self.scroll.selected = place.unwrap_or(self.scroll.selected);
        self.scroll.reveal(rows.len(), height);
        self.rows = Some(rows);
    }

    /// Whether older ones are to be read, because the last that is there comes near.
    pub fn wants_more(&self, height: usize) -> bool {
        let rows = self.rows.as_ref().map_or(0, Vec::len);
        rows == self.limit && self.scroll.top + 2 * height >= rows
    }
}
