//! The flags of events, worked out as they are asked for: the near ones by a pass over an aggregate's events, the folded
//! ones by a fold of their own. They are remembered while there is room.

use std::collections::HashMap;

use super::Session;
use crate::error::Result;
use crate::event::{AggregateId, Version};
use crate::jq::State;
use crate::replay::{Flags, Fold, Needs, Past, WITHIN};

/// How many events further than asked are looked at, so that a walk in the order of the log does not begin anew at each.
const AHEAD: Version = 512;

/// How many bytes may be remembered.
const MEMORY: usize = 16 << 20;

/// The flags of a branch's events, as far as they were asked for.
pub(super) struct Facts {
    /// For which branch, which domain and which time they hold.
    of: (i64, i64, i64),
    aggregates: HashMap<i64, Walked>,
    bytes: usize,
    /// The row of the aggregate that was asked for last.
    last: Option<(AggregateId, i64)>,
}

/// How far an aggregate was walked along.
struct Walked {
    fold: Fold,
    past: Past,
    state: State,
    /// By version, from 1.
    flags: Vec<Flags>,
    /// Somebody took events out of the log, and asking again for what is behind would never end.
    torn: bool,
    bytes: usize,
}

impl Facts {
    pub fn new() -> Self {
        Self { of: (0, 0, 0), aggregates: HashMap::new(), bytes: 0, last: None }
    }
}

impl Session {
    /// The wanted flags of an aggregate's version; `None` where that takes a fold of more events than the budget: ask
    /// again to go on.
    pub(super) fn flags_of(
        &mut self,
        (aggregate, row): (&AggregateId, i64),
        version: Version,
        (wanted, within): (Flags, i64),
        budget: Version,
    ) -> Result<Option<Flags>> {
        let domain = self.domain()?;
        let near = wanted.only(Flags::near()) == wanted;
        let needs = Needs::of_flags(if near { Flags::near() } else { Flags::all() }, within);
        let of = (self.branch.id, self.rules.id(), if near { 0 } else { within });
        let facts = if near { &mut self.near } else { &mut self.folded };
        if facts.of != of {
            *facts = Facts { of, ..Facts::new() };
        }
        if facts.bytes > MEMORY {
            facts.aggregates.retain(|kept, _| *kept == row);
            facts.bytes = facts.aggregates.values().map(|walked| walked.bytes).sum();
        }
        let branch = &self.branch;
        let walked = facts.aggregates.entry(row).or_insert_with(|| Walked {
            fold: Fold::new(aggregate.clone(), row, branch.clone()),
            past: Past::default(),
            state: State::empty(),
            flags: Vec::new(),
            torn: false,
            bytes: 0,
        });
        let from = walked.flags.len() as Version;
        if from < version && budget > 0 && !walked.torn {
            let to = version.max(from + AHEAD).min(from.saturating_add(budget));
            let Walked { fold, past, state, flags, .. } = walked;
            let start = (std::mem::take(state), past);
            *state = fold.witness(&self.store, &*domain, &needs, start, (from, to), &mut |shown| {
                flags.push(shown.flags);
                Ok(true)
            })?;
            let bytes =
                size_of::<Walked>() + walked.flags.len() + walked.past.bytes() + walked.state.weight();
            facts.bytes = facts.bytes + bytes - std::mem::replace(&mut walked.bytes, bytes);
            walked.torn = (walked.flags.len() as Version) < version.min(to);
        }
        if walked.torn && (walked.flags.len() as Version) < version {
            return Ok(Some(Flags::default()));
        }
        let place = usize::try_from(version - 1).ok();
        Ok(place.and_then(|place| walked.flags.get(place)).map(|flags| flags.only(wanted)))
    }

    /// The flags of a stretch of versions, from its first one on: all of them as far as a fold of so many events more
    /// tells, the near ones as far as a pass over as many for each of the stretch, and nothing behind that.
    pub(super) fn flags_between(
        &mut self,
        of: (&AggregateId, i64),
        (from, to): (Version, Version),
        budget: Version,
    ) -> Result<Vec<Flags>> {
        let (all, near) = ((Flags::all(), WITHIN), (Flags::near(), 0));
        if self.flags_of(of, to, all, budget)?.is_none() {
            self.flags_of(of, to, near, budget.saturating_mul(to - from + 1))?;
        }
        let mut flags = Vec::new();
        for version in from..=to {
            let known = match self.flags_of(of, version, all, 0)? {
                None => self.flags_of(of, version, near, 0)?,
                known => known,
            };
            // Each stands at its version's place: what is behind one that is not known waits.
            let Some(known) = known else { break };
            flags.push(known);
        }
        Ok(flags)
    }

    /// How far the walk over an aggregate's events has come that knows all their flags.
    pub(super) fn flagged(&self, row: i64) -> Version {
        self.folded.aggregates.get(&row).map_or(0, |walked| walked.flags.len() as Version)
    }

    /// All flags of an event, as far as a fold of a slice of its aggregate's events tells; `None`: ask again.
    pub fn flags(&mut self, aggregate: &AggregateId, version: Version, within: i64) -> Result<Option<Flags>> {
        let (row, _) = self.known(aggregate)?;
        self.flags_of((aggregate, row), version, (Flags::all(), within), super::BUDGET)
    }

    /// The near flags of an event.
    pub(super) fn near_flags(&mut self, aggregate: &AggregateId, version: Version) -> Result<Flags> {
        let row = match self.near.last.take().filter(|(known, _)| known == aggregate) {
            Some((_, row)) => row,
            None => self.store.aggregate_row(aggregate)?.unwrap_or_default(),
        };
        let near = (Flags::near(), 0);
        let flags = self.flags_of((aggregate, row), version, near, Version::MAX)?.unwrap_or_default();
        self.near.last = Some((aggregate.clone(), row));
        Ok(flags)
    }
}
