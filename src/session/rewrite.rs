//! Rewriting history: another order, other events, as a new branch; and what state that gives, by one set of
//! rules or two.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Judge, Point, Session};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, NewEvent, Position};
use crate::history::todo::{self, Step};
use crate::journal;
use crate::jq::State;
use crate::replay::rewrite::{Base, Ended, Folded, fold};
use crate::replay::{Change, Fold, Reducer, diff};
use crate::store::Branch;

/// How many events a rewrite takes at most: they are all in memory, and in a list for a person.
const MOST: usize = 200_000;

/// The events that a rewrite is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The branch.
    pub branch: String,
    /// The events from the chosen one on, oldest first.
    pub events: Vec<Event>,
}

/// What a rewrite leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewritten {
    /// The new branch, where one was made.
    pub branch: Option<String>,
    /// The position behind which the histories part.
    pub fork_position: Position,
    /// The events of the new order from there on, and how each ends.
    pub events: Vec<(NewEvent, Ended)>,
    /// How each event of the original order from there on ended.
    pub were: Vec<Ended>,
    /// The aggregates in question and their states at the end.
    pub finals: Vec<Final>,
}

/// An aggregate's state at the end: the original order against the new one, by the rules in use and by others.
#[derive(Clone, Debug, PartialEq)]
pub struct Final {
    /// Which one.
    pub aggregate: AggregateId,
    /// Original order, rules in use.
    pub original: Value,
    /// New order, rules in use.
    pub rewritten: Value,
    /// Original order, other rules.
    pub original_by_other: Option<Value>,
    /// New order, other rules.
    pub rewritten_by_other: Option<Value>,
    /// The first event that the other rules refuse in either order, and why: their states lack it.
    pub refused_by_other: Vec<String>,
    /// Whether the other rules are a program outside: nobody can verify what it makes.
    pub unverified: bool,
}

/// What makes the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Neither.
    Nothing,
    /// The order alone.
    Order,
    /// The rules alone.
    Rules,
    /// Each of them.
    Both,
}

impl Blame {
    /// The same in words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Nothing => "the same",
            Self::Order => "the order makes the difference",
            Self::Rules => "the rules make the difference",
            Self::Both => "the order and the rules make a difference",
        }
    }
}

impl Final {
    /// What differs between the original order and the new one, by the rules in use.
    pub fn changes(&self) -> Vec<Change> {
        diff(&self.original, &self.rewritten)
    }

    /// Whether the order, or the rules, or both lead to another state.
    pub fn blame(&self) -> Blame {
        let by_other = self.original_by_other.as_ref().is_some_and(|other| *other != self.original);
        match (self.rewritten != self.original, by_other) {
            (false, false) => Blame::Nothing,
            (true, false) => Blame::Order,
            (false, true) => Blame::Rules,
            (true, true) => Blame::Both,
        }
    }
}

impl Session {
    /// The events of a branch from a point on: all of them, or with `only` those of one aggregate.
    pub fn rewrite_from(
        &mut self,
        branch: &str,
        from: &Point,
        only: Option<&AggregateId>,
    ) -> Result<Rewrite> {
        let position = self.position_of(from)?.max(1);
        let line = self.store.branch(branch)?;
        let row = match only {
            Some(only) => Some(
                self.store
                    .aggregate_row(only)?
                    .ok_or_else(|| Error::refused(format!("There is no {only}.")))?,
            ),
            None => None,
        };
        let mut events = Vec::new();
        self.store.events_between(&line, (position, Position::MAX), false, &mut |raw| {
            if row.is_none_or(|row| row == raw.aggregate) {
                if events.len() == MOST {
                    return Err(Error::refused(format!("More than {MOST} events follow that point."))
                        .hint("Start later, or name one aggregate: --only TYPE/ID."));
                }
                events.push(self.store.whole(raw)?);
            }
            Ok(true)
        })?;
        if events.is_empty() {
            return Err(Error::refused("No event follows that point: there is nothing to rewrite."));
        }
        Ok(Rewrite { branch: branch.to_owned(), events })
    }

    /// What a todo list leads to, and with a name for the new branch, that branch.
    pub fn rewrite(
        &mut self,
        rewrite: &Rewrite,
        steps: &[Step],
        other: Option<&Domain>,
        name: Option<&str>,
        actor: &str,
    ) -> Result<Rewritten> {
        self.rewrite_by(rewrite, steps, other.map(|domain| Judge { domain, programs: None }), name, actor)
    }

