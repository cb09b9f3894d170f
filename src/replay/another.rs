//! What happened in another order, and the two answers to that.
//!
//! *The same events*: they are folded in that order. *The same requests*: each recorded request is decided again by its rule, at
//! its own time, on what it finds in that order; it may come to the same events, to others, to none, or be refused. Events that
//! came of no request that the domain knows are folded in both.
//!
//! The events of a command are one step in both. Reactors never run: what they asked for is among the requests. A request whose
//! cause does not come to be before it is *withdrawn*, and so is what it would have caused. In another order an event's version
//! is its new place; its position, its hash and its times stay its own.

mod causes;
mod deed;

pub(super) use causes::reached;
pub use causes::{Cause, causes};
pub(super) use deed::lacks;
pub use deed::{Course, Deed, Deeds, reads_of_place};

use std::collections::BTreeMap;

use crate::event::{AggregateId, Time, Version};
use crate::jq::State;

/// What is made of another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The same events, folded.
    Events,
    /// The same requests, decided again.
    Requests,
}

/// Where an aggregate stands in an order; by default nothing exists.
#[derive(Clone)]
pub struct Base {
    /// Its state.
    pub state: State,
    /// Its version; 0 before its first event.
    pub version: Version,
    /// When its newest event occurred.
    pub last_at: Option<Time>,
}

impl Default for Base {
    fn default() -> Self {
        Self { state: State::empty(), version: 0, last_at: None }
    }
}

/// Where aggregates stand.
pub type Bases = BTreeMap<AggregateId, Base>;

/// How an event ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The version that it has in this order.
    pub version: Version,
    /// Whether it changed nothing.
    pub nothing: bool,
    /// Whether it occurred before its predecessor.
    pub late: bool,
    /// Why its rule refused it.
    pub error: Option<String>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Its events were folded.
    Folded,
    /// Its request came to the events that are recorded.
    Applied,
    /// Its request came to events of these types, which are others than the recorded ones, or have other data.
    Otherwise(Vec<String>),
    /// Its request came to nothing.
    Nothing,
    /// Its request was refused, for this reason.
    Refused(String),
    /// Its request was not made, for this reason.
    Withdrawn(String),
}

impl How {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::Applied => "applied",
            Self::Otherwise(_) => "other events",
            Self::Nothing => "nothing",
            Self::Refused(_) => "rejected",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// Why, or what it came to, where there is more to say than the word.
    pub fn more(&self) -> Option<String> {
        match self {
            Self::Otherwise(kinds) => Some(kinds.join(", ")),
            Self::Refused(why) | Self::Withdrawn(why) => Some(why.clone()),
            Self::Folded | Self::Applied | Self::Nothing => None,
        }
    }

    /// Whether it ended as it is recorded.
    pub fn is_as_recorded(&self) -> bool {
        matches!(self, Self::Folded | Self::Applied)
    }
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Went {
    /// How it ended.
    pub how: How,
    /// How each of its events ended; none where it came to none.
    pub events: Vec<Ended>,
}

/// A step and how it ended, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Of which aggregate.
    pub aggregate: AggregateId,
    /// The versions that its first and its last event have in the log.
    pub versions: (Version, Version),
    /// The command; `None` where none is known.
    pub command: Option<String>,
    /// The types of its events.
    pub kinds: Vec<String>,
    /// How it ended.
    pub how: How,
}
