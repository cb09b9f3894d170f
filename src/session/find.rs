//! Search through time: every event at which a predicate over the state turned, or that a predicate over events
//! takes. One aggregate is walked here, many on threads of their own; either can be stopped at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Session;
use super::crew::{Crew, Hand, Job};
use super::predicate::{Misses, Predicate};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Hash, Position, Time, Version};
use crate::jq::State;
use crate::replay::{Fold, Needs, Past, WITHIN};
use crate::store::{Branch, Store};

/// What is searched for, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindRequest {
    /// A jq predicate over the state; with `events` it has beside it what every filter over events has.
    pub predicate: String,
    /// Only this aggregate.
    pub aggregate: Option<AggregateId>,
    /// Only aggregates of this type.
    pub kind: Option<String>,
    /// Nothing after this version (needs an aggregate).
    pub up_to_version: Option<Version>,
    /// Nothing after this position.
    pub up_to_position: Option<Position>,
    /// Only the first event of each aggregate at which it turned true (or that it takes).
    pub first: bool,
    /// The predicate is about events, not states.
    pub events: bool,
    /// As in [`LogRequest`](super::LogRequest).
    pub within: Option<i64>,
}

/// An event at which the predicate turned, or that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is about.
    pub aggregate: AggregateId,
    /// Its version there.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
    /// When it happened.
    pub occurred_at: Time,
    /// Its hash.
    pub hash: Hash,
    /// What the predicate turned to; `None` in a search over events.
    pub turned: Option<bool>,
}

/// What a slice of a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindPage {
    /// The events of this slice, in log order. Slices of one aggregate follow each other in log order too; those of
    /// many hold some aggregates each.
    pub hits: Vec<Hit>,
    /// How far the search has come: aggregates, or versions of the one aggregate.
    pub done: i64,
    /// Where it ends.
    pub of: i64,
}

impl FindPage {
    /// Whether there is nothing more to search.
    pub fn is_last(&self) -> bool {
        self.done >= self.of
    }
}

/// A search that is under way; dropping it stops it.
pub struct Search {
    branch: String,
    way: Way,
}

enum Way {
    One { finder: Box<Finder>, at: Reached, to: Version },
    Many(Crew<Hit>),
}

impl Search {
    /// The branch that is searched.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}

impl Session {
    /// Begins a search of this branch as it is now; [`Session::find`] goes on with it.
    pub fn search(&mut self, request: FindRequest) -> Result<Search> {
        let domain = self.domain()?;
        let end = request.up_to_position.unwrap_or(Position::MAX).min(self.tail()?.head);
        let branch = self.branch.clone();
        // Mistakes are told here, before any thread.
        let mut finder = Finder::new(request, branch.clone(), end, &self.misses)?;
        let way = if let Some(aggregate) = finder.request.aggregate.clone() {
            let (row, head) = self.known(&aggregate)?;
            let to = finder.request.up_to_version.unwrap_or(head).min(head);
            let to = to.min(self.store.version_at(&branch, row, end)?);
            finder.fold.go_to(aggregate, row);
            Way::One { finder: Box::new(finder), at: Reached::default(), to }
        } else {
            let (path, source) = (self.store.path().to_owned(), domain.source.clone());
            let rows = (0, self.store.aggregate_count()?);
            let (request, misses) = (finder.request, Arc::clone(&self.misses));
            let job = Job { path, source, kind: request.kind.clone(), rows };
            Way::Many(Crew::hire(&job, move |stop| {
                let finder = Finder::new(request.clone(), branch.clone(), end, &misses)?;
                Ok(Finder { stop, ..finder })
            }))
        };
        Ok(Search { branch: self.branch.name.clone(), way })
    }

