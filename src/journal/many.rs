//! Every aggregate of a branch folded again, split over threads; what comes out does not depend on how many.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::batch::actor_of;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position};
use crate::jq::{State, with_room};
use crate::replay::{apply, apply_or_keep, named, view_of};
use crate::store::{Branch, Head, RawEvent, Store};

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

/// Folds every aggregate of a branch and gives each to `take`, in the order of their rows. To be called inside a
/// snapshot or a write transaction: the other threads have their own, and are used only if they see the same log.
pub(super) fn fold_many(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    threads: usize,
    take: &mut dyn FnMut(Folded) -> Result<()>,
) -> Result<()> {
    let blocks = store.aggregate_count()? / BLOCK + 1;
    // A thread that has one block to fold does not pay for its connection and its rules.
    let threads = threads.min(blocks as usize / 2);
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
    domain: &'a Domain,
    branch: &'a Branch,
    types: HashMap<i64, String>,
    owners: HashMap<i64, String>,
}

impl<'a> Fold<'a> {
    fn new(store: &'a Store, domain: &'a Domain, branch: &'a Branch) -> Self {
        Self { store, domain, branch, types: HashMap::new(), owners: HashMap::new() }
    }

    fn block(&mut self, block: i64) -> Result<Vec<Folded>> {
        with_room(|| {
            let (mut row, end) = (block * BLOCK - 1, (block + 1) * BLOCK);
            let mut folded = Vec::new();
            while let Some(next) = self.store.aggregate_after(row)?.filter(|next| *next < end) {
                row = next;
                let aggregate = self.store.aggregate_of(row)?;
                // A state is copied before each event only where a rule is known to fail.
                let head = match self.aggregate(row, &aggregate, false)? {
                    Some(head) => Some(head),
                    None => self.aggregate(row, &aggregate, true)?,
                };
                if let Some(head) = head {
                    let shown = self.shown(row, &head)?;
                    folded.push(Folded { row, aggregate, head, shown });
                }
            }
            Ok(folded)
        })
    }

    /// `None` where it has no events on the branch or, unless that is asked for, a rule fails.
    fn aggregate(&mut self, row: i64, aggregate: &AggregateId, careful: bool) -> Result<Option<Head>> {
        let Self { store, domain, branch, types, owners } = self;
        let mut state = State::empty();
        let mut head: Option<Head> = None;
        let (mut meta, mut last) = (String::new(), 0);
        let mut good = true;
        store.events_of(branch, row, 1, i64::MAX, &mut |raw: &RawEvent<'_>| {
            let event = named(types, raw.kind, |row| store.type_name(row))?;
            let owner = named(owners, raw.branch, |row| store.branch_name(row))?;
            let view = view_of(aggregate, owner, domain, raw, event);
            let before = std::mem::replace(&mut state, State::null());
            let mut failed = None;
            if careful {
                (state, failed) = apply_or_keep(domain, before, &view);
            } else if let Ok(after) = apply(domain, before, &view) {
                state = after;
            } else {
                good = false;
                return Ok(false);
            }
            let head = head.get_or_insert_with(|| Head {
                kind: aggregate.kind.clone(),
                version: 0,
                position: 0,
                first_at: raw.occurred_at,
                last_at: raw.occurred_at,
                actor: None,
                label: String::new(),
                status: String::new(),
                deleted: false,
                state: String::new(),
                error: None,
            });
            (head.version, head.position, head.last_at) = (raw.version, raw.position, raw.occurred_at);
            if let Some(error) = failed {
                head.error = Some(format!("version {}: {}", raw.version, error.message()));
            }
            last = raw.kind;
            meta.clear();
            meta.push_str(raw.meta);
            Ok(true)
        })?;
        let Some(mut head) = head.filter(|_| good) else { return Ok(None) };
        let last = named(types, last, |row| store.type_name(row))?;
        let summary = domain.summary(&aggregate.kind, &aggregate.id, last, &state);
        (head.label, head.status, head.deleted) = (summary.label, summary.status, summary.deleted);
        head.actor = actor_of(&meta);
        head.state = state.to_json()?;
        Ok(Some(head))
    }

    /// The shown head's state, where it is another one.
    fn shown(&self, row: i64, head: &Head) -> Result<Option<String>> {
        let shown = self.store.head(self.branch.id, row)?;
        let shown = shown.map_or_else(|| "null".to_owned(), |found| found.head.state);
        let same = shown == head.state || State::from_json(&shown)? == State::from_json(&head.state)?;
        Ok((!same).then_some(shown))
    }
}
