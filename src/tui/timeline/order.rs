//! The window in log order: single events with their gaps, or cells of 2, 5, 10 … events.

use super::{Mark, Placed, Point, joined};
use crate::event::Time;
use crate::session::Flags;
use crate::tui::zone;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A gap from here on is folded: its length is written instead of drawn.
const LONG: i64 = 3 * DAY;

/// Events one by one from the first given one, with gaps on a logarithmic scale, as many as fit.
pub fn spread(points: &[Point], width: u16, numbers: bool) -> Vec<Placed> {
    let mut out = Vec::new();
    let mut x = 0;
    for (i, point) in points.iter().enumerate() {
        if i > 0 {
            let gap = gap(points[i - 1], *point);
            if x + gap.width + 1 > width {
                break;
            }
            out.push(Placed { x, ..gap });
            x += out.last().map_or(0, |p| p.width);
        }
        if x >= width {
            break;
        }
        out.push(Placed { x, width: 1, mark: Mark::Event(*point) });
        x += 1;
        let digits = point.index.to_string().len() as u16;
        if numbers && x + digits <= width {
            out.push(Placed { x, width: digits, mark: Mark::Number(point.index) });
            x += digits;
        }
    }
    out
}

fn gap(before: Point, after: Point) -> Placed {
    let micros = after.at.0.saturating_sub(before.at.0);
    let label = (micros >= LONG).then(|| zone::distance(micros));
    let width = match (&label, micros) {
        (Some(label), _) => label.chars().count() as u16 + 4,
        (None, ..MINUTE) => 1,
        (None, MINUTE..HOUR) => 2,
        (None, HOUR..DAY) => 3,
        (None, _) => 4,
    };
    Placed { x: 0, width, mark: Mark::Gap { before: before.index, label } }
}

/// Widens the gaps of a history that is whole in the window until it takes the width, the longer ones more.
pub fn stretch(placed: &mut [Placed], width: u16) {
    let end = placed.last().map_or(0, |last| last.x + last.width);
    let weight = |item: &Placed| match &item.mark {
        Mark::Gap { label: Some(_), .. } => 5,
        Mark::Gap { .. } => u32::from(item.width),
        _ => 0,
    };
    let whole: u32 = placed.iter().map(weight).sum();
    let (Some(spare), true) = (width.checked_sub(end), whole > 0) else { return };
    let (mut before, mut shifted) = (0, 0);
    for item in placed {
        item.x += shifted;
        before += weight(item);
        // Rounded as a running sum, so that the last event ends at the edge.
        let due = (u32::from(spare) * before / whole) as u16;
        item.width += due - shifted;
        shifted = due;
    }
}

/// How many columns the events take when they are spread.
pub fn spread_width(points: &[Point], numbers: bool) -> usize {
    let gaps: usize = points.windows(2).map(|pair| gap(pair[0], pair[1]).width as usize).sum();
    let digits: usize = if numbers { points.iter().map(|p| p.index.to_string().len()).sum() } else { 0 };
    gaps + digits + points.len()
}

/// Cells of `cell` events from version 1, starting with the one that holds `from`; `last` is the newest event.
/// Single events are drawn as such when a cell holds one.
pub fn cells(points: &[Point], edges: &Edges, cell: i64, from: i64, last: i64, width: u16) -> Vec<Placed> {
    let first = (from.max(1) - 1) / cell * cell + 1;
    let mut spans = Vec::new();
    for x in 0..width {
        let (start, end) = (first + i64::from(x) * cell, (first + (i64::from(x) + 1) * cell - 1).min(last));
        if start > last {
            break;
        }
        let inside = within(points, start, end);
        let span = match (inside.first(), inside.last()) {
            (Some(a), Some(b)) => {
                let before = points[..points.partition_point(|p| p.index < start)].last().unwrap_or(a);
                b.at.0 - before.at.0
            }
            _ => edges.span(start, end),
        };
        spans.push((x, start, end, span));
    }
    let shortest = spans.iter().map(|s| s.3.max(1)).min().unwrap_or(1) as f64;
    let longest = spans.iter().map(|s| s.3.max(1)).max().unwrap_or(1) as f64;
    // Where events were read one by one, a place without one is no event of this branch.
    let known = points.first().zip(points.last()).map(|(first, last)| first.index..=last.index);
    spans
        .into_iter()
        .filter(|(_, start, end, _)| {
            !(known.as_ref().is_some_and(|known| known.contains(start) && known.contains(end))
                && within(points, *start, *end).is_empty())
        })
        .map(|(x, start, end, span)| {
            let inside = within(points, start, end);
            let mark = match inside {
                [one] if cell == 1 => Mark::Event(*one),
                _ if cell == 1 => {
                    Mark::Event(Point { index: start, lane: 0, at: Time(0), flags: Flags::default() })
                }
                _ => Mark::Cell {
                    from: start,
                    to: end,
                    flags: joined(inside),
                    level: level(span.max(1) as f64, shortest, longest),
                },
            };
            Placed { x, width: 1, mark }
        })
        .collect()
}

