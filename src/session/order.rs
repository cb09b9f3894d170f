//! An aggregate replayed in another clock's order beside the log's.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Point, Session};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Time};
use crate::jq::State;
use crate::replay::{Change, diff, in_order};

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

/// A place in the two orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPlace {
    /// The event that stands here in the log.
    pub log: Event,
    /// The event that stands here by the clock, and its time.
    pub other: (Event, Time),
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
    /// Each place, from the first event to the point's.
    pub places: Vec<OrderPlace>,
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
    pub log_errors: Vec<(Event, String)>,
    /// The same in the other order.
    pub other_errors: Vec<(Event, String)>,
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
            let (store, mut events) = (&session.store, Vec::new());
            store.events_of(&session.branch, row, 1, *version, &mut |raw| {
                events.push(store.whole(raw)?);
                Ok(true)
            })?;
            let times = times(&events, by);
            let orders = in_order(&domain, &events, &times);
            let named = |errors: &[(usize, String)]| {
                errors.iter().map(|(index, error)| (events[*index].clone(), error.clone())).collect()
            };
            let value = |state: &State| if state.is_null() { Ok(json!({})) } else { state.to_value() };
            let (log, other) = (value(&orders.log)?, value(&orders.other)?);
            let mut apart = orders.apart.iter().copied().peekable();
            let places = orders.order.iter().enumerate().map(|(place, &index)| OrderPlace {
                log: domain.as_read(events[place].clone()),
                other: (domain.as_read(events[index].clone()), Time(times[index])),
                apart: apart.next_if_eq(&place).is_some(),
            });
            Ok(Ordered {
                aggregate: aggregate.clone(),
                branch: branch.clone(),
                places: places.collect(),
                moved: orders.moved,
                parts: orders.parts(),
                meets: orders.meets(),
                changes: diff(&log, &other),
                log,
                other,
                log_errors: named(&orders.log_errors),
                other_errors: named(&orders.other_errors),
            })
        })
    }
}

/// What the clock says of each event.
fn times(events: &[Event], by: Order) -> Vec<i64> {
    let time = |event: &Event| match by {
        Order::Occurred => event.occurred_at.0,
        Order::Received => received_at(&event.meta).unwrap_or(event.recorded_at).0,
        Order::Recorded => event.recorded_at.0,
    };
    events.iter().map(time).collect()
}

fn received_at(meta: &str) -> Option<Time> {
    #[derive(Deserialize)]
    struct Received {
        received_at: Option<String>,
    }
    Time::parse(&serde_json::from_str::<Received>(meta).ok()?.received_at?)
}
