//! A walk along one aggregate's history that can be paused: where it stands, and the state there.

use std::collections::HashMap;

use super::apply_or_keep;
use super::timeline::{named, view_of};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Version};
use crate::jq::State;
use crate::store::{Branch, Store};

/// Which history, and the names of its event types.
pub struct Walk {
    aggregate: AggregateId,
    row: i64,
    branch: Branch,
    names: HashMap<i64, String>,
}

impl Walk {
    /// The history of an aggregate on a branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch) -> Self {
        Self { aggregate, row, branch, names: HashMap::new() }
    }

    /// The branch and the aggregate's row there.
    pub fn place(&self) -> (i64, i64) {
        (self.branch.id, self.row)
    }

    /// Folds the versions behind `from` up to `to` into a state; `each` gets a version with the states before
    /// and after it.
    pub fn fold(
        &mut self,
        store: &Store,
        domain: &Domain,
        mut state: State,
        (from, to): (Version, Version),
        each: &mut dyn FnMut(Version, &State, &State),
    ) -> Result<State> {
        store.events_of(&self.branch, self.row, from + 1, to, &mut |raw| {
            let event = named(&mut self.names, raw.kind, |row| store.type_name(row))?;
            let view = view_of(&self.aggregate, &self.branch.name, domain, raw, event);
            let (after, _) = apply_or_keep(domain, state.clone(), &view);
            each(raw.version, &state, &after);
            state = after;
            Ok(true)
        })?;
        Ok(state)
    }
}
