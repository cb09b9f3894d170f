//! Carrying events over to another branch: what came from a command goes through that command again, anything
//! else must do to what is there what it did at home, field by field; all of it is appended, or none.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Rules;
use super::attempt::{Attempt, Carriage, Clash, Mode, Outcome, Span, all_or_none};
use super::batch::Batch;
use super::branch::{fork_in, unprotected};
use super::command::{Request, Target, run};
use super::operation::{By, note};
use super::react::{Reacted, settle};
use super::taken::REVERTS;
use super::unit::{meta_of, own_units, with_origin};
use super::writer::{States, Touched};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Event, Hash, Looked, NewEvent, Time, Unit, actor_of};
use crate::replay::{Around, Change, Fit, Misfit, Reducer, diff, fit};
use crate::store::{Branch, Store, Transaction};

/// What is carried, from where to where.
pub struct Cargo<'a> {
    /// The branch that the events are read on.
    pub source: &'a Branch,
    /// The branch that they go to.
    pub target: &'a Branch,
    /// The units, in the order in which they are carried.
    pub units: Vec<Unit>,
}

/// Carries units over to the target's head, in one transaction. `verb` is the operation log's word for it.
pub fn carry(
    store: &Store,
    rules: &mut Rules,
    cargo: Cargo<'_>,
    mode: Mode,
    verb: &str,
    by: &By,
) -> Result<Carriage> {
    if mode.dry_run {
        return store.snapshot(|store| {
            let domain = (&*rules.current(store)?, rules.id());
            Ok(carry_in(None, store, domain, cargo, mode, by.now)?.0)
        });
    }
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let target = cargo.target.clone();
    let detail = serde_json::json!({ "from": cargo.source.name });
    let domain = (&*domain, rules.id());
    let (carriage, span) = carry_in(Some(&transaction), store, domain, cargo, mode, by.now)?;
    if carriage.written {
        note(&transaction, by, verb, target.id, span, &detail)?;
        transaction.commit()?;
    }
    Ok(carriage)
}

/// Tries all of it, and writes it where there is a transaction and nothing speaks against it.
fn carry_in(
    transaction: Option<&Transaction<'_>>,
    store: &Store,
    (domain, domain_id): (&Domain, i64),
    cargo: Cargo<'_>,
    mode: Mode,
    now: Time,
) -> Result<(Carriage, Span)> {
    let (source, target) = (cargo.source, cargo.target);
    all_or_none(cargo.units, mode, transaction, |transaction| {
        let batch = Batch::new(store, transaction, domain, target, now)?.reacting(mode.react);
        let reactors = mode.react.then_some((transaction, domain_id, now));
        Ok(Carrier { reactors, ..Carrier::new(batch, source) })
    })
}

/// Carries what a branch owns over to its parent's head.
pub fn merge(store: &Store, rules: &mut Rules, branch: &Branch, mode: Mode, by: &By) -> Result<Carriage> {
    let target = parent_of(store, branch)?;
    let units = own_units(store, branch, branch.fork())?;
    carry(store, rules, Cargo { source: branch, target: &target, units }, mode, "merge", by)
}

/// The branch that a branch forks from.
fn parent_of(store: &Store, branch: &Branch) -> Result<Branch> {
    let parent = store.branch_row(branch.id)?.parent.ok_or_else(|| {
        Error::refused(format!("{} forks from no other branch.", branch.name))
            .hint("Name the branch to take the events to: cherry-pick REV… --onto BRANCH.")
    })?;
    store.with_ancestors(&store.branch_row(parent)?)
}

