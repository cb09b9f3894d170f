//! The newest events of a walk, with the states around them.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Racer, Stake};
use crate::error::Result;
use crate::event::Version;
use crate::jq::State;
use crate::replay::{Change, changes};

/// So many are kept.
const KEPT: usize = 64;

/// An event that was passed a moment ago.
pub(super) struct Passed {
    pub racer: Rc<Racer>,
    pub before: State,
    pub after: State,
}

impl Passed {
    /// Whether it changed what a path leads to.
    pub fn changed(&self, path: &str) -> bool {
        self.before.at(path) != self.after.at(path)
    }
}

/// The newest events, the oldest of them first.
#[derive(Default)]
pub(super) struct Recent(VecDeque<Passed>);

impl Recent {
    /// Takes one more.
    pub fn push(&mut self, passed: Passed) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(passed);
    }

    /// The newest first.
    pub fn back(&self) -> impl Iterator<Item = &Passed> {
        self.0.iter().rev()
    }

    /// Whether somebody else did one of them shortly before an event.
    pub fn has_another(&self, event: &Racer, within: i64) -> bool {
        self.back()
            .any(|passed| event.is_of_another(&passed.racer) && event.is_soon_after(&passed.racer, within))
    }

    /// Those by somebody else behind a version.
    pub fn others_behind(&self, event: &Racer, version: Version) -> Vec<Racer> {
        let behind = self.0.iter().map(|passed| &passed.racer).filter(|racer| racer.version > version);
        behind.filter(|racer| event.is_of_another(racer)).map(|racer| (**racer).clone()).collect()
    }
}

/// What an event changed, without fields of bookkeeping.
pub(super) fn changed(before: &State, after: &State, quiet: &[String]) -> Result<Vec<Change>> {
    let mut changes = changes(before, after)?;
    changes.retain(|change| !change.path.is_empty() && !crate::domain::is_quiet(quiet, &change.dotted()));
    Ok(changes)
}

/// A field in one state after the other.
pub(super) fn stake(change: &Change, states: &[&State]) -> Result<Stake> {
    let value = |state: &&State| state.at(&change.path).map(|value| value.to_value()).transpose();
    Ok(Stake { path: change.dotted(), values: states.iter().map(value).collect::<Result<_>>()? })
}
