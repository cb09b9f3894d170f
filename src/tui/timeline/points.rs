//! A window's events as points of the timeline.

use super::Point;
use crate::event::Time;
use crate::session::{Flags, Window};

/// The events of one aggregate.
pub fn of_one(window: &Window) -> Vec<Point> {
    let point = |mark: &crate::session::Mark| Point {
        index: mark.version,
        lane: 0,
        at: mark.effective_at,
        flags: mark.flags,
    };
    grounded(window.marks.iter().map(point).collect())
}

/// Those of the whole store: its log is in the order of recording, and times may run backwards in it.
pub fn of_store(window: &Window) -> Vec<Point> {
    let mut running = i64::MIN;
    let mut points = Vec::new();
    for mark in &window.store_marks {
        running = running.max(mark.occurred_at.0);
        points.push(Point { index: mark.position, lane: 0, at: Time(running), flags: Flags::default() });
    }
    grounded(points)
}

/// Events at the beginning of which nobody knows when they happened stand beside the first that has a time.
fn grounded(mut points: Vec<Point>) -> Vec<Point> {
    let first = points.iter().map(|point| point.at).find(|at| *at != Time::UNKNOWN).unwrap_or_default();
    for point in points.iter_mut().take_while(|point| point.at == Time::UNKNOWN) {
        point.at = first;
    }
    points
}
