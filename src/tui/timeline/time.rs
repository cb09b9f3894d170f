//! The window on a time axis: each event in the column of its effective time, several share one.

use super::order::Edges;
use super::{Mark, Placed, Point, joined};
use crate::event::Time;
use crate::session::Flags;

/// Places events over `width` columns of equal time from the first to the last one.
pub fn place(points: &[Point], width: u16) -> Vec<Placed> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    place_within(points, (first.at, last.at), width)
}

/// Places those of the events that lie between two times.
pub fn place_within(points: &[Point], (first, last): (Time, Time), width: u16) -> Vec<Placed> {
    let span = last.0.saturating_sub(first.0).max(1) as f64;
    let column = |point: &Point| {
        let share = point.at.0.saturating_sub(first.0) as f64 / span;
        (share * f64::from(width.saturating_sub(1))).round() as u16
    };
    let mut out: Vec<Placed> = Vec::new();
    let start = points.partition_point(|point| point.at < first);
    let end = points.partition_point(|point| point.at <= last);
    let mut rest = &points[start..end.max(start)];
    while let Some(point) = rest.first() {
        let x = column(point);
        let n = rest.iter().take_while(|other| column(other) == x).count();
        let here = &rest[..n];
        let mark = if let [one] = here {
            Mark::Event(*one)
        } else {
            let level = (here.len() as f64).log2().round().clamp(1.0, 8.0) as u8;
            Mark::Cell { from: point.index, to: here[n - 1].index, flags: joined(here), level }
        };
        let end = out.last().map_or(0, |p| p.x + p.width);
        if let Some(before) = out.last().filter(|_| x > end).map(Placed::index) {
            out.push(Placed { x: end, width: x - end, mark: Mark::Gap { before, label: None } });
        }
        out.push(Placed { x, width: 1, mark });
        rest = &rest[n..];
    }
    out
}

/// Places cells over `width` columns of equal time, where events were not read one by one: those from one event up to
/// another one. Several cells share a column, as events do; the fuller it is, the higher.
pub fn place_cells(edges: &Edges, (from, end): (i64, i64), width: u16) -> Vec<Placed> {
    let cell = edges.cell.max(1);
    let mut running = i64::MIN;
    let mut starts = Vec::new();
    let mut start = edges.from;
    while start < end {
        let Some(at) = edges.at(start) else { break };
        running = running.max(at.0);
        if start + cell > from {
            starts.push(Point { index: start, lane: 0, at: Time(running), flags: Flags::default() });
        }
        start += cell;
    }
    let mut placed = place(&starts, width);
    let most =
        placed.iter().filter_map(|item| ends(item, cell, end)).map(|(a, b)| b - a + 1).max().unwrap_or(1);
    for item in &mut placed {
        if let Some((from, to)) = ends(item, cell, end) {
            let share = ((to - from + 1) as f64).ln_1p() / (most as f64).ln_1p();
            let level = (share * 8.0).round().clamp(1.0, 8.0) as u8;
            item.mark = Mark::Cell { from, to, flags: Flags::default(), level };
        }
    }
    placed
}

/// The first and the last event of the cells that a mark stands for.
fn ends(item: &Placed, cell: i64, end: i64) -> Option<(i64, i64)> {
    let (from, to) = match &item.mark {
        Mark::Event(point) => (point.index, point.index),
        Mark::Cell { from, to, .. } => (*from, *to),
        _ => return None,
    };
    Some((from, (to + cell).min(end) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_are_equal_distances() {
        let points: Vec<_> = [0, 50, 50, 100]
            .iter()
            .zip(1..)
            .map(|(at, index)| Point { index, lane: 0, at: Time(*at), flags: Flags::default() })
            .collect();
        let placed = place(&points, 101);
        let xs: Vec<_> = placed.iter().filter(|p| !matches!(p.mark, Mark::Gap { .. })).map(|p| p.x).collect();
        assert_eq!(xs, [0, 50, 100]);
        assert!(placed.iter().any(|p| matches!(p.mark, Mark::Cell { from: 2, to: 3, .. })));
    }
}