/// Carries what a branch owns over to a new branch at another one's head (else its parent's). The new branch
/// takes the name; the old one is archived under `NAME~N`.
pub fn rebase(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    onto: Option<&Branch>,
    mode: Mode,
    by: &By,
) -> Result<Carriage> {
    let onto = onto.map_or_else(|| parent_of(store, branch), |onto| Ok(onto.clone()))?;
    if onto.id == branch.id {
        return Err(Error::refused(format!("{} cannot be rebased onto itself.", branch.name)));
    }
    let units = own_units(store, branch, branch.fork())?;
    if mode.dry_run {
        return carry(store, rules, Cargo { source: branch, target: &onto, units }, mode, "rebase", by);
    }
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let row = unprotected(&transaction, &domain, &branch.name, "rebased")?;
    let old = free_name(&transaction, &branch.name)?;
    transaction.rename_branch(row.id, &old)?;
    transaction.archive_branch(row.id, true)?;
    let target = fork_in(&transaction, &onto, i64::MAX, &branch.name, by)?;
    let cargo = Cargo { source: branch, target: &target, units };
    let (mut carriage, span) =
        carry_in(Some(&transaction), store, (&*domain, rules.id()), cargo, mode, by.now)?;
    if carriage.is_refused() && !mode.skip {
        return Ok(carriage);
    }
    carriage.written = true;
    let detail =
        serde_json::json!({ "name": branch.name, "old": old, "old_branch": row.id, "onto": onto.name });
    note(&transaction, by, "rebase", target.id, span, &detail)?;
    transaction.commit()?;
    Ok(carriage)
}

/// `NAME~N`, the first that no branch has.
fn free_name(store: &Store, name: &str) -> Result<String> {
    let mut number = 1;
    loop {
        let free = format!("{name}~{number}");
        if store.branch_named(&free)?.is_none() {
            return Ok(free);
        }
        number += 1;
    }
}

struct Carrier<'a> {
    batch: Batch<'a>,
    theirs: States<'a>,
    ours: States<'a>,
    /// What this run has appended, with what it changed.
    done: Touched,
    carried: HashSet<Hash>,
    /// The new hash of each event that was carried over, by its old one.
    renamed: HashMap<String, String>,
    /// Where reactors answer: in which transaction, by which domain, and when.
    reactors: Option<(Option<&'a Transaction<'a>>, i64, Time)>,
}

impl<'a> Attempt<'a> for Carrier<'a> {
    fn batch(&mut self) -> &mut Batch<'a> {
        &mut self.batch
    }

    fn into_batch(self) -> Batch<'a> {
        self.batch
    }

    fn one(&mut self, unit: &Unit) -> Result<(Outcome, Vec<Event>)> {
        if self.is_there(unit)? {
            return Ok((Outcome::AlreadyThere, Vec::new()));
        }
        let before = self.batch.working(unit.aggregate())?.state.to_value()?;
        let (outcome, events) = if unit.command.is_some() { self.again(unit)? } else { self.as_it_is(unit)? };
        if outcome == Outcome::Applied {
            let after = self.batch.working(unit.aggregate())?.state.to_value()?;
            self.note(unit, &events, &diff(&before, &after));
        }
        Ok((outcome, events))
    }

    fn react(&mut self) -> Result<Vec<Reacted>> {
        let Some((transaction, domain_id, now)) = self.reactors else { return Ok(Vec::new()) };
        settle(&mut self.batch, transaction, domain_id, now)
    }
}

impl<'a> Carrier<'a> {
    fn new(batch: Batch<'a>, source: &Branch) -> Self {
        let theirs = States::new(batch.store, batch.domain, source.clone());
        let ours = States::new(batch.store, batch.domain, batch.branch.clone());
        Self {
            batch,
            theirs,
            ours,
            done: Touched::default(),
            carried: HashSet::new(),
            renamed: HashMap::new(),
            reactors: None,
        }
    }

    fn note(&mut self, unit: &Unit, events: &[Event], changes: &[Change]) {
        self.carried.extend(unit.origins());
        for (old, new) in unit.events.iter().zip(events) {
            self.renamed.insert(old.hash.to_string(), new.hash.to_string());
        }
        if let Some(last) = events.last() {
            self.done.note(last, changes);
        }
    }

