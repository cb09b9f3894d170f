//! A walk along a branch's log: each event with the states around it, of however many aggregates.

use std::collections::HashMap;

use super::{Fold, Names, Seen};
use crate::domain::Domain;
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
    weight: usize,
}

/// The states of a branch's aggregates as a walk along its log has left them.
pub struct Along {
    branch: Branch,
    states: HashMap<i64, Stood>,
    bytes: usize,
    names: Names,
}

impl Along {
    /// A walk along a branch that begins wherever its first event stands.
    pub fn new(branch: Branch) -> Self {
        Self { branch, states: HashMap::new(), bytes: 0, names: Names::default() }
    }

    /// The whole event as it is read today, with the states before and after it. A rule that fails keeps the state.
    pub fn step(
        &mut self,
        store: &Store,
        domain: &Domain,
        raw: &RawEvent<'_>,
    ) -> Result<(Event, State, State)> {
        self.make_room();
        let stood = self.states.remove(&raw.aggregate);
        self.bytes -= stood.as_ref().map_or(0, |stood| stood.weight);
        let (aggregate, before) = match stood {
            Some(stood) if stood.version + 1 == raw.version => (stood.aggregate, stood.state),
            _ => {
                let aggregate = store.aggregate_of(raw.aggregate)?;
                let mut fold = Fold::new(aggregate.clone(), raw.aggregate, self.branch.clone());
                let range = (0, raw.version - 1);
                let seen = fold.fold(store, domain, State::empty().into(), range, &mut |_, _| Ok(true))?;
                (aggregate, seen.state)
            }
        };
        let event = self.names.stored(store, &aggregate, raw)?;
        let after = Seen::after(domain.into(), before.clone(), &event).state;
        let event = event.to_event();
        let weight = after.weight() + aggregate.kind.len() + aggregate.id.len();
        self.bytes += weight;
        let stood = Stood { version: raw.version, aggregate, state: after.clone(), weight };
        self.states.insert(raw.aggregate, stood);
        Ok((domain.as_read(event), before, after))
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
