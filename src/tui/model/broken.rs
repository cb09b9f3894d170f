//! What could not be read: the part of the screen that lacks it shows why, until it is read after all.

use super::Model;
use crate::error::{Error, Kind};

/// Why parts of the screen are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// The list.
    pub list: Option<Error>,
    /// The state and the event.
    pub moment: Option<Error>,
    /// The log.
    pub log: Option<Error>,
    /// The timeline.
    pub timeline: Option<Error>,
    /// What was said of a filter that fails.
    pub filter: Option<String>,
    /// The store is damaged, or nobody reads it any more: that stays so.
    pub lasting: Option<Error>,
}

impl Broken {
    /// Whether anything could not be read, and the word for it.
    pub fn word(&self) -> Option<&'static str> {
        let parts = [&self.lasting, &self.list, &self.moment, &self.log, &self.timeline];
        let mut errors = parts.into_iter().flatten();
        let first = errors.next()?;
        let damaged = std::iter::once(first).chain(errors).any(|error| error.kind() == Kind::Damaged);
        Some(if damaged { "DAMAGED" } else { "FAILED" })
    }

    /// Why nothing is there where a part was not read for a reason that concerns the whole store.
    pub fn of<'a>(&'a self, part: &'a Option<Error>) -> Option<&'a Error> {
        part.as_ref().or(self.lasting.as_ref())
    }
}

impl Model {
    /// Why what is open lacks what it waits for.
    pub fn no_answer(&self) -> Option<&Error> {
        let lasting = self.broken.lasting.as_ref().filter(|error| error.kind() != Kind::Damaged);
        self.lacking().or(lasting)
    }

    /// Why the topmost shows something older than was asked for, or nothing.
    pub fn lacking(&self) -> Option<&Error> {
        self.overlays.last()?.failed()
    }
}
