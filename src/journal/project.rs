//! Keeping the tables of projections: in the append's own transaction, or behind it, a part at a time.

use std::collections::HashMap;

use super::{Rules, give_way};
use crate::domain::{Domain, Moment, Projection};
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Position};
use crate::jq::State;
use crate::projection::{Rows, take};
use crate::replay::{Along, Knowing};
use crate::store::{Branch, KeptRow, MAIN, Store, Table, Transaction};

/// How many events one transaction of a projection that is behind takes in, so that appends need not wait long.
const STEP: usize = 300;

/// A projection's table while events are taken into it.
struct Keeper<'d> {
    projection: &'d Projection,
    table: Table,
    /// Rows that were read or changed: where they are kept, what they are, and whether that is to be written.
    open: HashMap<String, (Position, State, bool)>,
}

/// The projections that a batch keeps up to date.
pub(super) struct Keeping<'d> {
    keepers: Vec<Keeper<'d>>,
    knowing: Knowing,
}

/// How far a projection is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Its name.
    pub name: String,
    /// The newest position that its rows have taken in.
    pub position: Position,
    /// The newest position of main.
    pub tip: Position,
    /// Whether it is being built for the domain in use, and what is shown is older.
    pub building: bool,
    /// Why it came no further.
    pub error: Option<String>,
}

struct Open<'k, 'd> {
    store: &'k Store,
    keeper: &'k mut Keeper<'d>,
}

impl Rows for Open<'_, '_> {
    fn row(&mut self, key: &str) -> Result<State> {
        if let Some((_, state, _)) = self.keeper.open.get(key) {
            return Ok(state.clone());
        }
        // An event's own row was not there before.
        if self.keeper.projection.is_list() {
            return Ok(State::null());
        }
        let (position, state) = match self.store.projected(&self.keeper.table.table, key)? {
            Some(kept) => (kept.position, State::from_json(&kept.row)?),
            None => (0, State::null()),
        };
        self.keeper.open.insert(key.to_owned(), (position, state.clone(), false));
        Ok(state)
    }

    fn put(&mut self, key: &str, position: Position, row: State) -> Result<()> {
        self.keeper.open.insert(key.to_owned(), (position, row, true));
        Ok(())
    }
}

impl Keeper<'_> {
    /// Takes an event in; where a rule fails the projection stays where it is, and says why.
    fn take(&mut self, store: &Store, event: &Event, moment: &Moment<'_>) -> Result<()> {
        if self.table.error.is_some() {
            return Ok(());
        }
        let projection = self.projection;
        match take(projection, moment, event.position, &mut Open { store, keeper: self }) {
            Ok(()) => {}
            Err(error) if error.kind() == Kind::Damaged => return Err(error),
            Err(error) => {
                self.table.error = Some(stopped_at(event, &error));
                self.table.position = event.position - 1;
            }
        }
        Ok(())
    }

    fn write(self, transaction: &Transaction<'_>, tip: Position) -> Result<()> {
        for (key, (position, state, changed)) in self.open {
            if !changed {
                continue;
            }
            if state.is_null() {
                transaction.drop_projected(&self.table.table, &key)?;
            } else {
                let row = KeptRow { key, position, row: state.to_json()? };
                transaction.put_projected(&self.table.table, &row)?;
            }
        }
        let position = if self.table.error.is_some() { self.table.position } else { tip };
        transaction.note_projection(
            &self.table.name,
            self.table.domain,
            position,
            self.table.error.as_deref(),
        )
    }
}

impl<'d> Keeping<'d> {
    /// The projections that a batch on this branch can go on with: main's, those that are up to date.
    pub fn new(store: &Store, domain: &'d Domain, branch: &Branch, tip: Position) -> Result<Option<Self>> {
        if branch.id != MAIN || domain.projections.values().all(|projection| !projection.kept) {
            return Ok(None);
        }
        let in_use = store.domain_id()?;
        let keepers: Vec<_> = store
            .projections()?
            .into_iter()
            .filter(|table| {
                table.shown && table.domain == in_use && table.position == tip && table.error.is_none()
            })
            .filter_map(|table| {
                let projection = domain.projections.get(&table.name).filter(|projection| projection.kept)?;
                Some(Keeper { projection, table, open: HashMap::new() })
            })
            .collect();
        Ok((!keepers.is_empty()).then(|| Self { keepers, knowing: Knowing::default() }))
    }

    /// Whether one of them is folded from events of this type.
    pub fn reads(&self, aggregate: &str, event: &str) -> bool {
        self.keepers.iter().any(|keeper| keeper.projection.reads(aggregate, event))
    }

