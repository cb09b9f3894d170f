//! The rules of a fold, with what stands in for some of them. What that does, and where it runs, is not known here.

use super::{apply, patch};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::jq::{EventView, State};

/// What makes the states of some aggregates in place of a domain's own rules. It answers by the state and the event
/// alone, as a rule does.
pub trait Outside {
    /// Whether it does so for aggregates of this type.
    fn stands_for(&self, kind: &str) -> bool;

    /// The next state; the event is read as the domain knows it today.
    fn apply(&self, state: &State, event: &EventView<'_>) -> Result<State>;
}

/// A domain's rules, and what stands in for some of them.
#[derive(Clone, Copy)]
pub struct Reducer<'a> {
    /// The domain.
    pub domain: &'a Domain,
    /// What makes the states of some types in place of its rules.
    pub outside: Option<&'a dyn Outside>,
}

impl<'a> From<&'a Domain> for Reducer<'a> {
    fn from(domain: &'a Domain) -> Self {
        Self { domain, outside: None }
    }
}

impl<'a> Reducer<'a> {
    /// What makes the states of a type in place of the rules.
    pub fn outside(&self, kind: &str) -> Option<&'a dyn Outside> {
        self.outside.filter(|outside| outside.stands_for(kind))
    }

    /// Applies one event to a state.
    pub fn apply(&self, state: State, event: &EventView<'_>) -> Result<State> {
        let Some(outside) = self.outside(event.kind).filter(|_| event.event != patch::REVERTED) else {
            return apply(self.domain, state, event);
        };
        // As for a rule, what is gone can come back.
        let state = if state.is_null() { State::empty() } else { state };
        let data = self.domain.upcast(event.kind, event.event, event.data, event.meta)?;
        let name = self.domain.current_name(event.kind, event.event);
        let data = data.as_deref().unwrap_or(event.data);
        outside.apply(&state, &EventView { event: name, data, ..*event })
    }

    /// Applies an event that is not read from the log: it is new, or stands elsewhere. The last good state is kept where
    /// that fails.
    pub fn take(&self, state: State, event: &Event) -> (State, Option<Error>) {
        self.apply_or_keep(state, &self.domain.view(event))
    }

    /// Applies one event to a state, and keeps the last good one where that fails: an imported event is never dropped.
    pub(super) fn apply_or_keep(&self, state: State, event: &EventView<'_>) -> (State, Option<Error>) {
        let kept = state.clone();
        match self.apply(state, event) {
            Ok(state) => (state, None),
            Err(error) => (kept, Some(error)),
        }
    }

    /// Whether another one makes the same of every event of a type, as far as the texts of the rules tell.
    pub(super) fn applies_alike(&self, other: &Self, kind: &str, event: &str) -> bool {
        let plain = self.outside(kind).is_none() && other.outside(kind).is_none();
        plain && self.domain.applies_alike(other.domain, kind, event)
    }
}
