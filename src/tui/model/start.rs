//! The start screen, while no store is open.

use crate::error::Error;
use crate::session::ImportProgress;

/// The start screen.
#[derive(Debug, Default)]
pub struct StartScreen {
    /// Which offer is selected.
    pub selected: usize,
    /// Why the last choice could not be done, until the next one.
    pub failed: Option<Error>,
    /// What is being done, while it is being done.
    pub busy: Option<Busy>,
}

/// Something that the start screen is busy with.
#[derive(Debug, Default)]
pub struct Busy {
    /// What it is.
    pub what: String,
    /// How far it is, where it says so.
    pub progress: Option<ImportProgress>,
    /// It was asked to stop.
    pub stopping: bool,
}
