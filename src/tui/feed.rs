//! The log that an opened store is read from: what it has that the store has not is taken by a thread of its own, while
//! the explorer shows what is there already.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::answers::Answers;
use super::effect::Reply;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::session::Source;

/// How often it is said how far it is.
const SAY: Duration = Duration::from_millis(100);

/// A log that is being taken; dropping it ends that at the next record it asks at.
pub(super) struct Feed {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// Starts to take what is new; how far it is and what became of it goes to `answers`.
    pub fn start(source: Source, clock: Clock, actor: String, answers: Answers) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("Feed".to_owned()).spawn(move || {
            let mut said = Instant::now();
            let take = || {
                source.take_new(clock, &actor, &mut |progress| {
                    if said.elapsed() >= SAY {
                        said = Instant::now();
                        answers.hand_over(None, Reply::Taking(progress));
                    }
                    !stopped.load(Ordering::Relaxed)
                })
            };
            let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(take)).unwrap_or_else(|_| {
                Err(Error::refused("reading the log stopped by a defect of the program")
                    .hint("what was read until then is there"))
            });
            if !stopped.load(Ordering::Relaxed) {
                answers.hand_over(None, Reply::Taken(taken));
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Whether nothing is being taken any more.
    pub fn idle(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Its panics are caught.
            let _ = thread.join();
        }
    }
}
