//! The lanes of an operation: which row and which lane is selected, and the lanes' states there.

use super::scroll::Scroll;
use crate::event::{AggregateId, Position};
use crate::session::{Lanes, Moment};

/// The lanes pane.
#[derive(Debug)]
pub struct Trace {
    /// The event that it was opened at.
    pub of: Position,
    /// The lanes, as far as they were read; `None` until the first part comes.
    pub lanes: Option<Box<Lanes>>,
    /// Reading was stopped.
    pub stopped: bool,
    /// The rows.
    pub rows: Scroll,
    /// The lanes that are drawn; the selected one stays among them.
    pub drawn: Scroll,
    /// The lanes whose states are shown.
    pub shown: Scroll,
    /// How far the states are scrolled.
    pub down: u16,
    /// Somebody chose a row or a lane: what comes moves them no more.
    chose_row: bool,
    chose_lane: bool,
    /// What was asked for last.
    pub asked: Option<(Vec<AggregateId>, Position)>,
    /// The states that came last.
    pub moments: Vec<Moment>,
}

impl Trace {
    /// The lanes of what an event is part of.
    pub fn of(of: Position) -> Self {
        Self {
            of,
            lanes: None,
            stopped: false,
            rows: Scroll::default(),
            drawn: Scroll::default(),
            shown: Scroll::default(),
            down: 0,
            chose_row: false,
            chose_lane: false,
            asked: None,
            moments: Vec::new(),
        }
    }

    /// Takes in what was read so far.
    pub fn take(&mut self, lanes: Lanes) {
        // Once more from the start: what is there stays until there is as much.
        let less = |known: &Lanes| !lanes.is_whole() && lanes.events.len() < known.events.len();
        if lanes.of != self.of || self.lanes.as_deref().is_some_and(less) {
            return;
        }
        if !self.chose_row {
            self.rows.selected = lanes.swim.row_of(self.of).unwrap_or(0);
        }
        self.lanes = Some(Box::new(lanes));
        self.follow();
    }

    /// Whether more is to come.
    pub fn reads(&self) -> bool {
        !self.stopped && self.lanes.as_ref().is_none_or(|lanes| !lanes.is_whole())
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.lanes.as_ref().map_or(0, |lanes| lanes.events.len())
    }

    /// How many lanes there are.
    pub fn width(&self) -> usize {
        self.lanes.as_ref().map_or(0, |lanes| lanes.swim.lanes().len())
    }

    /// Selects another row, and its lane.
    pub fn step(&mut self, by: isize) {
        let last = self.height().saturating_sub(1);
        self.rows.selected = self.rows.selected.saturating_add_signed(by).min(last);
        (self.chose_row, self.chose_lane, self.down) = (true, false, 0);
        self.follow();
    }

    /// Selects another lane.
    pub fn choose(&mut self, lane: usize) {
        self.drawn.selected = lane.min(self.width().saturating_sub(1));
        (self.chose_lane, self.down) = (true, 0);
    }

    /// The selected lane is the row's, as long as no other one was chosen.
    fn follow(&mut self) {
        let row = self.lanes.as_ref().and_then(|lanes| lanes.swim.rows().get(self.rows.selected));
        if let Some(row) = row.filter(|_| !self.chose_lane) {
            self.drawn.selected = row.lane;
        }
    }

    /// The position of the selected row's event.
    pub fn position(&self) -> Option<Position> {
        self.lanes.as_ref()?.events.get(self.rows.selected).map(|event| event.position)
    }

    /// The lanes whose states are shown, and where: what has to be asked for.
    pub fn wants(&self, columns: usize) -> Option<(Vec<AggregateId>, Position)> {
        let lanes = self.lanes.as_ref()?.swim.lanes().iter().skip(self.shown.top).take(columns);
        Some((lanes.map(|lane| lane.aggregate.clone()).collect(), self.position()?))
    }

    /// The state of a lane, where it is known.
    pub fn moment(&self, aggregate: &AggregateId) -> Option<&Moment> {
        self.moments.iter().find(|moment| moment.aggregate == *aggregate)
    }
}
