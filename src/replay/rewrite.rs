//! What state another order, or other events, would give: a fold over events that are not in the log.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reducer;
use crate::error::Result;
use crate::event::{AggregateId, Event, Hash, NewEvent, Time};
use crate::jq::State;

/// Where an aggregate stands before the first of the events; by default nothing exists.
#[derive(Clone)]
pub struct Base {
    /// Its state.
    pub state: State,
    /// Its version; 0 before its first event.
    pub version: i64,
    /// When its newest event occurred.
    pub last_at: Option<Time>,
}

impl Default for Base {
    fn default() -> Self {
        Self { state: State::empty(), version: 0, last_at: None }
    }
}

/// How an event ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The version that it has in this order.
    pub version: i64,
    /// Whether it changed nothing.
    pub nothing: bool,
    /// Whether it occurred before its predecessor.
    pub late: bool,
    /// Why its rule refused it.
    pub error: Option<String>,
}

/// A fold of events in an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// How each event ended, in this order.
    pub ended: Vec<Ended>,
    /// The state of every aggregate at the end; null where it is gone.
    pub states: BTreeMap<AggregateId, Value>,
}

/// Folds events in their order, each onto its aggregate's state; `open` says where each of them starts.
pub fn fold<'a>(
    rules: impl Into<Reducer<'a>>,
    events: &[NewEvent],
    mut open: BTreeMap<AggregateId, Base>,
) -> Result<Folded> {
    let rules = rules.into();
    let mut ended = Vec::with_capacity(events.len());
    for (index, new) in events.iter().enumerate() {
        let at = open.entry(new.aggregate.clone()).or_default();
        let event = Event {
            position: index as i64 + 1,
            branch: String::new(),
            aggregate: new.aggregate.clone(),
            version: at.version + 1,
            kind: new.kind.clone(),
            occurred_at: new.occurred_at,
            recorded_at: new.occurred_at,
            data: new.data.clone(),
            meta: new.meta.clone(),
            parent: None,
            hash: Hash([0; 32]),
        };
        let before = at.state.clone();
        let (state, error) = rules.take(at.state.clone(), &event);
        ended.push(Ended {
            version: event.version,
            nothing: error.is_none() && state == before,
            late: new.occurred_at != Time::UNKNOWN && at.last_at.is_some_and(|last| new.occurred_at < last),
            error: error.map(|error| error.message().to_owned()),
        });
        *at = Base { state, version: event.version, last_at: Some(new.occurred_at) };
    }
    let mut states = BTreeMap::new();
    for (aggregate, at) in open {
        states.insert(aggregate, at.state.to_value()?);
    }
    Ok(Folded { ended, states })
}
