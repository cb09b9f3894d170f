//! Undo and redo, which say what they would do before they do it.

use super::branches::read_only;
use crate::session::Undone;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
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
