//! Building the heads again from the log, as a second generation that is shown at once.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::Rules;
use super::batch::actor_of;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Event, Time};
use crate::jq::State;
use crate::replay::{apply_or_keep, view};
use crate::store::{Branch, Head, Store, Transaction};

/// What a rebuild did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many aggregates were folded.
    pub aggregates: i64,
    /// How many events were folded.
    pub events: i64,
    /// Aggregates whose state differs from the head before, at most a hundred of them.
    pub differing: Vec<Differing>,
    /// How many differ in all.
    pub differ: i64,
    /// How many aggregates have an event whose rule fails.
    pub errors: i64,
}

/// An aggregate that another fold leads to another state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Which one.
    pub aggregate: AggregateId,
    /// The state in the list, as JSON.
    pub old: String,
    /// The state that the fold leads to, as JSON.
    pub new: String,
}

/// Folds every aggregate of a branch again. With `write` the heads are replaced by what comes out, all at
/// once; without, nothing changes. `progress` gets the aggregates done and their number; false stops.
pub fn rebuild(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    write: bool,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    if !write {
        return store.snapshot(|store| fold_all(store, None, domain, branch, progress));
    }
    let transaction = store.write()?;
    let rebuilt = fold_all(store, Some(&transaction), domain, branch, progress)?;
    transaction.show_generation(transaction.new_generation())?;
    transaction.commit()?;
    Ok(rebuilt)
}

/// Takes a domain into use and builds the heads by its rules, in one transaction.
pub fn set_domain(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    domain: &Rc<Domain>,
    now: Time,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    let transaction = store.write()?;
    let id = transaction.add_domain(&domain.source, Sha256::digest(&domain.source).into(), now)?;
    let rebuilt = fold_all(store, Some(&transaction), domain, branch, progress)?;
    transaction.show_generation(transaction.new_generation())?;
    transaction.commit()?;
    rules.compiled = Some((id, Rc::clone(domain)));
    Ok(rebuilt)
}

fn fold_all(
    store: &Store,
    transaction: Option<&Transaction<'_>>,
    domain: &Domain,
    branch: &Branch,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    let total = store.aggregate_count()?;
    let mut rebuilt = Rebuilt::default();
    let mut after = 0;
    while let Some(row) = store.aggregate_after(after)? {
        after = row;
        if let Some((aggregate, head)) = fold_one(store, domain, branch, row)? {
            rebuilt.aggregates += 1;
            rebuilt.events += head.version;
            rebuilt.errors += i64::from(head.error.is_some());
            note_difference(store, branch, row, &aggregate, &head, &mut rebuilt)?;
            if let Some(transaction) = transaction {
                transaction.put_head_in(transaction.new_generation(), branch.id, row, &head)?;
            }
        }
        if row % 256 == 0 && !progress(rebuilt.aggregates, total) {
            return Err(crate::error::Error::refused("Stopped; nothing was changed."));
        }
    }
    progress(total, total);
    Ok(rebuilt)
}

fn note_difference(
    store: &Store,
    branch: &Branch,
    row: i64,
    aggregate: &AggregateId,
    head: &Head,
    rebuilt: &mut Rebuilt,
) -> Result<()> {
    let old = store.head(branch.id, row)?.map_or_else(|| "null".to_owned(), |found| found.head.state);
    if old == head.state || State::from_json(&old)? == State::from_json(&head.state)? {
        return Ok(());
    }
    rebuilt.differ += 1;
    if rebuilt.differing.len() < 100 {
        rebuilt.differing.push(Differing { aggregate: aggregate.clone(), old, new: head.state.clone() });
    }
    Ok(())
}

/// An aggregate's head as the log and the rules make it; `None` where it has no events on the branch.
fn fold_one(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    row: i64,
) -> Result<Option<(AggregateId, Head)>> {
    let aggregate = store.aggregate_of(row)?;
    let mut state = Some(State::empty());
    let mut first_at = None;
    let mut last: Option<Event> = None;
    let mut failed = None;
    store.events_of(branch, row, 1, i64::MAX, &mut |raw| {
        let event = store.whole(raw)?;
        let before = state.take().unwrap_or_else(State::empty);
        let (after, error) = apply_or_keep(domain, before, &view(domain, &event));
        state = Some(after);
        first_at = first_at.or(Some(event.occurred_at));
        failed =
            error.map(|e| format!("version {}: {}", event.version, e.message())).or_else(|| failed.take());
        last = Some(event);
        Ok(true)
    })?;
    let (Some(last), Some(state)) = (last, state) else { return Ok(None) };
    let summary = domain.summary(&aggregate.kind, &aggregate.id, &last.kind, &state);
    let head = Head {
        kind: aggregate.kind.clone(),
        version: last.version,
        position: last.position,
        first_at: first_at.unwrap_or(last.occurred_at),
        last_at: last.occurred_at,
        actor: actor_of(&last.meta),
        label: summary.label,
        status: summary.status,
        deleted: summary.deleted,
        state: state.to_json()?,
        error: failed,
    };
    Ok(Some((aggregate, head)))
}
