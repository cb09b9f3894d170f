//! The timeline pane: what is loaded of the scope's history, and how it is looked at.

use std::borrow::Cow;

use super::cursor::{Cursor, Scope};
use crate::event::{AggregateId, Position, Time};
use crate::session::{self, Flags, Lane, Window};
use crate::tui::question::Slot;
use crate::tui::timeline::order::{self, Edges};
use crate::tui::timeline::{Axis, Mark, Placed, Point, column, time};

/// The cells' sizes, in events.
pub const CELLS: [i64; 19] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
    500_000, 1_000_000,
];

/// Of so many events of the whole store it is told at most what is special about each.
const NOTED: i64 = 10_000;

/// A cell that holds about `n` events or more.
pub fn cell_for(n: i64) -> i64 {
    CELLS.into_iter().find(|cell| *cell >= n).unwrap_or(CELLS[CELLS.len() - 1])
}

/// What the loaded part is a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The versions of one aggregate.
    One(AggregateId),
    /// The events of several.
    Set(Vec<AggregateId>),
    /// The positions of the store.
    Store,
}

/// A part of a history that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of what.
    pub subject: Subject,
    /// The first version or position.
    pub from: i64,
    /// The last one.
    pub to: i64,
    /// The head by now.
    pub head: i64,
    /// The size of the cells.
    pub cell: i64,
}

/// What was read of a history.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Of what.
    pub subject: Option<Subject>,
    /// The first version or position that was asked for.
    pub from: i64,
    /// The last one.
    pub to: i64,
    /// The head when it was read.
    pub head: i64,
    /// The size of the cells that were asked for.
    pub cell: i64,
    /// Single events, in order.
    pub points: Vec<Point>,
    /// What each point of a set or the store is about; as long as `points`.
    pub about: Vec<(AggregateId, i64)>,
    /// The time at each cell's edge, where there are no single events.
    pub edges: Vec<Time>,
    /// Events in equal spans of the whole history.
    pub density: Vec<i64>,
    /// The first and the newest time of the whole history.
    pub span: Option<(Time, Time)>,
}

/// How closely the window is looked at, from the closest: numbered events with gaps, events with gaps, cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zoom {
    /// Events with their numbers and gaps.
    #[default]
    Numbers,
    /// Events with gaps.
    Gaps,
    /// Cells of so many events.
    Cells(i64),
}

impl Zoom {
    /// Events in a cell.
    pub fn cell(self) -> i64 {
        match self {
            Self::Cells(cell) => cell,
            _ => 1,
        }
    }

    /// One step closer or further away.
    #[must_use]
    pub fn changed(self, closer: bool) -> Self {
        match (self, closer) {
            (Self::Numbers | Self::Gaps, true) => Self::Numbers,
            (Self::Numbers, false) | (Self::Cells(1), true) => Self::Gaps,
            (Self::Gaps, false) => Self::Cells(1),
            (Self::Cells(cell), true) => {
                Self::Cells(CELLS.into_iter().rev().find(|smaller| *smaller < cell).unwrap_or(1))
            }
            (Self::Cells(cell), false) => Self::Cells(cell_for(cell + 1)),
        }
    }
}

/// The timeline pane.
#[derive(Debug)]
pub struct Timeline {
    /// What is loaded.
    pub loaded: Loaded,
    /// Log order or time.
    pub axis: Axis,
    /// How closely.
    pub zoom: Zoom,
    /// The first version or position in the window.
    pub from: i64,
    /// Whether the whole history is to be fitted when it is loaded.
    pub fit: bool,
    /// The window was fitted and not zoomed since: it is fitted anew to another size.
    pub fitted: bool,
    /// The knob is being dragged.
    pub dragging: bool,
    /// The branches on which the aggregate shown has events of its own.
    pub lanes: Slot<(AggregateId, Position), Vec<Lane>>,
    /// What is special about events of the whole store, by position.
    pub notes: Slot<(Position, Position, Position), Vec<(Position, Flags)>>,
    /// The part that was asked for.
    pub window: Slot<Asked, Window>,
    /// The events of a chosen set that were asked for.
    pub set: Slot<Vec<AggregateId>, Vec<(AggregateId, Vec<session::Mark>)>>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            loaded: Loaded::default(),
            axis: Axis::Order,
            zoom: Zoom::default(),
            from: 1,
            fit: true,
            fitted: true,
            dragging: false,
            lanes: Slot::default(),
            notes: Slot::default(),
            window: Slot::default(),
            set: Slot::default(),
        }
    }
}

impl Timeline {
    /// Whether what is loaded is of what the cursor runs over, or nothing is.
    pub fn is_of(&self, cursor: &Cursor) -> bool {
        match (&self.loaded.subject, cursor.scope) {
            (None, _)
            | (Some(Subject::Store), Scope::Store { .. })
            | (Some(Subject::Set(_)), Scope::Set { .. }) => true,
            (Some(Subject::One(of)), Scope::One) => cursor.aggregate.as_ref() == Some(of),
            _ => false,
        }
    }

