//! What another domain would make of a whole store's history: both folded side by side, nothing written.

use super::many::{Part, Work, all_threads, work_many};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::jq::with_room;
use crate::replay::{Caused, Causes, Contrast, Contrasted, Reducer};
use crate::store::{Branch, Store};

/// What two domains make of a store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contrasts {
    /// How many aggregates were compared.
    pub aggregates: i64,
    /// How many events they have.
    pub events: i64,
    /// How many have another state at their head.
    pub differ: i64,
    /// How many part on the way and have the same state again at their head.
    pub met_again: i64,
    /// How many have an event that a rule of the other domain refuses.
    pub errors: i64,
    /// Why, the commonest cause first.
    pub causes: Vec<Caused>,
    /// Whether all was compared; otherwise somebody stopped it.
    pub whole: bool,
}

struct SideBySide;

impl Work for SideBySide {
    type Made = Contrasted;
    type Kept<'a> = Contrast<'a>;

    fn begin<'a>(store: &'a Store, domains: &[&'a Domain], branch: &'a Branch) -> Contrast<'a> {
        Contrast::new(store, [domains[0], domains[1]], branch)
    }

    fn one(kept: &mut Contrast<'_>, row: i64) -> Result<Option<Contrasted>> {
        kept.aggregate(row)
    }
}

/// Compares the domain in use with another one along every aggregate of every branch. Of each cause at most `most`
/// aggregates are kept. `progress` gets the aggregates done and their number; false stops.
pub(crate) fn contrast(
    store: &Store,
    domains: [&Domain; 2],
    most: usize,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Contrasts> {
    contrast_on(all_threads(), store, domains, most, progress)
}

/// The same on so many threads.
pub fn contrast_on(
    threads: usize,
    store: &Store,
    domains: [&Domain; 2],
    most: usize,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Contrasts> {
    gathered(store, most, progress, &mut |branch, take| {
        let part = Part { store, domains: &domains, branch, behind: -1 };
        work_many::<SideBySide>(threads, part, &mut |row, one| take(row % 256 == 0, one))
    })
}

/// The same with what stands in for some of the rules, which is one for all: on this thread alone.
pub(crate) fn contrast_by(
    store: &Store,
    sides: [Reducer<'_>; 2],
    most: usize,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<Contrasts> {
    gathered(store, most, progress, &mut |branch, take| {
        let (mut contrast, mut row) = (Contrast::new(store, sides, branch), -1);
        while let Some(next) = store.own_aggregate_after(branch.id, row)? {
            row = next;
            if let Some(one) = with_room(|| contrast.aggregate(row))? {
                take(true, one)?;
            }
        }
        Ok(())
    })
}

/// Takes what comes out, and whether to look up from it.
type Take<'a> = dyn FnMut(bool, Contrasted) -> Result<()> + 'a;

/// Puts together what comes out of one branch after the other.
fn gathered(
    store: &Store,
    most: usize,
    progress: &mut dyn FnMut(i64, i64) -> bool,
    along: &mut dyn FnMut(&Branch, &mut Take<'_>) -> Result<()>,
) -> Result<Contrasts> {
    let mut causes = Causes::new(most);
    let mut all = Contrasts { whole: true, ..Contrasts::default() };
    let ended = store.snapshot(|store| {
        let total = store.aggregate_count()?;
        for row in store.branches()? {
            let branch = store.with_ancestors(&row)?;
            along(&branch, &mut |look_up, one| {
                all.take(one, &branch, &mut causes);
                all.whole = !look_up || progress(all.aggregates, total);
                if all.whole { Ok(()) } else { Err(Error::refused("Stopped.")) }
            })?;
        }
        progress(total, total);
        Ok(())
    });
    if all.whole {
        ended?;
    }
    all.causes = causes.most_first();
    Ok(all)
}

impl Contrasts {
    fn take(&mut self, one: Contrasted, branch: &Branch, causes: &mut Causes) {
        self.aggregates += 1;
        self.events += one.events;
        self.errors += i64::from(one.fails);
        let Some(parted) = one.parted else { return };
        *(if parted.last.is_empty() { &mut self.met_again } else { &mut self.differ }) += 1;
        causes.note(&branch.name, parted);
    }
}
