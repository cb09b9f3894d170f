//! Building the heads again from the log, as a second generation that is shown at once.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::Rules;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Time};
use crate::jq::State;
use crate::replay::fold_head;
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
    /// On which branch.
    pub branch: String,
    /// Which one.
    pub aggregate: AggregateId,
    /// The state in the list, as JSON.
    pub old: String,
    /// The state that the fold leads to, as JSON.
    pub new: String,
}

/// Folds every aggregate of every branch again. With `write` the heads are replaced by what comes out, all at
/// once; without, nothing changes. `progress` gets the aggregates done and their number; false stops.
pub fn rebuild(
    store: &Store,
    domain: &Domain,
    write: bool,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    if !write {
        return store.snapshot(|store| fold_all(store, None, domain, progress));
    }
    let transaction = store.write()?;
    let rebuilt = fold_all(store, Some(&transaction), domain, progress)?;
    transaction.show_generation(transaction.new_generation())?;
    transaction.commit()?;
    Ok(rebuilt)
}

/// Takes a domain into use and builds the heads by its rules, in one transaction.
pub fn set_domain(
    store: &Store,
    rules: &mut Rules,
    domain: &Rc<Domain>,
    now: Time,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    let transaction = store.write()?;
    let id = transaction.add_domain(&domain.source, Sha256::digest(&domain.source).into(), now)?;
    let rebuilt = fold_all(store, Some(&transaction), domain, progress)?;
    transaction.show_generation(transaction.new_generation())?;
    transaction.commit()?;
    rules.compiled = Some((id, Rc::clone(domain)));
    Ok(rebuilt)
}

fn fold_all(
    store: &Store,
    transaction: Option<&Transaction<'_>>,
    domain: &Domain,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    for row in store.branches()? {
        let branch = store.with_ancestors(&row)?;
        fold_branch(store, transaction, domain, &branch, &mut rebuilt, progress)?;
    }
    Ok(rebuilt)
}

/// Every aggregate that a branch owns events of or has a head for; the others are their ancestors'.
fn fold_branch(
    store: &Store,
    transaction: Option<&Transaction<'_>>,
    domain: &Domain,
    branch: &Branch,
    rebuilt: &mut Rebuilt,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<()> {
    let total = store.aggregate_count()?;
    let mut after = 0;
    while let Some(row) = store.own_aggregate_after(branch.id, after)? {
        after = row;
        if let Some((aggregate, head)) = fold_head(store, domain, branch, row)? {
            rebuilt.aggregates += 1;
            rebuilt.events += head.version;
            rebuilt.errors += i64::from(head.error.is_some());
            note_difference(store, branch, row, &aggregate, &head, rebuilt)?;
            if let Some(transaction) = transaction {
                transaction.put_head_in(transaction.new_generation(), branch.id, row, &head)?;
            }
        }
        if row % 256 == 0 && !progress(rebuilt.aggregates, total) {
            return Err(crate::error::Error::refused("Stopped; nothing was changed."));
        }
    }
    progress(total, total);
    Ok(())
}

fn note_difference(
    store: &Store,
    branch: &Branch,
    row: i64,
    aggregate: &AggregateId,
    head: &Head,
    rebuilt: &mut Rebuilt,
) -> Result<()> {
    let old = store.head(branch, row)?.row().map_or_else(|| "null".to_owned(), |found| found.head.state);
    if old == head.state || State::from_json(&old)? == State::from_json(&head.state)? {
        return Ok(());
    }
    rebuilt.differ += 1;
    if rebuilt.differing.len() < 100 {
        rebuilt.differing.push(Differing {
            branch: branch.name.clone(),
            aggregate: aggregate.clone(),
            old,
            new: head.state.clone(),
        });
    }
    Ok(())
}
