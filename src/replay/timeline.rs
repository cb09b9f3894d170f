//! One aggregate's history, seekable: keyframes, the states just visited, and the times of its events.

use std::collections::VecDeque;

use super::{Fold, Keyframes, Seen, Stored};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Time, Version};
use crate::jq::State;
use crate::store::{Branch, Store};

/// How many states before the cursor are kept, so that going back from one remembered state to the one before folds each
/// event once; and how many bytes of them.
const RECENT: usize = 640;
const RECENT_BYTES: usize = 4 << 20;

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
    fold: Fold,
    head: Version,
    /// A head up to which there are no events: they were taken out, or it was forged.
    missing: Version,
    keyframes: Keyframes,
    /// How far the walk has come, and the state there.
    folded: Version,
    folding: Seen,
    recent: Recent,
    marks: Marks,
}

/// What is known of each event that the walk has passed.
#[derive(Default)]
struct Marks {
    effective: Vec<i64>,
    /// The versions whose event a rule refused.
    refused: Vec<Version>,
}

impl Marks {
    fn note(&mut self, event: &Stored<'_>, refused: bool) {
        if refused {
            self.refused.push(event.raw.version);
        }
        let before = self.effective.last().copied().unwrap_or(i64::MIN);
        self.effective.push(before.max(event.raw.occurred_at.0));
    }
}

impl Timeline {
    /// The timeline of an aggregate that has events on the branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch, head: Version) -> Self {
        Self {
            fold: Fold::new(aggregate, row, branch),
            head,
            missing: 0,
            keyframes: Keyframes::default(),
            folded: 0,
            folding: State::empty().into(),
            recent: Recent::default(),
            marks: Marks::default(),
        }
    }

    /// Which aggregate.
    pub fn aggregate(&self) -> &AggregateId {
        self.fold.aggregate()
    }

    /// The aggregate's row.
    pub fn row(&self) -> i64 {
        self.fold.row()
    }

    /// The newest version it knows of.
    pub fn head(&self) -> Version {
        self.head
    }

    /// Takes note of newer events.
    pub(crate) fn grow(&mut self, head: Version) {
        if head > self.missing {
            self.head = self.head.max(head);
        }
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
        let noted = self.marks.effective.len() * 8 + self.marks.refused.len() * 8;
        self.keyframes.bytes() + self.recent.bytes + noted
    }

    /// The newest version up to this one whose event a rule refused, as far as the walk has come.
    pub(crate) fn last_refused(&self, version: Version) -> Option<Version> {
        let refused = &self.marks.refused;
        refused[..refused.partition_point(|refused| *refused <= version)].last().copied()
    }

    /// Walks up to `events` further; false when the head is reached.
    pub(crate) fn advance(&mut self, store: &Store, domain: &Domain, events: Version) -> Result<bool> {
        if self.folded >= self.head {
            return Ok(false);
        }
        let to = self.head.min(self.folded.saturating_add(events));
        let Self { fold, keyframes, folded, folding, marks, .. } = self;
        let start = std::mem::replace(folding, State::null().into());
        let done = fold.fold(store, domain, start, (*folded, to), &mut |event, seen| {
            let version = event.raw.version;
            marks.note(event, seen.error.is_some());
            *folded = version;
            if keyframes.wants(version) {
                keyframes.put(version, seen.state.to_json()?);
            }
            Ok(true)
        });
        match done {
            Ok(seen) => {
                *folding = seen;
                if self.folded < to {
                    self.missing = self.head;
                    self.head = self.folded;
                }
            }
            Err(error) => {
                // The state went with it.
                *self = Self::new(fold.aggregate().clone(), fold.row(), fold.branch().clone(), self.head);
                return Err(error);
            }
        }
        Ok(self.folded < self.head)
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

    /// The newest version up to one whose state is remembered for good.
    pub fn remembered(&self, version: Version) -> Version {
        self.keyframes.before(version).map_or(0, |(at, _)| at)
    }

    /// The state before the version `from`, and that of each version up to `to`, given to `each` in their order.
    pub fn along(
        &mut self,
        store: &Store,
        domain: &Domain,
        (from, to): (Version, Version),
        each: &mut dyn FnMut(Version, &State) -> Result<()>,
    ) -> Result<()> {
        let from = from.max(1) - 1;
        let before = self.state_at(store, domain, from)?;
        each(from, &before.state)?;
        self.fold
            .fold(store, domain, before, (from, to), &mut |event, seen| {
                each(event.raw.version, &seen.state)?;
                Ok(true)
            })
            .map(drop)
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
        let keep_from = version - RECENT as Version / 2;
        let Self { fold, recent, .. } = self;
        fold.fold(store, domain, start.into(), (from, version), &mut |event, seen| {
            if event.raw.version >= keep_from {
                recent.put(event.raw.version, seen.clone());
            }
            Ok(true)
        })
    }

    /// The effective time of a version, where the walk has passed it.
    pub(crate) fn effective_at(&self, version: Version) -> Option<Time> {
        self.marks.effective.get(usize::try_from(version).ok()?.checked_sub(1)?).map(|&t| Time(t))
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
            for version in 1..=900 {
                recent.put(version, Seen { state: state.clone(), error: None });
            }
            assert_eq!(recent.before(1000).unwrap().0, 900);
            assert!(recent.bytes <= RECENT_BYTES || recent.states.len() == 1);
            recent.states.len()
        };
        assert_eq!([kept(10), kept(1 << 20), kept(100 << 20)], [RECENT, 3, 1]);
    }
}
