//! The one language: jq, compiled once and run bounded; the only place that knows the engine.

mod apply;
mod compact;
mod mistake;
mod rule;
mod state;

pub use apply::{Apply, EventView, merge};
pub use compact::compact;
pub use mistake::Mistake;
pub use rule::Rule;
pub use state::State;
