//! Building the heads again from the log: a second generation is filled while others go on appending, and shown
//! at once.

mod heads;

use std::collections::HashSet;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use self::heads::{Folded, Heads};
use super::many::{Part, all_threads, work_many};
use super::{Rules, give_way};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time};
use crate::replay::HeadFold;
use crate::store::{Filling, Found, Head, Store, Transaction};

/// How many heads, and how many bytes of states, one write of a rebuild takes, so that appends need not wait long.
const WRITTEN: usize = 150;
const BYTES: usize = 512 << 10;

/// Of so few events what others appended meanwhile is folded under the lock; of more, before.
const FEW: i64 = 64;

/// What a rebuild did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many aggregates were folded.
    pub aggregates: i64,
    /// How many heads a rebuild by the same rules had built before it was cut off.
    pub before: i64,
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
    /// Which aggregate.
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
    rebuild_on(all_threads(), store, domain, write, progress)
}

/// The same on so many threads.
pub fn rebuild_on(
    threads: usize,
    store: &Store,
    domain: &Domain,
    write: bool,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    domain.without_programs()?;
    if !write {
        return store.snapshot(|store| fold_all(store, domain, threads, None, progress));
    }
    replace_heads(threads, store, domain, progress, &mut |_| Ok(()))
}

/// Takes a domain into use and builds the heads by its rules; both are seen at once.
pub fn set_domain(
    store: &Store,
    rules: &mut Rules,
    domain: &Rc<Domain>,
    now: Time,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    domain.without_programs()?;
    let mut id = 0;
    let rebuilt = replace_heads(all_threads(), store, domain, progress, &mut |transaction| {
        id = transaction.add_domain(&domain.source, now)?;
        Ok(())
    })?;
    rules.compiled = Some((id, Rc::clone(domain)));
    Ok(rebuilt)
}

/// Fills another generation while others go on appending, brings it up to date with what they appended, and
/// shows it, in the transaction in which `last` does what belongs to it. One that was cut off goes on. What it
/// replaces is dropped by [`tidy`].
fn replace_heads(
    threads: usize,
    store: &Store,
    domain: &Domain,
    progress: &mut dyn FnMut(i64, i64) -> bool,
    last: &mut dyn FnMut(&Transaction<'_>) -> Result<()>,
) -> Result<Rebuilt> {
    let transaction = store.write()?;
    let filling = transaction.begin_generation(&rules_of(domain), transaction.newest_position()?)?;
    transaction.commit()?;
    let mut stopped = false;
    let filled = fill(threads, store, domain, filling, &mut |done, total| {
        stopped = !progress(done, total);
        !stopped
    });
    let (filled, from) = match filled {
        Ok(filled) => filled,
        Err(error) => {
            let transaction = store.write()?;
            if !stopped && transaction.fills(&filling)? {
                transaction.give_up_generation()?;
            }
            transaction.commit()?;
            return Err(error);
        }
    };
    let transaction = store.write()?;
    still_filling(&transaction, &filling)?;
    let newest = (from + 1, Position::MAX);
    moved_heads(&transaction, domain, filling.generation, newest, &mut |branch, row, head| {
        transaction.put_head_in(filling.generation, branch, row, &head)
    })?;
    last(&transaction)?;
    transaction.show_generation(filling.generation)?;
    transaction.commit()?;
    Ok(filled)
}

/// Brings into the indexes what large batches left out, then drops some of the heads that a rebuild replaced, or that
/// were given up; false where there is none of it.
pub fn tidy(store: &Store) -> Result<bool> {
    let more = store.index_rest()? || store.drop_heads()?;
    if more {
        give_way();
    }
    Ok(more)
}

/// What tells whether heads were folded by the same rules: another version of the program may fold otherwise.
fn rules_of(domain: &Domain) -> [u8; 32] {
    Sha256::digest([env!("CARGO_PKG_VERSION"), "\n", &domain.source].concat()).into()
}

/// Folds every head that a generation lacks, then those that others moved on meanwhile until few are left; answers
/// the position up to which that was done.
fn fill(
    threads: usize,
    store: &Store,
    domain: &Domain,
    filling: Filling,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<(Rebuilt, Position)> {
    let reader = Store::open_reader(store.path())?;
    let mut waiting = Waiting { store, filling, heads: Vec::new(), bytes: 0 };
    let rebuilt = reader.snapshot(|reader| {
        let rebuilt = fold_all(reader, domain, threads, Some(&mut waiting), progress)?;
        waiting.write()?;
        Ok(rebuilt)
    })?;
    // While the snapshot stood nothing could be brought over: else the next append would have to do it all.
    store.bring_over()?;
    let (mut from, total) = (filling.start, store.aggregate_count()?);
    // Whoever appends faster than this folds is waited for no longer.
    for _ in 0..20 {
        let to = store.newest_position()?;
        if to - from <= FEW {
            break;
        }
        reader.snapshot(|reader| {
            moved_heads(reader, domain, filling.generation, (from + 1, to), &mut |branch, row, head| {
                if progress(total, total) { waiting.put(branch, row, head) } else { Err(stopped()) }
            })?;
            waiting.write()
        })?;
        from = to;
    }
    Ok((rebuilt, from))
}

fn still_filling(store: &Store, filling: &Filling) -> Result<()> {
    if store.fills(filling)? {
        return Ok(());
    }
    Err(Error::conflict("Another rebuild of the heads began meanwhile, and this one gave way."))
}

/// Heads that are folded and wait to be written: branch, aggregate, head.
struct Waiting<'a> {
    store: &'a Store,
    filling: Filling,
    heads: Vec<(i64, i64, Head)>,
    bytes: usize,
}

impl Waiting<'_> {
    fn put(&mut self, branch: i64, row: i64, head: Head) -> Result<()> {
        self.bytes += head.state.len();
        self.heads.push((branch, row, head));
        if self.heads.len() >= WRITTEN || self.bytes >= BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        let transaction = self.store.write()?;
        still_filling(&transaction, &self.filling)?;
        for (branch, row, head) in self.heads.drain(..) {
            transaction.put_head_in(self.filling.generation, branch, row, &head)?;
        }
        self.bytes = 0;
        transaction.commit()?;
        give_way();
        Ok(())
    }
}

