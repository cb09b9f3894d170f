//! What is asked of a worker and waits, and the handle that asks.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::{Loop, Order, Role};
use crate::error::{Error, Result};
use crate::jq::with_room;
use crate::session::Open;
use crate::tui::effect::{Failed, Reply};
use crate::tui::question::Question;

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is set by another side at another time")]
pub struct Inbox {
    pub writes: VecDeque<Order>,
    pub questions: VecDeque<Question>,
    pub running: bool,
    /// The running write is to be stopped.
    pub stop: bool,
    pub quit: bool,
    /// Somebody knows that something was appended.
    pub look: bool,
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
        while inbox.questions.is_empty() && !inbox.quit {
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

    /// Asks; every question about another branch is forgotten, and what nobody waits for any more.
    pub fn ask(&self, question: Question) {
        let mut inbox = self.shared.inbox();
        inbox.questions.retain(|waits| waits.branch == question.branch && waits.is_wanted());
        inbox.questions.push_back(question);
        self.shared.wake.notify_one();
    }

    /// Has it look at once whether something was appended.
    pub fn look(&self) {
        self.shared.inbox().look = true;
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

    /// Whether nothing waits and nothing runs.
    pub fn idle(&self) -> bool {
        let inbox = self.shared.inbox();
        inbox.gone || !inbox.running && !inbox.look && inbox.questions.is_empty() && inbox.writes.is_empty()
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
