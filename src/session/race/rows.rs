//! The orders that are told of a window, and what each of them comes to.

use serde_json::{Value, json};

use super::super::Order;
use super::RaceSearch;
use crate::error::{Error, Result};
use crate::jq::State;
use crate::replay::another::{Answer, Bases, Course, Fate};
use crate::replay::lattice::{Count, Reached, turned};
use crate::replay::{Change, diff};

/// The clocks that may have another order than the log.
const CLOCKS: [(Order, &str); 3] =
    [(Order::Occurred, "by occurred"), (Order::Received, "by received"), (Order::Recorded, "by recorded")];

/// What an order comes to by one of the answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceCell {
    /// What differs from what happened, record by record, where anything does.
    pub changes: Vec<(String, Vec<Change>)>,
    /// Whether the invariant did not hold behind one of its steps.
    pub breaks: bool,
}

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceRow {
    /// What it is: as logged, by a clock, or the order of an end.
    pub name: String,
    /// The number of its end, the log's own is 0; `None` where the search has not met it.
    pub end: Option<usize>,
    /// The steps.
    pub order: Vec<usize>,
    /// The same events, folded.
    pub events: RaceCell,
    /// The same requests, decided again; `None` where none can be.
    pub requests: Option<RaceCell>,
    /// The requests that end otherwise than they are recorded.
    pub fates: Vec<Fate>,
    /// How many orders come to the same end, or at least; only where the row stands for its end.
    pub orders: Option<Count>,
    /// The steps that stand the other way round than in the log, the later one first.
    pub swaps: Vec<(usize, usize)>,
    /// The seed by which it was found, where that was at random.
    pub seed: Option<u64>,
}

/// A step of an order that is walked.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceStep {
    /// Which step.
    pub step: usize,
    /// How it ended, where requests are decided again.
    pub fate: Fate,
    /// The state of its record behind it, by both answers.
    pub states: [Value; 2],
    /// What it changed, by both answers.
    pub changes: [Vec<Change>; 2],
}

impl RaceSearch {
    /// The rows, as far as the ends are known.
    pub(super) fn rows(&self) -> Result<Vec<RaceRow>> {
        let reached = self.lattice.reached();
        let log = self.log();
        let mut rows = vec![self.row("as logged", &log, reached)?];
        for (clock, name) in CLOCKS {
            let order = self.by(clock);
            if order != log {
                rows.push(self.row(name, &order, reached)?);
            }
        }
        for (end, one) in reached.iter().enumerate() {
            if end == 0 {
                rows[0].orders = Some(one.orders);
                continue;
            }
            let mut row = self.row(&format!("outcome {}", letter(end)), &one.order, reached)?;
            (row.orders, row.seed) = (Some(one.orders), one.seed);
            rows.push(row);
        }
        Ok(rows)
    }

    fn row(&self, name: &str, order: &[usize], reached: &[Reached]) -> Result<RaceRow> {
        let decides = self.deeds().requests() > 0;
        let events = self.ended(order, Answer::Events);
        let requests = decides.then(|| self.ended(order, Answer::Requests));
        let is = |one: &Reached| {
            let asked = one.requests.as_ref().zip(requests.as_ref());
            one.events == events.states
                && one.breaks[0] == events.breaks
                && asked
                    .is_none_or(|(states, ended)| *states == ended.states && one.breaks[1] == ended.breaks)
        };
        let happened = self.ended(&self.log(), Answer::Events).states;
        let cell = |ended: &Ended| {
            Ok::<_, Error>(RaceCell {
                changes: self.changes(&happened, &ended.states)?,
                breaks: ended.breaks,
            })
        };
        let fates = requests.iter().flat_map(|ended| &ended.fates).filter(|fate| !fate.how.is_as_recorded());
        Ok(RaceRow {
            name: name.to_owned(),
            end: reached.iter().position(is),
            order: order.to_vec(),
            events: cell(&events)?,
            requests: requests.as_ref().map(cell).transpose()?,
            fates: fates.cloned().collect(),
            orders: None,
            swaps: turned(order),
            seed: None,
        })
    }

    fn log(&self) -> Vec<usize> {
        (0..self.units.len()).collect()
    }

    fn ended(&self, order: &[usize], answer: Answer) -> Ended {
        let deeds = self.deeds();
        let mut course = Course::new(&deeds, answer, self.bases.clone());
        let (mut fates, mut breaks) = (Vec::new(), false);
        for step in order {
            let (Some(went), Some(deed)) = (course.take(*step), deeds.get(*step)) else { continue };
            fates.push(deed.fate(went.how));
            breaks |= self.invariant.is_some() && !self.holds(&self.states(&course.bases));
        }
        Ended { states: self.states(&course.bases), fates, breaks }
    }

    fn states(&self, bases: &Bases) -> Vec<State> {
        let state = |name| bases.get(name).map_or_else(State::empty, |base| base.state.clone());
        self.lattice.aggregates().iter().map(state).collect()
    }

    fn changes(&self, from: &[State], to: &[State]) -> Result<Vec<(String, Vec<Change>)>> {
        let mut all = Vec::new();
        for (name, (from, to)) in self.lattice.aggregates().iter().zip(from.iter().zip(to)) {
            let changes = diff(&value(from)?, &value(to)?);
            if !changes.is_empty() {
                all.push((name.to_string(), changes));
            }
        }
        Ok(all)
    }

    /// An order, step by step.
    pub fn walk(&self, order: &[usize]) -> Result<Vec<RaceStep>> {
        let (deeds, mut all) = (self.deeds(), Vec::new());
        let course = |answer| Course::new(&deeds, answer, self.bases.clone());
        let (mut events, mut requests) = (course(Answer::Events), course(Answer::Requests));
        for step in order {
            let Some(deed) = deeds.get(*step) else { continue };
            let state = |course: &Course<'_, '_>| {
                course.bases.get(deed.aggregate()).map_or(Ok(json!({})), |base| value(&base.state))
            };
            let before = [state(&events)?, state(&requests)?];
            let (Some(_), Some(went)) = (events.take(*step), requests.take(*step)) else { continue };
            let states = [state(&events)?, state(&requests)?];
            let changes = [diff(&before[0], &states[0]), diff(&before[1], &states[1])];
            all.push(RaceStep { step: *step, fate: deed.fate(went.how), states, changes });
        }
        Ok(all)
    }
}

/// What an order comes to by one of the answers.
struct Ended {
    states: Vec<State>,
    fates: Vec<Fate>,
    breaks: bool,
}

/// What is gone or never was holds nothing.
fn value(state: &State) -> Result<Value> {
    if state.is_null() { Ok(json!({})) } else { state.to_value() }
}

/// The letter of an end: A is what the log's own order comes to.
pub fn letter(end: usize) -> String {
    let (more, last) = (end / 26, (b'A' + (end % 26) as u8) as char);
    if more == 0 { last.to_string() } else { format!("{}{last}", letter(more - 1)) }
}
