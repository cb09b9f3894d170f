//! What people put beside the log: named points, notes and views. Going to one, forgetting it.

use crate::error::Error;
use crate::session::{NoteInfo, WaypointInfo};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look};
use crate::tui::model::Model;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::jump;
use crate::tui::views::ViewChange;

/// The list.
#[derive(Debug, Default)]
pub struct Waypoints {
    all: Slot<(), (Vec<WaypointInfo>, Vec<NoteInfo>)>,
    /// The names of the views, once they were read.
    views: Option<Vec<String>>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A named point.
    Waypoint(String),
    /// A note, with the revision that it is on.
    Note(i64, String),
    /// A view.
    View(String),
}

impl Choices for Waypoints {
    type Choice = Kept;

    fn look(&self) -> Look {
        Look { title: "Waypoints, notes, views", keys: Some(Context::Waypoints), ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Kept>>> {
        if self.all.asked().is_none() {
            // Others give names and write notes too.
            cx.ask(&mut self.all, Lane::Now, (), |session, _| {
                Ok(Part::Whole((session.waypoints()?, session.written_notes()?)))
            });
        }
        self.all.take_in(&cx.model.branch);
        if let Some(all) = self.all.take() {
            (cx.model.waypoints, cx.model.facts.notes) = all;
        }
        let views = self.views.get_or_insert_with(|| {
            // One that cannot be read is told of where views are listed.
            let names = cx.model.views.as_ref().map(crate::session::Views::names);
            names.and_then(Result::ok).unwrap_or_default()
        });
        Some(all(cx.model, views))
    }

    fn empty(&self) -> &'static str {
        "no point has a name: w gives one, or writes a note"
    }

    fn choose(&mut self, cx: &mut Cx, kept: Kept) {
        match kept {
            Kept::Waypoint(name) => jump::to_revision(cx.model, format!("%{name}"), None, cx.effects),
            Kept::Note(_, revision) => jump::to_revision(cx.model, revision, None, cx.effects),
            Kept::View(name) => cx.effects.push(Effect::View(ViewChange::Show(name))),
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.all.failed()
    }

    fn command(&mut self, cx: &mut Cx, command: Command, chosen: Option<Kept>) {
        let (Command::Forget, Some(kept)) = (command, chosen) else { return };
        cx.effects.push(match kept {
            Kept::Waypoint(name) => Effect::Write(Write::Forget(name)),
            Kept::Note(id, _) => Effect::Write(Write::RemoveNote(id)),
            Kept::View(name) => {
                if let Some(views) = &mut self.views {
                    views.retain(|view| *view != name);
                }
                Effect::View(ViewChange::Forget(name))
            }
        });
    }
}

fn all(model: &Model, views: &[String]) -> Vec<Item<Kept>> {
    let zone = model.look.zone;
    let waypoint = |waypoint: &WaypointInfo| {
        let at = match &waypoint.at {
            Some((aggregate, version)) => format!("{aggregate} v{version}"),
            None => format!("#{}", count(waypoint.position)),
        };
        let made = zone.full(waypoint.created_at);
        let note = format!("{}  {at}  by {}  {made}", waypoint.branch, waypoint.actor);
        Item::new(format!("%{}", waypoint.name), note, Kept::Waypoint(waypoint.name.clone()))
    };
    let note = |note: &NoteInfo| {
        let made = zone.full(note.created_at);
        let about = format!("{}  {}  by {}  {made}", note.branch, note.about, note.actor);
        let said = format!("{} {}", model.look.glyphs.note, note.first_line());
        Item::new(said, about, Kept::Note(note.id, note.revision()))
    };
    let view = |name: &String| Item::new(name.clone(), "view", Kept::View(name.clone()));
    let waypoints = model.waypoints.iter().map(waypoint);
    waypoints.chain(model.facts.notes.iter().map(note)).chain(views.iter().map(view)).collect()
}
