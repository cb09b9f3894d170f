//! Everything by name: the actions of the panes with their keys, branches, waypoints, notes, the manual's pages, the records
//! that the list shows, and the types and actors of events.

use super::help::Help;
use super::offers;
use crate::event::AggregateId;
use crate::manual::{self, Page};
use crate::session::{Chip, Facets, Test};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Shape};
use crate::tui::model::Model;
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::{branches, browse, facts, jump};

/// How many of the list's records are named.
const RECORDS: usize = 500;

/// What can be found.
#[derive(Debug, Default)]
pub struct Palette {
    /// How many types and actors of events are told.
    told: Option<usize>,
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
    /// A note, by the revision that it is on.
    Note(i64, String),
    /// A page of the manual.
    Page(&'static Page),
    /// A record of the list.
    Record(AggregateId),
    /// The events that a test holds for.
    Events(Test),
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Action(a), Self::Action(b)) => a == b,
            (Self::Branch(a), Self::Branch(b)) | (Self::Waypoint(a), Self::Waypoint(b)) => a == b,
            (Self::Note(a, _), Self::Note(b, _)) => a == b,
            (Self::Page(a), Self::Page(b)) => a.topic == b.topic,
            (Self::Record(a), Self::Record(b)) => a == b,
            (Self::Events(a), Self::Events(b)) => a == b,
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
        facts::names(cx.model, cx.effects);
        let names = cx.model.facts.names.shown();
        let many = names.map_or(0, |names| names.events.len() + names.actors.len());
        (self.told.replace(many) != Some(many)).then(|| all(cx.model, names))
    }

    fn choose(&mut self, cx: &mut Cx, found: Found) {
        match found {
            Found::Action(command) => browse::run(cx.model, command, cx.effects),
            Found::Branch(name) => branches::go_over(cx.model, &name, cx.effects),
            Found::Waypoint(name) => jump::to_revision(cx.model, format!("%{name}"), None, cx.effects),
            Found::Note(_, revision) => jump::to_revision(cx.model, revision, None, cx.effects),
            Found::Page(page) => cx.open(Help::page(page)),
            Found::Record(aggregate) => jump::to_revision(cx.model, aggregate.to_string(), None, cx.effects),
            Found::Events(test) => offers::of_store(cx.model, vec![Chip::only(test)], cx.effects),
        }
    }
}

fn all(model: &Model, names: Option<&Facets>) -> Vec<Item<Found>> {
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
    let notes = model.facts.notes.iter().map(|note| {
        let name = format!("Note: {}", note.first_line());
        Item::new(name, note.about.to_string(), Found::Note(note.id, note.revision()))
    });
    let pages = manual::pages()
        .iter()
        .map(|page| Item::new(format!("Manual: {}, {}", page.topic, page.about), "", Found::Page(page)));
    let records = model.list.rows.iter().take(RECORDS).map(|row| {
        let name = format!("To {} {}", row.aggregate, row.label);
        Item::new(name.trim_end(), "", Found::Record(row.aggregate.clone()))
    });
    let events = names.into_iter().flat_map(|names| {
        let of = |(name, n): &(String, i64)| {
            let test = Test::Event(vec![name.clone()]);
            Item::new(format!("Events of type {name}"), count(*n), Found::Events(test))
        };
        let by = |(name, n): &(String, i64)| {
            let test = Test::Actor(vec![name.clone()]);
            Item::new(format!("Events by {name}"), count(*n), Found::Events(test))
        };
        names.events.iter().map(of).chain(names.actors.iter().map(by))
    });
    actions.chain(branches).chain(waypoints).chain(notes).chain(pages).chain(records).chain(events).collect()
}
