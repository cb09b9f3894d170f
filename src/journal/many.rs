//! Every aggregate that a branch has moved on gone along again, split over threads; what comes out does not depend on
//! how many.

use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Hash, Position};
use crate::jq::with_room;
use crate::store::{Branch, Store};

/// How many neighbouring rows of aggregates a thread takes at once.
const BLOCK: i64 = 256;

/// How many folded blocks of each thread may wait to be taken.
const WAITING: usize = 4;

/// What is done with each aggregate: each thread begins with a connection and rules of its own.
pub(super) trait Work {
    /// What comes out for an aggregate.
    type Made: Send;
    /// What is kept from one aggregate to the next.
    type Kept<'a>;

    fn begin<'a>(store: &'a Store, domains: &[&'a Domain], branch: &'a Branch) -> Self::Kept<'a>;

    fn one(kept: &mut Self::Kept<'_>, row: i64) -> Result<Option<Self::Made>>;
}

/// The aggregates of a branch, those up to a row left out, and the domains to go along them by.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub store: &'a Store,
    pub domains: &'a [&'a Domain],
    pub branch: &'a Branch,
    pub behind: i64,
}

/// What a thread is told: nothing that is compiled, for that stays on its thread.
#[derive(Clone, Copy)]
struct Told<'a> {
    path: &'a Path,
    sources: &'a [&'a str],
    branch: &'a Branch,
    behind: i64,
    tip: Tip,
}

type Tip = (Option<(Position, Hash)>, i64);

/// What a thread sends: first whether it sees the same store, then its blocks.
enum Sent<T> {
    Ready(bool),
    Block(Result<Made<T>>),
}

/// What came out of a block, with the rows.
type Made<T> = Vec<(i64, T)>;

/// Goes along every aggregate that a branch owns events of or has a head for, and gives what comes out to `take`, in
/// the order of their rows. To be called inside a snapshot: the other threads have their own, and are used only if
/// they see the same log.
pub(super) fn work_many<W: Work>(
    threads: usize,
    part: Part<'_>,
    take: &mut dyn FnMut(i64, W::Made) -> Result<()>,
) -> Result<()> {
    let Part { store, domains, branch, behind } = part;
    let blocks = (behind + 1) / BLOCK..store.aggregate_count()? / BLOCK + 1;
    // A thread that has one block to go along does not pay for its connection and its rules.
    let threads = if branch.fork() > 0 { 1 } else { threads.min(blocks.clone().count() / 2) };
    if threads > 1 && apart::<W>(threads, part, blocks.clone(), take)? {
        return Ok(());
    }
    let mut kept = W::begin(store, domains, branch);
    for block in blocks {
        let made = along_block::<W>(&mut kept, store, (branch, behind), block)?;
        made.into_iter().try_for_each(|(row, made)| take(row, made))?;
    }
    Ok(())
}

/// False, and nothing taken, where a thread cannot see what this one sees.
fn apart<W: Work>(
    threads: usize,
    part: Part<'_>,
    blocks: Range<i64>,
    take: &mut dyn FnMut(i64, W::Made) -> Result<()>,
) -> Result<bool> {
    let Part { store, domains, branch, behind } = part;
    let sources: Vec<&str> = domains.iter().map(|domain| domain.source.as_str()).collect();
    let told = Told { path: store.path(), sources: &sources, branch, behind, tip: store.tip(branch.id)? };
    std::thread::scope(|scope| {
        let sent: Vec<Receiver<Sent<W::Made>>> = (0..threads)
            .map(|thread| {
                let (send, receive) = sync_channel(WAITING);
                let mine = blocks.clone().skip(thread).step_by(threads);
                scope.spawn(move || {
                    if in_thread::<W>(told, mine, &send).is_err() {
                        let _ = send.send(Sent::Ready(false));
                    }
                });
                receive
            })
            .collect();
        if !sent.iter().all(|sent| matches!(sent.recv(), Ok(Sent::Ready(true)))) {
            return Ok(false);
        }
        for block in 0..blocks.count() {
            match sent[block % threads].recv() {
                Ok(Sent::Block(made)) => made?.into_iter().try_for_each(|(row, made)| take(row, made))?,
                _ => return Err(Error::refused("A thread of the fold ended before it was done.")),
            }
        }
        Ok(true)
    })
}

fn in_thread<W: Work>(
    told: Told<'_>,
    blocks: impl Iterator<Item = i64>,
    send: &SyncSender<Sent<W::Made>>,
) -> Result<()> {
    let store = Store::open_reader(told.path)?;
    let parsed = told.sources.iter().map(|source| {
        if source.is_empty() { Ok(Domain::default()) } else { Domain::parse("the store's domain", source) }
    });
    let domains = parsed.collect::<Result<Vec<_>>>()?;
    let domains: Vec<&Domain> = domains.iter().collect();
    store.snapshot(|store| {
        let same = store.tip(told.branch.id)? == told.tip;
        let mut kept = W::begin(store, &domains, told.branch);
        let place = (told.branch, told.behind);
        // Nobody listens any more when the fold was stopped.
        let mut going = send.send(Sent::Ready(same)).is_ok() && same;
        for block in blocks {
            going = going && send.send(Sent::Block(along_block::<W>(&mut kept, store, place, block))).is_ok();
            if !going {
                break;
            }
        }
        Ok(())
    })
}

fn along_block<W: Work>(
    kept: &mut W::Kept<'_>,
    store: &Store,
    (branch, behind): (&Branch, i64),
    block: i64,
) -> Result<Made<W::Made>> {
    with_room(|| {
        let (mut row, end) = ((block * BLOCK - 1).max(behind), (block + 1) * BLOCK);
        let mut made = Vec::new();
        while let Some(next) = store.own_aggregate_after(branch.id, row)?.filter(|next| *next < end) {
            row = next;
            made.extend(W::one(kept, row)?.map(|one| (row, one)));
        }
        Ok(made)
    })
}

/// As many threads as there are processors, up to a few: each holds a connection with its cache.
pub(super) fn all_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}
