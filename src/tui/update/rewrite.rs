//! Rewriting: the todo list of events, what it leads to while it is edited, and the new branch at the end.

use std::sync::Arc;

use super::branches::{self, read_only};
use crate::error::{Error, Result};
use crate::session::{Point, Rewrite, Rewritten};
use crate::tui::action::Command;
use crate::tui::areas::rewrite_areas;
use crate::tui::effect::{Effect, Plan, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::edit::{Edit, Place};
use crate::tui::model::outcome::Outcome;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::rewrite::{Phase, Todo};
use crate::tui::screens::prompt::Prompt;

/// Opens the list of the events from the cursor's on: of the aggregate shown, or of the whole branch.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(from) = model.point() else { return };
    let whole = model.cursor.is_whole();
    let only = model.cursor.aggregate.clone().filter(|_| !whole);
    let words = format!("{} from {} on", model.branch, model.here());
    model.overlays.push(Overlay::Rewrite(Box::new(Todo::new(from.clone(), words, whole))));
    effects.push(Effect::Scan(Read::Todo(from, only)));
}

fn shown(model: &mut Model) -> Option<&mut Todo> {
    model.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Rewrite(todo) => Some(&mut **todo),
        _ => None,
    })
}

/// The events came.
pub fn came(model: &mut Model, from: &Point, rewrite: Rewrite, name: String) {
    if let Some(todo) = shown(model).filter(|todo| todo.rewrite.is_none() && todo.from == *from) {
        todo.take(rewrite, name);
    }
}

/// Asks what the list leads to; a question that still waits is replaced.
fn preview(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(todo) = shown(model) else { return };
    todo.asked += 1;
    todo.phase = Phase::Written;
    match (&todo.rewrite, todo.changed()) {
        (Some(rewrite), true) => {
            todo.stale = true;
            let plan = Plan { rewrite: Arc::clone(rewrite), steps: todo.steps(), rules: todo.rules.clone() };
            effects.push(Effect::Scan(Read::Rewritten(todo.asked, plan)));
        }
        _ => todo.forget(),
    }
    reveal(model, 0);
}

/// What the list leads to came.
pub fn previewed(model: &mut Model, number: u64, plan: &Plan, result: Result<Box<Rewritten>>) {
    let zone = model.look.zone;
    // A list that was left and opened again counts from the start.
    let same = |todo: &&mut Todo| todo.rewrite.as_ref().is_some_and(|r| Arc::ptr_eq(r, &plan.rewrite));
    if let Some(todo) = shown(model).filter(|todo| todo.asked == number).filter(same) {
        todo.learn(result, zone);
    }
}

fn reveal(model: &mut Model, by: isize) {
    let height = usize::from(rewrite_areas(model.look.size).0.height);
    if let Some(todo) = shown(model) {
        let items = todo.items.len();
        todo.scroll.step(by, items, height);
    }
}

/// Keys of the list.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let page = isize::try_from(rewrite_areas(model.look.size).0.height).unwrap_or(2) - 1;
    let actor = model.actor.clone();
    let Some(Overlay::Rewrite(todo)) = model.overlays.last_mut() else { return };
    if todo.phase == Phase::Sent {
        return;
    }
    match command {
        Command::Up => reveal(model, -1),
        Command::Down => reveal(model, 1),
        Command::PageUp => reveal(model, -page),
        Command::PageDown => reveal(model, page),
        Command::First => reveal(model, isize::MIN),
        Command::Head => reveal(model, isize::MAX),
        Command::MoveUp | Command::MoveDown => {
            if todo.move_by(if command == Command::MoveUp { -1 } else { 1 }) {
                preview(model, effects);
            }
        }
        Command::Drop => {
            todo.drop_or_keep();
            preview(model, effects);
        }
        Command::Restore => {
            todo.restore();
            preview(model, effects);
        }
        Command::Change | Command::Insert => {
            let at = todo.scroll.selected;
            let edit = todo.selected().and_then(|item| todo.said(item)).map(|said| match command {
                Command::Change => Edit::change(at, &said),
                _ => Edit::insert(at, &said, &actor),
            });
            model.overlays.extend(edit.map(|edit| Overlay::Edit(Box::new(edit))));
        }
        Command::OtherRules => {
            let example = "a domain file, or a built-in name: both orders by its rules too; empty is by none";
            let prompt = Prompt::new("other rules:", example, todo.rules.as_deref().unwrap_or_default());
            model.open(prompt.or_nothing().then(|cx, text| rules(cx.model, text, cx.effects)));
        }
        Command::NextPane | Command::PreviousPane => {
            if let Some(Ok(outcome)) = &mut todo.preview {
                outcome.scroll(if command == Command::NextPane { 5 } else { -5 });
            }
        }
        Command::Enter => confirm(model),
        Command::Out if todo.changed() && todo.phase != Phase::Leaving => {
            todo.phase = Phase::Leaving;
            model.tell("Esc once more leaves this list; nothing of it was written");
        }
        _ => drop(model.overlays.pop()),
    }
}

