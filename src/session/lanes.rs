//! The branches on which one aggregate has events of its own, with their times, for drawing them beside each other.

use super::Session;
use super::graph::lines;
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};
use crate::history::graph::{AggregateLane, Graph, Owned, aggregate_lanes};
use crate::store::{Branch, Store};

/// How many times are read of a lane: its newest events.
const TIMES: Version = 600;

/// A branch's lane in an aggregate's timeline: the events of it that the branch owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The branch.
    pub branch: String,
    /// The lane that it leaves, by its place in the list; `None` where the aggregate begins here.
    pub leaves: Option<usize>,
    /// The first version that is the branch's own: it leaves after the one before, the last one that both have.
    pub from: Version,
    /// Its newest version.
    pub head: Version,
    /// The position of that.
    pub position: Position,
    /// When the newest of these versions happened, as effective times.
    pub times: Vec<(Version, Time)>,
}

impl Session {
    /// The lanes of an aggregate's timeline, from top to bottom: the branches that own events of it, archived ones
    /// as far as another branch sees them.
    pub fn lanes(&mut self, aggregate: &AggregateId) -> Result<Vec<Lane>> {
        self.at_once(|session| {
            let store = &session.store;
            let Some(row) = store.aggregate_row(aggregate)? else { return Ok(Vec::new()) };
            owned_lanes(store, row)?.into_iter().map(|lane| with_times(store, row, lane)).collect()
        })
    }
}

fn owned_lanes(store: &Store, row: i64) -> Result<Vec<AggregateLane>> {
    let lines = lines(store)?;
    let graph = Graph::new(&lines);
    let mut owned = Vec::new();
    for line in &lines {
        let (Some(limit), Some(first)) = (graph.limit(line.branch), store.first_owned(line.branch, row)?)
        else {
            continue;
        };
        let alone = Branch { id: line.branch, name: String::new(), segments: vec![(line.branch, limit)] };
        let last = store.version_at(&alone, row, Position::MAX)?;
        if let Some(position) = store.position_of(&alone, row, last)? {
            owned.push(Owned { branch: line.branch, first, last: (last, position) });
        }
    }
    Ok(aggregate_lanes(&lines, &owned))
}

fn with_times(store: &Store, row: i64, lane: AggregateLane) -> Result<Lane> {
    let (head, position) = lane.owned.last;
    let name = store.branch_name(lane.owned.branch)?;
    let branch = store.branch(&name)?;
    let from = lane.fork + 1;
    let (mut times, mut last) = (Vec::new(), Time(i64::MIN));
    store.times_of(&branch, row, from.max(head - TIMES), head, &mut |version, time| {
        last = last.max(time);
        times.push((version, last));
        true
    })?;
    Ok(Lane { branch: name, leaves: lane.from, from, head, position, times })
}
