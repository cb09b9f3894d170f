//! The heads of a store that was filled without them: each aggregate folded once, on all processors.

use super::many::{Part, Work, all_threads, work_many};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::replay::HeadFold;
use crate::store::{Branch, Head, Store};

/// How many heads are written between two reports of progress.
const STEP: i64 = 1024;

struct Heads;

impl Work for Heads {
    type Made = Head;
    type Kept<'a> = HeadFold<'a>;

    fn begin<'a>(store: &'a Store, domains: &[&'a Domain], branch: &'a Branch) -> Self::Kept<'a> {
        HeadFold::new(store, domains[0], branch)
    }

    fn one(kept: &mut Self::Kept<'_>, row: i64) -> Result<Option<Head>> {
        Ok(kept.head(row)?.map(|(_, head)| head))
    }
}

/// Writes what a store lacks that was filled while nobody else had it: heads and indexes, all of it or nothing. `progress`
/// gets the aggregates done and their number; false stops.
pub(crate) fn fill_heads(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<()> {
    let total = store.aggregate_count()? as u64;
    let mut goes_on = |done: i64| {
        let stopped = || Error::refused("the import was stopped before all of it was there");
        progress(done as u64, total).then_some(()).ok_or_else(stopped)
    };
    store.sort_deliveries()?;
    store.open_to_readers()?;
    goes_on(0)?;
    let transaction = store.write()?;
    transaction.fill_heads(|| {
        let part = Part { store, domains: &[domain], branch, behind: -1 };
        work_many::<Heads>(all_threads(), part, &mut |row, head| {
            if row % STEP == 0 {
                goes_on(row)?;
            }
            transaction.put_head(branch.id, row, &head)
        })
    })?;
    transaction.index_deliveries()?;
    transaction.commit()?;
    store.bring_all_over()
}
