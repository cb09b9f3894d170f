//! Events that are appended while the rest is read: those that come in the order of the log, or nearly so.

use std::collections::{BTreeMap, HashMap};

use super::Stager;
use crate::error::Result;
use crate::event::{AggregateId, NewEvent};
use crate::import::mapping::{Mode, Order};
use crate::import::{Options, Reads};
use crate::journal::Imported;
use crate::store::staging::{Origin, Place};

/// So many events, or about so many bytes of them, wait for others that are to stand before them.
const WAITING: (usize, usize) = (4096, 8 << 20);
/// So many events, or about so many bytes of them, are appended at once.
const BATCH: (usize, usize) = (16_384, 16 << 20);
/// The same where somebody looks on.
const WATCHED: usize = 4096;
/// The first are appended sooner: somebody may wait to see them.
const FIRST: usize = 500;

/// What becomes of what comes too late to be put in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsorted {
    /// The reading ends: what was appended is to be thrown away, and everything to be sorted.
    Ends,
    /// It is sorted with all that comes behind it, and appended behind what is there.
    Behind,
}

/// Whether the order of what is to be read can be known before all of it is.
pub fn comes_straight(options: &Options) -> bool {
    waiting(options).is_some()
}

/// How many events wait at the most for others that are to stand before them; `None` where it takes all to know.
fn waiting(options: &Options) -> Option<usize> {
    let Some(mapping) = &options.mapping else { return options.try_first.is_none().then_some(0) };
    if options.try_first.is_some() || mapping.mode == Mode::Snapshots {
        return None;
    }
    match mapping.order {
        Order::Source => Some(WAITING.0),
        // What stands before others inside an aggregate may come in any time: what came until then would be appended in
        // vain, unless somebody looks at it.
        Order::Time if options.reads == Reads::Watched => Some(WAITING.0),
        Order::Log | Order::Time => Some(0),
        Order::Reverse | Order::By(_) | Order::Version(_) => None,
    }
}

/// Takes events as they are read, and appends them in the order of the log.
pub struct Straight<'a> {
    append: &'a mut dyn FnMut(Vec<Imported>) -> Result<()>,
    unsorted: Unsorted,
    /// How many events wait at the most.
    most: usize,
    /// Whether times say what the order is, and whether they do inside an aggregate.
    timed: (bool, bool),
    carried: bool,
    /// By effective time, and by their place in what is read.
    waiting: BTreeMap<(i64, i64), Imported>,
    /// Of aggregates whose events wait: the newest one's effective time, and how many they are.
    aggregates: HashMap<AggregateId, (i64, usize)>,
    /// The keys of what is not appended yet, with the records' content.
    keys: HashMap<String, [u8; 32]>,
    /// The effective time of the event that waits no longer.
    last: i64,
    ready: Vec<Imported>,
    /// Bytes of what waits, and of what is ready.
    bytes: (usize, usize),
    batch: usize,
}

impl<'a> Straight<'a> {
    /// Appends to a store that has no events.
    pub fn new(append: &'a mut dyn FnMut(Vec<Imported>) -> Result<()>, unsorted: Unsorted) -> Self {
        Self {
            append,
            unsorted,
            most: 0,
            timed: (false, false),
            carried: false,
            waiting: BTreeMap::new(),
            aggregates: HashMap::new(),
            keys: HashMap::new(),
            last: i64::MIN,
            ready: Vec::new(),
            bytes: (0, 0),
            batch: FIRST,
        }
    }

    /// The same for what is to be read; `None` where it takes all of it to know its order.
    pub(super) fn over(mut self, options: &Options) -> Option<Self> {
        self.most = waiting(options)?;
        if let Some(mapping) = &options.mapping {
            self.timed = (!matches!(mapping.order, Order::Log), matches!(mapping.order, Order::Time));
            self.carried = mapping.carry;
        }
        Some(self)
    }