    /// The flags of a loaded event.
    pub fn flags(&self, index: i64) -> Option<Flags> {
        let i = self.point(index)?;
        Some(self.loaded.points[i].flags).filter(|_| self.loaded.points[i].index == index)
    }

    /// The loaded event at or before an index, as its place among the points.
    pub fn point(&self, index: i64) -> Option<usize> {
        self.loaded.points.partition_point(|point| point.index <= index).checked_sub(1)
    }

    /// The branches on which an aggregate has events of its own, where it is the one that they were asked for.
    pub fn lanes_of(&self, aggregate: &AggregateId) -> &[Lane] {
        let about = self.lanes.asked().is_some_and(|(of, _)| of == aggregate);
        self.lanes.shown().filter(|_| about).map_or(&[], Vec::as_slice)
    }

    /// The loaded events and behind the newest one those of the lane that reaches furthest, which need columns too;
    /// and the newest version of all.
    fn laid_out(&self, last: i64) -> (Cow<'_, [Point]>, i64) {
        let points = &self.loaded.points;
        let lanes = match &self.loaded.subject {
            Some(Subject::One(aggregate)) => self.lanes_of(aggregate),
            _ => &[],
        };
        let furthest = lanes.iter().filter(|lane| lanes.len() > 1 && lane.head > last);
        let Some(lane) = furthest.max_by_key(|lane| lane.head) else { return (Cow::Borrowed(points), last) };
        let mut all = points.clone();
        if points.last().is_some_and(|newest| newest.index == last) {
            let mut running = points.last().map_or(Time(i64::MIN), |newest| newest.at);
            // Versions that the furthest lane shares with another one stand at that one's times.
            let of = |lane: &Lane, version| lane.times.iter().find(|(v, _)| *v == version).map(|(_, at)| *at);
            for index in last + 1..=lane.head {
                let others = || lanes.iter().find_map(|other| of(other, index));
                let Some(at) = of(lane, index).or_else(others) else { continue };
                running = running.max(at);
                all.push(Point { index, lane: 0, at: running, flags: Flags::default() });
            }
        }
        (Cow::Owned(all), lane.head)
    }

    /// Everything in the window of `width` columns; `last` is the newest event.
    pub fn placed(&self, width: u16, last: i64) -> Vec<Placed> {
        let mut placed = self.laid(width, last);
        if self.loaded.subject == Some(Subject::Store) {
            for item in &mut placed {
                self.note(item);
            }
        }
        placed
    }

    /// Puts what is known of the whole store's events to a mark that stands for some of them.
    fn note(&self, item: &mut Placed) {
        let (from, to, flags) = match &mut item.mark {
            Mark::Event(point) => (point.index, point.index, &mut point.flags),
            Mark::Cell { from, to, flags, .. } => (*from, *to, flags),
            _ => return,
        };
        let notes = self.notes.shown().map_or(&[][..], Vec::as_slice);
        let first = notes.partition_point(|(position, _)| *position < from);
        for (_, more) in notes[first..].iter().take_while(|(position, _)| *position <= to) {
            *flags = flags.and(*more);
        }
    }

    fn laid(&self, width: u16, last: i64) -> Vec<Placed> {
        let (points, last) = self.laid_out(last);
        let points = points.as_ref();
        let visible = &points[points.partition_point(|point| point.index < self.from)..];
        let edges = Edges { from: self.loaded.from, cell: self.loaded.cell, times: &self.loaded.edges };
        match (self.axis, self.zoom) {
            (Axis::Time, zoom) if !visible.is_empty() => {
                let end = self.from.saturating_add(i64::from(width).saturating_mul(zoom.cell()));
                time::place(&visible[..visible.partition_point(|point| point.index < end)], width)
            }
            (Axis::Time, zoom) if !self.loaded.edges.is_empty() => {
                let to = self.from.saturating_add(i64::from(width).saturating_mul(zoom.cell()));
                time::place_cells(&edges, (self.from, to.min(last + 1)), width)
            }
            (_, Zoom::Cells(cell)) => order::cells(points, &edges, cell, self.from, last, width),
            (_, zoom) => {
                let mut placed = order::spread(visible, width, zoom == Zoom::Numbers);
                if visible.len() as i64 == last && placed.iter().any(|item| item.holds(last)) {
                    // Behind the newest event the sign of the head stands.
                    order::stretch(&mut placed, width.saturating_sub(1));
                }
                placed
            }
        }
    }

    /// The events of the whole store that are in the window or near it, where it is told what is special about each:
    /// the first and the last one.
    pub fn noted(&self, width: u16, last: i64) -> Option<(Position, Position)> {
        let length = i64::from(width).saturating_mul(self.zoom.cell()).max(1);
        let from = (self.from - 1) / length * length + 1;
        let to = from.saturating_add(2 * length).min(last);
        (to - from < NOTED).then_some((from, to))
    }

