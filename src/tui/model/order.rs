//! An aggregate's events in another clock's order beside the log's, on the screen.

use std::collections::HashMap;

use super::scroll::Scroll;
use crate::error::{Error, Result};
use crate::event::{Event, Position, Time, Version};
use crate::session::{Order, Ordered, Point};

/// How many lines below the table say what differs at the end.
const ENDS: usize = 6;

/// A line below the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A heading.
    Heading(&'static str),
    /// A difference of the last states: its place in the list of them.
    Change(usize),
    /// A rule that failed in one of the orders only.
    Failed(String),
}

/// The two orders.
#[derive(Debug)]
pub struct Orders {
    /// Which aggregate, and up to which version.
    pub point: Point,
    /// By which clock.
    pub by: Order,
    /// The orders, or why there are none; `None` until they are known.
    pub found: Option<Result<Box<Ordered>>>,
    /// What the clock says of each event.
    times: HashMap<Version, Time>,
    /// Where the table is scrolled to.
    pub scroll: Scroll,
    /// Whether the other order's side is selected.
    pub other: bool,
    /// The lines below the table.
    pub ends: Vec<End>,
}

/// The clock's name.
pub fn name(by: Order) -> &'static str {
    match by {
        Order::Occurred => "occurred",
        Order::Received => "received",
        Order::Recorded => "recorded",
    }
}

impl Orders {
    /// What was just asked for.
    pub fn new(point: Point, by: Order) -> Self {
        Self {
            point,
            by,
            found: None,
            times: HashMap::new(),
            scroll: Scroll::default(),
            other: false,
            ends: Vec::new(),
        }
    }

    /// The clock that comes after this one.
    pub fn next(&self) -> Order {
        match self.by {
            Order::Occurred => Order::Received,
            Order::Received => Order::Recorded,
            Order::Recorded => Order::Occurred,
        }
    }

    /// Takes the orders in; the place where the states part is selected.
    pub fn take(&mut self, found: Result<Box<Ordered>>) {
        (self.times, self.ends) = (HashMap::new(), Vec::new());
        if let Ok(ordered) = &found {
            self.times = ordered.places.iter().map(|place| (place.other.0.version, place.other.1)).collect();
            self.scroll.selected = ordered.parts.unwrap_or(0);
            self.ends = ends(ordered, name(self.by));
        }
        self.found = Some(found);
    }

    /// What the clock says of an event.
    pub fn time(&self, event: &Event) -> Time {
        self.times.get(&event.version).copied().unwrap_or(event.occurred_at)
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        self.found.as_ref().and_then(|found| found.as_ref().ok()).map_or(0, |ordered| ordered.places.len())
    }

    /// The event that is selected: its position.
    pub fn selected(&self) -> Option<Position> {
        let place = self.found.as_ref()?.as_ref().ok()?.places.get(self.scroll.selected)?;
        Some(if self.other { place.other.0.position } else { place.log.position })
    }

    /// Why there are no orders.
    pub fn problem(&self) -> Option<&Error> {
        self.found.as_ref()?.as_ref().err()
    }
}

fn ends(ordered: &Ordered, by: &str) -> Vec<End> {
    let mut ends = Vec::new();
    if ordered.changes.is_empty() {
        ends.push(End::Heading("AT THE END the same state"));
    } else {
        ends.push(End::Heading("AT THE END"));
        ends.extend((0..ordered.changes.len().min(ENDS)).map(End::Change));
    }
    let failed = |errors: &[(Event, String)], others: &[(Event, String)], order: &str| -> Vec<End> {
        let alone = |event: &Event| others.iter().all(|(other, _)| other.version != event.version);
        let alone = errors.iter().filter(|(event, _)| alone(event)).take(2);
        alone
            .map(|(event, why)| End::Failed(format!("{order} v{} {}: {why}", event.version, event.kind)))
            .collect()
    };
    ends.extend(failed(&ordered.log_errors, &ordered.other_errors, "in the log's order"));
    ends.extend(failed(&ordered.other_errors, &ordered.log_errors, by));
    ends
}
