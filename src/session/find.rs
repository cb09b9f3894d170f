//! Search through time: every event at which a predicate over the state turned, or that a predicate over events
//! takes, in log order and a slice at a time.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{Session, compile_filter};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Version};
use crate::jq::{Rule, State};
use crate::replay::{Walk, Working, apply, apply_or_keep, named, view_of};
use crate::store::{Branch, RawEvent, Store};

/// How many aggregates' names are kept at hand.
const NAMES: usize = 65_536;

/// What is searched for, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindRequest {
    /// A jq predicate over the state; with `events` over the event, where `$before` and `$after` are the states.
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
}

/// An event at which the predicate turned, or that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The event.
    pub event: Event,
    /// What the predicate turned to; `None` in a search over events.
    pub turned: Option<bool>,
}

/// What a slice of a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindPage {
    /// The events, in log order.
    pub hits: Vec<Hit>,
    /// How far the search has come: positions of the log, or versions of the one aggregate.
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
    request: FindRequest,
    predicate: Rule,
    /// Whether a search over events looks at the states beside them.
    states: bool,
    domain: Rc<Domain>,
    branch: Branch,
    /// The one aggregate's row.
    only: Option<i64>,
    done: i64,
    end: i64,
    working: Working,
    found: HashSet<i64>,
    kinds: HashMap<i64, String>,
    names: HashMap<i64, Rc<AggregateId>>,
}

impl Session {
    /// Begins a search of this branch as it is now; [`Session::find`] goes on with it.
    pub fn search(&mut self, request: FindRequest) -> Result<Search> {
        let vars: &[&'static str] = if request.events { &["$before", "$after"] } else { &[] };
        let predicate = compile_filter(&request.predicate, vars)?;
        let states = !request.events || vars.iter().any(|var| request.predicate.contains(var));
        let domain = self.domain()?;
        let tail = self.tail()?.head;
        let (only, end) = match &request.aggregate {
            Some(aggregate) => {
                let (row, head) = self.known(aggregate)?;
                let position = request.up_to_position.unwrap_or(Position::MAX);
                let there = self.store.version_at(&self.branch, row, position)?;
                (Some(row), request.up_to_version.unwrap_or(head).min(there))
            }
            None => (None, request.up_to_position.unwrap_or(tail).min(tail)),
        };
        Ok(Search {
            request,
            predicate,
            states,
            domain,
            branch: self.branch.clone(),
            only,
            done: 0,
            end,
            working: Working::default(),
            found: HashSet::new(),
            kinds: HashMap::new(),
            names: HashMap::new(),
        })
    }

    /// Goes on with a search, over at most `budget` events.
    pub fn find(&mut self, search: &mut Search, budget: usize) -> Result<FindPage> {
        let store = &self.store;
        let mut page = FindPage { of: search.end, ..FindPage::default() };
        let (branch, from, end) = (search.branch.clone(), search.done + 1, search.end);
        let only = search.only;
        let mut looked = 0;
        let mut each = |raw: &RawEvent<'_>| {
            looked += 1;
            search.done = if only.is_some() { raw.version } else { raw.position };
            if let Some(turned) = search.look(store, raw)? {
                page.hits.push(Hit { event: store.whole(raw)?, turned });
            }
            Ok(looked < budget)
        };
        match only {
            Some(row) => store.events_of(&branch, row, from, end, &mut each)?,
            None => store.events_between(&branch, (from, end), false, &mut each)?,
        }
        if looked < budget {
            search.done = search.end;
        }
        page.done = search.done;
        Ok(page)
    }
}

impl Search {
    /// The branch that is searched.
    pub fn branch(&self) -> &str {
        &self.branch.name
    }

    /// Whether an event is one to show, and what the predicate turned to.
    #[allow(clippy::option_option, reason = "found or not, turned or taken")]
    fn look(&mut self, store: &Store, raw: &RawEvent<'_>) -> Result<Option<Option<bool>>> {
        if self.request.first && self.found.contains(&raw.aggregate) {
            return Ok(None);
        }
        let aggregate = self.name(store, raw.aggregate)?;
        if self.request.kind.as_ref().is_some_and(|kind| *kind != aggregate.kind) {
            return Ok(None);
        }
        let shown = if self.request.events {
            self.takes(store, raw, &aggregate)?.then_some(None)
        } else {
            self.turns(store, raw, &aggregate)?.map(Some)
        };
        let shown = shown.filter(|turned| !self.request.first || *turned != Some(false));
        if self.request.first && shown.is_some() {
            self.found.insert(raw.aggregate);
            self.working.drop(raw.aggregate);
        }
        Ok(shown)
    }

    /// Folds the event in; the predicate's answer where it is another one than before.
    fn turns(&mut self, store: &Store, raw: &RawEvent<'_>, aggregate: &AggregateId) -> Result<Option<bool>> {
        self.fold(store, raw, aggregate, false)?;
        let entry = self.working.entry(raw.aggregate, &mut |_, _| Ok(false))?;
        // Where nothing exists nothing holds.
        let holds = !entry.state.is_null() && self.predicate.holds(&entry.state, &[])?;
        let turned = (holds != entry.holds).then_some(holds);
        entry.holds = holds;
        Ok(turned)
    }

    fn takes(&mut self, store: &Store, raw: &RawEvent<'_>, aggregate: &AggregateId) -> Result<bool> {
        let mut states = [State::null(), State::null()];
        if self.states {
            states = self.fold(store, raw, aggregate, true)?;
        }
        let event = State::from_json(&store.whole(raw)?.to_json())?;
        self.predicate.holds(&event, &states)
    }

    /// Folds the event into its aggregate's working state. With `both` it answers the states before and after
    /// (null at version 1), which has to copy the one before.
    fn fold(
        &mut self,
        store: &Store,
        raw: &RawEvent<'_>,
        aggregate: &AggregateId,
        both: bool,
    ) -> Result<[State; 2]> {
        let event = named(&mut self.kinds, raw.kind, |row| store.type_name(row))?;
        let (domain, branch) = (&self.domain, &self.branch);
        let view = view_of(aggregate, &branch.name, domain, raw, event);
        let mut ended = |row, version| Ok(store.event_of(branch, row, version + 1)?.is_none());
        let entry = self.working.entry(raw.aggregate, &mut ended)?;
        let mut before = State::null();
        if both || entry.careful {
            if entry.version > 0 {
                before = entry.state.clone();
            }
            entry.state = apply_or_keep(domain, std::mem::replace(&mut entry.state, State::null()), &view).0;
        } else if let Ok(after) = apply(domain, std::mem::replace(&mut entry.state, State::null()), &view) {
            entry.state = after;
        } else {
            // The rule took the state with it: once more from the start, with a copy before each event.
            entry.careful = true;
            let mut walk = Walk::new(aggregate.clone(), raw.aggregate, branch.clone());
            let range = (0, raw.version);
            entry.state = walk.fold(store, domain, State::empty(), range, &mut |_, _, _| {})?;
        }
        entry.version = raw.version;
        Ok(if both { [before, entry.state.clone()] } else { [State::null(), State::null()] })
    }

    fn name(&mut self, store: &Store, row: i64) -> Result<Rc<AggregateId>> {
        if let Some(name) = self.names.get(&row) {
            return Ok(Rc::clone(name));
        }
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        let name = Rc::new(store.aggregate_of(row)?);
        self.names.insert(row, Rc::clone(&name));
        Ok(name)
    }
}
