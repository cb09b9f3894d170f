//! The named points: going to one, forgetting its name.

use crate::error::Error;
use crate::session::WaypointInfo;
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::jump;

/// The names.
#[derive(Debug, Default)]
pub struct Waypoints {
    all: Slot<(), Vec<WaypointInfo>>,
}

impl Choices for Waypoints {
    type Choice = String;

    fn look(&self) -> Look {
        Look { title: "Waypoints", keys: Some(Context::Waypoints), ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<String>>> {
        if self.all.asked().is_none() {
            // Others give names too.
            cx.ask(&mut self.all, Lane::Now, (), |session, _| session.waypoints().map(Part::Whole));
        }
        self.all.take_in(&cx.model.branch);
        if let Some(all) = self.all.take() {
            cx.model.waypoints = all;
        }
        let zone = cx.model.look.zone;
        let row = |waypoint: &WaypointInfo| {
            let at = match &waypoint.at {
                Some((aggregate, version)) => format!("{aggregate} v{version}"),
                None => format!("#{}", count(waypoint.position)),
            };
            let made = zone.full(waypoint.created_at);
            let note = format!("{}  {at}  by {}  {made}", waypoint.branch, waypoint.actor);
            Item::new(format!("%{}", waypoint.name), note, waypoint.name.clone())
        };
        Some(cx.model.waypoints.iter().map(row).collect())
    }

    fn empty(&self) -> &'static str {
        "no point has a name: w gives one"
    }

    fn choose(&mut self, cx: &mut Cx, name: String) {
        jump::to_revision(cx.model, format!("%{name}"), None, cx.effects);
    }

    fn failed(&self) -> Option<&Error> {
        self.all.failed()
    }

    fn command(&mut self, cx: &mut Cx, command: Command, chosen: Option<String>) {
        if let (Command::Forget, Some(name)) = (command, chosen) {
            cx.effects.push(Effect::Write(Write::Forget(name)));
        }
    }
}