/// The same number of events in a shorter time is denser: a higher bar, on a logarithmic scale.
fn level(span: f64, shortest: f64, longest: f64) -> u8 {
    if longest <= shortest {
        return 4;
    }
    let share = (longest.ln() - span.ln()) / (longest.ln() - shortest.ln());
    1 + (share * 7.0).round().clamp(0.0, 7.0) as u8
}

fn within(points: &[Point], from: i64, to: i64) -> &[Point] {
    let start = points.partition_point(|p| p.index < from);
    let end = points.partition_point(|p| p.index <= to);
    &points[start..end.max(start)]
}

/// Times at the edges of cells, where single events were not read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edges<'a> {
    /// The first event of the first cell.
    pub from: i64,
    /// Events between two edges.
    pub cell: i64,
    /// The times.
    pub times: &'a [Time],
}

impl Edges<'_> {
    /// The time that passed from one event to another, as far as the edges know.
    fn span(&self, start: i64, end: i64) -> i64 {
        if self.times.is_empty() || self.cell == 0 {
            return 0;
        }
        let last = self.times.len() - 1;
        let edge =
            |index: i64| self.times[((index - self.from).max(0) / self.cell).min(last as i64) as usize];
        edge(end + 1).0.max(edge(start).0) - edge(start).0
    }

    /// The time of the edge at or before an event.
    pub fn at(&self, index: i64) -> Option<Time> {
        let i = (index - self.from).max(0).checked_div(self.cell)?;
        self.times.get(i as usize).or(self.times.last()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(times: &[i64]) -> Vec<Point> {
        times
            .iter()
            .enumerate()
            .map(|(i, at)| Point { index: i as i64 + 1, lane: 0, at: Time(*at), flags: Flags::default() })
            .collect()
    }

    #[test]
    fn long_gaps_are_folded_and_short_ones_grow_slowly() {
        let placed = spread(&points(&[0, 1, HOUR, HOUR + 5 * DAY]), 80, true);
        let gaps: Vec<_> = placed
            .iter()
            .filter_map(|p| match &p.mark {
                Mark::Gap { label, .. } => Some((p.width, label.as_deref())),
                _ => None,
            })
            .collect();
        assert_eq!(gaps, [(1, None), (2, None), (6, Some("5d"))]);
    }

    #[test]
    fn nothing_is_placed_past_the_edge() {
        for width in 1..60 {
            let many: Vec<i64> = (0..300).map(|i| i * i * MINUTE).collect();
            let placed = spread(&points(&many), width, true);
            assert!(placed.iter().all(|p| p.x + p.width <= width));
            assert!(placed.windows(2).all(|pair| pair[0].x + pair[0].width == pair[1].x));
        }
    }

    #[test]
    fn a_history_that_is_whole_takes_the_width_and_longer_gaps_more_of_it() {
        for width in 20..200 {
            let mut placed = spread(&points(&[0, 1, HOUR, HOUR + 5 * DAY]), width, true);
            stretch(&mut placed, width);
            assert!(placed.windows(2).all(|pair| pair[0].x + pair[0].width == pair[1].x));
            assert_eq!(placed.last().map(|last| last.x + last.width), Some(width));
            let gaps: Vec<_> = placed.iter().filter(|p| matches!(p.mark, Mark::Gap { .. })).collect();
            assert!(gaps.windows(2).all(|pair| pair[0].width <= pair[1].width), "{width}");
            let events = placed.iter().filter(|p| matches!(p.mark, Mark::Event(_)));
            assert!(events.into_iter().all(|p| p.width == 1));
        }
        let mut one = spread(&points(&[0]), 40, false);
        stretch(&mut one, 40);
        assert_eq!(one.len(), 1, "nothing to widen");
    }

    #[test]
    fn cells_stay_when_events_are_appended_or_the_window_moves() {
        let at = |from, last, index| {
            cells(&[], &Edges::default(), 10, from, last, 40).into_iter().find(|p| p.holds(index)).map(|p| {
                match p.mark {
                    Mark::Cell { from, .. } => from,
                    _ => 0,
                }
            })
        };
        assert_eq!(at(1, 200, 57), Some(51));
        assert_eq!(at(1, 2_000, 57), Some(51));
        assert_eq!(at(37, 2_000, 57), Some(51));
    }

    #[test]
    fn a_dense_cell_has_the_highest_bar() {
        let times = [Time(0), Time(DAY), Time(DAY + 1_000), Time(3 * DAY)];
        let placed = cells(&[], &Edges { from: 1, cell: 1000, times: &times }, 1000, 1, 3000, 10);
        let levels: Vec<_> = placed
            .iter()
            .map(|p| match p.mark {
                Mark::Cell { level, .. } => level,
                _ => 0,
            })
            .collect();
        assert_eq!((levels[1], levels[2]), (8, 1));
    }
}
