//! Forking, renaming and archiving branches, and writing the heads that a fork in the past lacks.
//!
//! # Why it is so
//!
//! A fork is one row, at any event, whatever the size of the log: 4.1 ms at 1,000,000 events and at 1,000, and that is
//! one durable write (`cargo bench --bench branches`). A branch reads its ancestors' events up to the fork, and then
//! its own; so far there is nothing to copy.
//!
//! With [heads](crate::store::heads) that is not enough. A branch that has no row for an aggregate sees its ancestor's,
//! and that row says where the aggregate stands *now*. If the ancestor has moved it on since the fork, the branch lacks
//! a head, and nobody can see it from the row that the branch would need: it is overwritten. Three ways were open:
//!
//! - *To write all heads when forking* makes a fork as dear as the list is long.
//! - *To write them when the ancestor appends* was tried. Before a head was overwritten, it was given to each branch
//!   that forks from there and lacked it. No branch then lacked more than what was moved on before its fork was made.
//!   But every append on main looked at every branch that anybody had ever made, and wrote a row for each of them the
//!   first time that it moved an aggregate on. Most of those branches nobody opens again.
//! - *To write them when somebody looks* is what is done. An append writes nothing for the branches that fork from its
//!   own: beside ten live branches it takes 1.00 of its time, and a batch of 1,000 takes 1.03.
//!
//! How a branch knows what it lacks: what may have moved a head on is an event of its parent behind the fork. The
//! branch keeps the position from which on it has not looked through those (`fill_from`). It ends at its parent's
//! newest event, so an append on the parent leaves the branch behind without touching its row. Whoever shows the branch
//! fills it until `fill_from` is past that end:
//!
//! - 1,000 events of the log are looked through at a time. Each aggregate of the parent's among them whose head has
//!   moved on is folded to the fork, and its head is written as the branch's own. What was before the fork does not
//!   change any more, so it is folded without the lock.
//! - Under the lock it is seen whether somebody else has filled meanwhile, or taken another domain into use; then the
//!   step is thrown away and done again. A head that is there stays. It can stop at any time and goes on where it was.
//! - An ancestor is filled first: what a branch sees there are rows of the ancestor's own.
//! - `parent_events`, which counts what the branch sees of its parent, is set to all of the parent's at the fork; to
//!   count them exactly would be a walk through them. As the fill passes the parent's events of that time, they are
//!   taken off.
//!
//! Until it is filled, a page of the list is short of those aggregates, and the number of events is a few too many. The
//! explorer says so, and how far it is; the command line fills before it prints a list. A single aggregate is never
//! wrong: [`head`](crate::replay::head()) is folded where the row is missing, as is each seek. A store that can only be
//! read is not filled, and its list is read from the log.
//!
//! What it costs: the first look at a branch after much was appended on its parent takes as long as looking through
//! that.
//!
//! ## What a change must keep
//!
//! - Every branch reads like a full copy of its events, half filled or not: `every_branch_reads_like_a_copied_list`
//!   plays random trees of branches against lists that were copied.
//! - Whoever asks for a state gets the same: `whoever_asks_gets_the_same_state` looks at filled branches and the log
//!   beside each other.
//! - A rebuild of all heads takes in what was filled while it went on ([generations](crate::store::heads)).
//! - Appending stays as fast beside branches, and a fork as fast in a long log: `cargo bench --bench branches`.

use serde_json::json;

use super::Rules;
use super::operation::{By, note};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::Position;
use crate::replay::HeadFold;
use crate::store::{Branch, BranchRow, Found, NewBranch, Store, Transaction};

/// How many events one step of a fill looks through.
const FILL: usize = 1_000;

/// Forks a branch right after a position that another one sees: one row, whatever the size of the log.
pub fn fork(store: &Store, from: &Branch, position: Position, name: &str, by: &By) -> Result<Branch> {
    let transaction = store.write()?;
    let branch = fork_in(&transaction, from, position, name, by)?;
    note(&transaction, by, "fork", branch.id, None, &json!({ "name": name, "at": position }))?;
    transaction.commit()?;
    Ok(branch)
}

/// The same inside a larger write, without an entry in the operation log.
pub(super) fn fork_in(
    transaction: &Transaction<'_>,
    from: &Branch,
    position: Position,
    name: &str,
    by: &By,
) -> Result<Branch> {
    check_name(transaction, name)?;
    // The parent of a fork is the branch that owns the event it forks at.
    let (fork_position, parent) = match transaction.newest_of(from, position)? {
        Some((position, _)) => (position, transaction.owner_of(position)?),
        None => (0, crate::store::MAIN),
    };
    let parent = transaction.branch_row(parent)?;
    let last = transaction.newest_position()?;
    let id = transaction.add_branch(&NewBranch {
        name,
        parent: parent.id,
        fork_position,
        parent_events: if fork_position == 0 { 0 } else { parent.events },
        created_at: by.now,
        // Nothing is inherited from before the first event, and nothing can be lacking.
        fill_from: if fork_position == 0 { Position::MAX } else { fork_position + 1 },
        counted_to: last,
    })?;
    transaction.with_ancestors(&transaction.branch_row(id)?)
}

