//! An aggregate replayed in another clock's order beside the log's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Point, Session};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position, Time, Version};
use crate::jq::State;
pub use crate::replay::Order;
use crate::replay::another::{Fate, reads_of_place};
use crate::replay::order::Requests;
use crate::replay::{Change, Fold, Glance, diff, fetch, in_order};

/// What is told of an event that stands in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderEvent {
    /// Its version.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
    /// The event type, as it is called today.
    pub kind: Arc<str>,
    /// When it happened.
    pub occurred_at: Time,
    /// What the clock says of it.
    pub time: Time,
    /// Its hash.
    pub hash: Hash,
}

/// A place in the two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPlace<'a> {
    /// The event that stands here in the log.
    pub log: &'a OrderEvent,
    /// The event that stands here by the clock.
    pub other: &'a OrderEvent,
    /// Whether the states after it differ.
    pub apart: bool,
}

/// An aggregate in two orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// The branch it was read on.
    pub branch: String,
    /// The events in the log's order.
    events: Vec<OrderEvent>,
    /// The indexes of the events in the other order.
    order: Vec<usize>,
    /// The places after which the states differ, rising.
    apart: Vec<usize>,
    /// How many events stand at another place.
    pub moved: usize,
    /// The first place, from 0, after which the states differ.
    pub parts: Option<usize>,
    /// The place from which on they are the same again to the end, where they had parted.
    pub meets: Option<usize>,
    /// The state at the end in the log's order.
    pub log: Value,
    /// The state at the end in the other order.
    pub other: Value,
    /// What differs at the end, from the log's order to the other one.
    pub changes: Vec<Change>,
    /// The events whose rule failed in the log's order, and why.
    pub log_errors: Vec<(OrderEvent, String)>,
    /// The same in the other order.
    pub other_errors: Vec<(OrderEvent, String)>,
    /// The same requests in the other order; `None` where no event that stands elsewhere, or behind one that does, came of a command
    /// that the domain has.
    pub requests: Option<Decisions>,
    /// Which of the rules that the events go through read an event's place in the log, and what of it.
    pub reads: Vec<String>,
}

/// The same requests, decided again in the other order.
#[derive(Clone, Debug, PartialEq)]
pub struct Decisions {
    /// The state at the end.
    pub other: Value,
    /// What differs there, from the log as it is.
    pub changes: Vec<Change>,
    /// The requests that end otherwise than they are recorded, in the other order.
    pub fates: Vec<Fate>,
    /// How many were decided again: all from the first event that stands elsewhere on.
    pub decided: usize,
    /// How many steps from there on came of no request that is known: they were folded.
    pub folded: usize,
}

impl Ordered {
    /// How many places there are: from the first event to the point's.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// A place, from 0.
    pub fn place(&self, place: usize) -> Option<OrderPlace<'_>> {
        Some(OrderPlace {
            log: self.events.get(place)?,
            other: self.events.get(*self.order.get(place)?)?,
            apart: self.apart.binary_search(&place).is_ok(),
        })
    }

    /// Every place.
    pub fn places(&self) -> impl Iterator<Item = OrderPlace<'_>> {
        (0..self.len()).filter_map(|place| self.place(place))
    }
}

impl Session {
    /// Replays an aggregate up to a point in another clock's order, and compares it with the log's.
    pub fn order(&mut self, point: &Point, by: Order) -> Result<Ordered> {
        let Point::Aggregate { branch, aggregate, version, .. } = point else {
            return Err(Error::usage("An aggregate's events are put in order, not the whole store's.")
                .hint("Write Task/42, or Task/42@5 for its first five events."));
        };
        self.on(branch, |session| {
            let domain = session.domain()?;
            let (row, _) = session.known(aggregate)?;
            let (events, glance) = session.order_events(&domain, (aggregate, row), *version, by)?;
            let mut fold = Fold::new(aggregate.clone(), row, session.branch.clone());
            let store = &session.store;
            let causes = glance.causes(store, &session.branch, aggregate)?;
            let orders = in_order(&domain, &glance, &causes, &mut |wanted| fetch(store, &mut fold, wanted))?;
            let named = |errors: &[(usize, String)]| {
                errors.iter().map(|(index, error)| (events[*index].clone(), error.clone())).collect()
            };
            let value = |state: &State| if state.is_null() { Ok(json!({})) } else { state.to_value() };
            let (log, other) = (value(&orders.log)?, value(&orders.other)?);
            let requests = orders.requests.as_ref().map(|requests| {
                let other = value(&requests.other)?;
                let Requests { fates, decided, folded, .. } = requests.clone();
                Ok::<_, Error>(Decisions { changes: diff(&log, &other), other, fates, decided, folded })
            });
            Ok(Ordered {
                aggregate: aggregate.clone(),
                branch: branch.clone(),
                moved: orders.moved,
                parts: orders.parts(),
                meets: orders.meets(),
                changes: diff(&log, &other),
                log,
                other,
                log_errors: named(&orders.log_errors),
                other_errors: named(&orders.other_errors),
                requests: requests.transpose()?,
                reads: reads(&domain, aggregate, &events),
                events,
                order: orders.order,
                apart: orders.apart,
            })
        })
    }

    /// What is told of an aggregate's events, and what the clock says of each.
    fn order_events(
        &self,
        domain: &Domain,
        (aggregate, row): (&AggregateId, i64),
        version: Version,
        by: Order,
    ) -> Result<(Vec<OrderEvent>, Glance)> {
        let (store, mut names) = (&self.store, HashMap::<i64, Arc<str>>::new());
        let (mut events, mut glance) = (Vec::new(), Glance::default());
        store.events_of(&self.branch, row, 1, version, &mut |raw| {
            let kind = match names.entry(raw.kind) {
                Entry::Occupied(known) => Arc::clone(known.get()),
                Entry::Vacant(new) => {
                    let name = store.type_name(raw.kind)?;
                    Arc::clone(new.insert(domain.current_name(&aggregate.kind, &name).into()))
                }
            };
            let time = by.time(raw);
            let (version, position, occurred_at, hash) =
                (raw.version, raw.position, raw.occurred_at, raw.hash);
            glance.take(raw, time.0);
            events.push(OrderEvent { version, position, kind, occurred_at, time, hash });
            Ok(true)
        })?;
        Ok((events, glance))
    }
}

fn reads(domain: &Domain, aggregate: &AggregateId, events: &[OrderEvent]) -> Vec<String> {
    let mut kinds: Vec<&str> = events.iter().map(|event| &*event.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().filter_map(|kind| reads_of_place(domain, &aggregate.kind, kind)).collect()
}
