//! One aggregate's history by two domains side by side: at which versions the states differ.

use super::{Pair, Rules, Sides};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version};
use crate::jq::State;
use crate::replay::{Fold, Reducer, Stored};
use crate::store::{Branch, Store};

/// Stretches of neighbouring versions, first and last of each.
type Stretches = Vec<(Version, Version)>;

/// A walk along the history, a part at a time.
pub struct Beside {
    fold: Fold,
    folded: Version,
    sides: Sides,
    differing: Stretches,
    failing: Stretches,
}

impl Beside {
    /// The history of an aggregate on a branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch) -> Self {
        Self {
            fold: Fold::new(aggregate, row, branch),
            folded: 0,
            sides: Sides::new(true),
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
        let (one, two) = match &self.sides.pair {
            Pair::One(state) => (state.clone(), state.clone()),
            Pair::Two(one, two) => (one.clone(), two.clone()),
        };
        (one, two, self.sides.errors[1].clone())
    }

    /// Whether the states differ behind a version that the walk has passed.
    pub(crate) fn differs_at(&self, version: Version) -> bool {
        self.differing.iter().any(|(first, last)| (*first..=*last).contains(&version))
    }

    /// Walks on up to a version.
    pub(crate) fn advance(&mut self, store: &Store, [old, new]: [&Domain; 2], to: Version) -> Result<()> {
        let Self { fold, folded, sides, differing, failing } = self;
        let alike = |event: &Stored<'_>| old.applies_alike(new, &event.aggregate.kind, event.event);
        let rules = Rules { sides: [old, new].map(Reducer::from), alike: &alike };
        let done = fold.run(store, rules, sides.clone(), (*folded, to), &mut |event, now| {
            let version = event.raw.version;
            if now.has_parted() {
                note(differing, version);
            }
            if now.errors[1].is_some() {
                note(failing, version);
            }
            *folded = version;
            Ok(true)
        });
        match done {
            Ok(there) => *sides = there,
            Err(error) => {
                // What was noted on the way would be noted twice.
                *self = Self::new(fold.aggregate().clone(), fold.row(), fold.branch().clone());
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Adds a version to the last stretch, or begins another one.
fn note(stretches: &mut Stretches, version: Version) {
    match stretches.last_mut() {
        Some((_, last)) if *last + 1 == version => *last = version,
        _ => stretches.push((version, version)),
    }
}
