//! Every action of the panes by name, with its keys.

use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Shape};
use crate::tui::screen::Cx;
use crate::tui::update::browse;

/// The actions.
#[derive(Debug, Default)]
pub struct Palette {
    filled: bool,
}

impl Choices for Palette {
    type Choice = Command;

    fn look(&self) -> Look {
        Look { title: "Actions", shape: Shape::Actions, ..Look::PICKER }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Command>>> {
        if std::mem::replace(&mut self.filled, true) {
            return None;
        }
        let entries =
            cx.model.keys.entries(Context::Browse).filter(|(command, _)| *command != Command::Palette);
        Some(entries.map(|(command, entry)| Item::new(entry.help.clone(), entry.shown(), command)).collect())
    }

    fn choose(&mut self, cx: &mut Cx, command: Command) {
        browse::run(cx.model, command, cx.effects);
    }
}
