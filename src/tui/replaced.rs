//! A store is opened; and where its file was replaced by another one, or its log is read otherwise, it is opened anew, and
//! the screen begins with that.

use ratatui::backend::Backend;

use super::answers::Answers;
use super::effect::Reply;
use super::feed::Feed;
use super::model::source::SourceLine;
use super::worker::{Labour, Role, Worker};
use super::{Explorer, Flow, Message, update};
use crate::error::{Error, Result};
use crate::session::Open;

impl<B: Backend> Explorer<B> {
    pub(super) fn open(&mut self, open: &Open) -> Result<()> {
        self.model.store = open.path.display().to_string();
        self.opened = Some(open.clone());
        self.model.branch.clone_from(&open.branch);
        self.begin_view(open);
        self.answers = Answers::new(self.send.clone());
        let start = |role: Role| {
            let answers = self.answers.clone();
            Worker::start(role, open.clone(), move |branch, reply| answers.hand_over(branch, reply))
        };
        let answers = self.answers.clone();
        let tell = move |reply| answers.hand_over(None, reply);
        self.labour = Some(Labour::start(open.clone(), self.work.clone(), tell)?);
        (self.interactive, self.scanner) = (Some(start(Role::Interactive)?), Some(start(Role::Scanner)?));
        if let Some(source) = &self.source {
            self.model.source = Some(SourceLine::new(source.clone()));
            let (actor, answers) = (self.model.actor.clone(), self.answers.clone());
            self.feed = Some(Feed::start(source.clone(), open.clock, actor, answers)?);
        }
        Ok(())
    }

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
