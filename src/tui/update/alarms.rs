//! What came too seldom or too often: marks on the timeline, and a list that leads to each.

use super::menu::item;
use crate::session::Alarm;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay};
use crate::tui::text::count;

/// Opens the list of violations.
pub fn picker(model: &mut Model) {
    let menu = Menu::new(MenuKind::Alarms, items(model), "no monitor found anything");
    model.overlays.push(Overlay::Menu(menu));
}

fn items(model: &Model) -> Vec<Item> {
    let row = |alarm: &Alarm| {
        let (violation, zone) = (&alarm.violation, model.look.zone);
        let to = violation.to.map_or_else(|| "still".to_owned(), |to| zone.full(to));
        let name = format!("{}  {} to {to}", alarm.monitor, zone.full(violation.from));
        let note = format!("{} of {}, behind #{}", violation.count, alarm.wanted, count(violation.position));
        item(name, note, None, Choice::Revision(format!("#{}", violation.position)))
    };
    model.alarms.iter().map(row).collect()
}

/// The violations came.
pub fn known(model: &mut Model, alarms: Vec<Alarm>) {
    model.alarms = alarms;
    let items = items(model);
    if let Some(Overlay::Menu(menu)) = model.overlays.last_mut()
        && menu.kind == MenuKind::Alarms
    {
        menu.items = items;
        menu.step(0);
    }
}
