//! A filter that a user typed, and on how much of what it was tried it failed: one that fails everywhere answers nothing,
//! which looks like a log that holds nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::Session;
use crate::domain::{EVENT_VARS, Moment, PREVIOUS};
use crate::error::{Error, Kind, Result};
use crate::event::Event;
use crate::jq::{Need, Reads, Rule, State};
use crate::replay::Flag;

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

/// What a filter over aggregates sees beside the state.
const HEAD_VARS: &[&str] = &["$event", "$by"];

/// What a filter is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterOf {
    /// Records: their newest states.
    Records,
    /// Events.
    Events,
    /// Rows of a report, or jobs.
    Rows,
}

/// Whether a text is a filter over something.
pub fn check_filter(source: &str, of: FilterOf) -> Result<()> {
    let misses = Arc::default();
    let compile = match of {
        FilterOf::Records => Predicate::of_heads,
        FilterOf::Events => Predicate::of_events,
        FilterOf::Rows => Predicate::of_rows,
    };
    compile(source, &misses).map(drop)
}

/// A filter over states or events that a user typed.
pub(super) struct Predicate {
    rule: Rule,
    pub(super) misses: Arc<Misses>,
}

impl Predicate {
    pub fn compile(source: &str, vars: &[&'static str], misses: &Arc<Misses>) -> Result<Self> {
        let rule = Rule::compile("the filter", source, vars).map_err(|mistake| {
            let column = source.get(..mistake.span.start).map_or(1, |before| before.chars().count() + 1);
            let error =
                Error::usage(format!("The filter is not jq at column {column}: {}.", mistake.message));
            if vars.len() <= HEAD_VARS.len() {
                return error.hint("Filters are jq over the state, such as .priority == \"high\".");
            }
            error.hint(format!(
                "Filters are jq: `.` is the state after the event; there are {}.",
                vars.join(", ")
            ))
        })?;
        Ok(Self { rule, misses: Arc::clone(misses) })
    }

    /// A filter over events: beside the state after it sees what every rule about an event sees.
    pub fn of_events(source: &str, misses: &Arc<Misses>) -> Result<Self> {
        let predicate = Self::compile(source, EVENT_VARS, misses)?;
        known_fields(predicate.reads())?;
        Ok(predicate)
    }

    /// A filter over aggregates: beside the state it sees the newest event, and who set each field.
    pub fn of_heads(source: &str, misses: &Arc<Misses>) -> Result<Self> {
        let predicate = Self::compile(source, HEAD_VARS, misses)?;
        known_fields(predicate.reads())?;
        Ok(predicate)
    }

    /// A filter over rows, which sees nothing beside them.
    pub fn of_rows(source: &str, misses: &Arc<Misses>) -> Result<Self> {
        Self::compile(source, &[], misses)
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        self.rule.needs()
    }

    /// What it makes of an event: nothing where it fails.
    pub fn run_of(&self, moment: &Moment<'_>) -> Result<Vec<State>> {
        self.tried(moment.vars(&self.rule).and_then(|vars| self.rule.run(moment.after(), &vars)))
    }

    /// Whether it holds for an event.
    pub fn holds_of(&self, moment: &Moment<'_>) -> Result<bool> {
        Ok(self.run_of(moment)?.first().is_some_and(State::truthy))
    }

    /// What it makes of a value: nothing where it fails. One that runs away is an error.
    pub fn run(&self, input: &State, vars: &[State]) -> Result<Vec<State>> {
        self.tried(self.rule.run(input, vars))
    }

    fn tried(&self, made: Result<Vec<State>>) -> Result<Vec<State>> {
        self.misses.tried.fetch_add(1, Ordering::Relaxed);
        match made {
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

/// The variables of a filter over events or over records, and those of their fields that are known beforehand.
pub fn filter_words(of_events: bool) -> Vec<String> {
    let vars = if of_events { EVENT_VARS } else { &["$event", "$by"][..] };
    let flags: Vec<_> = Flag::ALL.iter().map(|flag| flag.name()).collect();
    let fields = [("$event", Event::FIELDS), ("$previous", PREVIOUS), ("$flags", flags.as_slice())];
    let fields = fields.iter().filter(|(var, _)| vars.contains(var));
    let fields = fields.flat_map(|(var, fields)| fields.iter().map(move |field| format!("{var}.{field}")));
    vars.iter().map(|var| (*var).to_owned()).chain(fields).collect()
}

/// Refuses a field of a variable that no event has, since it would be null for ever.
fn known_fields(reads: &Reads) -> Result<()> {
    let flags: Vec<_> = Flag::ALL.iter().map(|flag| flag.name()).collect();
    for (var, what, known) in [
        ("$event", "event has", Event::FIELDS),
        ("$previous", "previous event has", PREVIOUS),
        ("$flags", "flag is called", flags.as_slice()),
    ] {
        let Need::Fields(names) = reads.need(var) else { continue };
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let error = Error::usage(format!("No {what} `.{name}`."));
            return Err(error.hint(format!("{}{var} has {}.", meant(name, known), list(known))));
        }
    }
    Ok(())
}

/// What may be meant by a name that is not there.
fn meant(name: &str, known: &[&str]) -> String {
    let other = match name {
        "at" | "time" | "when" | "timestamp" => "occurred_at",
        "kind" | "name" | "event" => "type",
        "actor" | "reason" | "causation_id" | "correlation_id" => "meta",
        "id" => "aggregate",
        _ => name,
    };
    let close = |known: &&&str| strsim::jaro_winkler(other, known) > 0.8;
    match known.iter().find(|known| **known == other).or_else(|| known.iter().find(close)) {
        Some(&"meta") if other != name => format!("You may mean `.meta.{name}`; "),
        Some(known) => format!("You may mean `.{known}`; "),
        None => String::new(),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`.{name}`")).collect::<Vec<_>>().join(", ")
}

impl Session {
    /// On how many the filters failed that were tried since this was asked last.
    pub fn take_misses(&mut self) -> Arc<Misses> {
        std::mem::take(&mut self.misses)
    }
}
