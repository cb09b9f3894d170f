//! The state at a point, and what differs between two points.

use serde_json::{Value, json};

use super::{Point, Session};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time, Version};
use crate::history::position_at_time;
use crate::replay::{Change, diff, diff_items, failed_at};

/// An aggregate's state at a version.
#[derive(Clone, Debug, PartialEq)]
pub struct StateAt {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// The branch it was read on.
    pub branch: String,
    /// The version.
    pub version: Version,
    /// The position of that version's event; `None` before the first.
    pub position: Option<Position>,
    /// Whether the aggregate exists there.
    pub exists: bool,
    /// The state; `{}` where nothing exists.
    pub state: Value,
    /// Why it is not what all its events would have made: the newest version whose rule failed, and its words.
    pub error: Option<String>,
}

impl Session {
    /// An aggregate's state at a version.
    pub fn state(&mut self, aggregate: &AggregateId, version: Version) -> Result<StateAt> {
        let (row, head) = self.known(aggregate)?;
        let version = version.clamp(0, head);
        let event = self.store.event_of(&self.branch, row, version)?;
        let (state, error) = if let Some(stored) = self.head_row(row)?.filter(|_| version == head) {
            (crate::jq::State::from_json(&stored.head.state)?, stored.head.error)
        } else {
            let after = self.seek(aggregate, row, head, version)?.1;
            (after.state, self.refused_by(aggregate, row, head, version)?)
        };
        Ok(StateAt {
            aggregate: aggregate.clone(),
            branch: self.branch.name.clone(),
            version,
            position: event.map(|event| event.position),
            exists: version > 0 && !state.is_null(),
            state: if state.is_null() { json!({}) } else { state.to_value()? },
            error,
        })
    }

    /// The newest version up to this one whose rule failed, and its words, as a head has them.
    pub(super) fn refused_by(
        &mut self,
        aggregate: &AggregateId,
        row: i64,
        head: Version,
        version: Version,
    ) -> Result<Option<String>> {
        let Some(refused) = self.timelines.get(&row).and_then(|timeline| timeline.last_refused(version))
        else {
            return Ok(None);
        };
        let seen = self.seek(aggregate, row, head, refused)?.1;
        Ok(seen.error.map(|error| failed_at(refused, &error)))
    }

    /// What differs between two points, of one aggregate or of two.
    pub fn diff(&mut self, from: &Point, to: &Point) -> Result<Vec<Change>> {
        self.diff_with(from, to, diff)
    }

    /// The same with the items of arrays matched.
    pub fn diff_by_item(&mut self, from: &Point, to: &Point) -> Result<Vec<Change>> {
        self.diff_with(from, to, diff_items)
    }

    fn diff_with(
        &mut self,
        from: &Point,
        to: &Point,
        compare: fn(&Value, &Value) -> Vec<Change>,
    ) -> Result<Vec<Change>> {
        let mut states = Vec::new();
        for point in [from, to] {
            let Point::Aggregate { aggregate, version, .. } = point else {
                return Err(Error::usage("A diff is between two points of aggregates.")
                    .hint("Write Task/42@3 Task/42@5, or two positions."));
            };
            states.push(self.on(point.branch(), |session| session.state(aggregate, *version))?.state);
        }
        Ok(compare(&states[0], &states[1]))
    }

    /// The whole store's position that a point stands for: an aggregate's point is its event's position.
    pub fn position_of(&mut self, point: &Point) -> Result<Position> {
        match point {
            Point::Store { position, .. } => Ok(*position),
            Point::Aggregate { aggregate, version, .. } => {
                self.on(point.branch(), |session| session.place_of(aggregate, *version))
            }
        }
    }

    fn place_of(&mut self, aggregate: &AggregateId, version: Version) -> Result<Position> {
        let (row, _) = self.known(aggregate)?;
        Ok(self.store.event_of(&self.branch, row, version)?.map_or(0, |event| event.position))
    }

    /// The last position before the first event that occurred after a time.
    pub fn position_at(&self, time: Time) -> Result<Position> {
        position_at_time(&self.store, &self.branch, time)
    }
}
