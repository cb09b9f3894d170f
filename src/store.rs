//! The store: one SQLite file. Opening it, reading it, and a write transaction of primitives.
//! The only module that knows rusqlite.

mod branches;
mod chain;
mod domains;
mod events;
mod failure;
mod file;
pub mod foreign;
mod generations;
mod graph;
pub mod heads;
mod indexed;
mod jobs;
mod links;
mod make;
mod open;
mod operations;
mod own;
pub mod places;
mod projections;
mod read;
mod shape;
pub mod staging;
mod sums;
mod verify;
mod waypoints;
mod write;

pub use branches::{Branch, BranchRow, MAIN, NewBranch};
pub use chain::{Chained, chain_hash};
pub use domains::StoredDomain;
pub use events::{Content, RawEvent};
pub use file::{Named, OpenFile};
pub use generations::Filling;
pub use heads::{Found, Head, HeadKey, HeadOrder, HeadPage, HeadRow};
pub use indexed::origin_of;
pub use jobs::{Job, JobPulse, JobState, NewJob};
pub use links::{Link, links_of};
pub use make::{Making, remove};
pub use open::{Store, is_store};
pub use operations::Operation;
pub use own::Placed;
pub use projections::{KeptRow, Table};
pub use verify::Checked;
pub use waypoints::Waypoint;
pub use write::{Place, Transaction};
