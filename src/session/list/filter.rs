//! Which rows of the list are wanted.

use std::sync::Arc;

use super::{Candidate, ListRequest, ListRow};
use crate::error::Result;
use crate::event::Time;
use crate::jq::State;
use crate::replay::{Fold, Needs, Past, WITHIN};
use crate::session::Session;
use crate::session::chip::Test;
use crate::session::grep::Needle;
use crate::session::predicate::{Misses, Predicate};

/// What is tried on a row as it is.
enum Plain {
    Text(Needle),
    Status(Vec<String>),
    Actor(Vec<String>),
    Since(Time),
    Until(Time),
}

impl Plain {
    /// What a chip asks for, where that is in no filter.
    fn of(test: &Test) -> Option<Self> {
        Some(match test {
            Test::Text(text) => Self::Text(Needle::any_case(text)),
            Test::Status(names) => Self::Status(names.clone()),
            Test::Actor(names) => Self::Actor(names.clone()),
            Test::Since(at) => Self::Since(*at),
            Test::Until(at) => Self::Until(*at),
            _ => return None,
        })
    }

    fn holds(&self, (row, _, actor): &Candidate) -> bool {
        match self {
            Self::Text(text) => shows(row, text),
            Self::Status(names) => names.contains(&row.status),
            Self::Actor(names) => actor.as_ref().is_some_and(|actor| names.contains(actor)),
            Self::Since(at) => row.last_at >= *at,
            Self::Until(at) => row.last_at <= *at,
        }
    }
}

/// Whether a text stands in a row of the list.
fn shows(row: &ListRow, text: &Needle) -> bool {
    let shown = [&row.aggregate.id, &row.label, &row.status].into_iter().chain(&row.columns);
    shown.into_iter().any(|shown| text.is_in(shown.as_bytes()))
}

pub(super) struct Filter {
    text: Option<Needle>,
    chips: Vec<(Plain, bool)>,
    pub(super) rule: Option<Predicate>,
    statuses: Vec<String>,
    actors: Vec<String>,
}

impl Filter {
    pub(super) fn of(request: &ListRequest, misses: &Arc<Misses>) -> Result<Self> {
        let compile = |source| Predicate::of_heads(source, misses);
        let chips = request.chips.iter();
        let rule = request.filter.as_deref().map(compile).transpose()?;
        Ok(Self {
            text: (!request.text.is_empty()).then(|| Needle::any_case(&request.text)),
            chips: chips.filter_map(|chip| Some((Plain::of(&chip.test)?, chip.not))).collect(),
            rule,
            statuses: request.statuses.clone(),
            actors: request.actors.clone(),
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.text.is_none()
            && self.chips.is_empty()
            && self.rule.is_none()
            && self.statuses.is_empty()
            && self.actors.is_empty()
    }

    fn may_take(&self, candidate: &Candidate) -> bool {
        let (row, _, actor) = candidate;
        let one_of = |wanted: &[String], value: Option<&String>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
        };
        if !one_of(&self.statuses, Some(&row.status)) || !one_of(&self.actors, actor.as_ref()) {
            return false;
        }
        self.chips.iter().all(|(test, not)| test.holds(candidate) != *not)
            && self.text.as_ref().is_none_or(|text| shows(row, text))
    }
}

impl Session {
    /// Whether a list's filter takes a row.
    pub(super) fn takes(&mut self, filter: &Filter, candidate: &Candidate) -> Result<bool> {
        if !filter.may_take(candidate) {
            return Ok(false);
        }
        let Some(rule) = &filter.rule else { return Ok(true) };
        let (row, state, _) = candidate;
        let vars = [self.newest(rule, row)?, self.setters(rule, row)?];
        rule.holds(&State::from_json(state)?, &vars)
    }

    /// The event of a row's version, where the filter reads it.
    fn newest(&mut self, rule: &Predicate, row: &ListRow) -> Result<State> {
        if rule.reads().need("$event").is_nothing() {
            return Ok(State::null());
        }
        let Some(event) = self.store.event_of(&self.branch, row.number, row.version)? else {
            return Ok(State::null());
        };
        let event = self.as_read(event);
        let [whole, ..] = rule.reads().states(&self.domain()?.view(&event), (event.hash, event.parent))?;
        Ok(whole)
    }

    /// Who set each field of the state at a row's version, of those that the filter reads.
    fn setters(&mut self, rule: &Predicate, row: &ListRow) -> Result<State> {
        let need = rule.reads().need("$by");
        if need.is_nothing() {
            return Ok(State::null());
        }
        let (domain, mut past) = (self.domain()?, Past::default());
        let mut fold = Fold::new(row.aggregate.clone(), row.number, self.branch.clone());
        let needs = Needs::of([rule.reads()], WITHIN);
        let start = (State::empty(), &mut past);
        fold.witness(&self.store, &*domain, &needs, start, (0, row.version), &mut |_| Ok(true))?;
        Ok(past.by(&need))
    }
}
