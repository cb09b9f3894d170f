//! How many events of a log have each type and each actor.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Among, LogRequest};
use crate::error::Result;
use crate::event::{Position, actor_of};
use crate::session::{Facets, Session};

/// How many events are looked at in a slice.
const SLICE: usize = 50_000;

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
        let chosen = match (&request.aggregate, &request.among) {
            (Some(aggregate), _) => std::slice::from_ref(aggregate),
            (None, Some(Among::Chosen(chosen))) => chosen.as_slice(),
            (None, _) => return self.count_log_events(counts),
        };
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
