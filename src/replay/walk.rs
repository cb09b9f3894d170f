//! A walk along one aggregate's history, a part at a time: the state goes in, the next one comes out.

use std::collections::HashMap;

use super::timeline::{named, view_of};
use super::{apply, apply_or_keep};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Version};
use crate::jq::State;
use crate::store::{Branch, RawEvent, Store};

/// Which history, and the names of its event types.
pub struct Walk {
    aggregate: AggregateId,
    row: i64,
    branch: Branch,
    names: HashMap<i64, String>,
    /// Whether a rule has failed: states are then copied before each event.
    careful: bool,
}

impl Walk {
    /// The history of an aggregate on a branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch) -> Self {
        Self { aggregate, row, branch, names: HashMap::new(), careful: false }
    }

    /// Goes over to another aggregate; the names are kept.
    pub fn go_to(&mut self, aggregate: AggregateId, row: i64) {
        (self.aggregate, self.row, self.careful) = (aggregate, row, false);
    }

    /// Which aggregate.
    pub fn aggregate(&self) -> &AggregateId {
        &self.aggregate
    }

    /// The branch and the aggregate's row there.
    pub fn place(&self) -> (i64, i64) {
        (self.branch.id, self.row)
    }

    /// Folds the versions behind `from` up to `to` into a state, in place; `each` gets an event and the state after
    /// it, and ends the walk with false.
    pub fn fold(
        &mut self,
        store: &Store,
        domain: &Domain,
        mut state: State,
        (from, to): (Version, Version),
        each: &mut dyn FnMut(&RawEvent<'_>, &State) -> Result<bool>,
    ) -> Result<State> {
        let start = if self.careful { State::null() } else { state.clone() };
        let Self { aggregate, row, branch, names, careful } = self;
        store.events_of(branch, *row, from + 1, to, &mut |raw| {
            let event = named(names, raw.kind, |row| store.type_name(row))?;
            let view = view_of(aggregate, &branch.name, domain, raw, event);
            let before = std::mem::replace(&mut state, State::null());
            if *careful {
                state = apply_or_keep(domain, before, &view).0;
            } else if let Ok(after) = apply(domain, before, &view) {
                state = after;
            } else {
                // The rule took the state with it: once more up to here.
                *careful = true;
                let mut again = Self::new(aggregate.clone(), *row, branch.clone());
                let range = (from, raw.version - 1);
                state = again.fold(store, domain, start.clone(), range, &mut |_, _| Ok(true))?;
            }
            each(raw, &state)
        })?;
        Ok(state)
    }
}
