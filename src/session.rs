//! What a user can do, with no terminal: one file per verb, each with its request and its reply.
//! The explorer and the command line both come through here.

mod fire;
mod list;
mod log;
mod moment;
mod open;
mod point;
mod timeline;

pub use fire::{CommandInfo, Fire, Fired, ParamInfo, Target};
pub use list::{Facets, ListPage, ListRequest, ListRow, RowKey, Sort};
pub use log::{LogPage, LogRequest, LogRow};
pub use moment::Moment;
pub use open::{Open, Overview, Tail, TypeInfo};
pub use point::Point;
pub use timeline::{Flags, Mark, StoreMark, Window};

use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Version};

/// An open store with its domain, on one branch.
pub struct Session {}

impl Session {
    /// Opens a store that exists.
    pub fn open(_open: &Open) -> Result<Self> {
        Err(Error::refused("not yet"))
    }
    /// What the store holds at a glance.
    pub fn overview(&mut self) -> Result<Overview> {
        Err(Error::refused("not yet"))
    }
    /// Whether anything was appended since the last call (by anyone); `None` when nothing was.
    pub fn poll(&mut self) -> Result<Option<Tail>> {
        Ok(None)
    }
    /// A page of the list.
    pub fn list(&mut self, _request: &ListRequest) -> Result<ListPage> {
        Err(Error::refused("not yet"))
    }
    /// How many rows come before this one in the request's order (no text, no jq filter).
    pub fn rank(&mut self, _request: &ListRequest, _key: &RowKey) -> Result<i64> {
        Err(Error::refused("not yet"))
    }
    /// The row of one aggregate as of the request's position.
    pub fn row(&mut self, _request: &ListRequest, _aggregate: &AggregateId) -> Result<Option<ListRow>> {
        Err(Error::refused("not yet"))
    }
    /// Counts by type, status and actor.
    pub fn facets(&mut self, _kind: Option<&str>) -> Result<Facets> {
        Err(Error::refused("not yet"))
    }
    /// One aggregate at one version; a version past the head is the head.
    pub fn moment(&mut self, _aggregate: &AggregateId, _version: Version) -> Result<Moment> {
        Err(Error::refused("not yet"))
    }
    /// Folds a little further ahead for the aggregate last asked for, so that later seeks are fast; `true` while there is more to do.
    pub fn warm(&mut self) -> Result<bool> {
        Ok(false)
    }
    /// The timeline of an aggregate: single marks for the versions `from..=to` when `to - from < 600`, else edges each `cell` events; density in `cells` spans.
    pub fn window(
        &mut self,
        _aggregate: &AggregateId,
        _from: Version,
        _to: Version,
        _cell: i64,
        _cells: usize,
    ) -> Result<Window> {
        Err(Error::refused("not yet"))
    }
    /// The same for the whole store, over positions.
    pub fn store_window(&mut self, _from: i64, _to: i64, _cell: i64, _cells: usize) -> Result<Window> {
        Err(Error::refused("not yet"))
    }
    /// A page of the log.
    pub fn log(&mut self, _request: &LogRequest) -> Result<LogPage> {
        Err(Error::refused("not yet"))
    }
    /// One event by its position.
    pub fn event(&mut self, _position: i64) -> Result<Option<Event>> {
        Err(Error::refused("not yet"))
    }
    /// Where an aggregate stood right after a position: its version then (0: not there yet).
    pub fn version_at(&mut self, _aggregate: &AggregateId, _position: i64) -> Result<Version> {
        Err(Error::refused("not yet"))
    }
    /// The point that a revision names; `@3`, `@2019-04-20` and `-2` alone are about `here`.
    pub fn resolve(&mut self, _revision: &str, _here: Option<&AggregateId>) -> Result<Point> {
        Err(Error::refused("not yet"))
    }
    /// The commands that may be fired at the aggregate (or, `None`, that create one), in the domain's order.
    pub fn commands(&mut self, _aggregate: Option<&AggregateId>) -> Result<Vec<CommandInfo>> {
        Err(Error::refused("not yet"))
    }
    /// What a command would do; nothing is written.
    pub fn preview(&mut self, _fire: &Fire) -> Result<Fired> {
        Err(Error::refused("not yet"))
    }
    /// Fires a command.
    pub fn fire(&mut self, _fire: &Fire) -> Result<Fired> {
        Err(Error::refused("not yet"))
    }
}
