//! The threads of a search over many aggregates: each has its own connection and its own compiled rules.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::jq::with_room;
use crate::store::Store;

/// How many neighbouring rows of aggregates a thread searches at once.
const BLOCK: i64 = 256;

/// How many searched blocks of each thread may wait to be taken.
const WAITING: usize = 16;

/// How many threads at most.
const THREADS: usize = 4;

/// So long whoever asks is made to wait for a block.
const PATIENCE: Duration = Duration::from_millis(50);

/// One of those who search, on its own thread.
pub(super) trait Hand {
    /// What it finds.
    type Found: Send + 'static;

    /// Searches one aggregate, by its row.
    fn search(
        &mut self,
        store: &Store,
        domain: &Domain,
        of: (AggregateId, i64),
        found: &mut Vec<Self::Found>,
    ) -> Result<()>;
}

/// What every thread needs to know.
#[derive(Clone)]
pub(super) struct Job {
    pub path: PathBuf,
    pub source: String,
    /// Only aggregates of this type.
    pub kind: Option<String>,
    /// The rows of the aggregates: behind the first one, up to the last one.
    pub rows: (i64, i64),
}

/// The threads, and the blocks they hand over.
pub(super) struct Crew<F> {
    blocks: Vec<Receiver<Result<Vec<F>>>>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    next: i64,
    aggregates: i64,
}

impl<F: Send + 'static> Crew<F> {
    /// Sets as many threads to work as there are processors for; each begins by making its hand, which looks whether it is
    /// to stop.
    pub fn hire<H: Hand<Found = F>>(
        job: &Job,
        begin: impl Fn(Arc<AtomicBool>) -> Result<H> + Clone + Send + 'static,
    ) -> Self {
        let aggregates = job.rows.1 - job.rows.0;
        let blocks = (aggregates + BLOCK - 1) / BLOCK;
        let count = thread::available_parallelism().map_or(1, usize::from).min(THREADS).min(blocks as usize);
        let stop = Arc::new(AtomicBool::new(false));
        let mut crew =
            Self { blocks: Vec::new(), threads: Vec::new(), stop: Arc::clone(&stop), next: 0, aggregates };
        for first in 0..count {
            let (send, receive) = sync_channel(WAITING);
            let (job, begin, stop) = (job.clone(), begin.clone(), Arc::clone(&stop));
            let mine = (first as i64..blocks).step_by(count);
            crew.blocks.push(receive);
            crew.threads.push(thread::spawn(move || {
                let hand = begin(Arc::clone(&stop));
                if let Err(error) = hand.and_then(|hand| work(&job, hand, mine, &stop, &send)) {
                    // Nobody listens any more where the search was dropped.
                    let _ = send.send(Err(error));
                }
            }));
        }
        crew
    }

    /// What the next block holds, where it is there in a moment; else nothing new.
    pub fn next(&mut self) -> Result<Vec<F>> {
        if self.done() >= self.aggregates {
            return Ok(Vec::new());
        }
        match self.blocks[self.next as usize % self.blocks.len()].recv_timeout(PATIENCE) {
            Ok(found) => {
                let found = found?;
                self.next += 1;
                Ok(found)
            }
            Err(RecvTimeoutError::Timeout) => Ok(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::refused("A thread of the search ended before it was done."))
            }
        }
    }

    /// How many aggregates are searched.
    pub fn done(&self) -> i64 {
        (self.next * BLOCK).min(self.aggregates)
    }

    /// How many are to be.
    pub fn aggregates(&self) -> i64 {
        self.aggregates
    }
}

impl<F> Drop for Crew<F> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A thread that waits for its block to be taken sees that nobody will.
        self.blocks.clear();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work<H: Hand>(
    job: &Job,
    mut hand: H,
    blocks: impl Iterator<Item = i64>,
    stop: &AtomicBool,
    send: &SyncSender<Result<Vec<H::Found>>>,
) -> Result<()> {
    let store = Store::open_reader(&job.path)?;
    // Compiled rules stay on their thread.
    let domain = if job.source.is_empty() {
        Domain::default()
    } else {
        Domain::parse("the store's domain", &job.source)?
    };
    with_room(|| {
        for block in blocks {
            let found = search_block(job, &mut hand, (&store, &domain), block, stop)?;
            if stop.load(Ordering::Relaxed) || send.send(Ok(found)).is_err() {
                break;
            }
        }
        Ok(())
    })
}

fn search_block<H: Hand>(
    job: &Job,
    hand: &mut H,
    (store, domain): (&Store, &Domain),
    block: i64,
    stop: &AtomicBool,
) -> Result<Vec<H::Found>> {
    let (mut row, last) = (job.rows.0 + block * BLOCK, (job.rows.0 + (block + 1) * BLOCK).min(job.rows.1));
    let mut found = Vec::new();
    while let Some(next) = store.aggregate_after(row)?.filter(|next| *next <= last) {
        row = next;
        let aggregate = store.aggregate_of(row)?;
        if job.kind.as_ref().is_some_and(|kind| *kind != aggregate.kind) {
            continue;
        }
        hand.search(store, domain, (aggregate, row), &mut found)?;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(found)
}
