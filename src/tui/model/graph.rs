//! The graph of the whole store: a stretch of rows around what is visible.

use crate::event::Position;
use crate::session::{GraphLine, GraphPage, GraphRequest};

/// How many rows are asked for at once.
const PAGE: usize = 200;
/// How many rows are kept.
const MOST: usize = 1_200;

/// The graph pane.
#[derive(Debug, Default)]
pub struct Graph {
    /// The rows that are there, the newest first.
    pub rows: Vec<GraphLine>,
    /// The selected row.
    pub selected: usize,
    /// The first visible row.
    pub top: usize,
    /// How many lanes the whole graph has.
    pub lanes: usize,
    /// Whether there may be newer rows above, and older ones below.
    pub more: (bool, bool),
    /// What was asked for and has not come.
    pub asked: Option<GraphRequest>,
}

impl Graph {
    /// The graph from an event on; newer rows are read above it.
    pub fn at(position: Position) -> (Self, GraphRequest) {
        let request = GraphRequest { from: position.saturating_add(1), newer: false, limit: PAGE };
        (Self { more: (true, true), asked: Some(request), ..Self::default() }, request)
    }

    /// The graph at its newest or its oldest end.
    pub fn end(newest: bool) -> (Self, GraphRequest) {
        let request = if newest {
            GraphRequest::newest(PAGE)
        } else {
            GraphRequest { from: 0, newer: true, limit: PAGE }
        };
        let graph = Self { more: (!newest, newest), asked: Some(request), ..Self::default() };
        (graph, request)
    }

    /// Moves the selection and keeps it among the visible rows.
    pub fn step(&mut self, by: isize, height: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
        self.reveal(height);
    }

    fn reveal(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.clamp((self.selected + 1).saturating_sub(height), self.selected);
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// The rows that are missing around what is visible.
    pub fn wants(&mut self, height: usize) -> Option<GraphRequest> {
        if self.asked.is_some() || self.rows.is_empty() {
            return None;
        }
        let request =
            |line: &GraphLine, newer| GraphRequest { from: line.event.position, newer, limit: PAGE };
        self.asked = if self.more.1 && self.top + 2 * height >= self.rows.len() {
            self.rows.last().map(|line| request(line, false))
        } else if self.more.0 && self.top < height {
            self.rows.first().map(|line| request(line, true))
        } else {
            None
        };
        self.asked
    }

    /// Takes rows in; those far from what is visible are let go.
    pub fn take(&mut self, request: GraphRequest, page: GraphPage, height: usize) {
        if self.asked != Some(request) {
            return;
        }
        self.asked = None;
        self.lanes = page.width;
        let first = self.rows.is_empty();
        if request.newer {
            self.more.0 = page.next.is_some();
            let n = page.rows.len();
            self.rows.splice(0..0, page.rows);
            self.selected = if first { n.saturating_sub(1) } else { self.selected + n };
            self.top = if first { 0 } else { self.top + n };
            if self.rows.len() > MOST {
                self.rows.truncate(MOST);
                self.more.1 = true;
            }
        } else {
            self.more.1 = page.next.is_some();
            self.rows.extend(page.rows);
            let over = self.rows.len().saturating_sub(MOST).min(self.top);
            self.rows.drain(..over);
            (self.selected, self.top) = (self.selected - over, self.top - over);
            self.more.0 |= over > 0;
        }
        self.reveal(height);
    }
}
