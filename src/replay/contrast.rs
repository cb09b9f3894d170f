//! Two sets of rules along the same histories: where the states that they make part for the first time, and by
//! which rule.

mod beside;
mod causes;

use std::cell::RefCell;
use std::collections::HashMap;

pub use beside::Beside;
pub use causes::{Cause, Caused, Causes};

use super::fold::Folded;
use super::{Change, Fold, Reducer, Seen, Stored, diff};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Version};
use crate::jq::State;
use crate::store::{Branch, Store};

/// Goes along one aggregate of a branch after the other by two domains at once.
pub struct Contrast<'a> {
    store: &'a Store,
    sides: [Reducer<'a>; 2],
    fold: Fold,
    /// By aggregate type: whether the domains apply an event type alike.
    alike: HashMap<String, HashMap<i64, bool>>,
}

/// What two domains make of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrasted {
    /// How many events it has.
    pub events: i64,
    /// Whether a rule of the second domain fails.
    pub fails: bool,
    /// Where their states part.
    pub parted: Option<Parted>,
}

/// The first event behind which an aggregate has two states.
#[derive(Clone, Debug, PartialEq)]
pub struct Parted {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// The event's version.
    pub version: Version,
    /// Its place in the log.
    pub position: Position,
    /// Its type, as it is stored.
    pub event: String,
    /// What differs there, from the first domain's state to the second's.
    pub first: Vec<Change>,
    /// What one of the rules refused there, where the other one did not.
    pub error: Option<String>,
    /// What differs at the head; nothing where the states meet again.
    pub last: Vec<Change>,
}

/// One state while nothing has parted: what both rules make alike is made once.
#[derive(Clone)]
enum Pair {
    One(State),
    Two(State, State),
}

/// What two sets of rules make side by side.
#[derive(Clone)]
struct Sides {
    pair: Pair,
    /// Why the rules refused the last event, the first set's and the second's.
    errors: [Option<Error>; 2],
    /// Whether states that have parted are looked at for meeting again.
    meets: bool,
}

impl Sides {
    fn new(meets: bool) -> Self {
        Self { pair: Pair::One(State::empty()), errors: [None, None], meets }
    }

    fn has_parted(&self) -> bool {
        matches!(self.pair, Pair::Two(..))
    }

    /// What differs, from the first side to the second.
    fn changes(&self) -> Result<Vec<Change>> {
        match &self.pair {
            Pair::One(_) => Ok(Vec::new()),
            Pair::Two(one, two) => Ok(diff(&one.to_value()?, &two.to_value()?)),
        }
    }
}

/// Two sets of rules, and which of both rules for a type and an event are one.
#[derive(Clone, Copy)]
struct Rules<'a> {
    sides: [Reducer<'a>; 2],
    alike: &'a dyn Fn(&Stored<'_>) -> bool,
}

impl Folded for Sides {
    type Rules<'a> = Rules<'a>;

    fn step(self, rules: Rules<'_>, event: &Stored<'_>, careful: bool) -> Option<Self> {
        let [old, new] =
            rules.sides.map(|side| move |state: State| Seen::from(state).step(side, event, careful));
        let stay = !self.meets && matches!(self.pair, Pair::Two(..));
        let (one, two) = match self.pair {
            Pair::One(state) if (rules.alike)(event) => {
                let Seen { state, error } = new(state)?;
                return Some(Self { pair: Pair::One(state), errors: [error.clone(), error], ..self });
            }
            Pair::One(state) => (old(state.clone())?, new(state)?),
            Pair::Two(one, two) => (old(one)?, new(two)?),
        };
        let same = !stay && one.state == two.state;
        let pair = if same { Pair::One(two.state) } else { Pair::Two(one.state, two.state) };
        Some(Self { pair, errors: [one.error, two.error], ..self })
    }
}
impl<'a> Contrast<'a> {
    /// Nothing compared yet.
    pub fn new(store: &'a Store, sides: [impl Into<Reducer<'a>>; 2], branch: &'a Branch) -> Self {
        let fold = Fold::over(branch.clone());
        Self { store, sides: sides.map(Into::into), fold, alike: HashMap::new() }
    }

    /// Goes along an aggregate; `None` where it has no events on the branch.
    pub fn aggregate(&mut self, row: i64) -> Result<Option<Contrasted>> {
        let Self { store, sides, fold, alike } = self;
        let aggregate = store.aggregate_of(row)?;
        fold.go_to(aggregate.clone(), row);
        // What stands in for rules is not asked twice.
        if sides.iter().any(|side| side.outside(&aggregate.kind).is_some()) {
            fold.carefully();
        }
        let known = RefCell::new(alike.remove(&aggregate.kind).unwrap_or_default());
        let [old, new] = *sides;
        let one_rule = |event: &Stored<'_>| {
            let tell = || old.applies_alike(&new, &aggregate.kind, event.event);
            *known.borrow_mut().entry(event.raw.kind).or_insert_with(tell)
        };
        let rules = Rules { sides: *sides, alike: &one_rule };
        let mut compared = Contrasted { events: 0, fails: false, parted: None };
        let last = fold.run(store, rules, Sides::new(false), (0, i64::MAX), &mut |event, now| {
            let [refused, error] = &now.errors;
            compared.events += 1;
            compared.fails |= error.is_some();
            if compared.parted.is_none() && (now.has_parted() || refused.is_some() != error.is_some()) {
                compared.parted = Some(Parted {
                    aggregate: aggregate.clone(),
                    version: event.raw.version,
                    position: event.raw.position,
                    event: event.event.to_owned(),
                    first: now.changes()?,
                    error: refused.as_ref().xor(error.as_ref()).map(|error| error.message().to_owned()),
                    last: Vec::new(),
                });
            }
            Ok(true)
        })?;
        if let Some(parted) = &mut compared.parted {
            parted.last = last.changes()?;
        }
        alike.insert(aggregate.kind.clone(), known.into_inner());
        Ok((compared.events > 0).then_some(compared))
    }
}
