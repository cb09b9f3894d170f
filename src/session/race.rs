//! The race lab: the events that overlap around chosen ones, in all their orders.

mod matrix;
mod rows;
mod window;
mod words;

pub use matrix::MatrixSearch;
pub use rows::{RaceCell, RaceRow, RaceStep, letter};

use std::collections::BTreeMap;
use std::rc::Rc;

use self::window::Window;
use super::{Order, Point, Rewrite, Session};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Time, Unit, Version, units};
use crate::history::todo::Step;
use crate::jq::{Rule, State, with_room};
use crate::replay::Fold;
use crate::replay::another::{Base, Bases, Cause, Deeds, causes};
use crate::replay::lattice::{Bound, Count, Keep, Lattice, kept, lanes};

/// So much is done before somebody is told how far it is.
const WORK: usize = 2_000;

/// Which orders of which events are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceRequest {
    /// The chosen events, all on one branch.
    pub chosen: Vec<Point>,
    /// How far apart two events occurred, in microseconds, that overlap.
    pub within: i64,
    /// What is kept of the log's order.
    pub keep: Keep,
    /// What is to hold behind each step: jq over an object of the records' states, by their names.
    pub invariant: Option<String>,
}

/// All orders of a window, as far as they were tried.
#[derive(Clone, Debug, PartialEq)]
pub struct RacePage {
    /// The branch that was read.
    pub branch: String,
    /// The records, with the version of each behind which the window begins.
    pub records: Vec<(AggregateId, Version)>,
    /// The events, as the log has them.
    pub events: Vec<Event>,
    /// The steps that they make, each by the first and behind the last of its events.
    pub steps: Vec<std::ops::Range<usize>>,
    /// Whose each step is, by number; and who that is, where it is known.
    pub lanes: (Vec<usize>, Vec<Option<String>>),
    /// What is kept.
    pub keep: Keep,
    /// Whether more events overlap than the window has.
    pub cut: bool,
    /// How many orders there are, or at least.
    pub orders: Count,
    /// Why not all of them were tried.
    pub bound: Option<Bound>,
    /// The orders: as the log has them, by each clock that has another one, and for each other end the one with the smallest swap.
    pub rows: Vec<RaceRow>,
    /// Which of the rules that the events go through read an event's place in the log, and what of it.
    pub reads: Vec<String>,
    /// How many requests are decided again, and how many steps there are none for.
    pub requests: (usize, usize),
    /// How far the search has come, and how far it has to come.
    pub progress: (usize, usize),
}

impl RacePage {
    /// Whether all was tried that is to be.
    pub fn is_last(&self) -> bool {
        self.progress.0 >= self.progress.1
    }
}

/// A search through the orders of a window that is under way.
pub struct RaceSearch {
    domain: Rc<Domain>,
    branch: String,
    records: Vec<(AggregateId, Version)>,
    events: Vec<Event>,
    units: Vec<Unit>,
    causes: Vec<Vec<Cause>>,
    bases: Bases,
    keep: Keep,
    cut: bool,
    invariant: Option<Rule>,
    lattice: Lattice,
}

impl Session {
    /// Begins to try all orders of a window; [`RaceSearch::go_on`] goes on with it.
    pub fn race(&mut self, request: &RaceRequest) -> Result<RaceSearch> {
        let Some(first) = request.chosen.first() else {
            return Err(Error::usage("No event is named.").hint("Write race Task/42@3."));
        };
        if request.chosen.iter().any(|point| point.branch() != first.branch()) {
            return Err(Error::usage("The events of a window are on one branch."));
        }
        let invariant = request.invariant.as_deref().map(invariant).transpose()?;
        self.on(first.branch(), |session| {
            let domain = session.domain()?;
            let chosen = session.chosen(&request.chosen)?;
            let place = (&session.store, &session.branch);
            let window = Window::of(place, request.within, &chosen)?;
            let cut = window.cut;
            let (before, events) = window.into_events();
            let (mut bases, mut records) = (Bases::new(), Vec::new());
            for (aggregate, row, version) in before {
                let mut fold = Fold::new(aggregate.clone(), row, session.branch.clone());
                let start = State::empty().into();
                let seen = fold.fold(place.0, &*domain, start, (0, version), &mut |_, _| Ok(true))?;
                bases.insert(aggregate.clone(), Base { state: seen.state, version, last_at: None });
                records.push((aggregate, version));
            }
            let units = request.keep.units(units(events.clone()));
            let causes = causes(place.0, place.1, &units)?;
            let deeds = Deeds::new((&*domain).into(), &units, causes.clone());
            let lattice = Lattice::new(&deeds, &bases, kept(&deeds, request.keep), lanes(&deeds).0);
            let (branch, keep) = (session.branch.name.clone(), request.keep);
            drop(deeds);
            Ok(RaceSearch {
                domain,
                branch,
                records,
                events,
                units,
                causes,
                bases,
                keep,
                cut,
                invariant,
                lattice,
            })
        })
    }

