//! Which event types of an aggregate type may change places, tried on what happened.
//!
//! Two events that stood close to each other are applied both ways round to the state that was there before the first of them.

use std::collections::{BTreeMap, VecDeque};

use super::another::{Base, Deed};
use super::decide::{Decided, Request};
use super::{Fold, Reducer, changes};
use crate::domain::{Domain, is_quiet};
use crate::error::Result;
use crate::event::{AggregateId, Event, Recorded, Unit, Version};
use crate::jq::State;
use crate::store::Store;

/// So many events back a partner is looked for.
const NEAR: usize = 8;
/// So many times two types are tried.
pub const SAMPLES: usize = 64;
/// So many fields are named.
const FIELDS: usize = 12;

/// Two events that were tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Of which aggregate.
    pub aggregate: AggregateId,
    /// Their versions.
    pub versions: (Version, Version),
}

/// What came of two types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// How many times they were tried.
    pub tried: usize,
    /// How many times the order made a difference to the state.
    pub differ: usize,
    /// In which fields, with dots.
    pub fields: Vec<String>,
    /// The first time that it did.
    pub witness: Option<Witness>,
    /// How many times one of them is refused in the other order, by its rule or by that of its command, and not as it was.
    pub refused: usize,
    /// The first time.
    pub refuses: Option<Witness>,
}

impl Pair {
    /// Whether they may change places: always, never, or sometimes.
    pub fn verdict(&self) -> &'static str {
        match self.differ {
            0 => "always",
            differ if differ == self.tried => "never",
            _ => "sometimes",
        }
    }
}

/// What was tried so far: by the names of both types, as they are called today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix(pub BTreeMap<(String, String), Pair>);

impl Matrix {
    /// Tries the events of the fold's aggregate up to a version; `goes_on` ends it with false.
    pub fn history(
        &mut self,
        fold: &mut Fold,
        (store, domain): (&Store, &Domain),
        to: Version,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<()> {
        let mut near = VecDeque::<(Event, State)>::new();
        fold.around(store, domain, State::empty(), (0, to), &mut |event, before, _| {
            let event = event.to_event();
            for (earlier, state) in &near {
                self.meet(domain, (earlier, &event), state)?;
            }
            if near.len() >= NEAR {
                near.pop_front();
            }
            near.push_back((event, before.clone()));
            Ok(goes_on())
        })?;
        Ok(())
    }

    fn meet(&mut self, domain: &Domain, (one, other): (&Event, &Event), state: &State) -> Result<()> {
        let kind = &one.aggregate.kind;
        let name = |event: &Event| domain.current_name(kind, &event.kind).to_owned();
        let mut names = (name(one), name(other));
        if names.0 > names.1 {
            names = (names.1, names.0);
        }
        let pair = self.0.entry(names).or_default();
        if pair.tried >= SAMPLES {
            return Ok(());
        }
        pair.tried += 1;
        let base = Base { state: state.clone(), version: one.version - 1, last_at: None };
        let (as_it_was, was_refused) = both(domain, (one, other), base.clone());
        let (turned, is_refused) = both(domain, (other, one), base);
        let witness = Witness { aggregate: one.aggregate.clone(), versions: (one.version, other.version) };
        if is_refused && !was_refused {
            pair.refused += 1;
            pair.refuses.get_or_insert_with(|| witness.clone());
        }
        let quiet = domain.quiet(kind);
        let mut fields = changes(&as_it_was, &turned)?.into_iter().map(|change| change.dotted());
        let mut differs = false;
        for field in fields.by_ref().filter(|field| !is_quiet(quiet, field)) {
            differs = true;
            if pair.fields.len() < FIELDS && !pair.fields.contains(&field) {
                pair.fields.push(field);
            }
        }
        if differs {
            pair.differ += 1;
            pair.witness.get_or_insert(witness);
        }
        Ok(())
    }
}

/// What two events make of a state, one after the other, and whether one of them is refused.
fn both(domain: &Domain, (first, second): (&Event, &Event), mut base: Base) -> (State, bool) {
    let mut refused = false;
    for event in [first, second] {
        refused |= is_refused(domain, event, &base);
        let unit = Unit { events: vec![event.clone()], command: None };
        let deed = Deed::new(Reducer::from(domain), &unit, Vec::new());
        refused |= deed.fold_all(&mut base).iter().any(|ended| ended.error.is_some());
    }
    (base.state, refused)
}

/// Whether the command that an event came of refuses on a state. Only the first event of a command tells.
fn is_refused(domain: &Domain, event: &Event, base: &Base) -> bool {
    if Recorded::of(&event.meta).is_none_or(|told| told.part != 1) {
        return false;
    }
    let Some(request) = Request::of(domain, &event.aggregate.kind, &event.meta) else { return false };
    let asked = (&event.aggregate, event.branch.as_str());
    matches!(request.on(asked, event.occurred_at, (&base.state, base.version)), Decided::Refused(_))
}
