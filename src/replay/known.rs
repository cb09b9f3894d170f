//! What the rules of a domain see of one event beside its states, where no walk has passed it: worked out from the events
//! of its aggregate before it. A domain whose rules read none of that costs nothing.

use std::collections::HashMap;

use super::fold::{Fold, Seen, Stored};
use super::needs::{Needs, WITHIN};
use super::past::{Past, Shown};
use crate::domain::{Domain, Known};
use crate::error::Result;
use crate::event::{Event, Version};
use crate::jq::State;
use crate::store::{Branch, RawEvent, Store};

impl Needs {
    /// What the rules of a domain about events read.
    pub fn of_rules(domain: &Domain) -> Self {
        Self::of(domain.event_reads(), WITHIN)
    }
}

/// So many aggregates are remembered.
const AGGREGATES: usize = 1_024;

/// What the rules of a domain see of events, one after the other; where it has come in an aggregate is remembered.
#[derive(Default)]
pub struct Knowing {
    needs: Option<Needs>,
    aggregates: HashMap<i64, (Version, State, Past)>,
}

impl Knowing {
    /// What is to be known of an event. Those before it are in the store, but for some that are not written.
    pub fn of(
        &mut self,
        (store, branch): (&Store, &Branch),
        domain: &Domain,
        event: &Event,
        unwritten: &[Event],
    ) -> Result<Known> {
        let needs = self.needs.get_or_insert_with(|| Needs::of_rules(domain));
        if needs.is_plain() {
            return Ok(Known::default());
        }
        let row = store.aggregate_row(&event.aggregate)?.unwrap_or_default();
        let known = self.aggregates.remove(&row).filter(|(version, ..)| row > 0 && *version < event.version);
        let (from, state, mut past) = known.unwrap_or_else(|| (0, State::empty(), Past::default()));
        let mut fold = Fold::new(event.aggregate.clone(), row, branch.clone());
        let (mut found, mut last) = (Known::default(), from);
        let start = (state, &mut past);
        let needs = &*needs;
        let mut state =
            fold.witness(store, domain, needs, start, (from, event.version), &mut |shown: Shown<'_>| {
                last = shown.event.raw.version;
                found = shown.known;
                Ok(true)
            })?;
        if last == event.version {
            if self.aggregates.len() >= AGGREGATES {
                self.aggregates.clear();
            }
            self.aggregates.insert(row, (last, state, past));
            return Ok(found);
        }
        let behind = |other: &&Event| other.aggregate == event.aggregate && other.version <= event.version;
        for other in unwritten.iter().filter(behind).filter(|other| other.version > last) {
            let raw = raw(other, row);
            let (aggregate, name, branch_name) = (&other.aggregate, &other.kind, &other.branch);
            let stored = Stored { raw: &raw, aggregate, event: name, branch: branch_name };
            let seen = Seen::after(domain.into(), state.clone(), &stored);
            found = past.next((store, branch), domain.into(), needs, &stored, (&state, &seen))?;
            state = seen.state;
        }
        Ok(found)
    }
}

fn raw(event: &Event, aggregate: i64) -> RawEvent<'_> {
    RawEvent {
        position: event.position,
        branch: 0,
        aggregate,
        version: event.version,
        kind: 0,
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
        data: &event.data,
        meta: &event.meta,
        parent: event.parent,
        hash: event.hash,
    }
}
