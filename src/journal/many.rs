//! Every aggregate that a branch has moved on folded again, split over threads; what comes out does not depend on how many.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position};
use crate::jq::{State, with_room};
use crate::replay::HeadFold;
use crate::store::{Branch, Head, Store};

/// How many neighbouring rows of aggregates a thread takes at once.
const BLOCK: i64 = 256;

/// How many folded blocks of each thread may wait to be taken.
const WAITING: usize = 4;

/// An aggregate as the log and the rules make it.
pub(super) struct Folded {
    pub row: i64,
    pub aggregate: AggregateId,
    pub head: Head,
    /// The shown head's state, where it is another one.
    pub shown: Option<String>,
}

type Tip = (Option<(Position, Hash)>, i64);

/// What a thread sends: first whether it sees the same store, then its blocks.
enum Sent {
    Ready(bool),
    Block(Result<Vec<Folded>>),
}

/// Folds every aggregate that a branch owns events of or has a head for, and gives each to `take`, in the order of
/// their rows. To be called inside a snapshot: the other threads have their own, and are used only if they see the
/// same log.
pub(super) fn fold_many(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    threads: usize,
    take: &mut dyn FnMut(Folded) -> Result<()>,
) -> Result<()> {
    let blocks = store.aggregate_count()? / BLOCK + 1;
    // A thread that has one block to fold does not pay for its connection and its rules.
    let threads = if branch.fork() > 0 { 1 } else { threads.min(blocks as usize / 2) };
    if threads > 1 && fold_apart(store, domain, branch, (threads, blocks), take)? {
        return Ok(());
    }
    let mut fold = Fold::new(store, domain, branch);
    for block in 0..blocks {
        fold.block(block)?.into_iter().try_for_each(&mut *take)?;
    }
    Ok(())
}

/// False, and nothing taken, where a thread cannot see what this one sees.
fn fold_apart(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    (threads, blocks): (usize, i64),
    take: &mut dyn FnMut(Folded) -> Result<()>,
) -> Result<bool> {
    let tip = store.tip(branch.id)?;
    let (path, source) = (store.path(), domain.source.as_str());
    std::thread::scope(|scope| {
        let sent: Vec<Receiver<Sent>> = (0..threads)
            .map(|thread| {
                let (send, receive) = sync_channel(WAITING);
                let mine = (thread as i64..blocks).step_by(threads);
                scope.spawn(move || {
                    if work(path, source, branch, tip, mine, &send).is_err() {
                        let _ = send.send(Sent::Ready(false));
                    }
                });
                receive
            })
            .collect();
        if !sent.iter().all(|sent| matches!(sent.recv(), Ok(Sent::Ready(true)))) {
            return Ok(false);
        }
        for block in 0..blocks as usize {
            match sent[block % threads].recv() {
                Ok(Sent::Block(folded)) => folded?.into_iter().try_for_each(&mut *take)?,
                _ => return Err(Error::refused("A thread of the fold ended before it was done.")),
            }
        }
        Ok(true)
    })
}

fn work(
    path: &Path,
    source: &str,
    branch: &Branch,
    tip: Tip,
    blocks: impl Iterator<Item = i64>,
    send: &SyncSender<Sent>,
) -> Result<()> {
    let store = Store::open_reader(path)?;
    // Compiled rules stay on their thread.
    let domain =
        if source.is_empty() { Domain::default() } else { Domain::parse("the store's domain", source)? };
    store.snapshot(|store| {
        let same = store.tip(branch.id)? == tip;
        let mut fold = Fold::new(store, &domain, branch);
        // Nobody listens any more when the fold was stopped.
        let mut going = send.send(Sent::Ready(same)).is_ok() && same;
        for block in blocks {
            going = going && send.send(Sent::Block(fold.block(block))).is_ok();
            if !going {
                break;
            }
        }
        Ok(())
    })
}

struct Fold<'a> {
    store: &'a Store,
    branch: &'a Branch,
    heads: HeadFold<'a>,
}

impl<'a> Fold<'a> {
    fn new(store: &'a Store, domain: &'a Domain, branch: &'a Branch) -> Self {
        Self { store, branch, heads: HeadFold::new(store, domain, branch) }
    }

    fn block(&mut self, block: i64) -> Result<Vec<Folded>> {
        with_room(|| {
            let (mut row, end) = (block * BLOCK - 1, (block + 1) * BLOCK);
            let mut folded = Vec::new();
            while let Some(next) =
                self.store.own_aggregate_after(self.branch.id, row)?.filter(|next| *next < end)
            {
                row = next;
                if let Some((aggregate, head)) = self.heads.head(row)? {
                    let shown = self.shown(row, &head)?;
                    folded.push(Folded { row, aggregate, head, shown });
                }
            }
            Ok(folded)
        })
    }

    /// The shown head's state, where it is another one.
    fn shown(&self, row: i64, head: &Head) -> Result<Option<String>> {
        let shown = self.store.head(self.branch, row)?.row();
        let shown = shown.map_or_else(|| "null".to_owned(), |found| found.head.state);
        let same = shown == head.state || State::from_json(&shown)? == State::from_json(&head.state)?;
        Ok((!same).then_some(shown))
    }
}
