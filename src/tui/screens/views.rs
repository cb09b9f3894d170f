//! The views of the store that were named.

use super::prompt::Prompt;
use crate::error::Error;
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look};
use crate::tui::model::Model;
use crate::tui::screen::Cx;
use crate::tui::views::ViewChange;

/// The list of views.
#[derive(Debug, Default)]
pub struct ViewList {
    read: bool,
    failed: Option<Error>,
}

/// Asks for the name that what is shown is to be kept under.
pub fn keep(model: &mut Model) {
    if model.views.is_none() {
        return model.tell("views are not kept here");
    }
    let prompt = Prompt::new("keep view as", "chips, sort, columns and the pinned field, under a name", "");
    model.open(prompt.then(|cx, name| cx.effects.push(Effect::View(ViewChange::Keep(name.to_owned())))));
}

impl Choices for ViewList {
    type Choice = String;

    fn look(&self) -> Look {
        Look { title: "Views", keys: Some(Context::Views), ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<String>>> {
        if std::mem::replace(&mut self.read, true) {
            return None;
        }
        let names = cx.model.views.as_ref().map(crate::session::Views::names).transpose();
        match names {
            Ok(names) => {
                let items = names.unwrap_or_default().into_iter();
                Some(items.map(|name| Item::new(name.clone(), "", name)).collect())
            }
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    fn empty(&self) -> &'static str {
        "no view has a name yet: `:` keep view gives this one a name"
    }

    fn choose(&mut self, cx: &mut Cx, name: String) {
        cx.effects.push(Effect::View(ViewChange::Show(name)));
    }

    fn command(&mut self, cx: &mut Cx, command: Command, chosen: Option<String>) {
        if let (Command::Drop, Some(name)) = (command, chosen) {
            cx.effects.push(Effect::View(ViewChange::Forget(name)));
            cx.close();
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }
}
