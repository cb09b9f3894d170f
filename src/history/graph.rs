//! The graph of all branches: which lane each one has, and what a row of it draws. It is laid out from the
//! branches alone, so that a window of rows costs the same anywhere in the log.

mod draw;
mod lanes;

use std::collections::HashMap;

pub(crate) use lanes::aggregate_lanes;
pub use lanes::{AggregateLane, Owned};

use crate::event::Position;

/// A branch, as far as the graph needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of its row.
    pub branch: i64,
    /// The branch that owns the event it forks at; `None` for the first branch.
    pub parent: Option<i64>,
    /// The position of that event; 0 is before the first one.
    pub fork: Position,
    /// Its newest own event; `None` where it owns none.
    pub tip: Option<Position>,
    /// Whether it is hidden, as far as no shown branch sees it.
    pub archived: bool,
}

/// What a row draws in one lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each of its four sides has a line or has none")]
pub struct Cell {
    /// The branch whose line stands here or ends here, where one does.
    pub branch: Option<i64>,
    /// The branch whose fork crosses here from left to right, where one does.
    pub across: Option<i64>,
    /// The row's event is here.
    pub node: bool,
    /// A line goes up to newer events.
    pub up: bool,
    /// A line goes down to older events.
    pub down: bool,
    /// A fork goes to the lane on the left.
    pub left: bool,
    /// A fork goes to the lane on the right.
    pub right: bool,
}

/// A row of the graph: one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphRow {
    /// The lane that the event is in.
    pub lane: usize,
    /// What each lane draws, up to the last one that draws something.
    pub cells: Vec<Cell>,
}

/// The part of a lane that a branch takes: from the event it forks at to its newest one.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    branch: i64,
    fork: Position,
    tip: Position,
    root: bool,
}

/// The lanes of a set of branches. The same branches have the same lanes wherever one looks.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The stretches of each lane; the oldest first, no two of them at the same position.
    lanes: Vec<Vec<Stretch>>,
    lane_of: HashMap<i64, usize>,
    /// The newest position that is shown of each branch; archived ones end where the last shown branch forks.
    limits: HashMap<i64, Position>,
    /// Which branches fork at a position: those that own events.
    forks: HashMap<Position, Vec<i64>>,
    /// Which branches that are not archived have their newest event at a position.
    heads: HashMap<Position, Vec<i64>>,
}

impl Graph {
    /// Lays the branches out. The first branch has the first lane for itself; any other one takes the leftmost
    /// lane that is free from its fork to its newest event.
    pub fn new(lines: &[Line]) -> Self {
        let limits = limits(lines);
        let mut graph = Self::default();
        let mut stretches = Vec::new();
        for line in lines {
            let Some(&limit) = limits.get(&line.branch) else { continue };
            if !line.archived {
                graph.heads.entry(line.tip.unwrap_or(line.fork)).or_default().push(line.branch);
            }
            let root = line.parent.is_none();
            let (branch, fork) = (line.branch, line.fork);
            match line.tip {
                Some(tip) => stretches.push(Stretch { branch, fork, tip: tip.min(limit), root }),
                None if root => stretches.push(Stretch { branch, fork: 0, tip: 0, root }),
                None => {}
            }
        }
        stretches.sort_by_key(|stretch| (!stretch.root, stretch.fork, stretch.branch));
        for stretch in stretches {
            let free = |lane: &Vec<Stretch>| {
                lane.last().is_none_or(|last| !last.root && last.tip < stretch.fork && !stretch.root)
            };
            let lane = graph.lanes.iter().position(free).unwrap_or(graph.lanes.len());
            if lane == graph.lanes.len() {
                graph.lanes.push(Vec::new());
            }
            graph.lanes[lane].push(stretch);
            graph.lane_of.insert(stretch.branch, lane);
            if !stretch.root && stretch.fork > 0 {
                graph.forks.entry(stretch.fork).or_default().push(stretch.branch);
            }
        }
        graph.limits = limits;
        graph
    }

    /// How many lanes there are.
    pub fn width(&self) -> usize {
        self.lanes.len()
    }

    /// The lane of a branch; `None` where it is hidden or owns no event.
    pub fn lane(&self, branch: i64) -> Option<usize> {
        self.lane_of.get(&branch).copied()
    }

    /// Whether the event that a branch owns at a position is shown.
    pub fn shows(&self, owner: i64, position: Position) -> bool {
        self.limit(owner).is_some_and(|limit| position <= limit)
    }

    /// The newest position that is shown of a branch; `None` where it is hidden.
    pub fn limit(&self, branch: i64) -> Option<Position> {
        self.limits.get(&branch).copied()
    }

    /// The branches whose newest event is the one at a position.
    pub fn heads(&self, position: Position) -> &[i64] {
        self.heads.get(&position).map_or(&[], Vec::as_slice)
    }

    /// The branches with events of their own that fork at a position.
    pub fn forks(&self, position: Position) -> &[i64] {
        self.forks.get(&position).map_or(&[], Vec::as_slice)
    }

    /// The row of the event that a branch owns at a position; `None` where it is hidden. It looks at one stretch
    /// of each lane, whatever the rows before it.
    pub fn row(&self, owner: i64, position: Position) -> Option<GraphRow> {
        if !self.shows(owner, position) {
            return None;
        }
        let lane = self.lane(owner)?;
        let mut cells: Vec<Cell> = self.lanes.iter().map(|lane| passing(lane, position)).collect();
        cells[lane].node = true;
        for &fork in self.forks(position) {
            let Some(to) = self.lane(fork) else { continue };
            let (from, last) = (lane.min(to), lane.max(to));
            cells[from].right = true;
            cells[last].left = true;
            for cell in &mut cells[from + 1..last] {
                (cell.left, cell.right) = (true, true);
                cell.across = cell.across.or(Some(fork));
            }
        }
        while cells.last().is_some_and(|cell| *cell == Cell::default()) {
            cells.pop();
        }
        Some(GraphRow { lane, cells })
    }
}

/// What a lane draws at a position when no fork crosses it.
fn passing(lane: &[Stretch], position: Position) -> Cell {
    let begun = lane.partition_point(|stretch| stretch.fork <= position);
    let Some(stretch) = lane[..begun].last().filter(|stretch| position <= stretch.tip) else {
        return Cell::default();
    };
    // A line comes up from the fork; the first branch begins with the first event.
    let begins = if stretch.root { 1 } else { stretch.fork };
    Cell {
        branch: Some(stretch.branch),
        up: position < stretch.tip,
        down: position > begins,
        ..Cell::default()
    }
}

/// The newest position that is shown of each branch: all of one that is not archived, and of an archived one
/// what a shown branch sees of it. Hidden branches are missing.
fn limits(lines: &[Line]) -> HashMap<i64, Position> {
    let by_branch: HashMap<i64, &Line> = lines.iter().map(|line| (line.branch, line)).collect();
    let mut limits = HashMap::new();
    for line in lines.iter().filter(|line| !line.archived) {
        let (mut branch, mut limit) = (line.branch, Position::MAX);
        loop {
            let known = limits.entry(branch).or_insert(0);
            if *known >= limit {
                break;
            }
            *known = limit;
            // An ancestor's limit is the minimum along the path.
            let Some(line) = by_branch.get(&branch) else { break };
            let Some(parent) = line.parent else { break };
            (branch, limit) = (parent, limit.min(line.fork));
        }
    }
    limits
}

#[cfg(test)]
mod tests;
