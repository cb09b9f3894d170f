//! The one language: jq, compiled once and run bounded; the only place that knows the engine.

mod access;
mod apply;
mod compact;
mod format;
mod limits;
mod lower;
mod mistake;
mod natives;
mod ops;
mod outline;
mod patch;
mod paths;
mod project;
mod reads;
mod regex;
mod rule;
mod scan;
mod state;
mod syntax;
mod tame;
mod time;
mod value;
mod view;
mod weight;
mod yaml;

pub use apply::{Apply, EventView, merge, merge_event};
pub use compact::{Slips, compact, compact_leniently};
pub use limits::{running, with_room};
pub use mistake::Mistake;
pub use outline::{Outline, outline};
pub use patch::{keys, patch, without_nulls};
pub use rule::Rule;
pub use state::State;
pub use view::{Fields, Items, Parts, View};

/// Half of a fold is allocation: this one is faster at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
