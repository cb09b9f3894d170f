//! Building the heads again from the log, as a second generation that is shown at once.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::Rules;
use super::many::{Folded, fold_many};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Time};
use crate::store::{Branch, Store, Transaction};

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
    if !write {
        return store.snapshot(|store| fold_all(store, None, domain, threads, progress));
    }
    let transaction = store.write()?;
    let rebuilt = fold_all(store, Some(&transaction), domain, threads, progress)?;
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
    let rebuilt = fold_all(store, Some(&transaction), domain, all_threads(), progress)?;
    transaction.show_generation(transaction.new_generation())?;
    transaction.commit()?;
    rules.compiled = Some((id, Rc::clone(domain)));
    Ok(rebuilt)
}

fn fold_all(
    store: &Store,
    transaction: Option<&Transaction<'_>>,
    domain: &Domain,
    threads: usize,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    for row in store.branches()? {
        let branch = store.with_ancestors(&row)?;
        fold_branch(store, transaction, domain, &branch, threads, &mut rebuilt, progress)?;
    }
    Ok(rebuilt)
}

/// Every aggregate that a branch owns events of or has a head for; the others are its ancestors'.
fn fold_branch(
    store: &Store,
    transaction: Option<&Transaction<'_>>,
    domain: &Domain,
    branch: &Branch,
    threads: usize,
    rebuilt: &mut Rebuilt,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<()> {
    let total = store.aggregate_count()?;
    fold_many(store, domain, branch, threads, &mut |Folded { row, aggregate, head, shown }| {
        rebuilt.aggregates += 1;
        rebuilt.events += head.version;
        rebuilt.errors += i64::from(head.error.is_some());
        if let Some(transaction) = transaction {
            transaction.put_head_in(transaction.new_generation(), branch.id, row, &head)?;
        }
        if let Some(old) = shown {
            rebuilt.differ += 1;
            if rebuilt.differing.len() < 100 {
                rebuilt.differing.push(Differing {
                    branch: branch.name.clone(),
                    aggregate,
                    old,
                    new: head.state,
                });
            }
        }
        if row % 256 == 0 && !progress(rebuilt.aggregates, total) {
            return Err(Error::refused("Stopped; nothing was changed."));
        }
        Ok(())
    })?;
    progress(total, total);
    Ok(())
}

/// As many threads as there are processors, up to a few: each holds a connection with its cache.
fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NewEvent;
    use crate::journal::append;

    fn domain(grown: &str) -> Domain {
        let text = format!(
            r#"
            [domain]
            name = "t"
            [aggregate.Box.event.Put]
            apply = '.sum = (.sum // 0) + $data.n | .at = $at'
            [aggregate.Box.event.Grown]
            apply = '{grown}'
            [aggregate.Box.event.Gone]
            apply = 'null'
            "#
        );
        Domain::parse("t", &text).unwrap()
    }

    #[test]
    fn threads_change_nothing_but_the_time() {
        const AGGREGATES: i64 = 2_000;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let store = Store::create(&path, Time(0)).unwrap();
        let branch = store.branch("main").unwrap();
        let first = Rc::new(domain(".sum += 1"));
        let mut rules = Rules::default();
        set_domain(&store, &mut rules, &first, Time(0), &mut |_, _| true).unwrap();
        let events = (0..4 * AGGREGATES).map(|i| NewEvent {
            aggregate: AggregateId::new("Box", (i * 7 % AGGREGATES).to_string()),
            kind: ["Put", "Grown", "Put", "Other", "Gone"][(i % 11).min(4) as usize].to_owned(),
            occurred_at: Time(i * 1_000_000),
            data: format!(r#"{{"n":{i}}}"#),
            meta: r#"{"actor":"mira"}"#.to_owned(),
        });
        append(&store, &mut rules, &branch, events.collect(), None, Time(1)).unwrap();
        // By these rules every third sum is refused, in the engine.
        let other = domain(r#"if .sum % 3 == 0 then error("no") else .sum |= (tostring | tonumber) end"#);
        let none = &mut |_, _| true;
        let alone = rebuild_on(1, &store, &other, false, none).unwrap();
        assert!(alone.aggregates == AGGREGATES && alone.events == 4 * AGGREGATES);
        assert!(alone.errors > 0 && alone.differ > 100 && alone.differing.len() == 100);
        for threads in [2, 3] {
            assert_eq!(rebuild_on(threads, &store, &other, false, none).unwrap(), alone);
        }
        let mut heads = |threads| {
            rebuild_on(threads, &store, &other, true, none).unwrap();
            (1..=AGGREGATES).map(|row| store.head(&branch, row).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(heads(3), heads(1));
        let stopped = rebuild_on(2, &store, &first, true, &mut |done, _| done < 700);
        assert!(stopped.is_err());
        assert_eq!(rebuild_on(2, &store, &other, false, none).unwrap().differ, 0);
    }
}
