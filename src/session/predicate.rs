//! A filter that a user typed, and on how much of what it was tried it failed: one that fails everywhere answers nothing,
//! which looks like a log that holds nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::Session;
use crate::error::{Error, Kind, Result};
use crate::jq::{Rule, State};

/// On how many of what it was tried a filter failed; shared by the threads that try it.
#[derive(Debug, Default)]
pub struct Misses {
    tried: AtomicU64,
    failed: AtomicU64,
    reason: OnceLock<String>,
}

impl Misses {
    /// On how many it was tried.
    pub fn tried(&self) -> u64 {
        self.tried.load(Ordering::Relaxed)
    }

    /// On how many of those it failed.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether it failed on everything that it was tried on.
    pub fn is_all(&self) -> bool {
        self.failed() > 0 && self.failed() == self.tried()
    }

    /// In a sentence, where it failed at all: on how many, and the first reason.
    pub fn sentence(&self) -> Option<String> {
        let (tried, failed) = (self.tried(), self.failed());
        let reason = self.reason.get().filter(|_| failed > 0)?;
        let many = if failed == tried { format!("all {tried}") } else { format!("{failed} of {tried}") };
        Some(format!("The filter fails on {many}: {reason}"))
    }
}

/// A filter over states or events that a user typed.
pub(super) struct Predicate {
    rule: Rule,
    misses: Arc<Misses>,
}

impl Predicate {
    pub fn compile(source: &str, vars: &[&'static str], misses: &Arc<Misses>) -> Result<Self> {
        let rule = Rule::compile("the filter", source, vars).map_err(|mistake| {
            let column = source.get(..mistake.span.start).map_or(1, |before| before.chars().count() + 1);
            Error::usage(format!("The filter is not jq at column {column}: {}.", mistake.message))
                .hint("Filters are jq over the state, such as .priority == \"high\".")
        })?;
        Ok(Self { rule, misses: Arc::clone(misses) })
    }

    /// What it makes of a value: nothing where it fails. One that runs away is an error.
    pub fn run(&self, input: &State, vars: &[State]) -> Result<Vec<State>> {
        self.misses.tried.fetch_add(1, Ordering::Relaxed);
        match self.rule.run(input, vars) {
            Err(error) if error.kind() != Kind::Stopped => {
                self.misses.failed.fetch_add(1, Ordering::Relaxed);
                let reason = || error.message().trim_start_matches("the filter: ").to_owned();
                self.misses.reason.get_or_init(reason);
                Ok(Vec::new())
            }
            made => made,
        }
    }

    /// Whether it holds: its first result is neither false nor null.
    pub fn holds(&self, input: &State, vars: &[State]) -> Result<bool> {
        Ok(self.run(input, vars)?.first().is_some_and(State::truthy))
    }
}

impl Session {
    /// On how many the filters failed that were tried since this was asked last.
    pub fn take_misses(&mut self) -> Arc<Misses> {
        std::mem::take(&mut self.misses)
    }
}
