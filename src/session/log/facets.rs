//! How many events of a log have each type and each actor.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Among, LogRequest};
use crate::error::Result;
use crate::event::{AggregateId, Position, Version, actor_of};
use crate::jq::State;
use crate::replay::{Flag, Flags, Fold, Needs, Past};
use crate::session::{Facets, Session};

/// How many events are looked at in a slice.
const SLICE: usize = 50_000;

/// How many are folded in a slice.
const FOLDED: Version = 5_000;

/// At most so many names of each kind are told.
const MOST: usize = 100;

/// Counts of a log, as far as it was looked through.
#[derive(Debug, Default)]
pub struct EventCounts {
    /// By the type's row.
    types: HashMap<i64, i64>,
    actors: HashMap<String, i64>,
    /// How many of the aggregates are looked through, or up to which position the whole log is.
    place: i64,
}

impl Session {
    /// Goes on counting the events of a log, without what narrows it; whether that was all.
    pub fn count_events(&mut self, request: &LogRequest, counts: &mut EventCounts) -> Result<bool> {
        let Some(chosen) = chosen(request) else { return self.count_log_events(counts) };
        let Some(aggregate) = usize::try_from(counts.place).ok().and_then(|place| chosen.get(place)) else {
            return Ok(true);
        };
        let (row, head) = self.known(aggregate)?;
        self.store.events_of(&self.branch, row, 1, head, &mut |raw| {
            counts.note(raw.kind, raw.meta);
            Ok(true)
        })?;
        counts.place += 1;
        Ok(counts.place >= chosen.len() as i64)
    }

    fn count_log_events(&self, counts: &mut EventCounts) -> Result<bool> {
        let (mut looked, from) = (0, counts.place + 1);
        self.store.contents_between(&self.branch, (from, Position::MAX), false, &mut |row| {
            looked += 1;
            counts.note(row.kind()?, &String::from_utf8_lossy(row.meta()?));
            counts.place = row.position()?;
            Ok(looked < SLICE)
        })?;
        Ok(looked < SLICE)
    }

    /// What was counted, the most frequent first, under the names of today.
    pub fn counted_events(&mut self, counts: &EventCounts) -> Result<Facets> {
        let domain = self.domain()?;
        let mut events: HashMap<String, i64> = HashMap::new();
        for (row, count) in &counts.types {
            let name = self.store.type_name(*row)?;
            *events.entry(domain.name_today(&name).to_owned()).or_default() += count;
        }
        let actors = counts.actors.iter().map(|(name, count)| (name.clone(), *count));
        Ok(Facets { events: sorted(events), actors: sorted(actors), ..Facets::default() })
    }
}

/// How many events of a log have each flag, as far as it was folded.
#[derive(Default)]
pub struct FlagCounts {
    found: [i64; Flag::ALL.len()],
    /// How many of the chosen aggregates are folded, or the row of the last one of the whole log.
    place: i64,
    /// The one that is being folded, and how far that came.
    folding: Option<Folding>,
}

struct Folding {
    fold: Fold,
    head: Version,
    version: Version,
    state: State,
    past: Past,
}

impl FlagCounts {
    /// The flags that were found, and how often.
    pub fn found(&self) -> Vec<(Flag, i64)> {
        Flag::ALL.into_iter().zip(self.found).collect()
    }
}

impl Session {
    /// Goes on counting the flags of a log's events, without what narrows it; whether that was all.
    pub fn count_flags(&mut self, request: &LogRequest, counts: &mut FlagCounts) -> Result<bool> {
        let (domain, needs) = (self.domain()?, Needs::of_flags(Flags::all(), request.within()));
        let mut left = FOLDED;
        while left > 0 {
            let Some(mut folding) =
                counts.folding.take().map_or_else(|| self.next_folded(request, counts), |f| Ok(Some(f)))?
            else {
                return Ok(true);
            };
            let (from, to) = (folding.version, folding.head.min(folding.version.saturating_add(left)));
            let start = (std::mem::take(&mut folding.state), &mut folding.past);
            folding.state =
                folding.fold.witness(&self.store, &*domain, &needs, start, (from, to), &mut |shown| {
                    for (flag, found) in Flag::ALL.into_iter().zip(&mut counts.found) {
                        *found += i64::from(shown.flags.has(flag));
                    }
                    Ok(true)
                })?;
            left -= (to - from).max(1);
            folding.version = to;
            counts.folding = (to < folding.head).then_some(folding);
        }
        Ok(false)
    }

    /// The next aggregate of a log, from its first event.
    fn next_folded(&self, request: &LogRequest, counts: &mut FlagCounts) -> Result<Option<Folding>> {
        let next = match chosen(request) {
            Some(chosen) => match usize::try_from(counts.place).ok().and_then(|place| chosen.get(place)) {
                Some(aggregate) => Some((aggregate.clone(), self.known(aggregate)?, counts.place + 1)),
                None => None,
            },
            None => match self.store.aggregate_after(counts.place)? {
                Some(row) => {
                    let aggregate = self.store.aggregate_of(row)?;
                    let head = self.store.head_version(&self.branch, row)?;
                    Some((aggregate, (row, head), row))
                }
                None => None,
            },
        };
        let Some((aggregate, (row, head), place)) = next else { return Ok(None) };
        counts.place = place;
        let fold = Fold::new(aggregate, row, self.branch.clone());
        Ok(Some(Folding { fold, head, version: 0, state: State::empty(), past: Past::default() }))
    }
}

/// The aggregates whose events a log has; `None` is all.
fn chosen(request: &LogRequest) -> Option<&[AggregateId]> {
    match (&request.aggregate, &request.among) {
        (Some(aggregate), _) => Some(std::slice::from_ref(aggregate)),
        (None, Some(Among::Chosen(chosen))) => Some(chosen.as_slice()),
        (None, _) => None,
    }
}

impl EventCounts {
    fn note(&mut self, kind: i64, meta: &str) {
        *self.types.entry(kind).or_default() += 1;
        let Some(actor) = actor_of(meta) else { return };
        match self.actors.get_mut(&actor) {
            Some(count) => *count += 1,
            None => drop(self.actors.insert(actor, 1)),
        }
    }
}

fn sorted(names: impl IntoIterator<Item = (String, i64)>) -> Vec<(String, i64)> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by(|(a, n), (b, m)| (Reverse(n), a).cmp(&(Reverse(m), b)));
    names.truncate(MOST);
    names
}
