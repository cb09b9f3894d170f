//! What a source says now against what was read of it: rows that changed or vanished since, and those that came out of
//! the order of their numbers.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use super::Source;
use crate::clock::Clock;
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Time, Version};
use crate::import::{Known, Mapping, Options, Reads, stage};
use crate::session::{ImportProgress, Session};
use crate::store::{Branch, Store};

/// So many are named one by one.
const NAMED: usize = 100;

/// An event whose row is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// What named its delivery.
    pub key: String,
    /// The event.
    pub aggregate: AggregateId,
    /// Its version.
    pub version: Version,
    /// Its place in the log.
    pub position: Position,
}

/// What a source came to, read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many records it has.
    pub records: u64,
    /// How many of them were not read yet.
    pub new: u64,
    /// How many say something else, and the first hundred.
    pub changed: (u64, Vec<Odd>),
    /// How many are gone, and the first hundred.
    pub vanished: (u64, Vec<Odd>),
}

/// An event that came in when one with a higher number was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// What it is about.
    pub aggregate: AggregateId,
    /// Its version.
    pub version: Version,
    /// Its place in the log.
    pub position: Position,
    /// Its number in its source.
    pub order: i64,
    /// The highest number that was there.
    pub behind: i64,
    /// How long after the first one with a higher number it came, in microseconds.
    pub took: i64,
}

/// Compares every key with what was delivered, and takes nothing.
struct Compared<'a> {
    store: &'a Store,
    branch: &'a Branch,
    hasher: RandomState,
    asked: RefCell<HashSet<u64>>,
    differ: RefCell<Vec<String>>,
}

impl Known for Compared<'_> {
    fn seen(&self, key: &str) -> Result<Option<[u8; 32]>> {
        self.asked.borrow_mut().insert(self.hasher.hash_one(key));
        self.store.delivered(self.branch, key)
    }

    fn differs(&self, key: &str) {
        self.differ.borrow_mut().push(key.to_owned());
    }

    fn head_state(&self, _: &AggregateId) -> Result<Option<String>> {
        Ok(None)
    }
}

impl Source {
    /// Reads it again and compares; nothing is taken. `progress` answers whether to go on.
    pub fn check(&self, clock: Clock, progress: &mut dyn FnMut(ImportProgress) -> bool) -> Result<Checked> {
        let session = Session::open(&self.open(clock)?)?;
        let options = Options {
            files: self.about.files.clone(),
            rows: self.about.rows(),
            mapping: self.mapping_name().map(|name| Mapping::load(&name)).transpose()?,
            skip_bad: true,
            reads: Reads::Growing,
            ..Options::default()
        };
        let (store, branch) = (&session.store, &session.branch);
        let known = Compared {
            store,
            branch,
            hasher: RandomState::new(),
            asked: RefCell::default(),
            differ: RefCell::default(),
        };
        let staged = stage(&options, &known, &mut |at| progress(ImportProgress::Staging(at)))?;
        let report = staged.report();
        let mut checked = Checked { records: report.records, new: report.events, ..Checked::default() };
        let differ = known.differ.into_inner();
        checked.changed.0 = differ.len() as u64;
        for key in differ.into_iter().take(NAMED) {
            let position = store.delivered_at(branch, &key)?.unwrap_or_default();
            checked.changed.1.extend(odd(store, key, position)?);
        }
        let asked = known.asked.into_inner();
        let mut vanished = Vec::new();
        store.each_delivery(&mut |key, position| {
            if !asked.contains(&known.hasher.hash_one(key)) {
                checked.vanished.0 += 1;
                if vanished.len() < NAMED {
                    vanished.push((key.to_owned(), position));
                }
            }
        })?;
        for (key, position) in vanished {
            checked.vanished.1.extend(odd(store, key, position)?);
        }
        Ok(checked)
    }

    /// The events that came in when one with a higher number was there, in the order of the log.
    pub fn out_of_order(&self, clock: Clock) -> Result<Vec<OutOfOrder>> {
        let mut session = Session::open_reader(&self.open(clock)?)?;
        // The numbers that were the highest when they came, and when that was.
        let mut highest: Vec<(i64, Time)> = Vec::new();
        let mut found = Vec::new();
        session.each_event(&mut |event| {
            let Some(order) = order_of(event) else { return Ok(()) };
            match highest.last() {
                Some((behind, _)) if order < *behind => {
                    let first = highest.partition_point(|(number, _)| *number <= order);
                    found.push(OutOfOrder {
                        aggregate: event.aggregate.clone(),
                        version: event.version,
                        position: event.position,
                        order,
                        behind: *behind,
                        took: event.recorded_at.0.saturating_sub(highest[first].1.0),
                    });
                }
                Some((behind, _)) if order == *behind => {}
                _ => highest.push((order, event.recorded_at)),
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// The number that an event has in its source's order.
fn order_of(event: &Event) -> Option<i64> {
    #[derive(serde::Deserialize)]
    struct Meta {
        source: Option<Place>,
    }
    #[derive(serde::Deserialize)]
    struct Place {
        order: serde_json::Value,
    }
    serde_json::from_str::<Meta>(&event.meta).ok()?.source?.order.as_i64()
}

fn odd(store: &Store, key: String, position: Position) -> Result<Option<Odd>> {
    let event = store.event_at(position)?;
    Ok(event.map(|event| Odd { key, aggregate: event.aggregate, version: event.version, position }))
}
