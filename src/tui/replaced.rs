//! The file that was open was replaced by another one: that is opened, and the screen begins with it.

use ratatui::backend::Backend;

use super::effect::Reply;
use super::{Explorer, Flow, Message, update};
use crate::error::{Error, Result};
use crate::session::Open;

impl<B: Backend> Explorer<B> {
    /// Opens what is in the place of the store's file now. What was shown was of the other one.
    pub(super) fn open_anew(&mut self, reply: Reply) -> Result<Flow> {
        let (Reply::Replaced(branch), Some(opened)) = (reply, self.opened.take()) else {
            return Ok(Flow::On);
        };
        // Who reads the old file is asked no more, and what it has answered meanwhile is not wanted.
        self.answers.end();
        (self.interactive, self.scanner, self.labour) = (None, None, None);
        let kept: Vec<_> =
            self.receive.try_iter().filter(|other| !matches!(other, Message::Reply(..))).collect();
        for message in kept {
            let _ = self.send.send(message);
        }
        self.model.forget_store();
        self.open(&Open { branch, ..opened })?;
        let effects = update::opened(&mut self.model);
        let text = format!("Another file is in the place of {} now: it was opened anew.", self.model.store);
        self.model.fail(Error::refused(text).hint("What was shown until now was of the file before."));
        self.dirty = true;
        self.perform(effects)
    }
}
