//! One aggregate's events in another clock's order beside the log's: where the states part, and where they meet
//! again.

mod glance;

pub use glance::{Caused, Glance};

use std::collections::HashSet;

use memchr::memmem;
use serde::Deserialize;

use super::another::{Answer, Base, Deed, Fate, lacks};
use super::{Fold, Reducer};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Event, Recorded, Time, Unit, Version};
use crate::jq::{EventView, State};
use crate::store::{RawEvent, Store};

/// Events that lie no further apart are read on the way from one to the other.
const CLOSE: usize = 16;

/// Which clock puts the events in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The producer's: `occurred_at`.
    Occurred,
    /// The receiver's: `meta.received_at`, else `recorded_at`.
    Received,
    /// The store's: `recorded_at`.
    Recorded,
}

impl Order {
    /// What the clock says of an event.
    pub fn time(self, event: &RawEvent<'_>) -> Time {
        self.told(event).unwrap_or(event.recorded_at)
    }

    /// The same of a whole event.
    pub fn of(self, event: &Event) -> Time {
        match self {
            Self::Occurred => event.occurred_at,
            Self::Received => received_at(&event.meta).unwrap_or(event.recorded_at),
            Self::Recorded => event.recorded_at,
        }
    }

    /// The same, where the event itself has it.
    pub(super) fn told(self, event: &RawEvent<'_>) -> Option<Time> {
        match self {
            Self::Occurred => Some(event.occurred_at),
            Self::Received => received_at(event.meta),
            Self::Recorded => Some(event.recorded_at),
        }
    }
}

/// Two orders of the same events, side by side.
#[derive(Clone)]
pub struct Orders {
    /// The events' indexes in the other order, place by place.
    pub order: Vec<usize>,
    /// How many events stand at another place.
    pub moved: usize,
    /// The places, from 0, after which the two states differ.
    pub apart: Vec<usize>,
    /// The last state in the log's order.
    pub log: State,
    /// The last state in the other order.
    pub other: State,
    /// The events whose rule failed in the log's order, by their indexes, and why.
    pub log_errors: Vec<(usize, String)>,
    /// The same in the other order.
    pub other_errors: Vec<(usize, String)>,
    /// The other answer to the other order; `None` where no request can be decided again.
    pub requests: Option<Requests>,
}

/// The same requests in both orders.
#[derive(Clone)]
pub struct Requests {
    /// The last state in the log's order.
    pub log: State,
    /// The last state in the other order.
    pub other: State,
    /// Those that end otherwise in the other order than they are recorded, in that order.
    pub fates: Vec<Fate>,
    /// How many were decided again: all from the first event that stands elsewhere on.
    pub decided: usize,
    /// How many steps there are no requests for: their events were folded.
    pub folded: usize,
}

impl Orders {
    /// The first place after which the states differ.
    pub fn parts(&self) -> Option<usize> {
        self.apart.first().copied()
    }

    /// The place from which on the states are the same again to the end, where they had parted.
    pub fn meets(&self) -> Option<usize> {
        let last = *self.apart.last()?;
        (last + 1 < self.order.len()).then_some(last + 1)
    }
}

/// So many places are folded with their events at hand.
const CHUNK: usize = 4_096;

