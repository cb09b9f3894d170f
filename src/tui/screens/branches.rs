//! The branches: going over to one, carrying events over, renaming, archiving.

use crate::error::Error;
use crate::session::BranchInfo;
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Menu};
use crate::tui::model::Model;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::count;
use crate::tui::update::branches::{go_over, set, share};
use crate::tui::update::{carry, places};

/// The list of branches.
#[derive(Debug, Default)]
pub struct Branches {
    all: Slot<(), Vec<BranchInfo>>,
}

impl Branches {
    /// The list, with the branch selected that is shown.
    pub fn menu(model: &Model) -> Menu<Self> {
        Menu::at(Self::default(), model.branch.clone())
    }
}

impl Choices for Branches {
    type Choice = String;

    fn look(&self) -> Look {
        Look { title: "Branches", keys: Some(Context::Branches), ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<String>>> {
        if self.all.asked().is_none() {
            // Others fork too.
            cx.ask(&mut self.all, Lane::Now, (), |session, _| session.branches(true).map(Part::Whole));
        }
        self.all.take_in(&cx.model.branch);
        if let Some(all) = self.all.take() {
            set(cx.model, all);
        }
        let (archived, shown): (Vec<_>, Vec<_>) =
            cx.model.branches.iter().partition(|branch| branch.archived);
        let mut items: Vec<_> = shown.into_iter().map(|branch| row(cx.model, branch)).collect();
        if !archived.is_empty() {
            items.push(Item::heading("archived"));
            items.extend(archived.into_iter().map(|branch| row(cx.model, branch)));
        }
        Some(items)
    }

    fn empty(&self) -> &'static str {
        "asking …"
    }

    fn choose(&mut self, cx: &mut Cx, name: String) {
        places::leave(cx.model);
        go_over(cx.model, &name, cx.effects);
    }

    fn failed(&self) -> Option<&Error> {
        self.all.failed()
    }

    fn command(&mut self, cx: &mut Cx, command: Command, chosen: Option<String>) {
        let Some(name) = chosen else { return };
        match command {
            Command::Rename => {
                let example = format!("another name for the branch {name}");
                cx.open(Prompt::new("new name:", example, &name).then(move |cx, text| {
                    cx.effects.push(Effect::Write(Write::Rename(name, text.to_owned())));
                }));
            }
            Command::Archive => {
                let archived = cx.model.branch_named(&name).is_some_and(|branch| branch.archived);
                cx.effects.push(Effect::Write(Write::Archive(name, !archived)));
            }
            Command::CherryPick | Command::Merge | Command::Rebase => {
                carry::ask(cx.model, command, Some(name));
            }
            _ => {}
        }
    }
}

fn row(model: &Model, branch: &BranchInfo) -> Item<String> {
    let here = branch.name == model.branch;
    let parent = branch.parent.as_ref();
    let fork = parent.map_or_else(String::new, |parent| format!("{parent} #{}", count(branch.fork_position)));
    // The branch that is shown knows better how far it is.
    let filling = if here { model.filling } else { branch.filling };
    let filling = filling.map_or_else(String::new, |left| format!("  list {}", share(left)));
    let last = model.look.zone.minute(branch.last_activity);
    let note = format!("{fork:<18} {:>9} own  {last}{filling}", count(branch.events));
    Item::new(branch.name.clone(), note, branch.name.clone()).checked(here)
}
