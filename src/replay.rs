//! The fold: events in, state out. Pure, synchronous and fallible; it reaches no reactor, clock or file.

pub mod diff;

pub use diff::{Change, Op, changed_paths, diff};
