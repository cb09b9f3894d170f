//! The commands that may be fired here.

use super::Form;
use crate::error::Error;
use crate::session::CommandInfo;
use crate::tui::menu::{Choices, Item, Look, Menu, Shape};
use crate::tui::model::Model;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::branches::{FORK_NAME, read_only};

/// The commands.
#[derive(Debug)]
pub struct Commands {
    /// They, and a name for a branch if one is fired from the past.
    all: Slot<(), (Vec<CommandInfo>, String)>,
    empty: &'static str,
}

impl Commands {
    /// Opens the list of them.
    pub fn open(model: &mut Model) {
        match read_only(model) {
            Some(error) => model.fail(error),
            None => model
                .open(Menu::new(Self { all: Slot::default(), empty: "looking what may be fired here …" })),
        }
    }
}

impl Choices for Commands {
    type Choice = CommandInfo;

    fn look(&self) -> Look {
        Look { title: "Fire a command", shape: Shape::Commands, stays: true, ..Look::PICKER }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<CommandInfo>>> {
        let here = cx.model.cursor.aggregate.clone();
        if self.all.asked().is_none() {
            let here = here.clone();
            // Where nothing is declared, it is looked up in the log.
            cx.ask(&mut self.all, Lane::Long, (), move |session, _| {
                let mut commands =
                    here.as_ref().map_or(Ok(Vec::new()), |here| session.commands(Some(here)))?;
                commands.extend(session.commands(None)?);
                Ok(Part::Whole((commands, session.free_branch_name(FORK_NAME)?)))
            });
        }
        if !self.all.take_in(&cx.model.branch) {
            return None;
        }
        let (commands, _) = self.all.shown()?;
        let declared = cx.model.overview.as_ref().is_none_or(|overview| overview.domain.is_some());
        self.empty = if declared {
            "the domain declares no command that may be fired here, and no event was seen"
        } else {
            "no event was seen, and the store has no domain yet, which declares commands: backstory domain set FILE"
        };
        let (creating, changing): (Vec<_>, Vec<_>) = commands.iter().partition(|command| command.creates);
        let mut items = Vec::new();
        let by_hand = changing.iter().any(|command| command.seen.is_some());
        let how = if by_hand { ", on a branch: events as they were seen" } else { "" };
        let on = here.map(|here| format!("on {here}{how}"));
        for (heading, commands) in [(on, changing), (Some("something new".into()), creating)] {
            items.extend(heading.filter(|_| !commands.is_empty()).map(Item::heading));
            items.extend(commands.into_iter().map(entry));
        }
        Some(items)
    }

    fn empty(&self) -> &'static str {
        self.empty
    }

    fn choose(&mut self, cx: &mut Cx, command: CommandInfo) {
        Form::open(cx.model, command, self.all.shown().map_or("", |(_, name)| name));
    }

    fn failed(&self) -> Option<&Error> {
        self.all.failed()
    }
}

fn entry(command: &CommandInfo) -> Item<CommandInfo> {
    let mut text = if command.creates { format!("{} ", command.kind) } else { String::new() };
    text.push_str(&command.name);
    for param in &command.params {
        let name = &param.name;
        text.push_str(&if param.optional { format!(" [{name}]") } else { format!(" {name}") });
    }
    let seen = command.seen.map(|seen| format!("seen {} times", count(seen as i64)));
    Item::new(text, command.doc.clone().or(seen).unwrap_or_default(), command.clone())
}
