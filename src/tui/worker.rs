//! A thread with its own session: reads are latest-wins per kind, writes go in order, the tail is followed.

mod scan;

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::effect::{Failed, Read, Reply};
use crate::error::{Error, Result};
use crate::session::{Fire, Open, Session};

/// How often the store is asked whether others appended.
const TAIL: Duration = Duration::from_millis(500);

/// Which of the two workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answers at once, writes, follows the tail.
    Interactive,
    /// Looks through much, a slice at a time.
    Scanner,
}

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is set by another side at another time")]
struct Inbox {
    writes: VecDeque<Fire>,
    reads: VecDeque<Read>,
    running: bool,
    /// The running scan is not wanted any more.
    stop: bool,
    quit: bool,
    /// The thread has ended; nothing is answered any more.
    gone: bool,
}

struct Shared {
    inbox: Mutex<Inbox>,
    wake: Condvar,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Waits for the first question; `false` when there will be none.
    fn asked(&self) -> bool {
        let mut inbox = self.inbox();
        while inbox.reads.is_empty() && !inbox.quit {
            inbox = self.wake.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
        !inbox.quit
    }
}

/// A handle to the thread; dropping it ends the thread after what it is doing.
pub struct Worker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a worker that opens the store itself and sends its replies to `send`, which answers whether anybody listens.
    pub fn start(role: Role, open: Open, send: impl Fn(Reply) -> bool + Send + 'static) -> Result<Self> {
        let shared = Arc::new(Shared { inbox: Mutex::new(Inbox::default()), wake: Condvar::new() });
        shared.inbox().running = role == Role::Interactive;
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(format!("{role:?}")).spawn(move || {
            let work = || {
                // Nobody may ever ask for a scan: until then the store is not opened a second time.
                if role == Role::Scanner && !theirs.asked() {
                    return Ok(());
                }
                let session = match role {
                    Role::Interactive => Session::open(&open)?,
                    Role::Scanner => Session::open_reader(&open)?,
                };
                Loop { role, session, shared: &theirs, send: &send, polled: Instant::now() }.run();
                Ok(())
            };
            // A defect in here must not leave the screen waiting without a word.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
                Err(Error::refused("the store's worker stopped by a defect of the program")
                    .hint("nothing is lost: leave with q and open the store again"))
            });
            if let Err(error) = ended {
                send(Reply::Failed(Failed::Open, error));
            }
            let mut inbox = theirs.inbox();
            inbox.running = false;
            inbox.gone = true;
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks; a question of the same kind that still waits is forgotten.
    pub fn read(&self, read: Read) {
        let mut inbox = self.shared.inbox();
        inbox.reads.retain(|other| discriminant(other) != discriminant(&read));
        inbox.reads.push_back(read);
        self.shared.wake.notify_one();
    }

    /// Queues a write.
    pub fn write(&self, fire: Fire) {
        self.shared.inbox().writes.push_back(fire);
        self.shared.wake.notify_one();
    }

    /// Ends the running scan and forgets what waits.
    pub fn stop(&self) {
        let mut inbox = self.shared.inbox();
        inbox.stop = true;
        inbox.reads.clear();
    }

    /// Whether nothing waits and nothing runs.
    pub fn idle(&self) -> bool {
        let inbox = self.shared.inbox();
        inbox.gone || !inbox.running && inbox.reads.is_empty() && inbox.writes.is_empty()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        {
            let mut inbox = self.shared.inbox();
            inbox.quit = true;
            inbox.stop = true;
            self.shared.wake.notify_one();
        }
        // A write that runs is finished; a read that runs is not worth waiting for.
        let writing = !self.shared.inbox().writes.is_empty();
        if let Some(thread) = self.thread.take().filter(|_| writing) {
            let _ = thread.join();
        }
    }
}

enum Job {
    Write(Fire),
    Read(Read),
}

struct Loop<'a> {
    role: Role,
    session: Session,
    shared: &'a Shared,
    send: &'a dyn Fn(Reply) -> bool,
    polled: Instant,
}