    /// A list that makes an order of a window a branch: the window's events in that order, and what follows as it stands.
    pub fn race_branch(&mut self, request: &RaceRequest, order: &[usize]) -> Result<(Rewrite, Vec<Step>)> {
        let search = self.race(request)?;
        let Some(first) = search.events.first() else { return Err(Error::refused("The window is empty.")) };
        let only = (search.records.len() == 1).then_some(&first.aggregate);
        let (aggregate, version) = (first.aggregate.clone(), first.version);
        let from = Point::Aggregate { branch: search.branch.clone(), aggregate, version, head: version };
        let rewrite = self.rewrite_from(&search.branch, &from, only)?;
        let at =
            |event: &Event| rewrite.events.binary_search_by_key(&event.position, |event| event.position).ok();
        // The places of the window's events are taken by the same events in another order.
        let mut steps: Vec<Step> = (0..rewrite.events.len()).map(Step::Pick).collect();
        let places: Vec<usize> = search.events.iter().filter_map(at).collect();
        let ordered = order.iter().filter_map(|step| search.units.get(*step)).flat_map(|unit| &unit.events);
        for (place, index) in places.into_iter().zip(ordered.filter_map(at)) {
            steps[place] = Step::Pick(index);
        }
        Ok((rewrite, steps))
    }

    /// The records of chosen events, and from which version to which.
    fn chosen(&mut self, points: &[Point]) -> Result<BTreeMap<(AggregateId, i64), (Version, Version)>> {
        let mut chosen = BTreeMap::new();
        for point in points {
            let (aggregate, version) = match point {
                Point::Aggregate { aggregate, version, .. } => (aggregate.clone(), *version),
                Point::Store { position, .. } => {
                    let event = self.some_event(*position)?;
                    (event.aggregate, event.version)
                }
            };
            if version < 1 {
                return Err(Error::refused(format!("{aggregate}@0 is before the first event.")));
            }
            let (row, _) = self.known(&aggregate)?;
            let (first, last) = chosen.entry((aggregate, row)).or_insert((version, version));
            (*first, *last) = ((*first).min(version), (*last).max(version));
        }
        Ok(chosen)
    }
}

/// Whether a text is an invariant.
pub fn check_invariant(source: &str) -> Result<()> {
    invariant(source).map(drop)
}

fn invariant(source: &str) -> Result<Rule> {
    Rule::compile("the invariant", source, &[]).map_err(|mistake| {
        let column = source.get(..mistake.span.start).map_or(1, |before| before.chars().count() + 1);
        Error::usage(format!("The invariant is not jq at column {column}: {}.", mistake.message))
            .hint("It is jq over the records' states by their names, such as '.[\"Task/42\"].n >= 0'.")
    })
}

impl RaceSearch {
    fn deeds(&self) -> Deeds<'_> {
        Deeds::new((&*self.domain).into(), &self.units, self.causes.clone())
    }

    /// Goes on with the search for a moment, and says what it has.
    pub fn go_on(&mut self) -> Result<RacePage> {
        let Self { domain, units, causes, invariant, lattice, .. } = self;
        let deeds = Deeds::new((&**domain).into(), units, causes.clone());
        let holds = |states: &[(&AggregateId, &State)]| holds(invariant.as_ref(), states);
        let checked = invariant.is_some();
        let done = with_room(|| lattice.go(&deeds, checked.then_some(&holds), WORK));
        let progress = if done { (1, 1) } else { lattice.progress(&deeds) };
        let deeds = self.deeds();
        let progress = (progress.0.min(progress.1.saturating_sub(usize::from(!done))), progress.1);
        let requests = deeds.requests();
        Ok(RacePage {
            branch: self.branch.clone(),
            records: self.records.clone(),
            events: self.events.clone(),
            steps: self.steps(),
            lanes: lanes(&deeds),
            keep: self.keep,
            cut: self.cut,
            orders: self.lattice.orders(),
            bound: self.lattice.bound(),
            rows: self.rows()?,
            reads: deeds.reads_of_place(),
            requests: (requests, deeds.len() - requests),
            progress,
        })
    }

    /// Whether the invariant holds in these states of the records.
    fn holds(&self, states: &[State]) -> bool {
        let states: Vec<_> = self.lattice.aggregates().iter().zip(states).collect();
        holds(self.invariant.as_ref(), &states)
    }

    fn steps(&self) -> Vec<std::ops::Range<usize>> {
        let mut from = 0;
        let range = |unit: &Unit| {
            let range = from..from + unit.events.len();
            from = range.end;
            range
        };
        self.units.iter().map(range).collect()
    }

    /// The steps in the order of a clock; what it says nothing of stands behind its predecessor.
    fn by(&self, clock: Order) -> Vec<usize> {
        let mut last = i64::MIN;
        let times: Vec<i64> = self
            .units
            .iter()
            .map(|unit| {
                let at = clock.of(&unit.events[0]);
                last = if at == Time::UNKNOWN { last } else { at.0 };
                last
            })
            .collect();
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        order.sort_by_key(|step| times[*step]);
        order
    }
}

/// Whether an invariant holds; where it fails it does not.
fn holds(invariant: Option<&Rule>, states: &[(&AggregateId, &State)]) -> bool {
    let of = |(name, state): &(&AggregateId, &State)| (name.to_string(), (*state).clone());
    invariant.is_none_or(|rule| {
        let all = State::of_fields(states.iter().map(of).collect());
        rule.one(&all, &[]).is_ok_and(|holds| holds.truthy())
    })
}
