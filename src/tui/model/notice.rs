//! What is said in the bottom line, and kept.

use super::Model;
use crate::error::Error;

/// What the bottom line says instead of the keys, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something was done.
    Done(String),
    /// Something to know.
    Told(String),
    /// Something failed.
    Failed(Error),
}

impl Model {
    /// Says something.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.say(Notice::Told(text.into()));
    }

    /// Says that something was done.
    pub fn done(&mut self, text: impl Into<String>) {
        self.say(Notice::Done(text.into()));
    }

    /// Says how far something is, which is not kept among the messages.
    pub fn progress(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice::Told(text.into()));
    }

    fn say(&mut self, notice: Notice) {
        const KEPT: usize = 100;
        if self.messages.back() != Some(&notice) {
            self.messages.push_back(notice.clone());
        }
        if self.messages.len() > KEPT {
            self.messages.pop_front();
        }
        self.notice = Some(notice);
    }

    /// Says that something failed.
    pub fn fail(&mut self, error: Error) {
        self.say(Notice::Failed(error));
    }
}