/// Gives a branch another name.
pub fn rename(store: &Store, domain: &Domain, name: &str, to: &str, by: &By) -> Result<()> {
    let transaction = store.write()?;
    let row = unprotected(&transaction, domain, name, "renamed")?;
    check_name(&transaction, to)?;
    transaction.rename_branch(row.id, to)?;
    note(&transaction, by, "rename", row.id, None, &json!({ "from": name, "to": to }))?;
    transaction.commit()
}

/// Hides a branch, or shows it again; its events stay where they are.
pub fn archive(store: &Store, domain: &Domain, name: &str, archived: bool, by: &By) -> Result<()> {
    let transaction = store.write()?;
    let row = unprotected(&transaction, domain, name, "archived")?;
    if row.archived == archived {
        return Err(Error::refused(format!(
            "{name} is {}.",
            if archived { "archived already" } else { "not archived" }
        )));
    }
    transaction.archive_branch(row.id, archived)?;
    let verb = if archived { "archive" } else { "restore" };
    note(&transaction, by, verb, row.id, None, &json!({ "name": name }))?;
    transaction.commit()
}

/// A branch that the domain does not protect.
pub(super) fn unprotected(store: &Store, domain: &Domain, name: &str, what: &str) -> Result<BranchRow> {
    let row = store
        .branch_named(name)?
        .ok_or_else(|| Error::refused(format!("There is no branch named {name}.")))?;
    if domain.protected.iter().any(|protected| protected == name) {
        return Err(Error::refused(format!("{name} is protected: it cannot be {what}."))
            .hint("`protected` under [domain] names the branches that are; without it main is."));
    }
    Ok(row)
}

fn check_name(store: &Store, name: &str) -> Result<()> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let starts = name.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !starts || !name.chars().all(fits) || name.chars().all(|c| c.is_ascii_digit()) || name.len() > 100 {
        return Err(Error::refused(format!("{name:?} cannot be a branch's name.")).hint(
            "A name has letters, digits, `-`, `_` and `.`, starts with a letter or digit, and is not a number.",
        ));
    }
    match store.branch_named(name)? {
        Some(row) if row.archived => {
            Err(Error::refused(format!("There is an archived branch named {name}."))
                .hint(format!("`backstory branch --restore {name}` brings it back.")))
        }
        Some(_) => Err(Error::refused(format!("There is a branch named {name} already."))),
        None => Ok(()),
    }
}

/// Writes a part of the heads that a branch, or one that it sees, lacks since its fork; `true` while there is
/// more to do. It can stop at any time and goes on where it was.
pub fn fill(store: &Store, rules: &mut Rules, branch: &Branch) -> Result<bool> {
    let mut unfilled = None;
    for &(id, _) in &branch.segments {
        let row = store.branch_row(id)?;
        if !row.is_filled() {
            unfilled = Some(row);
            break;
        }
    }
    let Some(row) = unfilled else { return Ok(false) };
    let branch = store.with_ancestors(&row)?;
    let domain = rules.current(store)?;
    // What was before the fork does not change any more: it can be folded without the lock.
    let step = store.snapshot(|store| look_through(store, &domain, &branch, &row))?;
    let transaction = store.write()?;
    if transaction.branch_row(row.id)?.fill.0 != row.fill.0 || transaction.domain_id()? != rules.id() {
        return Ok(true);
    }
    for (aggregate, head) in &step.heads {
        transaction.add_head(row.id, *aggregate, head)?;
    }
    transaction.note_fill(row.id, step.next, step.passed)?;
    transaction.commit()?;
    Ok(true)
}

/// A stretch of the log that has been looked through.
struct Step {
    heads: Vec<(i64, crate::store::Head)>,
    next: Position,
    passed: i64,
}

fn look_through(store: &Store, domain: &Domain, branch: &Branch, row: &BranchRow) -> Result<Step> {
    let (from, to) = row.fill;
    let mut step = Step { heads: Vec::new(), next: to + 1, passed: 0 };
    let mut aggregates = Vec::new();
    let mut looked = 0;
    store.log_between((from, to), &mut |event| {
        looked += 1;
        if row.parent == Some(event.branch) {
            step.passed += i64::from(event.position <= row.counted_to);
            aggregates.push(event.aggregate);
        }
        if looked == FILL {
            step.next = event.position + 1;
        }
        Ok(looked < FILL)
    })?;
    aggregates.sort_unstable();
    aggregates.dedup();
    let mut heads = HeadFold::new(store, domain, branch);
    for aggregate in aggregates {
        if store.head(branch, aggregate)? == Found::MovedOn
            && let Some((_, head)) = heads.head(aggregate)?
        {
            step.heads.push((aggregate, head));
        }
    }
    Ok(step)
}