    /// Goes on with a search: over at most `budget` events of one aggregate; where many are searched it takes what
    /// their threads have found, and does not wait long for it.
    pub fn find(&mut self, search: &mut Search, budget: usize) -> Result<FindPage> {
        match &mut search.way {
            Way::Many(crew) => {
                let mut hits = crew.next()?;
                hits.sort_by_key(|hit| hit.position);
                Ok(FindPage { hits, done: crew.done(), of: crew.aggregates() })
            }
            Way::One { finder, at, to } => {
                let domain = self.domain()?;
                let upto =
                    (*to).min(at.version.saturating_add(Version::try_from(budget).unwrap_or(Version::MAX)));
                let mut hits = Vec::new();
                finder.go(&self.store, &domain, at, upto, &mut hits)?;
                let done = if at.ended { *to } else { at.version };
                Ok(FindPage { hits, done, of: *to })
            }
        }
    }
}

/// How far an aggregate has been searched.
struct Reached {
    version: Version,
    state: State,
    past: Past,
    holds: bool,
    ended: bool,
}

impl Default for Reached {
    fn default() -> Self {
        Self { version: 0, state: State::empty(), past: Past::default(), holds: false, ended: false }
    }
}

/// A search in one aggregate after the other.
struct Finder {
    request: FindRequest,
    predicate: Predicate,
    needs: Needs,
    end: Position,
    fold: Fold,
    /// Set from outside: nobody wants to know any more.
    stop: Arc<AtomicBool>,
}

impl Finder {
    fn new(request: FindRequest, branch: Branch, end: Position, misses: &Arc<Misses>) -> Result<Self> {
        let predicate = if request.events {
            Predicate::of_events(&request.predicate, misses)?
        } else {
            Predicate::compile(&request.predicate, &[], misses)?
        };
        let needs = Needs::of([predicate.reads()], request.within.unwrap_or(WITHIN));
        Ok(Self {
            // A predicate over states is asked of those that are there.
            needs: if request.events { needs } else { needs.of_states() },
            predicate,
            fold: Fold::over(branch),
            request,
            end,
            stop: Arc::default(),
        })
    }

    /// Searches the fold's aggregate up to a version.
    fn go(
        &mut self,
        store: &Store,
        domain: &Domain,
        at: &mut Reached,
        to: Version,
        hits: &mut Vec<Hit>,
    ) -> Result<()> {
        let Self { request, predicate, needs, end, fold, stop } = self;
        let from = at.version;
        let (version, holds, ended) = (&mut at.version, &mut at.holds, &mut at.ended);
        let start = (std::mem::take(&mut at.state), &mut at.past);
        at.state = fold.witness(store, domain, needs, start, (from, to), &mut |shown| {
            let raw = shown.event.raw;
            if raw.position > *end || stop.load(Ordering::Relaxed) {
                *ended = true;
                return Ok(false);
            }
            *version = raw.version;
            let aggregate = shown.event.aggregate;
            let turned = if request.events {
                predicate.holds_of(&shown.moment(domain))?.then_some(None)
            } else {
                let after = &shown.seen.state;
                // Where nothing exists nothing holds.
                let now = !after.is_null() && predicate.holds(after, &[])?;
                let turned = (now != *holds).then_some(Some(now));
                *holds = now;
                turned
            };
            let Some(turned) = turned.filter(|turned| !request.first || *turned != Some(false)) else {
                return Ok(true);
            };
            *ended = request.first;
            hits.push(Hit {
                aggregate: aggregate.clone(),
                version: raw.version,
                position: raw.position,
                occurred_at: raw.occurred_at,
                hash: raw.hash,
                turned,
            });
            Ok(!*ended)
        })?;
        Ok(())
    }
}

impl Hand for Finder {
    type Found = Hit;

    fn search(
        &mut self,
        store: &Store,
        domain: &Domain,
        (aggregate, row): (AggregateId, i64),
        found: &mut Vec<Hit>,
    ) -> Result<()> {
        self.fold.go_to(aggregate, row);
        self.go(store, domain, &mut Reached::default(), Version::MAX, found)
    }
}
