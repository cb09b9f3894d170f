//! Which events a filter takes. Each aggregate is folded once, by the one fold, and every event of it is tried on the way;
//! what is taken is remembered as a bit for each place. So a page of the log, whichever way it runs, costs no fold of what
//! was folded for the page before.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::Session;
use super::super::bits::Bits;
use super::super::predicate::Predicate;
use super::LogRequest;
use super::wanted::{Seen, Wanted};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Position, Version};
use crate::jq::State;
use crate::replay::{Flags, Fold, Needs, Past};
use crate::store::{Branch, Store};

/// How many filters are remembered.
const FILTERS: usize = 4;

/// So many events of an aggregate are tried at once, where the log is read in its own order.
const AHEAD: Version = 4_096;

/// An aggregate of fewer events is folded again where new ones come.
const SHORT: Version = 512;

/// How many bytes of states are held of aggregates that are not folded to their end.
const HELD: usize = 32 << 20;

/// An aggregate that is not folded to its end, or that may go on.
struct Open {
    version: Version,
    state: State,
    past: Past,
    /// About how many bytes it takes.
    bytes: usize,
}

/// What a filter takes of a branch's log, or of one aggregate's.
pub struct Sifted {
    /// What is asked, but for the way in which it is looked at.
    asked: LogRequest,
    of: (i64, i64),
    pub predicate: Predicate,
    needs: Needs,
    wanted: Wanted,
    fold: Fold,
    /// The last position that is looked at.
    end: Position,
    /// The places of what is taken: versions of the one aggregate, else positions.
    taken: Bits,
    /// The rows of the aggregates that are folded to their end.
    done: Bits,
    open: HashMap<i64, Open>,
    /// How many bytes they take together.
    held: usize,
    /// The flags of what is taken, of those that the rows have; none where there is no entry.
    flags: HashMap<i64, Flags>,
}

impl Sifted {
    /// The flags of an event that is taken.
    pub fn flags(&self, place: i64) -> Flags {
        self.flags.get(&place).copied().unwrap_or_default()
    }

    /// The first place that is taken among some, in the order of the request.
    pub fn place(&self, (from, to): (i64, i64), oldest_first: bool) -> Option<i64> {
        if oldest_first { self.taken.next(from, to) } else { self.taken.last(from, to) }
    }

    /// Up to which version of an aggregate events were tried.
    pub fn tried(&self, row: i64) -> Version {
        if self.done.has(row) { Version::MAX } else { self.open.get(&row).map_or(0, |open| open.version) }
    }

    /// Tries an aggregate's events up to a version, at most `budget` of them; answers how many that were.
    pub fn try_to(
        &mut self,
        store: &Store,
        domain: &Domain,
        (aggregate, row): (AggregateId, i64),
        version: Version,
        budget: usize,
    ) -> Result<usize> {
        let from = self.tried(row);
        if from >= version {
            return Ok(0);
        }
        let none = || Open { version: 0, state: State::empty(), past: Past::default(), bytes: 0 };
        let mut open = self.open.remove(&row).unwrap_or_else(none);
        self.held -= open.bytes;
        let most = Version::try_from(budget).unwrap_or(Version::MAX);
        let to = version.min(from.saturating_add(most));
        self.fold.go_to(aggregate, row);
        let (request, one) = (&self.asked, self.asked.aggregate.is_some());
        let (predicate, wanted, end) = (&self.predicate, &self.wanted, self.end);
        let (taken, flags) = (&mut self.taken, &mut self.flags);
        let (mut at, mut ended) = (from, false);
        let start = (std::mem::take(&mut open.state), &mut open.past);
        open.state = self.fold.witness(store, domain, &self.needs, start, (from, to), &mut |shown| {
            let raw = shown.event.raw;
            if raw.position > end {
                ended = true;
                return Ok(false);
            }
            at = raw.version;
            if wanted.takes(&Seen::of(&shown)) {
                let place = if one { raw.version } else { raw.position };
                let shown_flags = shown.flags.only(request.flags);
                let holds = predicate.holds_of(&shown.moment(domain))?;
                taken.set(place, holds);
                if holds && !shown_flags.is_empty() {
                    flags.insert(place, shown_flags);
                }
            }
            Ok(true)
        })?;
        open.version = at;
        let last = ended || at < to;
        self.done.set(row, last);
        // The state behind the end is not the one to go on from.
        if !ended && (!last || at >= SHORT) {
            open.bytes = open.state.weight() + open.past.bytes();
            self.held += open.bytes;
            self.open.insert(row, open);
        }
        Ok((at - from) as usize)
    }

    /// How many events of an aggregate beyond a version are tried with it.
    pub fn ahead(&self) -> Version {
        if self.held > HELD { Version::MAX } else { AHEAD }
    }

    /// Events behind its end are looked at from now on: their aggregates go on.
    fn grow(&mut self, store: &Store, branch: &Branch, end: Position) -> Result<()> {
        let range = (self.end + 1, end);
        store.places_between(branch, range, false, &mut |(_, row, _)| {
            self.done.set(row, false);
            Ok(true)
        })?;
        self.end = end;
        Ok(())
    }
}

impl Session {
    /// What the request's filter takes, as far as that was tried before; it is to be given back.
    pub(super) fn take_sifted(&mut self, request: &LogRequest, filter: &str) -> Result<Sifted> {
        let domain = self.domain()?;
        let asked = LogRequest {
            aggregate: request.aggregate.clone(),
            kind: request.kind.clone(),
            since: request.since,
            until: request.until,
            actor: request.actor.clone(),
            event: request.event.clone(),
            filter: request.filter.clone(),
            text: request.text.clone(),
            any_case: request.any_case,
            content_only: request.content_only,
            chips: request.chips.clone(),
            among: request.among.clone(),
            within: request.within,
            flags: request.flags,
            ..LogRequest::default()
        };
        // Who is called by a text, and whom a list holds, changes as events come.
        let wanted = self.tests(&asked)?;
        let of = (self.branch.id, self.rules.id());
        let end = request.up_to_position.unwrap_or(Position::MAX).min(self.tail()?.head);
        self.sifted.retain(|sifted| sifted.of == of);
        let known = self.sifted.iter().position(|sifted| sifted.asked == asked);
        let mut sifted = if let Some(place) = known {
            self.sifted.remove(place)
        } else {
            let predicate = Predicate::of_events(filter, &self.misses)?;
            Sifted {
                needs: Needs::of([predicate.reads()], request.within()).with_flags(request.flags),
                wanted: Wanted::default(),
                asked,
                of,
                predicate,
                fold: Fold::over(self.branch.clone()),
                end,
                taken: Bits::default(),
                done: Bits::default(),
                open: HashMap::new(),
                held: 0,
                flags: HashMap::new(),
            }
        };
        sifted.predicate.misses = Arc::clone(&self.misses);
        sifted.wanted = wanted;
        drop(domain);
        if end > sifted.end {
            sifted.grow(&self.store, &self.branch, end)?;
        }
        Ok(sifted)
    }

    /// Keeps what was tried, for the next page.
    pub(super) fn keep_sifted(&mut self, sifted: Sifted) {
        self.sifted.insert(0, sifted);
        self.sifted.truncate(FILTERS);
    }
}
