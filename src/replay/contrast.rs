//! Two sets of rules along the same histories: where the states that they make part for the first time, and by
//! which rule.

mod beside;
mod causes;

use std::collections::HashMap;

use serde_json::Value;

pub use beside::Beside;
pub use causes::{Cause, Caused, Causes};

use super::{Change, Reducer, diff, named, view_of};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Version};
use crate::jq::{EventView, State};
use crate::store::{Branch, RawEvent, Store};

/// Goes along one aggregate of a branch after the other by two domains at once.
pub struct Contrast<'a> {
    store: &'a Store,
    sides: [Reducer<'a>; 2],
    branch: &'a Branch,
    types: HashMap<i64, String>,
    owners: HashMap<i64, String>,
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
enum Pair {
    One(State),
    Two(State, State),
}

type Applied = (State, Option<Error>);

/// What an event makes of a pair.
enum Stepped {
    /// Both rules were one.
    Alike(State, Option<Error>),
    /// Each rule made its own, which may be equal.
    Apart(Applied, Applied),
}

impl Pair {
    /// The pair after an event; `None` where a rule fails, unless `careful`.
    fn step(
        self,
        [old, new]: [Reducer<'_>; 2],
        views: &[EventView<'_>; 2],
        alike: bool,
        careful: bool,
    ) -> Option<Stepped> {
        let apply = if careful { careful_apply } else { plain_apply };
        let (one, two) = match self {
            Self::One(state) if alike => {
                return apply(new, state, &views[1]).map(|(state, error)| Stepped::Alike(state, error));
            }
            Self::One(state) => (apply(old, state.clone(), &views[0]), apply(new, state, &views[1])),
            Self::Two(one, two) => (apply(old, one, &views[0]), apply(new, two, &views[1])),
        };
        Some(Stepped::Apart(one?, two?))
    }
}

impl<'a> Contrast<'a> {
    /// Nothing compared yet.
    pub fn new(store: &'a Store, sides: [impl Into<Reducer<'a>>; 2], branch: &'a Branch) -> Self {
        let (types, owners, alike) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { store, sides: sides.map(Into::into), branch, types, owners, alike }
    }

    /// Goes along an aggregate; `None` where it has no events on the branch.
    pub fn aggregate(&mut self, row: i64) -> Result<Option<Contrasted>> {
        let aggregate = self.store.aggregate_of(row)?;
        // As with heads: a state is copied before each event only where a rule is known to fail. What stands in for
        // rules is not asked twice.
        let outside = self.sides.iter().any(|side| side.outside(&aggregate.kind).is_some());
        let compared = match self.along(row, &aggregate, outside)? {
            Some(compared) => compared,
            None => self.along(row, &aggregate, true)?.unwrap_or(NOTHING),
        };
        Ok((compared.events > 0).then_some(compared))
    }

    /// `None` where a rule fails, unless `careful`.
    fn along(&mut self, row: i64, aggregate: &AggregateId, careful: bool) -> Result<Option<Contrasted>> {
        let Self { store, sides, branch, types, owners, alike } = self;
        let [old, new] = *sides;
        if !alike.contains_key(&aggregate.kind) {
            alike.insert(aggregate.kind.clone(), HashMap::new());
        }
        let Some(alike) = alike.get_mut(&aggregate.kind) else { return Ok(None) };
        let mut pair = Some(Pair::One(State::empty()));
        let mut compared = NOTHING;
        store.events_of(branch, row, 1, i64::MAX, &mut |raw: &RawEvent<'_>| {
            let event = named(types, raw.kind, |row| store.type_name(row))?;
            let owner = named(owners, raw.branch, |row| store.branch_name(row))?;
            let views = [old, new].map(|side| view_of(aggregate, owner, side.domain, raw, event));
            let alike =
                *alike.entry(raw.kind).or_insert_with(|| old.applies_alike(&new, &aggregate.kind, event));
            let Some(before) = pair.take() else { return Ok(false) };
            compared.events += 1;
            let Some(stepped) = before.step([old, new], &views, alike, careful) else { return Ok(false) };
            let ((one, refused), (two, error)) = match stepped {
                Stepped::Alike(state, error) => {
                    compared.fails |= error.is_some();
                    pair = Some(Pair::One(state));
                    return Ok(true);
                }
                Stepped::Apart(one, two) => (one, two),
            };
            compared.fails |= error.is_some();
            if compared.parted.is_some() {
                pair = Some(Pair::Two(one, two));
                return Ok(true);
            }
            let same = one == two;
            if !same || refused.is_some() != error.is_some() {
                compared.parted = Some(Parted {
                    aggregate: aggregate.clone(),
                    version: raw.version,
                    position: raw.position,
                    event: event.to_owned(),
                    first: changes(&one, &two)?,
                    error: error.xor(refused).map(|error| error.message().to_owned()),
                    last: Vec::new(),
                });
            }
            pair = Some(if same { Pair::One(two) } else { Pair::Two(one, two) });
            Ok(true)
        })?;
        match (pair, &mut compared.parted) {
            (None, _) => return Ok(None),
            (Some(Pair::Two(one, two)), Some(parted)) if one != two => parted.last = changes(&one, &two)?,
            _ => {}
        }
        Ok(Some(compared))
    }
}

const NOTHING: Contrasted = Contrasted { events: 0, fails: false, parted: None };

/// Nothing where the rule fails: it has taken the state with it.
fn plain_apply(side: Reducer<'_>, state: State, event: &EventView<'_>) -> Option<Applied> {
    side.apply(state, event).ok().map(|state| (state, None))
}

#[allow(clippy::unnecessary_wraps, reason = "one of two ways to apply")]
fn careful_apply(side: Reducer<'_>, state: State, event: &EventView<'_>) -> Option<Applied> {
    Some(side.apply_or_keep(state, event))
}

fn changes(one: &State, two: &State) -> Result<Vec<Change>> {
    let value = |state: &State| -> Result<Value> { state.to_value() };
    Ok(diff(&value(one)?, &value(two)?))
}