/// Folds events as they come, and once more in the order of their times; and decides the requests again in both orders, from
/// where they part. A failed rule keeps the last good state. `fetch` gets rising indexes of events and answers these events: of
/// a long history only a part is held at a time.
pub fn in_order(
    domain: &Domain,
    glance: &Glance,
    causes: &Caused,
    fetch: &mut dyn FnMut(&[usize]) -> Result<Vec<Event>>,
) -> Result<Orders> {
    let order = glance.order();
    let mut orders = Orders {
        moved: order.iter().enumerate().filter(|(place, index)| place != *index).count(),
        apart: Vec::new(),
        log: State::empty(),
        other: State::empty(),
        log_errors: Vec::new(),
        other_errors: Vec::new(),
        requests: None,
        order: Vec::new(),
    };
    // The requests are decided again from the first event on that stands elsewhere.
    let same = order.iter().enumerate().take_while(|(place, index)| place == *index).count();
    let (mut asked, mut other) = (None, None);
    for from in (0..order.len()).step_by(CHUNK) {
        let end = order.len().min(from + CHUNK);
        let mut wanted: Vec<usize> = (from..end).chain(order[from..end].iter().copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let events = fetch(&wanted)?;
        let event = |index: usize| wanted.binary_search(&index).ok().and_then(|at| events.get(at));
        for (place, &index) in order.iter().enumerate().take(end).skip(from) {
            let (Some(here), Some(there)) = (event(place), event(index)) else {
                return Err(Error::damaged("Events of a history are not where they were."));
            };
            if place == same {
                let track = || Asked::new(domain, glance, causes, same, &orders.log);
                asked = glance.commands.then(|| [track(), track()]);
            }
            orders.step(domain, &mut other, place, here, (there, index));
            if let Some([in_log, in_other]) = &mut asked {
                in_log.push(place, here);
                in_other.push(index, there);
            }
        }
    }
    orders.other = other.unwrap_or_else(|| orders.log.clone());
    orders.order = order;
    orders.requests = asked.and_then(Asked::both);
    Ok(orders)
}

impl Orders {
    /// The event of the log and the one of the other order at a place. `other` is the other order's state while that differs:
    /// as long as both are at the same event in the same state, one fold does for both.
    fn step(
        &mut self,
        domain: &Domain,
        other: &mut Option<State>,
        place: usize,
        here: &Event,
        (there, index): (&Event, usize),
    ) {
        if other.is_none() && index != place {
            *other = Some(self.log.clone());
        }
        let known = self.log_errors.len();
        step(domain, &mut self.log, (here, place, place), &mut self.log_errors);
        let Some(state) = other else {
            self.other_errors.extend_from_slice(&self.log_errors[known..]);
            return;
        };
        step(domain, state, (there, index, place), &mut self.other_errors);
        if *state == self.log {
            *other = None;
        } else {
            self.apart.push(place);
        }
    }
}

/// Applies an event at a place, which is its version there.
fn step(
    domain: &Domain,
    state: &mut State,
    (event, index, place): (&Event, usize, usize),
    errors: &mut Vec<(usize, String)>,
) {
    let view = EventView { version: place as Version + 1, ..domain.view(event) };
    let (after, error) = Reducer::from(domain).apply_or_keep(std::mem::take(state), &view);
    *state = after;
    errors.extend(error.map(|error| (index, error.message().to_owned())));
}

/// The requests of one order, as they are decided again one after the other.
struct Asked<'a> {
    domain: &'a Domain,
    glance: &'a Glance,
    causes: &'a Caused,
    base: Base,
    /// The events of the step that is not whole yet.
    pending: Vec<Event>,
    done: Vec<bool>,
    /// The events that did not come to be.
    lacking: HashSet<usize>,
    fates: Vec<Fate>,
    decided: usize,
    folded: usize,
}

impl<'a> Asked<'a> {
    fn new(domain: &'a Domain, glance: &'a Glance, causes: &'a Caused, same: usize, state: &State) -> Self {
        let done = (0..glance.times.len()).map(|index| index < same).collect();
        let base = Base { state: state.clone(), version: same as Version, last_at: None };
        let (pending, lacking, fates) = (Vec::new(), HashSet::new(), Vec::new());
        Self { domain, glance, causes, base, pending, done, lacking, fates, decided: 0, folded: 0 }
    }

    /// The next event of the order.
    fn push(&mut self, index: usize, event: &Event) {
        self.pending.push(event.clone());
        let firsts = &self.glance.firsts;
        let first = firsts[index];
        if firsts.get(index + 1) == Some(&first) {
            return;
        }
        let events = std::mem::take(&mut self.pending);
        let unit = Unit { command: Recorded::of(&events[0].meta), events };
        let deed = Deed::new(self.domain.into(), &unit, Vec::new());
        let missing = self.causes.get(&first).and_then(|causes| {
            let cause = causes.iter().find(|cause| !self.done[**cause] || self.lacking.contains(*cause))?;
            Some(lacks(unit.aggregate(), *cause as Version + 1, self.done[*cause]))
        });
        *(if deed.is_request() { &mut self.decided } else { &mut self.folded }) += 1;
        let how = deed.take(Answer::Requests, &mut self.base, missing).how;
        for part in 0..unit.events.len() {
            self.done[first + part] = true;
            if !deed.brings(&how, part) {
                self.lacking.insert(first + part);
            }
        }
        if !how.is_as_recorded() {
            self.fates.push(deed.fate(how));
        }
    }

    /// What the log's order and the other one come to.
    fn both([log, other]: [Self; 2]) -> Option<Requests> {
        let Self { base, fates, decided, folded, .. } = other;
        let requests = Requests { log: log.base.state, other: base.state, fates, decided, folded };
        (decided > 0).then_some(requests)
    }
}

