//! Undo and redo, which say what they would do before they do it, and the operation log.

use super::branches::read_only;
use super::menu::item;
use crate::session::{Operation, Undone};
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Menu, MenuKind, Overlay};
use crate::tui::screens::ask::Ask;
use crate::tui::worker::clash;

/// Asks what it would do.
pub fn ask(model: &mut Model, again: bool, effects: &mut Vec<Effect>) {
    match read_only(model) {
        Some(error) => model.fail(error),
        None => effects.push(Effect::Read(Read::TakeBack(again, model.actor.clone()))),
    }
}

/// Says what it would do, and asks.
pub fn would(model: &mut Model, again: bool, undone: &Undone) {
    if let Some(refusal) = undone.refusal(&clash) {
        model.fail(refusal);
        return;
    }
    let operation = &undone.operation;
    let at = model.look.zone.full(operation.at);
    let (title, button) = if again { ("Redo?", "Redo") } else { ("Undo?", "Undo") };
    let mut lines = vec![
        format!("operation {}: {} by {}, {at}", operation.id, operation.verb, operation.actor),
        String::new(),
        format!("It {}.", undone.says),
    ];
    let units = undone.carriage.iter().flat_map(|carriage| &carriage.units);
    for event in units.flat_map(|unit| &unit.events).take(8) {
        lines.push(format!("  {} v{} {} {}", event.aggregate, event.version, event.kind, event.data));
    }
    model.open(Ask::new(title, lines, button, move |cx| {
        cx.effects.push(Effect::Write(Write::TakeBack(again)));
    }));
}

/// Opens the operation log.
pub fn operations(model: &mut Model, effects: &mut Vec<Effect>) {
    model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Operations, Vec::new(), "asking …")));
    effects.push(Effect::Read(Read::Operations));
}

/// The operations came.
pub fn listed(model: &mut Model, operations: Vec<(Operation, String)>) {
    let zone = model.look.zone;
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else { return };
    if menu.kind != MenuKind::Operations {
        return;
    }
    menu.items = operations
        .into_iter()
        .map(|(operation, branch)| {
            let undoes = operation.undoes.map_or_else(String::new, |id| format!(" of {id}"));
            let events = match operation.span {
                Some((first, last)) if first == last => format!("#{first}"),
                Some((first, last)) => format!("#{first} to #{last}"),
                None => String::new(),
            };
            let text = format!("{} {}{undoes}", operation.id, operation.verb);
            let detail = if operation.detail == "{}" { "" } else { &operation.detail };
            let at = zone.full(operation.at);
            let note = format!("{at}  {}  on {branch} {events} {detail}", operation.actor);
            // An operation that wrote events leads to the newest of them.
            let choice = match operation.span {
                Some((_, last)) => Choice::Revision(format!("#{last}")),
                None => Choice::Nothing,
            };
            item(text, note, None, choice)
        })
        .collect();
    menu.empty = "nothing was done to the store yet";
    menu.step(0);
}