/// Asks what the new branch is to be called.
fn confirm(model: &mut Model) {
    let refusal = read_only(model);
    let Some(Overlay::Rewrite(todo)) = model.overlays.last() else { return };
    if !todo.changed() {
        model.tell("the list leaves everything as it was: there is nothing to rewrite");
    } else if let Some(error) = refusal {
        model.fail(error);
    } else {
        let example = "gets the new order; what is there stays as it is, u takes it back";
        let prompt = Prompt::new("new branch:", example, &todo.name).proposed();
        model.open(prompt.then(|cx, text| named(cx.model, text, cx.effects)));
    }
}

/// The name of the new branch was typed.
pub fn named(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let Some(todo) = shown(model).filter(|todo| todo.phase != Phase::Sent) else { return };
    let Some(rewrite) = &todo.rewrite else { return };
    let plan = Plan { rewrite: Arc::clone(rewrite), steps: todo.steps(), rules: todo.rules.clone() };
    todo.phase = Phase::Sent;
    name.clone_into(&mut todo.name);
    effects.push(Effect::Write(Write::Rewrite(plan, name.to_owned())));
}

/// A domain file was named, or none.
pub fn rules(model: &mut Model, file: &str, effects: &mut Vec<Effect>) {
    if let Some(todo) = shown(model) {
        todo.rules = (!file.is_empty()).then(|| file.to_owned());
    }
    preview(model, effects);
}

/// The new branch is there: the explorer goes over to it and shows what came of it. Or it was refused, and the list
/// stays.
pub fn done(model: &mut Model, result: Result<Box<Rewritten>>, effects: &mut Vec<Effect>) {
    let rewritten = match result {
        Ok(rewritten) => rewritten,
        Err(error) => {
            if let Some(todo) = shown(model) {
                todo.phase = Phase::Written;
            }
            return model.fail(error);
        }
    };
    let name = rewritten.branch.clone().unwrap_or_default();
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Rewrite(_)));
    super::places::leave(model);
    branches::to_head(model, &name, effects);
    model.done(format!(
        "{name} has the new order from #{} on; what was there stays as it is, < goes back",
        crate::tui::text::count(rewritten.fork_position + 1)
    ));
    let outcome = Outcome::of(&rewritten, Vec::new(), model.look.zone);
    model.overlays.push(Overlay::Outcome(Box::new(outcome)));
}

/// Keys of the final table.
pub fn outcome(model: &mut Model, command: Command) {
    let height = usize::from(model.look.size.1.saturating_sub(4)).max(1);
    let Some(Overlay::Outcome(outcome)) = model.overlays.last_mut() else { return };
    let page = height as isize - 1;
    let by = match command {
        Command::Up => -1,
        Command::Down => 1,
        Command::PageUp => -page,
        Command::PageDown => page,
        Command::First => isize::MIN,
        Command::Head => isize::MAX,
        _ => {
            model.overlays.pop();
            return;
        }
    };
    outcome.scroll(by);
}

/// Keys of the event that is written.
pub fn edit(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Edit(edit)) = model.overlays.last_mut() else { return };
    match command {
        Command::Down | Command::Up => edit.step(command == Command::Down),
        Command::Enter => {
            let (place, event) = (edit.place, edit.event());
            let event = match event {
                Ok(event) => event,
                Err(error) => return model.fail(Error::refused(error.message().to_owned())),
            };
            model.overlays.pop();
            if let Some(todo) = shown(model) {
                match place {
                    Place::Instead(at) => todo.change(at, event),
                    Place::After(at) => todo.insert(at, event),
                }
            }
            preview(model, effects);
        }
        _ => drop(model.overlays.pop()),
    }
}
