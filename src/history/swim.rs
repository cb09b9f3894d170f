//! Swim lanes: the events of an operation in log order, a lane for each aggregate, arrows from causes to effects.
//! Laid out as events come, so that what is drawn never moves when more of them follow.

mod draw;

pub use draw::NARROWEST;

use std::collections::HashMap;

use super::graph::Cell;
use crate::event::{AggregateId, Position};

/// A lane: one aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwimLane {
    /// Which one.
    pub aggregate: AggregateId,
    /// The rows of its first and of its newest event.
    pub rows: (usize, usize),
    /// Its events with effects, in order: the row of each, and the row of its newest effect.
    stems: Vec<(usize, usize)>,
}

/// A row: one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwimRow {
    /// Its lane.
    pub lane: usize,
    /// The row of its cause, where that is among the rows.
    pub cause: Option<usize>,
}

/// Where an arrow ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tip {
    /// In the lane on the right.
    There,
    /// In this lane.
    Here,
}

/// What a row draws in one lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SwimCell {
    /// The lines, and whether the event is here.
    pub lines: Cell,
    /// The lane has begun and goes on, and no arrow runs along it here.
    pub alive: bool,
    /// Where the arrow on the right ends, where it ends beside it.
    pub tip: Option<Tip>,
    /// The lines belong to the arrows of the row that was asked about.
    pub lit: bool,
}

/// The lanes. They stand in the order in which their first events come: whoever causes stands left of whom that sets
/// going.
#[derive(Clone, Debug, Default)]
pub struct Swim {
    lanes: Vec<SwimLane>,
    rows: Vec<SwimRow>,
    lane_of: HashMap<AggregateId, usize>,
    row_of: HashMap<Position, usize>,
}

impl Swim {
    /// Adds the next event in log order: where it stands in the log, whose it is, and where its cause stands.
    pub fn push(&mut self, position: Position, aggregate: &AggregateId, cause: Option<Position>) {
        let row = self.rows.len();
        let lane = self.lane_of.get(aggregate).copied().unwrap_or(self.lanes.len());
        if lane == self.lanes.len() {
            self.lane_of.insert(aggregate.clone(), lane);
            self.lanes.push(SwimLane { aggregate: aggregate.clone(), rows: (row, row), stems: Vec::new() });
        }
        self.lanes[lane].rows.1 = row;
        let cause = cause.and_then(|cause| self.row_of.get(&cause).copied());
        if let Some(cause) = cause {
            let stems = &mut self.lanes[self.rows[cause].lane].stems;
            match stems.binary_search_by_key(&cause, |(from, _)| *from) {
                Ok(known) => stems[known].1 = row,
                Err(at) => stems.insert(at, (cause, row)),
            }
        }
        self.row_of.insert(position, row);
        self.rows.push(SwimRow { lane, cause });
    }

    /// The lanes, from left to right.
    pub fn lanes(&self) -> &[SwimLane] {
        &self.lanes
    }

    /// The rows, the oldest first.
    pub fn rows(&self) -> &[SwimRow] {
        &self.rows
    }

    /// The row of the event at a position.
    pub(crate) fn row_of(&self, position: Position) -> Option<usize> {
        self.row_of.get(&position).copied()
    }

    /// What a row draws in each lane; the arrows into and out of the event of the row `lit` are marked.
    pub(crate) fn cells(&self, row: usize, lit: Option<usize>) -> Vec<SwimCell> {
        let Some(&SwimRow { lane: own, cause }) = self.rows.get(row) else { return Vec::new() };
        let from = cause.map_or(own, |cause| self.rows[cause].lane);
        let between = |lane: usize| (from.min(own)..from.max(own)).contains(&lane);
        let mut cells = Vec::with_capacity(self.lanes.len());
        for (at, lane) in self.lanes.iter().enumerate() {
            let (up, down) = (lane.stem_over(row, false), lane.stem_over(row, true));
            let node = at == own;
            let right = between(at);
            let lines = Cell {
                node,
                up,
                down,
                right,
                left: at.checked_sub(1).is_some_and(between),
                ..Cell::default()
            };
            cells.push(SwimCell {
                lines,
                alive: !up && !down && !node && (lane.rows.0..lane.rows.1).contains(&row),
                tip: match (right, from < own) {
                    (true, true) if at + 1 == own => Some(Tip::There),
                    (true, false) if node => Some(Tip::Here),
                    _ => None,
                },
                lit: lit.is_some_and(|lit| self.is_lit(row, at, lit)),
            });
        }
        cells
    }

    /// Whether an arrow into or out of the event of the row `of` runs through a cell, or that event stands in it.
    fn is_lit(&self, row: usize, lane: usize, of: usize) -> bool {
        let Some(&there) = self.rows.get(of) else { return false };
        let arrow = |effect: usize| {
            let SwimRow { lane: to, cause: Some(cause) } = self.rows[effect] else { return false };
            let from = self.rows[cause].lane;
            let along = lane == from && (cause..=effect).contains(&row);
            along || (row == effect && (from.min(to)..=from.max(to)).contains(&lane))
        };
        let out = self.lanes[there.lane].stems.iter().find(|(cause, _)| *cause == of);
        let along = out.is_some_and(|(_, last)| lane == there.lane && (of..=*last).contains(&row));
        (row == of && lane == there.lane)
            || along
            || arrow(of)
            || (self.rows.get(row).is_some_and(|row| row.cause == Some(of)) && arrow(row))
    }
}

impl SwimLane {
    /// Whether an arrow runs along this lane from a row down, or else from the row above to it.
    fn stem_over(&self, row: usize, down: bool) -> bool {
        let begun = self.stems.partition_point(|(cause, _)| *cause < row + usize::from(down));
        self.stems[..begun].iter().any(|(_, last)| *last >= row + usize::from(down))
    }
}

#[cfg(test)]
mod tests;
