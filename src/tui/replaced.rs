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
        self.let_go();
        self.open(&Open { branch, ..opened })?;
        let effects = update::opened(&mut self.model);
        let text = format!("Another file is in the place of {} now: it was opened anew.", self.model.store);
        self.model.fail(Error::refused(text).hint("What was shown until now was of the file before."));
        self.dirty = true;
        self.perform(effects)
    }

    /// Who reads the old file is asked no more, and what it has answered meanwhile is not wanted.
    fn let_go(&mut self) {
        self.leave_view();
        self.answers.end();
        (self.interactive, self.scanner, self.labour, self.feed) = (None, None, None, None);
        let kept: Vec<_> =
            self.receive.try_iter().filter(|other| !matches!(other, Message::Reply(..))).collect();
        for message in kept {
            let _ = self.send.send(message);
        }
        self.model.forget_store();
    }

    /// Reads the log anew by another mapping.
    pub(super) fn read_by(&mut self, mapping: &str, told: String) -> Result<()> {
        let Some((mut source, opened)) = self.source.take().zip(self.opened.take()) else { return Ok(()) };
        self.let_go();
        let read = source.read_by(mapping, told).and_then(|()| source.open(opened.clock));
        self.source = Some(source);
        // Where the mapping was refused, what was there is there still.
        let (open, failure) = match read {
            Ok(open) => (open, None),
            Err(error) => (opened, Some(error)),
        };
        self.open(&open)?;
        let effects = update::opened(&mut self.model);
        if let Some(error) = failure {
            self.model.fail(error);
        }
        self.dirty = true;
        self.perform(effects).map(drop)
    }
}