/// Events by their indexes, which rise: those that lie close together are read at once.
pub fn fetch(store: &Store, fold: &mut Fold, wanted: &[usize]) -> Result<Vec<Event>> {
    let (mut events, mut at) = (Vec::with_capacity(wanted.len()), 0);
    while at < wanted.len() {
        let mut end = at + 1;
        while end < wanted.len() && wanted[end] - wanted[end - 1] <= CLOSE {
            end += 1;
        }
        let (first, last) = (wanted[at] as Version, wanted[end - 1] as Version);
        let mut left = wanted[at..end].iter().peekable();
        fold.pass(store, (first, last + 1), &mut |event| {
            if left.next_if(|index| **index as Version == event.raw.version - 1).is_some() {
                events.push(event.to_event());
            }
            Ok(true)
        })?;
        at = end;
    }
    Ok(events)
}

fn received_at(meta: &str) -> Option<Time> {
    #[derive(Deserialize)]
    struct Received {
        received_at: Option<String>,
    }
    memmem::find(meta.as_bytes(), b"\"received_at\"")?;
    Time::parse(&serde_json::from_str::<Received>(meta).ok()?.received_at?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AggregateId, Hash};

    const DOMAIN: &str = r#"
        [domain]
        name = "notes"
        [aggregate.Note.event.Set]
        apply = '.value = $data.value'
        [aggregate.Note.event.Added]
        apply = '.sum += 1'
        [aggregate.Note.event.Closed]
        apply = 'if .value then .closed = true else error("nothing to close") end'
    "#;

    fn events(kinds: &[(&str, i64)]) -> (Vec<Event>, Vec<i64>) {
        let event = |(index, &(kind, _)): (usize, &(&str, i64))| Event {
            position: index as i64 + 1,
            branch: "main".to_owned(),
            aggregate: AggregateId::new("Note", "1"),
            version: index as i64 + 1,
            kind: kind.to_owned(),
            occurred_at: Time(0),
            recorded_at: Time(0),
            data: format!(r#"{{"value":{index}}}"#),
            meta: "{}".to_owned(),
            parent: None,
            hash: Hash([0; 32]),
        };
        (kinds.iter().enumerate().map(event).collect(), kinds.iter().map(|&(_, time)| time).collect())
    }

    fn orders(kinds: &[(&str, i64)]) -> Orders {
        let domain = Domain::parse("notes", DOMAIN).unwrap();
        let (events, times) = events(kinds);
        let mut glance = Glance::default();
        (glance.firsts, glance.times) = ((0..times.len()).collect(), times);
        let mut fetch =
            |wanted: &[usize]| Ok(wanted.iter().map(|&index| events[index].clone()).collect::<Vec<_>>());
        in_order(&domain, &glance, &Caused::new(), &mut fetch).unwrap()
    }

    #[test]
    fn the_same_order_never_parts() {
        let orders = orders(&[("Set", 1), ("Added", 1), ("Set", 2)]);
        assert_eq!((&orders.order[..], orders.moved, orders.parts()), (&[0, 1, 2][..], 0, None));
        assert!(orders.log == orders.other);
    }

    #[test]
    fn two_writers_of_one_field_part_and_stay_apart() {
        let orders = orders(&[("Added", 1), ("Set", 3), ("Set", 2), ("Added", 4)]);
        assert_eq!((&orders.order[..], orders.moved), (&[0, 2, 1, 3][..], 2));
        assert_eq!((orders.parts(), orders.meets()), (Some(1), None));
        assert_eq!(orders.log.to_json().unwrap(), r#"{"sum":2,"value":2}"#);
        assert_eq!(orders.other.to_json().unwrap(), r#"{"sum":2,"value":1}"#);
    }

    #[test]
    fn events_that_do_not_touch_each_other_meet_again() {
        let orders = orders(&[("Set", 2), ("Added", 1), ("Added", 3)]);
        assert_eq!((orders.parts(), orders.meets()), (Some(0), Some(1)));
    }

    #[test]
    fn a_rule_that_fails_in_the_other_order_only_is_named() {
        let orders = orders(&[("Set", 2), ("Closed", 1)]);
        assert_eq!(orders.log_errors, []);
        assert_eq!(orders.other_errors[0].0, 1);
        assert_eq!((orders.parts(), orders.meets()), (Some(0), None));
    }
}
