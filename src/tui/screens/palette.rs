//! Everything by name: the actions of the panes with their keys, branches, waypoints, and the manual's pages.

use super::help::Help;
use crate::manual::{self, Page};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Shape};
use crate::tui::model::Model;
use crate::tui::screen::Cx;
use crate::tui::update::{branches, browse, jump};

/// What can be found.
#[derive(Debug, Default)]
pub struct Palette {
    filled: bool,
}

/// What an entry stands for.
#[derive(Clone, Debug)]
pub enum Found {
    /// An action.
    Action(Command),
    /// A branch.
    Branch(String),
    /// A waypoint.
    Waypoint(String),
    /// A page of the manual.
    Page(&'static Page),
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Action(a), Self::Action(b)) => a == b,
            (Self::Branch(a), Self::Branch(b)) | (Self::Waypoint(a), Self::Waypoint(b)) => a == b,
            (Self::Page(a), Self::Page(b)) => a.topic == b.topic,
            _ => false,
        }
    }
}

impl Choices for Palette {
    type Choice = Found;

    fn look(&self) -> Look {
        Look { title: "Actions", shape: Shape::Actions, ..Look::PICKER }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Found>>> {
        (!std::mem::replace(&mut self.filled, true)).then(|| all(cx.model))
    }

    fn choose(&mut self, cx: &mut Cx, found: Found) {
        match found {
            Found::Action(command) => browse::run(cx.model, command, cx.effects),
            Found::Branch(name) => branches::go_over(cx.model, &name, cx.effects),
            Found::Waypoint(name) => jump::to_revision(cx.model, format!("%{name}"), None, cx.effects),
            Found::Page(page) => cx.open(Help::page(page)),
        }
    }
}

fn all(model: &Model) -> Vec<Item<Found>> {
    let actions = model.keys.entries(Context::Browse).filter(|(command, _)| *command != Command::Palette);
    let actions =
        actions.map(|(command, entry)| Item::new(entry.help.clone(), entry.shown(), Found::Action(command)));
    let other = model.branches.iter().filter(|branch| !branch.archived && branch.name != model.branch);
    let branches = other.map(|branch| {
        Item::new(format!("To the branch {}", branch.name), "", Found::Branch(branch.name.clone()))
    });
    let waypoints = model.waypoints.iter().map(|waypoint| {
        Item::new(format!("To the waypoint %{}", waypoint.name), "", Found::Waypoint(waypoint.name.clone()))
    });
    let pages = manual::pages()
        .iter()
        .map(|page| Item::new(format!("Manual: {}, {}", page.topic, page.about), "", Found::Page(page)));
    actions.chain(branches).chain(waypoints).chain(pages).collect()
}
