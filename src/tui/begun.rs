//! What the start screen chose is done away from the screen, and tells how far it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ratatui::backend::Backend;

use super::{Choice, Explorer, Message};

impl<B: Backend> Explorer<B> {
    pub(super) fn begin(&mut self, choice: Choice) {
        let (begin, send) = (Arc::clone(&self.begin), self.send.clone());
        let stop = Arc::clone(&self.stop_begun);
        stop.store(false, Ordering::Relaxed);
        std::thread::spawn(move || {
            let done = begin(choice, &mut |progress| {
                send.send(Message::Progress(progress)).is_ok() && !stop.load(Ordering::Relaxed)
            });
            // Nobody listens any more where the program was left meanwhile.
            let _ = send.send(Message::Opened(Box::new(done)));
        });
    }
}
