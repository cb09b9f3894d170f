//! The store: one SQLite file. Opening it, reading it, and a write transaction of primitives.
//! The only module that knows rusqlite.

mod chain;
mod domains;
mod events;
mod failure;
mod heads;
mod open;
mod read;
pub mod staging;
mod verify;
mod write;

pub use chain::{Chained, chain_hash};
pub use domains::StoredDomain;
pub use events::RawEvent;
pub use heads::{Head, HeadKey, HeadOrder, HeadPage, HeadRow};
pub use open::Store;
pub use read::{Branch, MAIN};
pub use verify::Checked;
pub use write::{Place, Transaction};
