//! A branch as an ordered sequence of events: where an aggregate, or the whole store, stood at a time,
//! and which point a revision names.

pub mod graph;
pub mod monitor;
mod parting;
pub mod revision;
pub mod swim;
pub mod todo;

pub use graph::{Cell, GraphRow};
pub use parting::{Own, Parting, part, up_to};
pub use revision::{Revision, When};
pub use swim::Swim;

use crate::error::Result;
use crate::event::{Position, Time, Version};
use crate::store::{Branch, Store};

/// The longest prefix of an aggregate's history whose effective time, the running maximum of `occurred_at`
/// in version order, is at most `time`: the version it ends with, 0 for none. Never a filtered fold.
pub(crate) fn version_at_time(store: &Store, branch: &Branch, aggregate: i64, time: Time) -> Result<Version> {
    let mut last = 0;
    store.times_of(branch, aggregate, 1, Version::MAX, &mut |version, occurred_at| {
        if occurred_at <= time {
            last = version;
        }
        occurred_at <= time
    })?;
    Ok(last)
}

/// The last position before the first event that occurred after `time`; 0 for none.
pub(crate) fn position_at_time(store: &Store, branch: &Branch, time: Time) -> Result<Position> {
    let later = store.first_after(branch, time)?;
    let mut last = 0;
    store.events_between(branch, (1, later.map_or(Position::MAX, |at| at - 1)), true, &mut |event| {
        last = event.position;
        Ok(false)
    })?;
    Ok(last)
}