    /// Takes an event, which was read as the `sequence`th; it comes back where it comes too late.
    fn put(&mut self, sequence: i64, event: Imported) -> Result<Option<Imported>> {
        let aggregate = &event.event.aggregate;
        let at = if self.timed.0 { event.event.occurred_at.0 } else { 0 };
        let before = self.aggregates.get(aggregate).map_or(i64::MIN, |(newest, _)| *newest);
        let effective = if self.timed.1 { at } else { at.max(before) };
        if effective < self.last {
            return Ok(Some(event));
        }
        self.keys.insert(event.key.clone(), event.content);
        let of = self.aggregates.entry(aggregate.clone()).or_insert((effective, 0));
        *of = (effective, of.1 + 1);
        self.bytes.0 += size(&event);
        self.waiting.insert((effective, sequence), event);
        while self.waiting.len() > self.most || self.bytes.0 > WAITING.1 {
            self.release()?;
        }
        Ok(None)
    }

    /// The first of those that wait is ready.
    fn release(&mut self) -> Result<()> {
        let Some(((effective, _), event)) = self.waiting.pop_first() else { return Ok(()) };
        self.last = effective;
        if let Some(of) = self.aggregates.get_mut(&event.event.aggregate) {
            of.1 -= 1;
            if of.1 == 0 {
                self.aggregates.remove(&event.event.aggregate);
            }
        }
        let size = size(&event);
        self.bytes = (self.bytes.0 - size, self.bytes.1 + size);
        self.ready.push(event);
        if self.ready.len() < self.batch && self.bytes.1 < BATCH.1 {
            return Ok(());
        }
        self.batch = if self.unsorted == Unsorted::Behind { WATCHED } else { BATCH.0 };
        self.append()
    }

    fn append(&mut self) -> Result<()> {
        for event in &self.ready {
            self.keys.remove(&event.key);
        }
        self.bytes.1 = 0;
        if self.ready.is_empty() { Ok(()) } else { (self.append)(std::mem::take(&mut self.ready)) }
    }

    /// Appends what is left.
    pub(super) fn finish(mut self) -> Result<()> {
        while !self.waiting.is_empty() {
            self.release()?;
        }
        self.append()
    }
}

/// About how many bytes an event takes.
fn size(event: &Imported) -> usize {
    event.event.data.len() + event.event.meta.len() + 256
}

impl Stager<'_> {
    /// The content of the record that this run has under a key, where it has one.
    pub(super) fn content_of(&mut self, key: &str) -> Result<Option<[u8; 32]>> {
        if !self.fresh.had(key) {
            return Ok(None);
        }
        let Some(straight) = &self.straight else { return self.staging.content_of(key) };
        // What does not wait any more is appended.
        straight.keys.get(key).map_or_else(|| self.known.seen(key), |content| Ok(Some(*content)))
    }

    /// Whether there is more to be read, as far as the order says.
    pub(super) fn goes_on(&self) -> bool {
        self.in_order || self.straight.is_none()
    }

    /// Takes an event, whose key was put down: its type, data and metadata.
    pub(super) fn event(
        &mut self,
        place: &Place<'_>,
        (kind, data, meta): (String, String, String),
        origin: Origin,
    ) -> Result<()> {
        self.staging.put_named(place.sequence, place.origin, &meta)?;
        let Some(straight) = &mut self.straight else {
            return self.staging.put_event(place.sequence, (&kind, &data, &meta), origin);
        };
        let aggregate = place.aggregate.clone();
        let event = Imported {
            event: NewEvent { aggregate, kind, occurred_at: place.at, data, meta },
            key: place.key.to_owned(),
            content: place.content,
            recorded_at: origin.recorded_at,
            carried: straight.carried,
            expect_hash: origin.hash,
        };
        let Some(late) = straight.put(place.sequence, event)? else { return Ok(()) };
        self.in_order = false;
        if straight.unsorted == Unsorted::Behind
            && let Some(straight) = self.straight.take()
        {
            straight.finish()?;
            self.staging.put(place)?;
            let NewEvent { kind, data, meta, .. } = late.event;
            self.staging.put_event(place.sequence, (&kind, &data, &meta), origin)?;
        }
        Ok(())
    }
}