    fn is_there(&self, unit: &Unit) -> Result<bool> {
        let (store, branch) = (self.batch.store, self.batch.branch);
        for origin in unit.origins() {
            let own = store.find_hash(&origin.to_string(), 16)?.into_iter().map(|(position, _)| position);
            let mut there = self.carried.contains(&origin);
            for position in own.chain(store.carried_from(origin)?) {
                there |= branch.sees(store.owner_of(position)?, position);
            }
            if !there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The command once more, on what is there now.
    fn again(&mut self, unit: &Unit) -> Result<(Outcome, Vec<Event>)> {
        let Some(command) = &unit.command else { return self.as_it_is(unit) };
        let meta = meta_of(&unit.events[0]);
        let reason = meta.get("reason").and_then(Value::as_str).map(str::to_owned);
        let request = Request {
            target: Target::Aggregate(unit.aggregate().clone()),
            command: command.name.clone(),
            params: command.params.clone(),
            actor: actor_of(&unit.events[0].meta).unwrap_or_default(),
            reason,
            at: Some(unit.occurred_at()),
            expect: None,
            seen: Looked::new(),
            meta: self.links(unit.meta()),
        };
        let fired = run(&mut self.batch, &request, unit.occurred_at(), &unit.named_origins())?;
        let outcome = if fired.events.is_empty() { Outcome::NothingToDo } else { Outcome::Applied };
        Ok((outcome, fired.events))
    }

    /// An event without a command, where it does to what is there now what it did when it happened.
    fn as_it_is(&mut self, unit: &Unit) -> Result<(Outcome, Vec<Event>)> {
        let event = &unit.events[0];
        let (before, after) = self.theirs.around(event)?;
        let here = self.batch.working(&event.aggregate)?.state.clone();
        // The very event that happened, on what is there now: a new place in the log is no other effect.
        let (made, failed) = Reducer::from(self.batch.domain).take(here.clone(), event);
        let (here, made) = (here.to_value()?, made.to_value()?);
        // One whose rule failed at home changed nothing there, and may do so again.
        let made = (failed.is_none() || after.error.is_some()).then_some(&made);
        match fit((&before, &after.state.to_value()?), Around { before: &here, after: made }) {
            Fit::Same => {}
            Fit::There => return Ok((Outcome::AlreadyThere, Vec::new())),
            Fit::Not(misfits) => {
                let clash = |misfit: Misfit| {
                    let writer = self.writer(event, &misfit.path)?;
                    let Misfit { path, wanted, there, made } = misfit;
                    Ok(Clash { path, theirs: wanted, ours: there, made, writer })
                };
                let clashes = misfits.into_iter().map(clash).collect::<Result<_>>()?;
                return Ok((Outcome::Conflict(clashes), Vec::new()));
            }
        }
        let meta = with_origin(event, self.links(meta_of(event)));
        let new = NewEvent {
            aggregate: event.aggregate.clone(),
            kind: event.kind.clone(),
            occurred_at: event.occurred_at,
            data: event.data.clone(),
            meta: Value::Object(meta).to_string(),
        };
        let appended = self.batch.append(new, None, after.error.is_none())?;
        Ok((Outcome::Applied, vec![appended]))
    }

    /// The event that last set a field of the target, this run's own included.
    fn writer(&mut self, event: &Event, path: &str) -> Result<Option<Event>> {
        if let Some(writer) = self.done.writer(&event.aggregate, path) {
            return Ok(Some(writer.clone()));
        }
        self.ours.writer(&event.aggregate, path)
    }

    /// Links to events that were carried over too lead to where they are now.
    fn links(&self, mut meta: Map<String, Value>) -> Map<String, Value> {
        for name in ["correlation_id", "causation_id", REVERTS] {
            if let Some(new) = meta.get(name).and_then(Value::as_str).and_then(|old| self.renamed.get(old)) {
                let new = Value::from(new.clone());
                meta.insert(name.to_owned(), new);
            }
        }
        meta
    }
}
