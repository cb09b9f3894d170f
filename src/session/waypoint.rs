//! Waypoints: names for points of history, usable wherever a revision is.

use super::{Point, Session};
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};
use crate::journal;
use crate::store::Waypoint;

/// A named point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaypointInfo {
    /// Its name, without the `%`.
    pub name: String,
    /// The branch it is on.
    pub branch: String,
    /// The aggregate and its version, where it is a point of one.
    pub at: Option<(AggregateId, Version)>,
    /// The position that it stands at; 0 is before the first event.
    pub position: Position,
    /// Who named it.
    pub actor: String,
    /// When.
    pub created_at: Time,
}

impl Session {
    /// Every waypoint, by name.
    pub fn waypoints(&mut self) -> Result<Vec<WaypointInfo>> {
        self.store.waypoints()?.into_iter().map(|waypoint| self.waypoint_info(waypoint)).collect()
    }

    fn waypoint_info(&self, waypoint: Waypoint) -> Result<WaypointInfo> {
        let row = self.store.branch_row(waypoint.branch)?;
        let (at, position) = match waypoint.aggregate {
            Some(aggregate) => {
                let branch = self.store.with_ancestors(&row)?;
                let event = self.store.event_of(&branch, aggregate, waypoint.place)?;
                let name = self.store.aggregate_of(aggregate)?;
                (Some((name, waypoint.place)), event.map_or(0, |event| event.position))
            }
            None => (None, waypoint.place),
        };
        let Waypoint { name, actor, created_at, .. } = waypoint;
        Ok(WaypointInfo { name, branch: row.name, at, position, actor, created_at })
    }

    /// Names a point.
    pub fn name_point(&mut self, name: &str, point: &Point, actor: &str) -> Result<()> {
        let branch = self.store.branch(point.branch())?;
        let place = match point {
            Point::Aggregate { aggregate, version, .. } => {
                (branch.id, self.store.aggregate_row(aggregate)?, *version)
            }
            Point::Store { position, .. } => (branch.id, None, *position),
        };
        journal::name_point(&self.store, name, place, &self.by(actor))
    }

    /// Forgets a waypoint.
    pub fn forget_point(&mut self, name: &str, actor: &str) -> Result<()> {
        journal::forget_point(&self.store, name.trim_start_matches('%'), &self.by(actor))
    }

    /// The point that a waypoint names.
    pub(super) fn resolve_waypoint(&mut self, name: &str) -> Result<Point> {
        let waypoint = self.store.waypoint(name)?.ok_or_else(|| journal::no_waypoint(name))?;
        let branch = self.store.branch_name(waypoint.branch)?;
        let Some(row) = waypoint.aggregate else {
            return Ok(Point::store(branch, waypoint.place));
        };
        let aggregate = self.store.aggregate_of(row)?;
        self.on(&branch, |session| {
            let (_, head) = session.known(&aggregate)?;
            Ok(session.point(aggregate.clone(), waypoint.place, head))
        })
    }
}
