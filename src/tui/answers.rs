//! How the answers about one opened store come to the loop, which may be busy with what is typed: then those who answer
//! wait, too, as each answer to what is old already would fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::Message;
use super::effect::Reply;

/// How many answers may wait to be taken before whoever answers waits, and how long at most.
const WAITING: usize = 16;
const PATIENCE: Duration = Duration::from_millis(200);

/// Hands answers over, for every thread that gives some.
#[derive(Clone)]
pub(super) struct Answers {
    send: Sender<Message>,
    /// Whether anybody wants them.
    wanted: Arc<AtomicBool>,
    /// How many have not been taken yet.
    waiting: Arc<AtomicUsize>,
}

impl Answers {
    /// About a store that is opened now.
    pub fn new(send: Sender<Message>) -> Self {
        Self { send, wanted: Arc::new(AtomicBool::new(true)), waiting: Arc::default() }
    }

    /// Hands one over, about a branch where it names one; false where nobody wants it.
    pub fn hand_over(&self, branch: Option<&str>, reply: Reply) -> bool {
        let end = Instant::now() + PATIENCE;
        while self.waiting.load(Ordering::SeqCst) >= WAITING && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        if !self.wanted.load(Ordering::SeqCst) {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.send.send(Message::Reply(branch.map(str::to_owned), Box::new(reply))).is_ok()
    }

    /// One was taken.
    pub fn taken(&self) {
        // It may be one about a store that was open before.
        let less = |waiting: usize| Some(waiting.saturating_sub(1));
        let _ = self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }

    /// Nobody wants any more of them.
    pub fn end(&self) {
        self.wanted.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn whoever_answers_faster_than_is_taken_waits_and_is_told_when_nobody_listens() {
        let (send, receive) = channel();
        let answers = Answers::new(send);
        let theirs = answers.clone();
        let thread =
            std::thread::spawn(move || (0..WAITING + 3).all(|_| theirs.hand_over(None, Reply::Held(false))));
        let mut most = 0;
        for _ in 0..WAITING + 3 {
            receive.recv().unwrap();
            most = most.max(answers.waiting.load(Ordering::SeqCst));
            answers.taken();
        }
        assert!(thread.join().unwrap());
        assert!(most <= WAITING, "{most}");
        assert_eq!(answers.waiting.load(Ordering::SeqCst), 0);
        answers.end();
        assert!(!answers.hand_over(None, Reply::Held(false)));
    }
}
