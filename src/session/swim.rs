//! The events of an operation in log order, for drawing them as lanes: everything that names the operation, and what
//! these events caused; of an event that is part of none, its causes and effects.

use std::collections::{BTreeSet, VecDeque};

use super::{Moment, Session};
use crate::error::Result;
use crate::event::{AggregateId, Event, Position};
use crate::history::Swim;
use crate::store::{Link, links_of};

/// How many events are read at most: what one can still look through.
pub const MOST: usize = 5_000;
/// How many of these stand before the event that was asked about.
const BEFORE: usize = 2_000;
/// How many positions are read of an operation at once.
const CHUNK: usize = 512;

/// The lanes of an operation, as far as they were read.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// The event that was asked about.
    pub of: Position,
    /// The operation's id; `None` where the event is part of none, and causes and effects stand alone.
    pub operation: Option<String>,
    /// There are events before the first one that is read.
    pub cut: bool,
    /// There are events behind the last one that is read.
    pub more: bool,
    /// How many of its events are on other branches only.
    pub elsewhere: usize,
    /// How they are drawn.
    pub swim: Swim,
    /// The events, the oldest first.
    pub events: Vec<Event>,
    /// Where the causes of the events stand, where the log has them.
    pub causes: Vec<Option<(Position, AggregateId)>>,
    reading: Reading,
}

/// What comes next.
#[derive(Clone, Debug, Default)]
struct Reading {
    /// The operation's next positions, and the last one that was asked for; `None` when there are no more.
    named: VecDeque<Position>,
    from: Option<Position>,
    /// Causes and effects that were found and not read yet.
    found: BTreeSet<Position>,
    done: bool,
}

impl Lanes {
    /// Whether everything was read that is going to be.
    pub fn is_whole(&self) -> bool {
        self.reading.done
    }
}

impl Session {
    /// Begins the lanes of the operation that an event is part of; [`Session::swim_on`] reads them.
    pub fn swim(&self, position: Position) -> Result<Lanes> {
        let event = self.some_event(position)?;
        let named = links_of(&event.meta).1;
        let id = named.clone().unwrap_or_else(|| event.hash.to_string());
        let mut reading = Reading { found: BTreeSet::from([position]), ..Reading::default() };
        let (mut before, mut others) = (0, false);
        // From the newest one back, as far as there is room.
        let mut start = position;
        self.store.linked(Link::Operation, std::slice::from_ref(&id), position, false, &mut |at| {
            others = true;
            if self.sees(at)? {
                (before, start) = (before + 1, at);
            }
            Ok(before <= BEFORE)
        })?;
        let cut = before > BEFORE;
        self.store.linked(Link::Operation, std::slice::from_ref(&id), position, true, &mut |_| {
            others = true;
            Ok(false)
        })?;
        let first = self.position_of_name(&id)?;
        let operation = (others || named.is_some()).then_some(id);
        reading.from = operation.is_some().then(|| start - 1);
        if !cut {
            let mut cause = Some(event);
            while let Some(event) = cause {
                cause = self.cause(&event)?.filter(|cause| reading.found.insert(cause.position));
            }
            reading.found.extend(first);
        }
        let (swim, events, causes) = (Swim::default(), Vec::new(), Vec::new());
        Ok(Lanes { of: position, operation, cut, more: false, elsewhere: 0, swim, events, causes, reading })
    }

    /// Reads about `limit` more events of the lanes.
    pub fn swim_on(&self, lanes: &mut Lanes, limit: usize) -> Result<()> {
        for _ in 0..limit {
            let Some(position) = self.next_of(lanes)? else {
                lanes.reading.done = true;
                return Ok(());
            };
            if lanes.events.len() == MOST {
                (lanes.more, lanes.reading.done) = (true, true);
                return Ok(());
            }
            if !self.sees(position)? {
                lanes.elsewhere += 1;
                continue;
            }
            let event = self.some_event(position)?;
            let names = self.names_of(&event)?;
            let found = &mut lanes.reading.found;
            self.store.linked(Link::Cause, &names, position, true, &mut |effect| {
                found.insert(effect);
                Ok(found.len() <= MOST)
            })?;
            let cause = self.cause(&event)?.map(|cause| (cause.position, cause.aggregate));
            lanes.swim.push(position, &event.aggregate, cause.as_ref().map(|(position, _)| *position));
            lanes.events.push(event);
            lanes.causes.push(cause);
        }
        Ok(())
    }

    /// The next position in log order, of the operation or of what it caused.
    fn next_of(&self, lanes: &mut Lanes) -> Result<Option<Position>> {
        let reading = &mut lanes.reading;
        if reading.named.is_empty()
            && let (Some(from), Some(id)) = (reading.from.take(), &lanes.operation)
        {
            self.store.linked(Link::Operation, std::slice::from_ref(id), from, true, &mut |at| {
                reading.named.push_back(at);
                Ok(reading.named.len() < CHUNK)
            })?;
            reading.from = reading.named.back().copied();
        }
        let next = match (reading.named.front().copied(), reading.found.first().copied()) {
            (Some(named), Some(found)) => named.min(found),
            (one, other) => match one.or(other) {
                Some(next) => next,
                None => return Ok(None),
            },
        };
        if reading.named.front() == Some(&next) {
            reading.named.pop_front();
        }
        reading.found.remove(&next);
        Ok(Some(next))
    }

    /// Where aggregates stood right after a position: one that was not there yet is at version 0. Where the fold of
    /// one is long it is the last in the answer, which comes before that is done (`folding`); ask again to go on.
    pub fn moments_at(&mut self, aggregates: &[AggregateId], position: Position) -> Result<Vec<Moment>> {
        self.at_once(|session| {
            let mut moments: Vec<Moment> = Vec::with_capacity(aggregates.len());
            for aggregate in aggregates {
                let version = session.version_at(aggregate, position)?;
                moments.push(session.moment_now(aggregate, version)?);
                if moments.last().is_some_and(|moment| moment.folding.is_some()) {
                    break;
                }
            }
            Ok(moments)
        })
    }
}
