//! One aggregate's history, seekable: keyframes, the states just visited, and the times of its events.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Keyframes, apply, apply_or_keep};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Time, Version};
use crate::jq::{EventView, State};
use crate::store::{Branch, RawEvent, Store};

/// How many states before the cursor are kept, so that a step back folds nothing; and how many bytes of them.
const RECENT: usize = 96;
const RECENT_BYTES: usize = 4 << 20;

/// Beyond so many events repeated ones are looked for among the newest only.
const REMEMBERED: usize = 200_000;

/// What is special about an event, as far as a walk over the log shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFlags {
    /// It occurred before its predecessor.
    pub late: bool,
    /// An earlier event of the aggregate has the same type and data.
    pub repeated: bool,
    /// Its rule failed.
    pub error: bool,
}

/// A state, and why it is not the one the last event would have made.
#[derive(Clone)]
pub struct Seen {
    /// The state after the version.
    pub state: State,
    /// The rule error of that version's event.
    pub error: Option<Error>,
}

/// The states folded last, the newest last.
#[derive(Default)]
struct Recent {
    states: VecDeque<(Version, usize, Seen)>,
    bytes: usize,
}

impl Recent {
    /// Keeps one; the oldest go where they are too many, or too large together.
    fn put(&mut self, version: Version, seen: Seen) {
        let weight = seen.state.weight();
        self.bytes += weight;
        self.states.push_back((version, weight, seen));
        while self.states.len() > RECENT || self.bytes > RECENT_BYTES && self.states.len() > 1 {
            self.bytes -= self.states.pop_front().map_or(0, |(_, weight, _)| weight);
        }
    }

    /// The one nearest to a version, that or an earlier one.
    fn before(&self, version: Version) -> Option<(Version, &Seen)> {
        let earlier = self.states.iter().filter(|(at, ..)| *at <= version);
        earlier.max_by_key(|(at, ..)| *at).map(|(at, _, seen)| (*at, seen))
    }
}

/// One aggregate's history on a branch.
pub struct Timeline {
    aggregate: AggregateId,
    row: i64,
    branch: Branch,
    names: HashMap<i64, String>,
    head: Version,
    keyframes: Keyframes,
    /// How far the walk has come, and the state there.
    folded: Version,
    folding: Option<State>,
    /// Whether a rule fails somewhere: states are then copied before each event.
    careful: bool,
    recent: Recent,
    effective: Vec<i64>,
    flags: Vec<EventFlags>,
    last_occurred: i64,
    known: HashSet<u64>,
}

