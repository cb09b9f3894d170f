//! The operation log: what was done to the store, by whom and when. One that wrote events leads to the newest of them.

use crate::error::Error;
use crate::event::Position;
use crate::session::Operation;
use crate::tui::menu::{Choices, Item, Look};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;

/// How many operations are shown.
const MOST: usize = 500;

/// The newest operations, each with the name of its branch.
#[derive(Debug, Default)]
pub struct Operations {
    newest: Slot<(), Vec<(Operation, String)>>,
}

impl Choices for Operations {
    type Choice = Position;

    fn look(&self) -> Look {
        Look { title: "Operation log", ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Position>>> {
        if self.newest.asked().is_none() {
            cx.ask(&mut self.newest, Lane::Now, (), |session, _| {
                session.operations(None, MOST).map(Part::Whole)
            });
        }
        if !self.newest.take_in(&cx.model.branch) {
            return None;
        }
        let zone = cx.model.look.zone;
        let item = |(operation, branch): &(Operation, String)| {
            let undoes = operation.undoes.map_or_else(String::new, |id| format!(" of {id}"));
            let events = match operation.span {
                Some((first, last)) if first == last => format!("#{first}"),
                Some((first, last)) => format!("#{first} to #{last}"),
                None => String::new(),
            };
            let text = format!("{} {}{undoes}", operation.id, operation.verb);
            let detail = if operation.detail == "{}" { "" } else { &operation.detail };
            let at = zone.full(operation.at);
            let note = format!("{at}  {}  on {branch} {events} {detail}", operation.actor);
            match operation.span {
                Some((_, last)) => Item::new(text, note, last),
                None => Item::read(text, note),
            }
        };
        Some(self.newest.shown()?.iter().map(item).collect())
    }

    fn empty(&self) -> &'static str {
        if self.newest.waits() { "asking …" } else { "nothing was done to the store yet" }
    }

    fn choose(&mut self, cx: &mut Cx, position: Position) {
        cx.go_to(position);
    }

    fn failed(&self) -> Option<&Error> {
        self.newest.failed()
    }
}
