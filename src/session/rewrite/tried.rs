//! What a list of events comes to, and the list that there was, by a set of rules and with both answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::{Judge, Session};
use super::{Ends, Final, Rewrite};
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Recorded, Unit, units};
use crate::history::todo::{self, Step};
use crate::jq::State;
use crate::replay::another::{Answer, Base, Bases, Deed, Deeds, Ended, Fate, causes};
use crate::replay::{Fold, Reducer};
use crate::store::Branch;

/// So many events of one command are looked for before one of them.
const MOST_PARTS: i64 = 1_000;

impl Session {
    /// The events, right before the first one that does not stay, of the command that goes on with it: it is asked for again as a
    /// whole.
    pub(super) fn cut(&self, line: &Branch, rewrite: &Rewrite, shared: usize) -> Result<Vec<Event>> {
        let Some(next) = rewrite.events.get(shared) else { return Ok(Vec::new()) };
        let part = Recorded::of(&next.meta).and_then(|told| i64::try_from(told.part).ok()).unwrap_or(1);
        let mut events = Vec::new();
        if (2..=MOST_PARTS.min(next.position)).contains(&part) {
            let before = (next.position + 1 - part, next.position - 1);
            self.store.events_between(line, before, false, &mut |raw| {
                events.push(self.store.whole(raw)?);
                Ok(true)
            })?;
        }
        let with_next = units(events.iter().chain([next]).cloned().collect());
        Ok(if with_next.len() == 1 { events } else { Vec::new() })
    }

    /// Both lists by a set of rules, with both answers.
    pub(super) fn tried(&self, line: &Branch, rules: Reducer<'_>, lists: &Lists) -> Result<Tried> {
        let aggregates = |units: &[Vec<Unit>; 2]| -> BTreeSet<AggregateId> {
            units.iter().flatten().map(|unit| unit.aggregate().clone()).collect()
        };
        let bases = self.bases(line, lists.fork, rules, &aggregates(&lists.events))?;
        let is_request = |unit: &Unit| Deed::new(rules, unit, Vec::new()).is_request();
        let asked = [0, 1].map(|at| todo::requested(&lists.tail, &lists.asked[at], &is_request));
        let asked_of = self.bases(line, lists.asked_from, rules, &aggregates(&asked))?;
        let mut tried = Tried::default();
        for (at, (units, asked)) in lists.events.iter().zip(&asked).enumerate() {
            let deeds = Deeds::new(rules, units, Vec::new());
            let mut states = bases.clone();
            let went = deeds.take_all(&all(&deeds), Answer::Events, &mut states);
            tried.ended[at] = went.into_iter().flat_map(|went| went.events).collect();
            tried.refused[at] = refused(units, &tried.ended[at]);
            tried.events[at] = values(states)?;
            let deeds = Deeds::new(rules, asked, causes(&self.store, line, asked)?);
            tried.decides |= deeds.requests() > 0;
            let mut states = asked_of.clone();
            let went = deeds.take_all(&all(&deeds), Answer::Requests, &mut states);
            tried.requests[at] = values(states)?;
            if at == 1 {
                tried.fates = deeds.iter().zip(went).map(|(deed, went)| deed.fate(went.how)).collect();
                tried.reads = deeds.reads_of_place();
            }
        }
        Ok(tried)
    }

    /// Where aggregates stood on a branch right after a position, by a set of rules.
    pub(in crate::session) fn bases(
        &self,
        line: &Branch,
        fork: Position,
        rules: Reducer<'_>,
        aggregates: &BTreeSet<AggregateId>,
    ) -> Result<Bases> {
        let store = &self.store;
        let mut bases = Bases::new();
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

/// The original list and the new one, from the first change on.
pub(super) struct Lists {
    pub events: [Vec<Unit>; 2],
    /// The position behind which these begin.
    pub fork: Position,
    /// The steps of the requests, over the events of `tail`: they begin with the command that the first change cuts.
    pub asked: [Vec<Step>; 2],
    pub asked_from: Position,
    pub tail: Vec<Event>,
}

/// The steps from the first change on, behind the events of the command that it cuts.
pub(super) fn behind(cut: &[Event], steps: &[Step], shared: usize) -> Vec<Step> {
    let place = |index: &usize| index - shared + cut.len();
    let moved = |step: &Step| match step {
        Step::Pick(index) => Step::Pick(place(index)),
        Step::Change(index, new) => Step::Change(place(index), new.clone()),
        Step::Insert(new) => Step::Insert(new.clone()),
    };
    (0..cut.len()).map(Step::Pick).chain(steps.iter().map(moved)).collect()
}

fn all(deeds: &Deeds<'_>) -> Vec<usize> {
    (0..deeds.len()).collect()
}

/// What a set of rules makes of the original list, and of the new one.
#[derive(Default)]
pub(super) struct Tried {
    events: [BTreeMap<AggregateId, Value>; 2],
    requests: [BTreeMap<AggregateId, Value>; 2],
    /// Whether any request was decided again.
    decides: bool,
    pub ended: [Vec<Ended>; 2],
    /// The first event of each aggregate that the rules refuse, and why.
    refused: [BTreeMap<AggregateId, String>; 2],
    pub fates: Vec<Fate>,
    pub reads: Vec<String>,
}

impl Tried {
    fn ends(
        &self,
        other: Option<&Self>,
        aggregate: &AggregateId,
        of: fn(&Self) -> &[BTreeMap<AggregateId, Value>; 2],
    ) -> Ends {
        let end = |tried: &Self, at: usize| of(tried)[at].get(aggregate).cloned().unwrap_or(Value::Null);
        Ends {
            original: end(self, 0),
            rewritten: end(self, 1),
            original_by_other: other.map(|other| end(other, 0)),
            rewritten_by_other: other.map(|other| end(other, 1)),
        }
    }
}

pub(super) fn finals(tried: &Tried, by_other: Option<&Tried>, other: Option<Judge<'_>>) -> Vec<Final> {
    let one = |aggregate: &AggregateId| {
        let refused = by_other.map_or_else(Vec::new, |by_other| {
            let orders = ["original order", "new order"].into_iter().zip(&by_other.refused);
            let said = |(order, refused): (_, &BTreeMap<_, String>)| {
                Some(format!("{order}, {}", refused.get(aggregate)?))
            };
            orders.filter_map(said).collect()
        });
        let decides = tried.decides || by_other.is_some_and(|other| other.decides);
        Final {
            aggregate: aggregate.clone(),
            events: tried.ends(by_other, aggregate, |tried| &tried.events),
            requests: decides.then(|| tried.ends(by_other, aggregate, |tried| &tried.requests)),
            refused_by_other: refused,
            unverified: other.is_some_and(|other| other.is_unverified(&aggregate.kind)),
        }
    };
    tried.events[0].keys().map(one).collect()
}

pub(in crate::session) fn values(bases: Bases) -> Result<BTreeMap<AggregateId, Value>> {
    bases.into_iter().map(|(aggregate, base)| Ok((aggregate, base.state.to_value()?))).collect()
}

/// The first event of each aggregate that rules refuse, and why.
fn refused(units: &[Unit], ended: &[Ended]) -> BTreeMap<AggregateId, String> {
    let mut refused = BTreeMap::new();
    for (event, ended) in units.iter().flat_map(|unit| &unit.events).zip(ended) {
        if let Some(why) = &ended.error {
            let said = || format!("{} v{}: {why}", event.kind, ended.version);
            refused.entry(event.aggregate.clone()).or_insert_with(said);
        }
    }
    refused
}