impl Timeline {
    /// The timeline of an aggregate that has events on the branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch, head: Version) -> Self {
        Self {
            aggregate,
            row,
            branch,
            names: HashMap::new(),
            head,
            keyframes: Keyframes::default(),
            folded: 0,
            folding: None,
            careful: false,
            recent: Recent::default(),
            effective: Vec::new(),
            flags: Vec::new(),
            last_occurred: i64::MIN,
            known: HashSet::new(),
        }
    }

    /// Which aggregate.
    pub fn aggregate(&self) -> &AggregateId {
        &self.aggregate
    }

    /// Its row.
    pub fn row(&self) -> i64 {
        self.row
    }

    /// The newest version it knows of.
    pub fn head(&self) -> Version {
        self.head
    }

    /// Takes note of newer events.
    pub fn grow(&mut self, head: Version) {
        self.head = self.head.max(head);
    }

    /// How far the walk has come: seeks up to here are fast.
    pub fn folded(&self) -> Version {
        self.folded
    }

    /// How many bytes the remembered states take.
    pub fn keyframe_bytes(&self) -> usize {
        self.keyframes.bytes()
    }

    /// About how many bytes everything takes that is remembered.
    pub fn bytes(&self) -> usize {
        // An event's time and flags, and its hash in a table that is not full.
        let noted = self.effective.len() * 12 + self.known.len() * 16;
        self.keyframes.bytes() + self.recent.bytes + noted
    }

    /// The effective times of versions 1, 2, … as far as the walk has come, in microseconds.
    pub fn effective(&self) -> &[i64] {
        &self.effective
    }

    /// What is special about an event, where the walk has passed it.
    pub fn flags(&self, version: Version) -> Option<EventFlags> {
        self.flags.get(usize::try_from(version).ok()?.checked_sub(1)?).copied()
    }

    /// Walks up to `events` further; false when the head is reached.
    pub fn advance(&mut self, store: &Store, domain: &Domain, events: Version) -> Result<bool> {
        if self.folded >= self.head {
            return Ok(false);
        }
        let to = self.head.min(self.folded.saturating_add(events));
        if !self.walk(store, domain, to)? {
            // A rule failed and took the state with it: once more, with a copy kept before each event.
            self.careful = true;
            self.restart_at_keyframe();
            self.walk(store, domain, to)?;
        }
        Ok(self.folded < self.head)
    }

    fn restart_at_keyframe(&mut self) {
        let frame = self.keyframes.before(self.folded);
        self.folding = frame.and_then(|(_, state)| State::from_json(state).ok());
        self.folded = if self.folding.is_some() { frame.map_or(0, |(version, _)| version) } else { 0 };
    }

    fn walk(&mut self, store: &Store, domain: &Domain, to: Version) -> Result<bool> {
        let mut state = Some(self.folding.take().unwrap_or_else(State::empty));
        let (branch, row, from) = (self.branch.clone(), self.row, self.folded + 1);
        let mut good = true;
        store.events_of(&branch, row, from, to, &mut |raw| {
            let event = named(&mut self.names, raw.kind, |row| store.type_name(row))?.to_owned();
            let view = view_of(&self.aggregate, &branch.name, domain, raw, &event);
            let before = state.take().unwrap_or_else(State::empty);
            let error = if self.careful {
                let (after, error) = apply_or_keep(domain, before, &view);
                state = Some(after);
                error
            } else {
                if let Ok(after) = apply(domain, before, &view) {
                    state = Some(after);
                } else {
                    good = false;
                    return Ok(false);
                }
                None
            };
            self.note(raw, error.is_some());
            self.folded = raw.version;
            if self.keyframes.wants(raw.version)
                && let Some(state) = &state
            {
                self.keyframes.put(raw.version, state.to_json()?);
            }
            Ok(true)
        })?;
        if good {
            self.folding = state;
        }
        Ok(good)
    }

    /// Remembers an event's time and marks; a second walk over it changes nothing but the error.
    fn note(&mut self, raw: &RawEvent<'_>, error: bool) {
        let index = (raw.version - 1) as usize;
        if let Some(flags) = self.flags.get_mut(index) {
            flags.error = error;
            return;
        }
        let mut hasher = DefaultHasher::new();
        (raw.kind, raw.data).hash(&mut hasher);
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let repeated = !self.known.insert(hasher.finish());
        let late = raw.occurred_at.0 < self.last_occurred;
        self.last_occurred = raw.occurred_at.0;
        self.flags.push(EventFlags { late, repeated, error });
        let before = self.effective.last().copied().unwrap_or(i64::MIN);
        self.effective.push(before.max(raw.occurred_at.0));
    }

    /// The state after a version, and the version before's. Folds from the nearest remembered state, at most
    /// `budget` events; `None` where that was not enough: the walk has come nearer then, ask again.
    pub fn seek(
        &mut self,
        store: &Store,
        domain: &Domain,
        version: Version,
        budget: Version,
    ) -> Result<Option<(Seen, Seen)>> {
        let version = version.clamp(0, self.head);
        if version > self.folded.saturating_add(budget) {
            self.advance(store, domain, budget)?;
            return Ok(None);
        }
        if version > self.folded {
            self.advance(store, domain, version - self.folded)?;
        }
        let after = self.state_at(store, domain, version)?;
        let before = if version == 0 { after.clone() } else { self.state_at(store, domain, version - 1)? };
        Ok(Some((before, after)))
    }

    /// States of the versions `from..=to`, each given to `each`, in version order.
    pub fn states(
        &mut self,
        store: &Store,
        domain: &Domain,
        (from, to): (Version, Version),
        each: &mut dyn FnMut(&RawEvent<'_>, &str, &State, &Seen) -> Result<bool>,
    ) -> Result<()> {
        let mut before = self.state_at(store, domain, from.max(1) - 1)?.state;
        let branch = self.branch.clone();
        store.events_of(&branch, self.row, from.max(1), to, &mut |raw| {
            let event = named(&mut self.names, raw.kind, |row| store.type_name(row))?.to_owned();
            let view = view_of(&self.aggregate, &branch.name, domain, raw, &event);
            let (state, error) = apply_or_keep(domain, before.clone(), &view);
            let seen = Seen { state, error };
            let more = each(raw, &event, &before, &seen)?;
            before = seen.state;
            Ok(more)
        })
    }

    fn state_at(&mut self, store: &Store, domain: &Domain, version: Version) -> Result<Seen> {
        if version == 0 {
            return Ok(Seen { state: State::empty(), error: None });
        }
        let near = self.recent.before(version);
        if let Some((_, seen)) = near.filter(|(at, _)| *at == version) {
            return Ok(seen.clone());
        }
        let frame = self.keyframes.before(version);
        let (from, start) = match (near, frame) {
            (Some((at, seen)), Some((framed, _))) if at >= framed => (at, seen.state.clone()),
            (Some((at, seen)), None) => (at, seen.state.clone()),
            (_, Some((framed, state))) => (framed, State::from_json(state)?),
            (None, None) => (0, State::empty()),
        };
        self.fold_to(store, domain, from, start, version)
    }

    fn fold_to(
        &mut self,
        store: &Store,
        domain: &Domain,
        from: Version,
        start: State,
        version: Version,
    ) -> Result<Seen> {
        let mut seen = Seen { state: start, error: None };
        let branch = self.branch.clone();
        let keep_from = version - RECENT as Version / 2;
        store.events_of(&branch, self.row, from + 1, version, &mut |raw| {
            let event = named(&mut self.names, raw.kind, |row| store.type_name(row))?.to_owned();
            let view = view_of(&self.aggregate, &branch.name, domain, raw, &event);
            let state = std::mem::replace(&mut seen.state, State::null());
            let (state, error) = if self.careful || raw.version >= keep_from {
                apply_or_keep(domain, state, &view)
            } else {
                // The walk has passed here without an error.
                (apply(domain, state, &view)?, None)
            };
            seen = Seen { state, error };
            if raw.version >= keep_from {
                self.recent.put(raw.version, seen.clone());
            }
            Ok(true)
        })?;
        Ok(seen)
    }

    /// The effective time of a version, where the walk has passed it.
    pub fn effective_at(&self, version: Version) -> Option<Time> {
        self.effective.get(usize::try_from(version).ok()?.checked_sub(1)?).map(|&t| Time(t))
    }
}

