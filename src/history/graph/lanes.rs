//! The lanes of one aggregate: the branches that own events of it, and where each leaves its parent's lane.

use std::collections::HashMap;

use super::Line;
use crate::event::{Position, Version};

/// What a branch owns of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The branch's row.
    pub branch: i64,
    /// The first version that it owns, and where that stands in the log.
    pub first: (Version, Position),
    /// The newest version that it owns and that is shown.
    pub last: (Version, Position),
}

/// A lane of an aggregate's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateLane {
    /// What the branch owns.
    pub owned: Owned,
    /// The lane that it leaves; `None` where the aggregate begins on this one.
    pub from: Option<usize>,
    /// The version after which it leaves that lane: the last one that both have.
    pub fork: Version,
}

/// The lanes of an aggregate, from top to bottom: a lane stands above those that leave it, and of these the one
/// that leaves last stands nearest, so that no fork crosses a lane.
pub(crate) fn aggregate_lanes(lines: &[Line], owned: &[Owned]) -> Vec<AggregateLane> {
    let lines: HashMap<i64, &Line> = lines.iter().map(|line| (line.branch, line)).collect();
    let by_branch: HashMap<i64, &Owned> = owned.iter().map(|owned| (owned.branch, owned)).collect();
    // The nearest ancestor with an event of the aggregate before the fork owns the version before the first.
    let source = |branch: i64| {
        let mut line = lines.get(&branch)?;
        let mut limit = Position::MAX;
        loop {
            limit = limit.min(line.fork);
            let parent = line.parent?;
            if by_branch.get(&parent).is_some_and(|owned| owned.first.1 <= limit) {
                return Some(parent);
            }
            line = lines.get(&parent)?;
        }
    };
    let mut leaving: HashMap<Option<i64>, Vec<&Owned>> = HashMap::new();
    for owned in owned {
        leaving.entry(source(owned.branch)).or_default().push(owned);
    }
    for children in leaving.values_mut() {
        // The stack below gives the last one first.
        children.sort_by_key(|owned| (owned.first.0, std::cmp::Reverse(owned.branch)));
    }
    let mut lanes = Vec::with_capacity(owned.len());
    let mut stack: Vec<(Option<usize>, &Owned)> = Vec::new();
    let roots = leaving.remove(&None).unwrap_or_default();
    stack.extend(roots.into_iter().map(|owned| (None, owned)));
    while let Some((from, owned)) = stack.pop() {
        let at = lanes.len();
        lanes.push(AggregateLane { owned: *owned, from, fork: owned.first.0 - 1 });
        let children = leaving.remove(&Some(owned.branch)).unwrap_or_default();
        stack.extend(children.into_iter().map(|owned| (Some(at), owned)));
    }
    lanes
}
