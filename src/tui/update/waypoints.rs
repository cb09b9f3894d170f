//! Waypoints: naming the cursor's point, the list of names, forgetting one.

use super::menu::item;
use crate::session::WaypointInfo;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay, Prompt, Purpose};
use crate::tui::text::count;

/// Asks for a name for the cursor's point.
pub fn name(model: &mut Model) {
    match model.point() {
        Some(point) => {
            let at = format!("{} of {}", model.here(), model.branch);
            let prompt = Prompt::new(Purpose::Waypoint(point, at), false, "");
            model.overlays.push(Overlay::Prompt(Box::new(prompt)));
        }
        None => model.tell("there is no point here to name"),
    }
}

/// Opens the list of waypoints.
pub fn picker(model: &mut Model, effects: &mut Vec<Effect>) {
    let menu = Menu::new(MenuKind::Waypoints, items(model), "no point has a name: w gives one");
    model.overlays.push(Overlay::Menu(menu));
    effects.push(Effect::Read(Read::Waypoints));
}

fn items(model: &Model) -> Vec<Item> {
    let row = |waypoint: &WaypointInfo| {
        let at = match &waypoint.at {
            Some((aggregate, version)) => format!("{aggregate} v{version}"),
            None => format!("#{}", count(waypoint.position)),
        };
        let made = model.look.zone.full(waypoint.created_at);
        let note = format!("{}  {at}  by {}  {made}", waypoint.branch, waypoint.actor);
        let name = format!("%{}", waypoint.name);
        item(name.clone(), note, None, Choice::Revision(name))
    };
    model.waypoints.iter().map(row).collect()
}

/// The waypoints came.
pub fn known(model: &mut Model, all: Vec<WaypointInfo>) {
    model.waypoints = all;
    let items = items(model);
    if let Some(Overlay::Menu(menu)) = model.overlays.last_mut()
        && menu.kind == MenuKind::Waypoints
    {
        menu.items = items;
        menu.step(0);
    }
}

/// Forgets the name selected in the list.
pub fn forget(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else { return };
    if let Some(Choice::Revision(name)) = menu.chosen().map(|item| &item.choice) {
        effects.push(Effect::Write(Write::Forget(name.trim_start_matches('%').to_owned())));
    }
}