    /// Moves the window so that the cursor is in it.
    pub fn reveal(&mut self, index: i64, width: u16, last: i64) {
        let index = index.max(1);
        let columns = i64::from(width);
        let visible = match (self.axis, self.zoom) {
            (Axis::Order, Zoom::Numbers | Zoom::Gaps) => {
                if self.from <= index && column(&self.placed(width, last), index).is_some() {
                    return;
                }
                self.from = self.back_from(index, width / 4 * 3);
                return;
            }
            (_, zoom) => columns.saturating_mul(zoom.cell()),
        };
        if index < self.from || index >= self.from.saturating_add(visible) {
            let cell = self.zoom.cell();
            self.from = ((index - visible * 2 / 3).max(1) - 1) / cell * cell + 1;
        }
    }

    /// The first event of a window in which an event stands `columns` from the left.
    fn back_from(&self, index: i64, columns: u16) -> i64 {
        let Some(mut i) = self.point(index) else { return (index - i64::from(columns) / 4).max(1) };
        let points = &self.loaded.points;
        let end = i;
        while i > 0
            && order::spread_width(&points[i - 1..=end], self.zoom == Zoom::Numbers) <= usize::from(columns)
        {
            i -= 1;
        }
        points[i].index
    }

    /// Chooses the closest look at which the whole history fits.
    pub fn fit_to(&mut self, width: u16, last: i64) {
        let (points, last) = self.laid_out(last);
        let whole = points.len() as i64 == last;
        let zoom = if whole && order::spread_width(&points, true) <= usize::from(width) {
            Zoom::Numbers
        } else if whole && order::spread_width(&points, false) <= usize::from(width) {
            Zoom::Gaps
        } else {
            Zoom::Cells(cell_for((last + i64::from(width) - 1) / i64::from(width.max(1))))
        };
        (self.from, self.zoom, self.fitted) = (1, zoom, true);
    }

    /// The times at the window's ends, as far as they are known.
    pub fn window(&self, placed: &[Placed]) -> Option<(Time, Time)> {
        let edges = Edges { from: self.loaded.from, cell: self.loaded.cell, times: &self.loaded.edges };
        let (points, _) = self.laid_out(self.loaded.points.last().map_or(0, |newest| newest.index));
        let at = |index: i64| match points.partition_point(|point| point.index <= index).checked_sub(1) {
            Some(i) => Some(points[i].at),
            None => edges.at(index),
        };
        let first = placed.iter().find_map(|p| match p.mark {
            Mark::Event(point) => Some(point.index),
            Mark::Cell { from, .. } => Some(from),
            _ => None,
        })?;
        // A cell's end is where the next one begins; behind the newest event nothing is.
        let last = placed.iter().map(Placed::index).max()?;
        let exact = points.last().is_some_and(|point| point.index >= last);
        let end = match self.loaded.span {
            Some((_, newest)) if !exact && last >= self.loaded.head => Some(newest),
            _ if !exact => edges.at(last + 1),
            _ => at(last),
        };
        Some((at(first)?, end?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(n: i64) -> Timeline {
        let points = (1..=n).map(|index| Point {
            index,
            lane: 0,
            at: Time(index * 1_000_000),
            flags: Flags::default(),
        });
        Timeline { loaded: Loaded { points: points.collect(), ..Loaded::default() }, ..Timeline::default() }
    }

    #[test]
    fn the_whole_history_fits() {
        for n in [1, 5, 20, 60, 150, 300] {
            let mut timeline = loaded(n);
            timeline.fit_to(80, n);
            let placed = timeline.placed(80, n);
            assert!(placed.iter().any(|p| p.holds(1)) && placed.iter().any(|p| p.holds(n)), "{n}");
        }
    }

    #[test]
    fn the_cursor_is_always_in_the_window() {
        for zoom in [Zoom::Numbers, Zoom::Gaps, Zoom::Cells(1), Zoom::Cells(2)] {
            let mut timeline = loaded(300);
            timeline.zoom = zoom;
            for index in [1, 300, 2, 150, 151, 152, 299, 100] {
                timeline.reveal(index, 40, 300);
                assert!(
                    column(&timeline.placed(40, 300), index).is_some(),
                    "{zoom:?} {index} from {}",
                    timeline.from
                );
            }
        }
    }

    #[test]
    fn zooming_out_and_in_comes_back() {
        let mut zoom = Zoom::Numbers;
        for _ in 0..30 {
            zoom = zoom.changed(false);
        }
        assert_eq!(zoom, Zoom::Cells(1_000_000));
        for _ in 0..30 {
            zoom = zoom.changed(true);
        }
        assert_eq!(zoom, Zoom::Numbers);
    }
}