impl Loop<'_> {
    fn run(&mut self) {
        let mut cold = false;
        loop {
            let job = {
                let mut inbox = self.shared.inbox();
                inbox.running = false;
                loop {
                    if inbox.quit && inbox.writes.is_empty() {
                        return;
                    }
                    if let Some(fire) = inbox.writes.front() {
                        break Some(Job::Write(fire.clone()));
                    }
                    if let Some(read) = inbox.reads.pop_front() {
                        inbox.running = true;
                        inbox.stop = false;
                        break Some(Job::Read(read));
                    }
                    if cold || (self.role == Role::Interactive && self.polled.elapsed() >= TAIL) {
                        break None;
                    }
                    inbox = match self.role {
                        Role::Interactive => {
                            let left = TAIL.saturating_sub(self.polled.elapsed());
                            self.shared
                                .wake
                                .wait_timeout(inbox, left)
                                .map_or_else(|e| e.into_inner().0, |ok| ok.0)
                        }
                        Role::Scanner => self.shared.wake.wait(inbox).unwrap_or_else(PoisonError::into_inner),
                    };
                }
            };
            let heard = match job {
                Some(Job::Write(fire)) => {
                    let done = self.session.fire(&fire).map(Box::new);
                    let heard = (self.send)(Reply::Fired(done));
                    self.shared.inbox().writes.pop_front();
                    heard
                }
                Some(Job::Read(read)) => {
                    cold = matches!(read, Read::Moment(..)) || cold;
                    self.answer(read)
                }
                None => {
                    cold = cold && self.session.warm().unwrap_or(false);
                    true
                }
            };
            if !heard || !self.follow() {
                return;
            }
        }
    }

    /// Tells what others appended, about twice a second.
    fn follow(&mut self) -> bool {
        if self.role == Role::Scanner || self.polled.elapsed() < TAIL {
            return true;
        }
        self.polled = Instant::now();
        match self.session.poll() {
            Ok(Some(tail)) => (self.send)(Reply::Tail(tail)),
            Ok(None) => true,
            Err(error) => (self.send)(Reply::Failed(Failed::Other, error)),
        }
    }

    fn answer(&mut self, read: Read) -> bool {
        let failed = match &read {
            Read::List(..) | Read::Around(..) | Read::Rank(..) => Failed::List,
            Read::Log(..) => Failed::Log,
            _ => Failed::Other,
        };
        match self.ask(read) {
            Ok(Some(reply)) => (self.send)(reply),
            Ok(None) => true,
            Err(error) => (self.send)(Reply::Failed(failed, error)),
        }
    }

    fn ask(&mut self, read: Read) -> Result<Option<Reply>> {
        let session = &mut self.session;
        Ok(Some(match read {
            Read::Overview => Reply::Overview(session.overview()?),
            Read::List(request, join) => return self.list(request, join),
            Read::Around(request, aggregate) => return scan::around(session, request, &aggregate),
            Read::Rank(request, key) => {
                let rank = session.rank(&request, &key)?;
                Reply::Rank(key, rank)
            }
            Read::Begun(position) => return self.begun(position),
            Read::Effects(hash, position) => return self.effects(hash, position),
            Read::Moment(aggregate, version) => {
                let moment = session.moment(&aggregate, version)?;
                if moment.folding.is_some() {
                    self.again(Read::Moment(aggregate, version));
                }
                Reply::Moment(Box::new(moment))
            }
            Read::Marked(aggregate, version) => Reply::Marked(Box::new(session.moment(&aggregate, version)?)),
            Read::At(position) => {
                let moment = match session.event(position)? {
                    Some(event) => Some(Box::new(session.moment(&event.aggregate, event.version)?)),
                    None => None,
                };
                Reply::At(position, moment)
            }
            Read::AsOf(aggregate, position) => {
                let version = session.version_at(&aggregate, position)?;
                Reply::AsOf(position, Box::new(session.moment(&aggregate, version)?))
            }
            Read::Window { aggregate, from, to, cell, cells } => {
                let window = session.window(&aggregate, (from, to), cell, cells)?;
                Reply::Window { aggregate, from, to, cell, window }
            }
            Read::StoreWindow { from, to, cell, cells } => {
                let window = session.store_window((from, to), cell, cells)?;
                Reply::StoreWindow { from, to, cell, window }
            }
            Read::Lanes(aggregates) => Reply::Lanes(
                aggregates
                    .into_iter()
                    .map(|aggregate| {
                        let head = session.moment(&aggregate, i64::MAX)?.head;
                        let window = session.window(&aggregate, ((head - 598).max(1), head.max(1)), 1, 1)?;
                        Ok((aggregate, window.marks))
                    })
                    .collect::<Result<_>>()?,
            ),
            Read::Log(request, join) => return self.log(request, join),
            Read::Find(request, what) => return self.find(request, what),
            Read::Facets(kind) => Reply::Facets(session.facets(kind.as_deref())?),
            Read::Resolve(revision, here) => Reply::Resolved(session.resolve(&revision, here.as_ref())?),
            Read::Commands(aggregate) => {
                let mut commands = match &aggregate {
                    Some(aggregate) => session.commands(Some(aggregate))?,
                    None => Vec::new(),
                };
                commands.extend(session.commands(None)?);
                Reply::Commands(commands)
            }
            Read::Preview(number, fire) => Reply::Preview(number, session.preview(&fire).map(Box::new)),
        }))
    }

    /// Asks the same once more, where nothing newer of its kind waits: a long fold answers in steps.
    fn again(&self, read: Read) {
        let mut inbox = self.shared.inbox();
        if !inbox.reads.iter().any(|other| discriminant(other) == discriminant(&read)) {
            inbox.reads.push_back(read);
        }
    }
}
