//! The events that overlap around chosen ones.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Recorded, Time, Version, seen_of};
use crate::replay::lattice::EVENTS;
use crate::store::{Branch, Store};

/// So many events between chosen ones are taken at most.
const MOST: usize = 1_000;

/// One record's part of a window: without gaps, as the record's states are folded through it.
struct Part {
    row: i64,
    events: Vec<Event>,
}

/// A window that grows.
pub struct Window<'a> {
    store: &'a Store,
    branch: &'a Branch,
    within: i64,
    parts: BTreeMap<AggregateId, Part>,
    /// The first and the last time at which one of its events occurred.
    times: Option<(Time, Time)>,
    /// Whether more events overlap than are taken.
    pub cut: bool,
}

impl<'a> Window<'a> {
    /// The chosen events, with what lies between them on the same record.
    pub fn of(
        (store, branch): (&'a Store, &'a Branch),
        within: i64,
        chosen: &BTreeMap<(AggregateId, i64), (Version, Version)>,
    ) -> Result<Self> {
        let mut window = Self { store, branch, within, parts: BTreeMap::new(), times: None, cut: false };
        for ((aggregate, row), &(first, last)) in chosen {
            if last - first >= MOST as Version {
                return Err(Error::refused(format!(
                    "{aggregate} has more than {MOST} events from v{first} to v{last}."
                ))
                .hint("Name events that lie closer together."));
            }
            let mut events = Vec::new();
            store.events_of(branch, *row, first, last, &mut |raw| {
                events.push(store.whole(raw)?);
                Ok(true)
            })?;
            for event in &events {
                window.note(event.occurred_at);
            }
            window.parts.insert(aggregate.clone(), Part { row: *row, events });
        }
        window.grow()?;
        Ok(window)
    }

    fn note(&mut self, at: Time) {
        if at != Time::UNKNOWN {
            let (first, last) = self.times.unwrap_or((at, at));
            self.times = Some((first.min(at), last.max(at)));
        }
    }

    /// Takes neighbours as long as one overlaps.
    fn grow(&mut self) -> Result<()> {
        let names: Vec<AggregateId> = self.parts.keys().cloned().collect();
        let mut grown = true;
        while grown {
            grown = false;
            for name in &names {
                for earlier in [true, false] {
                    while let Some(event) = self.neighbour(name, earlier)? {
                        let inside = self.belongs(name, &event, earlier);
                        if !inside && !self.overlaps(name, &event, earlier) {
                            break;
                        }
                        // A command is never cut.
                        if !inside && self.len() >= EVENTS {
                            self.cut = true;
                            break;
                        }
                        self.note(event.occurred_at);
                        let Some(part) = self.parts.get_mut(name) else { break };
                        let place = if earlier { 0 } else { part.events.len() };
                        part.events.insert(place, event);
                        grown = true;
                    }
                }
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.parts.values().map(|part| part.events.len()).sum()
    }

    fn neighbour(&self, name: &AggregateId, earlier: bool) -> Result<Option<Event>> {
        let Some(part) = self.parts.get(name) else { return Ok(None) };
        let version = match (part.events.first(), part.events.last()) {
            (Some(first), Some(last)) => {
                if earlier {
                    first.version - 1
                } else {
                    last.version + 1
                }
            }
            _ => return Ok(None),
        };
        self.store.event_of(self.branch, part.row, version)
    }

    /// Whether a neighbour is of the same command as the event beside it.
    fn belongs(&self, name: &AggregateId, event: &Event, earlier: bool) -> bool {
        let Some(part) = self.parts.get(name) else { return false };
        let beside = if earlier { part.events.first() } else { part.events.last() };
        let (one, other) = if earlier { (Some(event), beside) } else { (beside, Some(event)) };
        let command = |event: &Event| Some((Recorded::of(&event.meta)?, event.position));
        one.and_then(command).zip(other.and_then(command)).is_some_and(|((last, at), (next, there))| {
            next.part == last.part + 1 && (&last.name, last.of) == (&next.name, next.of) && at + 1 == there
        })
    }

    /// Whether a neighbour overlaps with what is there: it occurred close to one of them, or on the other side of one of them; or
    /// what its requester had seen, or theirs, lies on the other side.
    fn overlaps(&self, name: &AggregateId, event: &Event, earlier: bool) -> bool {
        let close = self.times.is_some_and(|(first, last)| {
            let (from, to) = (first.0.saturating_sub(self.within), last.0.saturating_add(self.within));
            let at = event.occurred_at;
            at != Time::UNKNOWN && if earlier { at.0 >= from } else { at.0 <= to }
        });
        if close {
            return true;
        }
        let part = self.parts.get(name).map_or(&[][..], |part| &part.events);
        if earlier {
            part.iter().any(|other| seen_of(&other.meta).get(name).is_some_and(|seen| *seen < event.version))
        } else {
            let last = part.last().map_or(0, |last| last.version);
            seen_of(&event.meta).get(name).is_some_and(|seen| *seen < last)
        }
    }

    /// The version of each record before its part, and all the events as the log has them.
    pub fn into_events(self) -> (Vec<(AggregateId, i64, Version)>, Vec<Event>) {
        let (mut before, mut all) = (Vec::new(), Vec::new());
        for (aggregate, Part { row, events }) in self.parts {
            let first = events.first().map_or(1, |event| event.version);
            before.push((aggregate, row, first - 1));
            all.extend(events);
        }
        all.sort_by_key(|event| event.position);
        (before, all)
    }
}
