//! The log that an opened store is read from: what it has that the store has not is taken by a thread of its own, while
//! the explorer shows what is there already.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ratatui::backend::Backend;

use super::Explorer;
use super::answers::Answers;
use super::effect::Reply;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::session::{Imported, Source, rest};

/// How often it is said how far it is, and looked whether it is to end.
const SAY: Duration = Duration::from_millis(100);

/// A log that is being taken; dropping it ends that at the next record it asks at.
pub(super) struct Feed {
    stop: Arc<AtomicBool>,
    /// All that there was when it began is taken.
    idle: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// Starts to take what is new; how far it is and what became of it goes to `answers`.
    pub fn start(source: Source, clock: Clock, actor: String, answers: Answers) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let resting = Arc::new(AtomicBool::new(false));
        let idle = Arc::clone(&resting);
        let thread = std::thread::Builder::new().name("Feed".to_owned()).spawn(move || {
            let (mut first, mut failing) = (true, false);
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                let taken = take(&source, clock, &actor, &answers, &stopped);
                let failed = taken.is_err();
                let new = taken.as_ref().is_ok_and(|taken| taken.report.records > 0);
                // What is wrong with a store that somebody else writes may pass: it is said once, and looked at again.
                let again = failed && failing;
                if !stopped.load(Ordering::Relaxed) && (first || new || failed != failing) && !again {
                    answers.hand_over(None, Reply::Taken(taken));
                }
                idle.store(true, Ordering::Relaxed);
                if failed && source.adapter().is_none() {
                    return;
                }
                (first, failing) = (false, failed);
                let end = Instant::now() + rest(new, began.elapsed());
                while Instant::now() < end && !stopped.load(Ordering::Relaxed) {
                    std::thread::sleep(SAY.min(end.saturating_duration_since(Instant::now())));
                }
            }
        })?;
        Ok(Self { stop, idle: resting, thread: Some(thread) })
    }

    /// Whether all that there was when it began is taken.
    pub fn idle(&self) -> bool {
        self.idle.load(Ordering::Relaxed) || self.thread.as_ref().is_none_or(JoinHandle::is_finished)
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

impl<B: Backend> Explorer<B> {
    /// Notes where the cursor stands in a log, so that it is there again when the log is opened again.
    pub fn leave_source(&mut self) {
        self.feed = None;
        if let (Some(source), Some(left_at)) = (&mut self.source, self.model.left_at()) {
            // Where it cannot be noted, the log opens at its end.
            let _ = source.leave_at(left_at);
        }
    }
}

/// Takes what is new now.
fn take(
    source: &Source,
    clock: Clock,
    actor: &str,
    answers: &Answers,
    stop: &AtomicBool,
) -> Result<Imported> {
    let mut said = Instant::now();
    let take = || {
        source.take_new(clock, actor, &mut |progress| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                answers.hand_over(None, Reply::Taking(progress));
            }
            !stop.load(Ordering::Relaxed)
        })
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(take)).unwrap_or_else(|_| {
        Err(Error::refused("reading the log stopped by a defect of the program")
            .hint("what was read until then is there"))
    })
}
