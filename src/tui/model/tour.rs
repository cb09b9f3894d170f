//! The guided tour: the step that is shown, and what of it is still to be done.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Look, Model};
use crate::session::{LabRule, Tour, TourStep};
use crate::tui::areas::LEAST;

/// How many rows the strip takes at the bottom of a wide screen, and of one that is not.
const STRIP: (u16, u16) = (4, 6);
/// From so many columns on a screen is wide.
const WIDE: u16 = 110;

/// Something that a step does, one after the other, as the answers come in.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Go back to the rule that was in use before a step.
    Restore(Arc<LabRule>),
    /// Put the cursor at a point.
    Go(String),
    /// Open the rule lab there.
    Lab,
    /// Put a text into it.
    Put(String),
    /// Look at the list of the whole store.
    Store,
    /// Take the rule into use.
    Use,
}

/// The tour.
#[derive(Debug)]
pub struct Touring {
    /// Its steps.
    pub tour: Arc<Tour>,
    /// Which of them is shown.
    pub at: usize,
    /// What is still to be done for it.
    pub acts: VecDeque<Act>,
    /// What was begun and is not answered.
    pub waiting: Option<Act>,
    /// The rules that steps replaced.
    pub replaced: Vec<(usize, Arc<LabRule>)>,
}

impl Touring {
    /// A tour before its first step.
    pub fn new(tour: Arc<Tour>) -> Self {
        Self { tour, at: 0, acts: VecDeque::new(), waiting: None, replaced: Vec::new() }
    }

    /// The step that is shown.
    pub fn step(&self) -> Option<&TourStep> {
        self.tour.steps.get(self.at)
    }
}

impl Look {
    /// Fits into a terminal of that size; a strip at the bottom is left to the tour where there is one.
    pub fn fit(&mut self, (columns, rows): (u16, u16), tour: bool) {
        let strip = if columns >= WIDE { STRIP.0 } else { STRIP.1 };
        self.strip = if tour && rows >= LEAST.1 + strip { strip } else { 0 };
        self.size = (columns, rows - self.strip);
    }

    /// The whole terminal's columns and rows.
    pub fn terminal(&self) -> (u16, u16) {
        (self.size.0, self.size.1 + self.strip)
    }
}

impl Model {
    /// Begins a tour, or leaves it.
    pub fn set_tour(&mut self, tour: Option<Touring>) {
        self.tour = tour;
        self.look.fit(self.look.terminal(), self.tour.is_some());
    }
}
