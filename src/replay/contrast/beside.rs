//! One aggregate's history by two domains side by side: at which versions the states differ.

use std::collections::HashMap;

use super::{Pair, Stepped};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version};
use crate::jq::State;
use crate::replay::{Reducer, named, view_of};
use crate::store::{Branch, Store};

/// Stretches of neighbouring versions, first and last of each.
type Stretches = Vec<(Version, Version)>;

/// A walk along the history, a part at a time.
pub struct Beside {
    aggregate: AggregateId,
    row: i64,
    branch: Branch,
    names: HashMap<i64, String>,
    folded: Version,
    pair: Option<Pair>,
    /// Why the second domain's rule refused the last event.
    error: Option<Error>,
    /// Whether a rule fails somewhere: states are then copied before each event.
    careful: bool,
    differing: Stretches,
    failing: Stretches,
}

impl Beside {
    /// The history of an aggregate on a branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch) -> Self {
        Self {
            aggregate,
            row,
            branch,
            names: HashMap::new(),
            folded: 0,
            pair: None,
            error: None,
            careful: false,
            differing: Vec::new(),
            failing: Vec::new(),
        }
    }

    /// How far the walk has come.
    pub fn folded(&self) -> Version {
        self.folded
    }

    /// Where the states differ, as far as the walk has come.
    pub fn differing(&self) -> &[(Version, Version)] {
        &self.differing
    }

    /// Where the second domain's rule fails, as far as the walk has come.
    pub fn failing(&self) -> &[(Version, Version)] {
        &self.failing
    }

    /// The states as far as the walk has come, by either domain, and why the second one's rule refused the last event.
    pub fn here(&self) -> (State, State, Option<Error>) {
        let (one, two) = match &self.pair {
            None => (State::empty(), State::empty()),
            Some(Pair::One(state)) => (state.clone(), state.clone()),
            Some(Pair::Two(one, two)) => (one.clone(), two.clone()),
        };
        (one, two, self.error.clone())
    }

    /// Whether the states differ behind a version that the walk has passed.
    pub fn differs_at(&self, version: Version) -> bool {
        self.differing.iter().any(|(first, last)| (*first..=*last).contains(&version))
    }

    /// Walks on up to a version.
    pub fn advance(&mut self, store: &Store, domains: [&Domain; 2], to: Version) -> Result<()> {
        if !self.walk(store, domains, to)? {
            // A rule failed and took the state with it: once more, with a copy kept before each event.
            let fresh = Self::new(self.aggregate.clone(), self.row, self.branch.clone());
            *self = Self { careful: true, ..fresh };
            self.walk(store, domains, to)?;
        }
        Ok(())
    }

    fn walk(&mut self, store: &Store, [old, new]: [&Domain; 2], to: Version) -> Result<bool> {
        let Self { aggregate, row, branch, names, folded, pair, error: last, careful, differing, failing } =
            self;
        let mut state = Some(pair.take().unwrap_or_else(|| Pair::One(State::empty())));
        let sides = [old, new].map(Reducer::from);
        store.events_of(branch, *row, *folded + 1, to, &mut |raw| {
            let event = named(names, raw.kind, |row| store.type_name(row))?;
            let views = [old, new].map(|domain| view_of(aggregate, &branch.name, domain, raw, event));
            let alike = old.applies_alike(new, &aggregate.kind, event);
            let stepped = state.take().and_then(|pair| pair.step(sides, &views, alike, *careful));
            let (next, error) = match stepped {
                None => return Ok(false),
                Some(Stepped::Alike(state, error)) => (Pair::One(state), error),
                Some(Stepped::Apart((one, _), (two, error))) if one == two => (Pair::One(two), error),
                Some(Stepped::Apart((one, _), (two, error))) => {
                    note(differing, raw.version);
                    (Pair::Two(one, two), error)
                }
            };
            if error.is_some() {
                note(failing, raw.version);
            }
            *last = error;
            *folded = raw.version;
            state = Some(next);
            Ok(true)
        })?;
        *pair = state;
        Ok(pair.is_some())
    }
}

/// Adds a version to the last stretch, or begins another one.
fn note(stretches: &mut Stretches, version: Version) {
    match stretches.last_mut() {
        Some((_, last)) if *last + 1 == version => *last = version,
        _ => stretches.push((version, version)),
    }
}
