//! What is asked of a worker and waits, and the handle that asks.

use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::{Loop, Order, Role};
use crate::error::{Error, Result};
use crate::jq::with_room;
use crate::session::Open;
use crate::tui::effect::{Failed, Read, Reply};
use crate::tui::question::Question;

/// A question that waits for its turn.
pub enum Waits {
    /// A question of a kind of which only the newest is answered, and the branch that it is about.
    Read(String, Box<Read>),
    /// A question of a slot.
    Slot(Question),
}

impl Waits {
    /// The branch that it is about.
    pub fn branch(&self) -> &str {
        match self {
            Self::Read(branch, _) => branch,
            Self::Slot(question) => &question.branch,
        }
    }

    /// Whether it is still wanted beside a newer question about a branch.
    fn stays(&self, branch: &str) -> bool {
        match self {
            Self::Read(other, _) => other == branch,
            Self::Slot(question) => question.branch == branch && question.is_wanted(),
        }
    }

    /// Whether it ends a scan of a kind over a branch.
    pub fn ends(&self, branch: &str, kind: Discriminant<Read>) -> bool {
        match self {
            Self::Read(other, read) => other != branch || discriminant(&**read) == kind,
            Self::Slot(question) => question.branch != branch,
        }
    }
}

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is set by another side at another time")]
pub struct Inbox {
    pub writes: VecDeque<Order>,
    pub reads: VecDeque<Waits>,
    pub running: bool,
    /// The running scan is not wanted any more.
    pub stop: bool,
    pub quit: bool,
    /// The thread has ended; nothing is answered any more.
    gone: bool,
}

pub struct Shared {
    inbox: Mutex<Inbox>,
    pub wake: Condvar,
}

impl Shared {
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
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
    /// Starts a worker that opens the store itself and sends its replies to `send`, which answers whether anybody
    /// listens. A reply that is about one branch comes with its name.
    pub fn start(
        role: Role,
        open: Open,
        send: impl Fn(Option<&str>, Reply) -> bool + Send + 'static,
    ) -> Result<Self> {
        let shared = Arc::new(Shared { inbox: Mutex::new(Inbox::default()), wake: Condvar::new() });
        shared.inbox().running = role == Role::Interactive;
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(format!("{role:?}")).spawn(move || {
            let work = || {
                // Nobody may ever ask for a scan: until then the store is not opened a second time.
                if role == Role::Scanner && !theirs.asked() {
                    return Ok(());
                }
                let session = role.open(&open)?;
                let (now, filling) = (Instant::now(), role == Role::Interactive);
                Loop {
                    role,
                    open: open.clone(),
                    session,
                    shared: &theirs,
                    send: &send,
                    polled: now,
                    filling,
                    lagging: filling,
                    said: now,
                    going: VecDeque::new(),
                    held: None,
                    lost: None,
                }
                .run();
                Ok(())
            };
            // A defect in here must not leave the screen waiting without a word.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| with_room(work)))
                .unwrap_or_else(|_| {
                    Err(Error::refused("the store's worker stopped by a defect of the program")
                        .hint("nothing is lost: leave with q and open the store again"))
                });
            if let Err(error) = ended {
                send(None, Reply::Failed(Failed::Open, error));
            }
            let mut inbox = theirs.inbox();
            inbox.running = false;
            inbox.gone = true;
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks about a branch; a question of the same kind that still waits is forgotten, and so is every question
    /// about another branch.
    pub fn read(&self, branch: String, read: Read) {
        let mut inbox = self.shared.inbox();
        let kind = discriminant(&read);
        inbox.reads.retain(|waits| waits.stays(&branch) && !waits.ends(&branch, kind));
        inbox.reads.push_back(Waits::Read(branch, Box::new(read)));
        self.shared.wake.notify_one();
    }

    /// Asks for a slot; every question about another branch is forgotten, and what nobody waits for any more.
    pub fn ask(&self, question: Question) {
        let mut inbox = self.shared.inbox();
        inbox.reads.retain(|waits| waits.stays(&question.branch));
        inbox.reads.push_back(Waits::Slot(question));
        self.shared.wake.notify_one();
    }

    /// Queues a write.
    pub fn write(&self, order: Order) {
        self.shared.inbox().writes.push_back(order);
        self.shared.wake.notify_one();
    }

    /// Ends the running write, where it can be stopped.
    pub fn stop_write(&self) {
        self.shared.inbox().stop = true;
    }

    /// Ends the running scan and forgets what waits.
    pub fn stop(&self) {
        let mut inbox = self.shared.inbox();
        inbox.stop = true;
        inbox.reads.retain(|waits| matches!(waits, Waits::Slot(_)));
        self.shared.wake.notify_one();
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
