//! Races: where the order of events, or what a decision was made on, changed what became of a record.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::crew::{Crew, Hand, Job};
use super::narrowing::Narrowing;
use super::predicate::{Misses, Predicate};
use super::{Chip, Session};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::AggregateId;
use crate::replay::Fold;
use crate::replay::races::{Asked, Hunt, Race, Racer, Stake, Weight};
use crate::store::{Branch, Store};

/// Which races are looked for, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RacesRequest {
    /// Only in this aggregate.
    pub aggregate: Option<AggregateId>,
    /// Only in aggregates of this type.
    pub kind: Option<String>,
    /// Which, and how close.
    pub asked: Asked,
    /// A jq predicate over the events at which they show; it has what every filter over events has.
    pub filter: Option<String>,
    /// What narrows the races themselves, each as [`race_json`] tells it.
    pub chips: Vec<Chip>,
}

/// What a slice of a search for races found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RacesPage {
    /// The races, aggregate by aggregate.
    pub races: Vec<Race>,
    /// In how many aggregates was looked.
    pub done: i64,
    /// In how many is to be.
    pub of: i64,
}

impl RacesPage {
    /// Whether there is nothing more to search.
    pub fn is_last(&self) -> bool {
        self.done >= self.of
    }
}

/// A search for races that is under way; dropping it stops it.
pub struct RacesSearch {
    branch: String,
    crew: Crew<Race>,
    /// What narrows them, where anything does.
    narrowing: Option<Narrowing>,
}

impl RacesSearch {
    /// The branch that is searched.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}

impl Session {
    /// Begins to look for races on this branch as it is now; [`Session::next_races`] goes on with it.
    pub fn races(&mut self, mut request: RacesRequest) -> Result<RacesSearch> {
        let domain = self.domain()?;
        let asked = &mut request.asked;
        asked.up_to_position = asked.up_to_position.min(self.tail()?.head);
        let rows = match &request.aggregate {
            Some(aggregate) => {
                let (row, head) = self.known(aggregate)?;
                asked.up_to_version = asked.up_to_version.min(head);
                (row - 1, row)
            }
            None => (0, self.store.aggregate_count()?),
        };
        let (path, source) = (self.store.path().to_owned(), domain.source.clone());
        let job = Job { path, source, kind: request.kind.clone(), rows };
        let (branch, misses) = (self.branch.clone(), Arc::clone(&self.misses));
        // Mistakes are told here, before any thread.
        Seeker::new(&request, branch.clone(), &misses, Arc::default())?;
        let narrowing = Some(Narrowing::of(&request.chips, &misses)?).filter(|_| !request.chips.is_empty());
        let crew = Crew::hire(&job, move |stop| Seeker::new(&request, branch.clone(), &misses, stop));
        Ok(RacesSearch { branch: self.branch.name.clone(), crew, narrowing })
    }

    /// What was found meanwhile; it does not wait long for that.
    pub fn next_races(&mut self, search: &mut RacesSearch) -> Result<RacesPage> {
        let mut races = search.crew.next()?;
        if let Some(narrowing) = &search.narrowing {
            let mut taken = Vec::new();
            for race in races {
                if narrowing.takes(&race_json(&race, &search.branch))? {
                    taken.push(race);
                }
            }
            races = taken;
        }
        Ok(RacesPage { races, done: search.crew.done(), of: search.crew.aggregates() })
    }
}

/// A race as JSON.
pub fn race_json(race: &Race, branch: &str) -> Value {
    let event = |event: &Racer| {
        json!({
            "version": event.version, "position": event.position, "type": event.kind,
            "occurred_at": event.at, "actor": event.actor, "hash": event.hash,
        })
    };
    let field = |stake: &Stake| json!({ "path": stake.path, "values": stake.values });
    let seconds = |micros: i64| micros as f64 / 1e6;
    let lasted = match race.weight {
        Weight::Meanwhile(lasted) => lasted.map(seconds),
        _ => None,
    };
    json!({
        "kind": race.kind.name(), "aggregate": race.aggregate, "branch": branch, "weight": race.weight.name(),
        "lasted": lasted, "apart": race.apart().map(seconds), "actors": race.who(),
        "field": race.stakes.first().map(|stake| &stake.path),
        "events": race.events.iter().map(event).collect::<Vec<_>>(),
        "fields": race.stakes.iter().map(field).collect::<Vec<_>>(), "differs": race.differs, "note": race.note,
    })
}

/// A hand of the search.
struct Seeker {
    hunt: Hunt,
    fold: Fold,
    filter: Option<Predicate>,
    stop: Arc<AtomicBool>,
}

impl Seeker {
    fn new(
        request: &RacesRequest,
        branch: Branch,
        misses: &Arc<Misses>,
        stop: Arc<AtomicBool>,
    ) -> Result<Self> {
        let filter =
            request.filter.as_ref().map(|filter| Predicate::of_events(filter, misses)).transpose()?;
        let hunt = Hunt::new(request.asked.clone(), filter.as_ref().map(Predicate::reads));
        Ok(Self { hunt, fold: Fold::over(branch), filter, stop })
    }
}

impl Hand for Seeker {
    type Found = Race;

    fn search(
        &mut self,
        store: &Store,
        domain: &Domain,
        (aggregate, row): (AggregateId, i64),
        found: &mut Vec<Race>,
    ) -> Result<()> {
        let Self { hunt, fold, filter, stop } = self;
        fold.go_to(aggregate, row);
        let mut keep = |shown: crate::replay::Shown<'_>| match filter {
            Some(filter) => filter.holds_of(&shown.moment(domain)),
            None => Ok(true),
        };
        hunt.history(fold, (store, domain), stop, &mut keep, found)
    }
}