    /// Takes an event in that was just appended.
    pub fn take(
        &mut self,
        (store, branch): (&Store, &Branch),
        domain: &Domain,
        event: &Event,
        (before, after): (&State, &State),
    ) -> Result<()> {
        let known = self.knowing.of((store, branch), domain, event, &[])?;
        let read = domain.read_otherwise(event);
        let event = read.as_ref().unwrap_or(event);
        let moment = Moment::new(domain, event, before, after).knowing(known);
        for keeper in &mut self.keepers {
            if keeper.projection.reads(&event.aggregate.kind, &event.kind) {
                keeper.take(store, event, &moment)?;
            }
        }
        Ok(())
    }

    /// Writes what changed.
    pub fn finish(self, transaction: &Transaction<'_>, tip: Position) -> Result<()> {
        self.keepers.into_iter().try_for_each(|keeper| keeper.write(transaction, tip))
    }
}

/// How far the projections of the domain in use are, in the order of its file.
pub(crate) fn lags(store: &Store, rules: &mut Rules) -> Result<Vec<Lag>> {
    let domain = rules.current(store)?;
    let tip = main_tip(store)?;
    let tables = store.projections()?;
    let lag = |name: &String| {
        let of_domain = tables.iter().find(|table| table.name == *name && table.domain == rules.id());
        Lag {
            name: name.clone(),
            position: of_domain.map_or(0, |table| table.position),
            tip,
            building: of_domain.is_none_or(|table| !table.shown),
            error: of_domain.and_then(|table| table.error.clone()),
        }
    };
    Ok(domain.projections.keys().map(lag).collect())
}

/// Takes some events into the projection that is furthest behind; false where all are up to date, or stopped by an
/// error. `along` is kept from call to call.
pub fn project(store: &Store, rules: &mut Rules, along: &mut Option<Along>) -> Result<bool> {
    // Looked up first, so that an idle follower takes no lock.
    let domain = rules.current(store)?;
    let behind = |lag: &Lag| lag.error.is_none() && (lag.building || lag.position < lag.tip);
    let stale = |table: &Table| !domain.projections.contains_key(&table.name);
    if !lags(store, rules)?.iter().any(behind) && !store.projections()?.iter().any(stale) {
        return Ok(false);
    }
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    for table in store.projections()?.iter().filter(|table| !domain.projections.contains_key(&table.name)) {
        transaction.drop_projection(table)?;
    }
    let Some(lag) = lags(store, rules)?.into_iter().filter(behind).min_by_key(|lag| lag.position) else {
        transaction.commit()?;
        return Ok(true);
    };
    let projection = &domain.projections[&lag.name];
    let of_domain = |table: &Table| table.name == lag.name && table.domain == rules.id();
    if !store.projections()?.iter().any(of_domain) {
        transaction.begin_projection(&lag.name, rules.id(), &projection.columns)?;
    }
    let Some(table) = store.projections()?.into_iter().find(of_domain) else { return Ok(false) };
    let branch = store.live_branch()?;
    let along = along.get_or_insert_with(|| Along::new(branch.clone()));
    let mut keeper = Keeper { projection, table: table.clone(), open: HashMap::new() };
    let (mut taken, mut last) = (0, table.position);
    store.events_between(&branch, (table.position + 1, lag.tip), false, &mut |raw| {
        let stepped = along.step(store, &domain, raw)?;
        let event = &stepped.event;
        if projection.reads(&event.aggregate.kind, &event.kind) {
            keeper.take(store, event, &stepped.moment(&domain))?;
        }
        (taken, last) = (taken + 1, event.position);
        Ok(taken < STEP && keeper.table.error.is_none())
    })?;
    let whole = taken < STEP && keeper.table.error.is_none();
    let position = if whole { lag.tip } else { last };
    let stopped = keeper.table.error.is_some();
    keeper.write(&transaction, position)?;
    if (whole || stopped) && !table.shown {
        transaction.show_projection(&table)?;
    }
    transaction.commit()?;
    give_way();
    Ok(true)
}

/// Forgets the tables of projections that somebody has dropped, so that they are built again.
pub(crate) fn forget_lost(store: &Store) -> Result<()> {
    let mut lost = store.projections()?;
    lost.retain(|table| store.projected(&table.table, "").is_err());
    if lost.is_empty() {
        return Ok(());
    }
    let transaction = store.write()?;
    lost.iter().try_for_each(|table| transaction.drop_projection(table))?;
    transaction.commit()
}

/// The position of the newest event that main has.
fn main_tip(store: &Store) -> Result<Position> {
    Ok(store.tip(MAIN)?.0.map_or(0, |(position, _)| position))
}

/// Which event a projection could not take in, and why.
pub(crate) fn stopped_at(event: &Event, error: &Error) -> String {
    format!("{} #{} of {}: {}", event.kind, event.position, event.aggregate, error.message())
}
