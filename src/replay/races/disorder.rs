//! A history that ends otherwise in another clock's order.

use serde_json::{Value, json};

use super::{FIELDS, Kind, Race, Racer, Stake, Weight};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{Time, Version};
use crate::jq::State;
use crate::replay::fold::Fold;
use crate::replay::order::{Glance, Order, Orders, fetch, in_order};
use crate::replay::{Change, Op, diff};
use crate::store::{RawEvent, Store};

/// What the clocks said of an aggregate's events so far.
#[derive(Default)]
pub(super) struct Clocks {
    newest: [Option<Time>; 2],
    unsorted: [bool; 2],
    kept: bool,
}

/// The clocks whose order may be another one.
const CLOCKS: [(Order, &str); 2] = [(Order::Occurred, "occurred"), (Order::Received, "received")];

impl Clocks {
    /// Takes the next event; says whether it goes before an earlier one by one of the clocks.
    pub fn step(&mut self, event: &RawEvent<'_>) -> bool {
        let mut before = false;
        for (at, (clock, _)) in CLOCKS.iter().enumerate() {
            let Some(time) = clock.told(event).filter(|time| *time != Time::UNKNOWN) else { continue };
            let late = self.newest[at].is_some_and(|newest| time < newest);
            self.unsorted[at] |= late;
            self.newest[at] = self.newest[at].max(Some(time));
            before |= late;
        }
        before
    }

    /// Whether somebody asks about one of these events.
    pub fn keep(&mut self, unsorted: bool) {
        self.kept |= unsorted;
    }
}

/// The clocks by whose order an aggregate ends otherwise than it does.
pub(super) fn races(
    fold: &mut Fold,
    (store, domain): (&Store, &Domain),
    clocks: &Clocks,
    to: Version,
    found: &mut Vec<Race>,
) -> Result<()> {
    let unsorted = CLOCKS.iter().zip(clocks.unsorted).filter(|(_, unsorted)| clocks.kept && *unsorted);
    for ((clock, name), _) in unsorted {
        let (mut glance, mut last) = (Glance::default(), i64::MIN);
        fold.pass(store, (0, to), &mut |event| {
            // Of what nobody knows when it was, it is behind its predecessor.
            let time = clock.told(event.raw).filter(|time| *time != Time::UNKNOWN);
            last = time.map_or(last, |time| time.0);
            glance.take(event.raw, last);
            Ok(true)
        })?;
        let causes = glance.causes(store, fold.branch(), fold.aggregate())?;
        let orders = in_order(domain, &glance, &causes, &mut |wanted| fetch(store, fold, wanted))?;
        let Some((mut differs, why)) = ends(&orders)? else { continue };
        differs.truncate(FIELDS);
        let moved = orders.order.iter().enumerate().position(|(place, index)| place != *index);
        let first = orders.parts().or(moved).unwrap_or_default();
        let mut places = vec![first, orders.order.get(first).copied().unwrap_or_default()];
        places.sort_unstable();
        places.dedup();
        let mut events = Vec::new();
        for place in places {
            let version = place as Version;
            fold.pass(store, (version, version + 1), &mut |event| {
                events.push(Racer::of(domain, event));
                Ok(true)
            })?;
        }
        let stake = |change: &Change| {
            let some = |value: &Value, is: bool| is.then(|| value.clone());
            let values =
                vec![some(&change.old, change.op != Op::Add), some(&change.value, change.op != Op::Remove)];
            Stake { path: change.dotted(), values }
        };
        found.push(Race {
            kind: Kind::Disorder,
            aggregate: fold.aggregate().clone(),
            events,
            stakes: differs.iter().map(stake).collect(),
            weight: Weight::End,
            note: format!(
                "in the order of the time {name}, {} events stand elsewhere, and {why}",
                orders.moved
            ),
            differs,
        });
    }
    Ok(())
}

/// What differs at the end of the other order, and by which answer.
fn ends(orders: &Orders) -> Result<Option<(Vec<Change>, &'static str)>> {
    let value = |state: &State| if state.is_null() { Ok(json!({})) } else { state.to_value() };
    let asked = orders.requests.as_ref().filter(|requests| requests.log != requests.other);
    let (log, other, why) = match asked {
        None if orders.log == orders.other => return Ok(None),
        None => (&orders.log, &orders.other, "the same events end otherwise"),
        Some(asked) if orders.log == orders.other => {
            (&asked.log, &asked.other, "the same requests, decided again, end otherwise")
        }
        Some(_) => (&orders.log, &orders.other, "the same events end otherwise, and so do the same requests"),
    };
    Ok(Some((diff(&value(log)?, &value(other)?), why)))
}