/// The name behind a row, looked up once.
pub(crate) fn named(
    names: &mut HashMap<i64, String>,
    row: i64,
    look: impl FnOnce(i64) -> Result<String>,
) -> Result<&str> {
    Ok(match names.entry(row) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => entry.insert(look(row)?),
    })
}

/// What a rule sees of a row.
pub(crate) fn view_of<'a>(
    aggregate: &'a AggregateId,
    branch: &'a str,
    domain: &'a Domain,
    raw: &'a RawEvent<'_>,
    event: &'a str,
) -> EventView<'a> {
    EventView {
        position: raw.position,
        branch,
        kind: &aggregate.kind,
        id: &aggregate.id,
        version: raw.version,
        event,
        occurred_at: raw.occurred_at,
        recorded_at: raw.recorded_at,
        data: raw.data,
        meta: raw.meta,
        defaults: domain.event(&aggregate.kind, event).map_or(&[][..], |e| &e.defaults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_large_states_fewer_are_kept() {
        let kept = |length: usize| {
            let mut recent = Recent::default();
            let state = State::from_json(&format!("\"{}\"", "x".repeat(length))).unwrap();
            for version in 1..=500 {
                recent.put(version, Seen { state: state.clone(), error: None });
            }
            assert_eq!(recent.before(1000).unwrap().0, 500);
            assert!(recent.bytes <= RECENT_BYTES || recent.states.len() == 1);
            recent.states.len()
        };
        assert_eq!([kept(10), kept(1 << 20), kept(100 << 20)], [RECENT, 3, 1]);
    }
}
