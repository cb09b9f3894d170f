//! A walk along a branch's log: each event with the states around it, of however many aggregates.

use std::collections::HashMap;

use super::{Fold, Names, Needs, Past, Seen};
use crate::domain::{Domain, Known, Moment};
use crate::error::Result;
use crate::event::{AggregateId, Event, Version};
use crate::jq::State;
use crate::store::{Branch, RawEvent, Store};

/// How many aggregates' states are at hand, and how many bytes of them; the others are folded again when their turn
/// comes.
const KEPT: usize = 20_000;
const BYTES: usize = 12 << 20;

/// An aggregate as the walk has left it.
struct Stood {
    version: Version,
    aggregate: AggregateId,
    state: State,
    past: Past,
    weight: usize,
}

/// An event on the way, as it is read today, and what stands around it.
pub struct Stepped {
    /// The event.
    pub event: Event,
    /// The state before it.
    pub before: State,
    /// The state after it; the same where its rule failed.
    pub after: State,
    /// What else the rules of the domain about events read.
    pub known: Known,
}

impl Stepped {
    /// What rules see of it.
    pub fn moment<'a>(&'a self, domain: &'a Domain) -> Moment<'a> {
        Moment::new(domain, &self.event, &self.before, &self.after).knowing(self.known.clone())
    }
}

/// The states of a branch's aggregates as a walk along its log has left them.
pub struct Along {
    branch: Branch,
    states: HashMap<i64, Stood>,
    bytes: usize,
    names: Names,
    /// What the domain's rules read of events; looked up at the first one.
    needs: Option<Needs>,
}

impl Along {
    /// A walk along a branch that begins wherever its first event stands.
    pub fn new(branch: Branch) -> Self {
        Self { branch, states: HashMap::new(), bytes: 0, names: Names::default(), needs: None }
    }

    /// The next event. A rule that fails keeps the state.
    pub fn step(&mut self, store: &Store, domain: &Domain, raw: &RawEvent<'_>) -> Result<Stepped> {
        self.make_room();
        let Self { branch, states, bytes, names, needs } = self;
        let needs = needs.get_or_insert_with(|| Needs::of_rules(domain));
        let stood = states.remove(&raw.aggregate);
        *bytes -= stood.as_ref().map_or(0, |stood| stood.weight);
        let (aggregate, before, mut past) = match stood {
            Some(stood) if stood.version + 1 == raw.version => (stood.aggregate, stood.state, stood.past),
            _ => {
                let aggregate = store.aggregate_of(raw.aggregate)?;
                let mut fold = Fold::new(aggregate.clone(), raw.aggregate, branch.clone());
                let (range, mut past) = ((0, raw.version - 1), Past::default());
                let start = (State::empty(), &mut past);
                let needs = needs.clone().of_states();
                let state = fold.witness(store, domain, &needs, start, range, &mut |_| Ok(true))?;
                (aggregate, state, past)
            }
        };
        let event = names.stored(store, &aggregate, raw)?;
        let seen = Seen::after(domain.into(), before.clone(), &event);
        let nothing = State::null();
        let around = (if raw.version == 1 { &nothing } else { &before }, &seen);
        let known = past.next((store, branch), domain.into(), needs, &event, around)?;
        let event = event.to_event();
        let after = seen.state;
        let weight = after.weight() + past.bytes() + aggregate.kind.len() + aggregate.id.len();
        *bytes += weight;
        let stood = Stood { version: raw.version, aggregate, state: after.clone(), past, weight };
        states.insert(raw.aggregate, stood);
        Ok(Stepped { event: domain.as_read(event), before, after, known })
    }

    /// Half of what is at hand goes, whichever: to fold it again costs little beside a walk along the log.
    fn make_room(&mut self) {
        if self.states.len() >= KEPT || self.bytes > BYTES {
            let mut keep = false;
            self.states.retain(|_, _| {
                keep = !keep;
                keep
            });
            self.bytes = self.states.values().map(|stood| stood.weight).sum();
        }
    }
}
