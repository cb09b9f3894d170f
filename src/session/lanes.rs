//! The branches on which one aggregate has events of its own, for drawing them beside each other.

use super::Session;
use crate::error::Result;
use crate::event::{AggregateId, Time, Version};

/// How many times are read of a lane: its newest events.
const TIMES: Version = 600;

/// An aggregate's own events on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The branch.
    pub branch: String,
    /// The branch that it forks from.
    pub parent: Option<String>,
    /// The first version that is the branch's own.
    pub from: Version,
    /// Its newest version.
    pub head: Version,
    /// When the newest of these versions happened, as effective times.
    pub times: Vec<(Version, Time)>,
}

impl Session {
    /// Every branch on which an aggregate has events of its own, in the order in which the branches were made;
    /// of the archived ones only the one that the session is on.
    pub fn lanes(&mut self, aggregate: &AggregateId) -> Result<Vec<Lane>> {
        self.at_once(|session| session.lanes_now(aggregate))
    }

    fn lanes_now(&mut self, aggregate: &AggregateId) -> Result<Vec<Lane>> {
        let mut lanes = Vec::new();
        let Some(row) = self.store.aggregate_row(aggregate)? else { return Ok(lanes) };
        for branch in self.store.branches()? {
            if branch.archived && branch.id != self.branch.id {
                continue;
            }
            let Some((from, head)) = self.store.own_versions(branch.id, row)? else { continue };
            let mut times = Vec::new();
            let mut last = Time(i64::MIN);
            let seen = self.store.with_ancestors(&branch)?;
            self.store.times_of(&seen, row, from.max(head - TIMES), head, &mut |version, time| {
                last = last.max(time);
                times.push((version, last));
                true
            })?;
            let parent = branch.parent.map(|parent| self.store.branch_name(parent)).transpose()?;
            lanes.push(Lane { branch: branch.name, parent, from, head, times });
        }
        Ok(lanes)
    }
}
