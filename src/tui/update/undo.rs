//! Undo and redo, which say what they would do before they do it.

use super::branches::read_only;
use crate::session::Undone;
use crate::tui::effect::{Effect, Write};
use crate::tui::model::Model;
use crate::tui::question::{Lane, Part};
use crate::tui::screens::ask::Ask;
use crate::tui::worker::clash;

/// Asks what it would do.
pub fn ask(model: &mut Model, again: bool, effects: &mut Vec<Effect>) {
    if let Some(error) = read_only(model) {
        model.fail(error);
    } else {
        let actor = model.actor.clone();
        effects.push(model.facts.undo.ask(&model.branch, Lane::Now, again, move |session, _| {
            let would = if again { session.redo(true, &actor)? } else { session.undo(true, &actor)? };
            Ok(Part::Whole(would))
        }));
    }
}

/// Says what it would do, and asks.
pub fn propose(model: &mut Model, again: bool, undone: &Undone) {
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
