//! All permutations, one by one: the plain fold, and what the rules of commands say.

use backstory::domain::{Asking, Domain};
use backstory::event::{AggregateId, Event, Unit, actor_of, seen_of};
use backstory::jq::State;
use backstory::replay::Reducer;
use backstory::replay::another::Bases;
use serde_json::{Map, Value};

use super::Window;

/// An end, and how many orders lead there.
#[derive(Clone)]
pub struct End {
    pub events: Vec<State>,
    pub requests: Vec<State>,
    pub breaks: [bool; 2],
    pub orders: u128,
    pub swaps: usize,
}

/// What a command comes to on a state: types and data of events; nothing where it refuses.
pub fn asked(
    domain: &Domain,
    bases: &Bases,
    id: &str,
    (name, params): (&str, &Map<String, Value>),
    meta: &Value,
) -> Option<Vec<(String, Value)>> {
    let aggregate = AggregateId::new("Box", id);
    let base = bases.get(&aggregate).cloned().unwrap_or_default();
    let command = &domain.aggregate("Box")?.commands[name];
    let mut meta = meta.as_object()?.clone();
    meta.shift_remove("command");
    let now = backstory::event::Time(0);
    let asking = Asking { aggregate: &aggregate, branch: "main", params, meta: &meta, now };
    let (_, events) = command.decide(domain, &asking, &base.state, base.version).ok()?;
    Some(events.into_iter().map(|event| (event.kind, serde_json::from_str(&event.data).unwrap())).collect())
}

/// Where an order has come to.
#[derive(Clone)]
struct Now {
    events: Bases,
    requests: Bases,
    /// The events, by step and part, that did not come to be.
    lacking: Vec<(usize, usize)>,
    breaks: [bool; 2],
}

/// A window, with what holds.
pub struct Plain<'a> {
    domain: &'a Domain,
    window: &'a Window,
    holds: fn(&[&State]) -> bool,
    names: Vec<AggregateId>,
}

impl<'a> Plain<'a> {
    pub fn new(domain: &'a Domain, window: &'a Window, holds: fn(&[&State]) -> bool) -> Self {
        let mut names: Vec<_> = window.bases.keys().cloned().collect();
        names.extend(window.units.iter().map(|unit| unit.aggregate().clone()));
        names.sort();
        names.dedup();
        Self { domain, window, holds, names }
    }

    fn start(&self) -> Now {
        let bases = self.window.bases.clone();
        Now { events: bases.clone(), requests: bases, lacking: Vec::new(), breaks: [false; 2] }
    }

    /// Every end of every order that keeps what is kept.
    pub fn all(&self) -> Vec<End> {
        let mut ends = Vec::new();
        self.permute(&mut Vec::new(), &self.start(), &mut ends);
        ends
    }

    /// The end of one order.
    pub fn one(&self, order: &[usize]) -> End {
        let (mut now, mut done) = (self.start(), Vec::new());
        for step in order {
            self.step(&mut now, &done, *step);
            done.push(*step);
        }
        self.end(&now, order)
    }

    fn permute(&self, done: &mut Vec<usize>, now: &Now, ends: &mut Vec<End>) {
        let count = self.window.units.len();
        if done.len() == count {
            let end = self.end(now, done);
            let same = |other: &&mut End| {
                other.events == end.events && other.requests == end.requests && other.breaks == end.breaks
            };
            match ends.iter_mut().find(same) {
                Some(known) => (known.orders, known.swaps) = (known.orders + 1, known.swaps.min(end.swaps)),
                None => ends.push(end),
            }
            return;
        }
        for step in 0..count {
            if done.contains(&step)
                || (0..step).any(|early| !done.contains(&early) && self.stays(early, step))
            {
                continue;
            }
            let mut next = now.clone();
            self.step(&mut next, done, step);
            done.push(step);
            self.permute(done, &next, ends);
            done.pop();
        }
    }

    /// Whether an earlier step stays before a later one.
    fn stays(&self, early: usize, late: usize) -> bool {
        let (keep, units) = (self.window.keep, &self.window.units);
        let meta = |step: usize| &units[step].events[0].meta;
        let actor = keep.actor && actor_of(meta(early)) == actor_of(meta(late));
        let cause = keep.cause && self.window.causes[late].iter().any(|cause| cause.deed == early);
        let last = units[early].events.last().unwrap();
        let seen = seen_of(meta(late)).get(&last.aggregate).is_some_and(|seen| last.version <= *seen);
        actor || cause || keep.seen && seen
    }

    fn end(&self, now: &Now, order: &[usize]) -> End {
        let states = |bases: &Bases| {
            let state = |name| bases.get(name).cloned().unwrap_or_default().state;
            self.names.iter().map(state).collect::<Vec<_>>()
        };
        let behind = |at: usize| order[at + 1..].iter().filter(|later| **later < order[at]).count();
        let swaps = (0..order.len()).map(behind).sum();
        End {
            events: states(&now.events),
            requests: states(&now.requests),
            breaks: now.breaks,
            orders: 1,
            swaps,
        }
    }

    fn step(&self, now: &mut Now, done: &[usize], step: usize) {
        let unit = &self.window.units[step];
        for event in &unit.events {
            self.fold(&mut now.events, event);
        }
        self.request(now, done, step, unit);
        for (breaks, bases) in now.breaks.iter_mut().zip([&now.events, &now.requests]) {
            let states: Vec<State> =
                self.names.iter().map(|name| bases.get(name).cloned().unwrap_or_default().state).collect();
            *breaks |= !(self.holds)(&states.iter().collect::<Vec<_>>());
        }
    }

    /// Whether the rule failed.
    fn fold(&self, bases: &mut Bases, event: &Event) -> bool {
        let base = bases.entry(event.aggregate.clone()).or_default();
        let event = Event { version: base.version + 1, ..event.clone() };
        let (state, error) = Reducer::from(self.domain).take(base.state.clone(), &event);
        (base.state, base.version) = (state, event.version);
        error.is_some()
    }

    fn request(&self, now: &mut Now, done: &[usize], step: usize, unit: &Unit) {
        let Some(command) = unit.command.as_ref().filter(|command| command.of == unit.events.len() as u64)
        else {
            for event in &unit.events {
                self.fold(&mut now.requests, event);
            }
            return;
        };
        let causes = &self.window.causes[step];
        let there = |deed: usize, part: usize| done.contains(&deed) && !now.lacking.contains(&(deed, part));
        let made = causes.iter().all(|cause| there(cause.deed, cause.part));
        let meta: Value = serde_json::from_str(&unit.events[0].meta).unwrap();
        let id = &unit.aggregate().id;
        let answer = made
            .then(|| asked(self.domain, &now.requests, id, (&command.name, &command.params), &meta))
            .flatten()
            .unwrap_or_default();
        let before = now.requests.clone();
        let mut kinds: Vec<String> = Vec::new();
        for (part, (kind, data)) in answer.into_iter().enumerate() {
            let stand = &unit.events[part.min(unit.events.len() - 1)];
            let event = Event { kind: kind.clone(), data: data.to_string(), ..stand.clone() };
            kinds.push(kind);
            if self.fold(&mut now.requests, &event) {
                now.requests = before;
                kinds.clear();
                break;
            }
        }
        for (part, event) in unit.events.iter().enumerate() {
            let wanted = unit.events[..=part].iter().filter(|other| other.kind == event.kind).count();
            if kinds.iter().filter(|kind| **kind == event.kind).count() < wanted {
                now.lacking.push((step, part));
            }
        }
    }
}