/// Folds once more what was appended at these positions, or filled in on a branch while the generation was being
/// filled.
fn moved_heads(
    store: &Store,
    domain: &Domain,
    generation: i64,
    positions: (Position, Position),
    put: &mut dyn FnMut(i64, i64, Head) -> Result<()>,
) -> Result<()> {
    let mut moved = HashSet::new();
    store.log_between(positions, &mut |event| {
        moved.insert(event.aggregate);
        Ok(true)
    })?;
    let lacking: HashSet<_> = store.lacking(generation)?.into_iter().collect();
    for row in store.branches()? {
        let branch = store.with_ancestors(&row)?;
        let mut fold = HeadFold::new(store, domain, &branch);
        let of_branch = lacking.iter().filter(|(branch, _)| *branch == row.id).map(|(_, row)| *row);
        for aggregate in moved.iter().copied().chain(of_branch) {
            let own = matches!(store.head(&branch, aggregate)?, Found::Head { own: true, .. });
            if own && let Some((_, head)) = fold.head(aggregate)? {
                put(row.id, aggregate, head)?;
            }
        }
    }
    Ok(())
}

fn fold_all(
    store: &Store,
    domain: &Domain,
    threads: usize,
    mut write: Option<&mut Waiting<'_>>,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    let generation = write.as_ref().map(|waiting| waiting.filling.generation);
    let mut rebuilt = Rebuilt::default();
    if let Some(generation) = generation {
        rebuilt.before = store.filled(generation)?;
    }
    for row in store.branches()? {
        let branch = store.with_ancestors(&row)?;
        let behind = generation.map_or(Ok(-1), |generation| store.filled_to(generation, branch.id))?;
        let part = Part { store, domains: &[domain], branch: &branch, behind };
        fold_branch(part, threads, &mut rebuilt, progress, &mut |row, head| match &mut write {
            Some(waiting) => waiting.put(branch.id, row, head.clone()),
            None => Ok(()),
        })?;
    }
    Ok(rebuilt)
}

/// Every aggregate that a branch owns events of or has a head for; the others are its ancestors'.
fn fold_branch(
    part: Part<'_>,
    threads: usize,
    rebuilt: &mut Rebuilt,
    progress: &mut dyn FnMut(i64, i64) -> bool,
    write: &mut dyn FnMut(i64, &Head) -> Result<()>,
) -> Result<()> {
    let total = part.store.aggregate_count()?;
    work_many::<Heads>(threads, part, &mut |row, Folded { aggregate, head, shown }| {
        rebuilt.aggregates += 1;
        rebuilt.events += head.version;
        rebuilt.errors += i64::from(head.error.is_some());
        write(row, &head)?;
        if let Some(old) = shown {
            rebuilt.differ += 1;
            if rebuilt.differing.len() < 100 {
                rebuilt.differing.push(Differing {
                    branch: part.branch.name.clone(),
                    aggregate,
                    old,
                    new: head.state,
                });
            }
        }
        if row % 256 == 0 && !progress(rebuilt.before + rebuilt.aggregates, total) {
            return Err(stopped());
        }
        Ok(())
    })?;
    progress(total, total);
    Ok(())
}

fn stopped() -> Error {
    Error::refused("Stopped; nothing was changed.").hint("The same once more goes on where this one was.")
}

#[cfg(test)]
mod tests;
