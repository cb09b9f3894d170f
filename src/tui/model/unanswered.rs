//! A question of something open that was not answered: it is shown there instead of waiting for ever.

use super::Model;
use super::overlay::{MenuKind, Overlay};
use crate::error::{Error, Kind};
use crate::tui::effect::Read;

/// A question that was not answered.
#[derive(Debug)]
pub struct Unanswered {
    /// The place of who asked it among what is open.
    pub depth: usize,
    /// The question.
    pub read: Box<Read>,
    /// Why there is no answer.
    pub error: Error,
}

impl Overlay {
    /// Whether it shows the answer to this question.
    pub fn waits_for(&self, read: &Read) -> bool {
        match (self, read) {
            (Self::Menu(menu), Read::Catalogue) => menu.kind == MenuKind::Types,
            (Self::Type(_), Read::Catalogue) => true,
            _ => false,
        }
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
        let asked = || self.unanswered.as_ref().filter(|failed| failed.depth + 1 == self.overlays.len());
        match self.overlays.last()? {
            Overlay::Screen(screen) => screen.failed(),
            _ => asked().map(|failed| &failed.error),
        }
    }
}
