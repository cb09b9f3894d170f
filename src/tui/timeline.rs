//! Where events stand on the timeline, as pure functions: cells aligned to version 1, gaps on a logarithmic
//! scale, long gaps folded, the density of the whole span and the window in it.

pub mod bursts;
pub mod order;
pub mod overview;
pub mod points;
pub mod time;

use crate::event::Time;
use crate::session::{Flag, Flags};

/// What the columns mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    /// The order of the log.
    #[default]
    Order,
    /// Time, evenly.
    Time,
}

/// An event to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its version, or its position.
    pub index: i64,
    /// Its place from the top when several aggregates are shown.
    pub lane: usize,
    /// Its effective time: never before its predecessor's.
    pub at: Time,
    /// What is special about it.
    pub flags: Flags,
}

/// What stands in a stretch of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant names its parts")]
pub enum Mark {
    /// One event.
    Event(Point),
    /// Several events: the first and the last one, what is special about any of them, and how dense they are, 1 to 8.
    Cell { from: i64, to: i64, flags: Flags, level: u8 },
    /// The way between two events; a long one is folded and says how long it is.
    Gap { before: i64, label: Option<String> },
    /// The number of the event before it.
    Number(i64),
}

/// A mark and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The first column.
    pub x: u16,
    /// How many columns.
    pub width: u16,
    /// What stands there.
    pub mark: Mark,
}

impl Placed {
    /// The event that a click on it means.
    pub fn index(&self) -> i64 {
        match &self.mark {
            Mark::Event(point) => point.index,
            Mark::Cell { to, .. } => *to,
            Mark::Gap { before, .. } => *before,
            Mark::Number(index) => *index,
        }
    }

    /// Whether the event stands here.
    pub fn holds(&self, index: i64) -> bool {
        match &self.mark {
            Mark::Event(point) => point.index == index,
            Mark::Cell { from, to, .. } => (*from..=*to).contains(&index),
            Mark::Gap { .. } | Mark::Number(_) => false,
        }
    }
}

/// The event nearest to a column.
pub fn hit(placed: &[Placed], x: u16) -> Option<i64> {
    let holds = |p: &&Placed| matches!(p.mark, Mark::Event(_) | Mark::Cell { .. });
    placed
        .iter()
        .filter(holds)
        .min_by_key(|p| {
            let middle = p.x + p.width / 2;
            (x.abs_diff(middle), p.x)
        })
        .map(Placed::index)
}

/// The column at which an event stands.
pub fn column(placed: &[Placed], index: i64) -> Option<u16> {
    placed.iter().find(|p| p.holds(index)).map(|p| p.x + p.width / 2)
}

/// Flags of several events together: any of them counts, only "changed nothing" needs all.
pub fn joined(points: &[Point]) -> Flags {
    let any = points.iter().fold(Flags::default(), |flags, point| flags.and(point.flags));
    let nothing = points.iter().all(|point| point.flags.has(Flag::Nothing));
    any.iter().filter(|flag| *flag != Flag::Nothing || nothing).collect()
}