    /// The same, where the other rules may be programs outside.
    pub fn rewrite_by(
        &mut self,
        rewrite: &Rewrite,
        steps: &[Step],
        other: Option<Judge<'_>>,
        name: Option<&str>,
        actor: &str,
    ) -> Result<Rewritten> {
        let (by, domain) = (self.by(actor), self.domain()?);
        let line = self.store.branch(&rewrite.branch)?;
        let shared = todo::unchanged(steps);
        if shared == steps.len() && shared == rewrite.events.len() {
            return Err(Error::refused("The list leaves everything as it was: there is nothing to rewrite."));
        }
        let fork = match shared {
            0 => rewrite.events[0].position - 1,
            shared => rewrite.events[shared - 1].position,
        };
        let everything: Vec<_> = (0..rewrite.events.len()).map(Step::Pick).collect();
        let originals = journal::planned(&rewrite.events, &everything[shared..]);
        let planned = journal::planned(&rewrite.events, &steps[shared..]);
        let aggregates = originals.iter().chain(&planned).map(|event| event.aggregate.clone()).collect();
        let both = |rules: Reducer<'_>| {
            let bases = self.bases(&line, fork, rules, &aggregates)?;
            Ok::<_, Error>((fold(rules, &originals, bases.clone())?, fold(rules, &planned, bases)?))
        };
        let (original, new) = both(Reducer::from(&*domain))?;
        let by_other = other.map(|other| {
            let folded = both(other.reducer()?);
            other.given_up().and(folded)
        });
        let by_other = by_other.transpose()?;
        let state = |folded: &Folded, aggregate| folded.states.get(aggregate).cloned().unwrap_or(Value::Null);
        let finals = aggregates.iter().map(|aggregate| Final {
            aggregate: aggregate.clone(),
            original: state(&original, aggregate),
            rewritten: state(&new, aggregate),
            original_by_other: by_other.as_ref().map(|other| state(&other.0, aggregate)),
            rewritten_by_other: by_other.as_ref().map(|other| state(&other.1, aggregate)),
            refused_by_other: by_other.as_ref().map_or_else(Vec::new, |(one, two)| {
                let orders = [("original order", &originals, one), ("new order", &planned, two)];
                orders
                    .into_iter()
                    .filter_map(|(order, events, folded)| {
                        Some(format!("{order}, {}", refused(aggregate, events, folded)?))
                    })
                    .collect()
            }),
            unverified: other.is_some_and(|other| other.is_unverified(&aggregate.kind)),
        });
        let finals = finals.collect();
        let branch = match name {
            Some(name) => {
                let events = planned.clone();
                journal::rewrite(&self.store, &mut self.rules, &line, fork, name, events, &by)?;
                Some(name.to_owned())
            }
            None => None,
        };
        let events = planned.into_iter().zip(new.ended).collect();
        Ok(Rewritten { branch, fork_position: fork, events, were: original.ended, finals })
    }

    /// Where aggregates stood on a branch right after a position, by a set of rules.
    fn bases(
        &self,
        line: &Branch,
        fork: Position,
        rules: Reducer<'_>,
        aggregates: &BTreeSet<AggregateId>,
    ) -> Result<BTreeMap<AggregateId, Base>> {
        let store = &self.store;
        let mut bases = BTreeMap::new();
        for aggregate in aggregates {
            let Some(row) = store.aggregate_row(aggregate)? else { continue };
            let version = store.version_at(line, row, fork)?;
            let Some(last) = store.event_of(line, row, version)? else { continue };
            let mut fold = Fold::new(aggregate.clone(), row, line.clone());
            // What stands in for rules is not asked twice.
            if rules.outside(&aggregate.kind).is_some() {
                fold.carefully();
            }
            let seen = fold.fold(store, rules, State::empty().into(), (0, version), &mut |_, _| Ok(true))?;
            let base = Base { state: seen.state, version, last_at: Some(last.occurred_at) };
            bases.insert(aggregate.clone(), base);
        }
        Ok(bases)
    }
}

/// The first event of an aggregate that the rules of a fold refuse, and why.
fn refused(aggregate: &AggregateId, events: &[NewEvent], folded: &Folded) -> Option<String> {
    let own = events.iter().zip(&folded.ended).filter(|(event, _)| event.aggregate == *aggregate);
    own.into_iter().find_map(|(event, ended)| {
        ended.error.as_ref().map(|why| format!("{} v{}: {why}", event.kind, ended.version))
    })
}
