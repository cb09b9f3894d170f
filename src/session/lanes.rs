//! The branches on which one aggregate has events of its own, with their times, for drawing them beside each other.

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
    /// The first version that is the branch's own.
    pub from: Version,
    /// Its newest version.
    pub head: Version,
    /// When the newest of these versions happened, as effective times.
    pub times: Vec<(Version, Time)>,
}

impl Session {
    /// The lanes of an aggregate's timeline, from top to bottom, with the times of their events.
    pub fn lanes(&mut self, aggregate: &AggregateId) -> Result<Vec<Lane>> {
        let mut lanes = Vec::new();
        let Some(row) = self.store.aggregate_row(aggregate)? else { return Ok(lanes) };
        for info in self.aggregate_lanes(aggregate)? {
            let (from, head) = (info.fork + 1, info.last);
            let (mut times, mut last) = (Vec::new(), Time(i64::MIN));
            let branch = self.store.branch(&info.branch)?;
            self.store.times_of(&branch, row, from.max(head - TIMES), head, &mut |version, time| {
                last = last.max(time);
                times.push((version, last));
                true
            })?;
            lanes.push(Lane { branch: info.branch, from, head, times });
        }
        Ok(lanes)
    }
}
