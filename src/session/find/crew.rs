//! The threads of a search over many aggregates: each has its own connection and its own compiled rules.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{FindPage, FindRequest, Finder, Hit, Reached};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Position, Version};
use crate::jq::with_room;
use crate::session::predicate::Misses;
use crate::store::{Branch, Store};

/// How many neighbouring rows of aggregates a thread searches at once.
const BLOCK: i64 = 256;

/// How many searched blocks of each thread may wait to be taken.
const WAITING: usize = 16;

/// How many threads at most.
const THREADS: usize = 4;

/// So long whoever asks is made to wait for a block.
const PATIENCE: Duration = Duration::from_millis(50);

/// What every thread needs to know.
#[derive(Clone)]
pub(super) struct Job {
    pub path: PathBuf,
    pub source: String,
    pub branch: Branch,
    pub end: Position,
    pub request: FindRequest,
    /// The last row of an aggregate.
    pub aggregates: i64,
    pub misses: Arc<Misses>,
}

/// The threads, and the blocks they hand over.
pub(super) struct Crew {
    blocks: Vec<Receiver<Result<Vec<Hit>>>>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    next: i64,
    aggregates: i64,
}

impl Crew {
    /// Sets as many threads to work as there are processors for.
    pub fn hire(job: &Job) -> Self {
        let blocks = (job.aggregates + BLOCK - 1) / BLOCK;
        let count = thread::available_parallelism().map_or(1, usize::from).min(THREADS).min(blocks as usize);
        let stop = Arc::new(AtomicBool::new(false));
        let mut crew = Self {
            blocks: Vec::new(),
            threads: Vec::new(),
            stop: Arc::clone(&stop),
            next: 0,
            aggregates: job.aggregates,
        };
        for first in 0..count {
            let (send, receive) = sync_channel(WAITING);
            let (job, stop) = (job.clone(), Arc::clone(&stop));
            let mine = (first as i64..blocks).step_by(count);
            crew.blocks.push(receive);
            crew.threads.push(thread::spawn(move || {
                if let Err(error) = work(&job, mine, stop, &send) {
                    // Nobody listens any more where the search was dropped.
                    let _ = send.send(Err(error));
                }
            }));
        }
        crew
    }

    /// The next block, where it is there in a moment; else nothing new.
    pub fn next(&mut self) -> Result<FindPage> {
        let mut page = FindPage { hits: Vec::new(), done: self.done(), of: self.aggregates };
        if page.is_last() {
            return Ok(page);
        }
        match self.blocks[self.next as usize % self.blocks.len()].recv_timeout(PATIENCE) {
            Ok(hits) => {
                page.hits = hits?;
                self.next += 1;
                page.done = self.done();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::refused("A thread of the search ended before it was done."));
            }
        }
        Ok(page)
    }

    fn done(&self) -> i64 {
        (self.next * BLOCK).min(self.aggregates)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A thread that waits for its block to be taken sees that nobody will.
        self.blocks.clear();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(
    job: &Job,
    blocks: impl Iterator<Item = i64>,
    stop: Arc<AtomicBool>,
    send: &SyncSender<Result<Vec<Hit>>>,
) -> Result<()> {
    let store = Store::open_reader(&job.path)?;
    // Compiled rules stay on their thread.
    let domain = if job.source.is_empty() {
        Domain::default()
    } else {
        Domain::parse("the store's domain", &job.source)?
    };
    let mut finder = Finder::new(job.request.clone(), job.branch.clone(), job.end, &job.misses)?;
    finder.stop = stop;
    with_room(|| {
        for block in blocks {
            let hits = search_block(&mut finder, &store, &domain, block)?;
            if finder.stop.load(Ordering::Relaxed) || send.send(Ok(hits)).is_err() {
                break;
            }
        }
        Ok(())
    })
}

fn search_block(finder: &mut Finder, store: &Store, domain: &Domain, block: i64) -> Result<Vec<Hit>> {
    let (mut row, end) = (block * BLOCK, (block + 1) * BLOCK);
    let mut hits = Vec::new();
    while let Some(next) = store.aggregate_after(row)?.filter(|next| *next <= end) {
        row = next;
        let aggregate = store.aggregate_of(row)?;
        if finder.request.kind.as_ref().is_some_and(|kind| *kind != aggregate.kind) {
            continue;
        }
        finder.fold.go_to(aggregate, row);
        finder.go(store, domain, &mut Reached::default(), Version::MAX, &mut hits)?;
        if finder.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    hits.sort_by_key(|hit: &Hit| hit.position);
    Ok(hits)
}
