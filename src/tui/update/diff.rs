//! Comparisons: what is compared with what, and the keys of what was found.

use super::jump;
use crate::session::Point;
use crate::tui::action::Command;
use crate::tui::effect::{Comparison, Differences, Effect, Read};
use crate::tui::model::cursor::Scope;
use crate::tui::model::diff::Diff;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::{MarkedPoint, Model};

/// The lines between the frame and the row of headings.
fn height(model: &Model) -> usize {
    usize::from(model.look.size.1.saturating_sub(4)).max(1)
}

/// The mark and the cursor, or without a mark the cursor and the head.
pub fn two(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(here) = model.point() else { return };
    if model.mark.is_none() && !model.cursor.past() {
        model.tell("this is the head: go back, or set a mark with m, to have something to compare with");
        return;
    }
    let on = |branch: &str| if branch == model.branch { String::new() } else { format!("{branch}:") };
    let here_name = model.here();
    let (a, b, names) = match (model.cursor.scope, &model.mark) {
        (Scope::Store { .. }, Some(MarkedPoint { branch, position, .. })) => {
            let name = format!("{}#{position}", on(branch));
            (Point::store(branch, *position), here, [name, here_name])
        }
        (Scope::Store { last: position, .. }, None) => {
            let head = Point::store(&*model.branch, position);
            (here, head, [here_name, format!("head #{position}")])
        }
        (_, Some(MarkedPoint { branch, aggregate, version, .. })) => {
            let name = format!("{}{aggregate} v{version}", on(branch));
            let (branch, aggregate, version) = (branch.clone(), aggregate.clone(), *version);
            (Point::Aggregate { branch, aggregate, version, head: version }, here, [name, here_name])
        }
        (_, None) => {
            let head = at(&here, model.cursor.head);
            (here, head, [here_name, format!("head v{}", model.cursor.head)])
        }
    };
    let whole = model.cursor.is_whole();
    let asked = if whole { Comparison::Store(a, b) } else { Comparison::Two(a, b) };
    open(model, asked, names.into(), effects);
}

/// Before the event at the cursor, at the cursor, and at the head.
pub fn three(model: &mut Model, effects: &mut Vec<Effect>) {
    let (Some(aggregate), version) = (model.cursor.aggregate.clone(), model.cursor.version) else { return };
    if version == 0 {
        model.tell("this is before the first event");
        return;
    }
    let head = model.cursor.head;
    let here = Point::Aggregate { branch: model.branch.clone(), aggregate, version, head };
    let before = at(&here, version - 1);
    let names = vec![format!("before v{}", version - 1), format!("here v{version}"), format!("head v{head}")];
    open(model, Comparison::Three(before, here), names, effects);
}

/// The same aggregate at another version.
fn at(point: &Point, version: i64) -> Point {
    match point.clone() {
        Point::Aggregate { branch, aggregate, head, .. } => {
            Point::Aggregate { branch, aggregate, version, head }
        }
        store @ Point::Store { .. } => store,
    }
}

fn open(model: &mut Model, asked: Comparison, names: Vec<String>, effects: &mut Vec<Effect>) {
    effects.push(Effect::Scan(Read::Compare(asked.clone())));
    model.overlays.push(Overlay::Diff(Box::new(Diff::new(asked, names))));
}

fn shown(model: &mut Model) -> Option<&mut Diff> {
    model.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Diff(diff) => Some(&mut **diff),
        _ => None,
    })
}

/// Prepares the lines again: something came, was unfolded, or the screen has another size.
pub fn rebuild(model: &mut Model) {
    let (height, zone) = (height(model), model.look.zone);
    let columns = usize::from(model.look.size.0.saturating_sub(2));
    if let Some(diff) = shown(model) {
        diff.prepare(columns, zone);
        let lines = diff.lines.len();
        diff.scroll.reveal(lines, height);
    }
}

/// Something was found.
pub fn found(model: &mut Model, asked: &Comparison, differences: Differences, done: bool, more: bool) {
    if let Some(diff) = shown(model).filter(|diff| diff.asked == *asked && diff.waiting) {
        diff.take(differences, done, more);
        rebuild(model);
    }
}

/// Nothing more comes.
pub fn stopped(model: &mut Model, asked: &Comparison) {
    if let Some(diff) = shown(model).filter(|diff| diff.asked == *asked) {
        diff.waiting = false;
    }
}

/// Moves, unfolds, goes to an event, closes.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let height = height(model);
    let Some(Overlay::Diff(diff)) = model.overlays.last_mut() else { return };
    let (lines, page) = (diff.lines.len(), height as isize - 1);
    match command {
        Command::Up => diff.scroll.step(-1, lines, height),
        Command::Down => diff.scroll.step(1, lines, height),
        Command::PageUp => diff.scroll.step(-page, lines, height),
        Command::PageDown => diff.scroll.step(page, lines, height),
        Command::First => diff.scroll.step(isize::MIN, lines, height),
        Command::Head => diff.scroll.step(isize::MAX, lines, height),
        Command::Enter => match diff.enter() {
            Some(position) => {
                close(model, effects);
                jump::to_position(model, position, effects);
            }
            None => rebuild(model),
        },
        _ if diff.waiting && !diff.lines.is_empty() => {
            diff.waiting = false;
            effects.push(Effect::StopScan);
            model.tell("stopped; what was found stays");
        }
        _ => close(model, effects),
    }
}

fn close(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Diff(diff)) = model.overlays.pop()
        && diff.waiting
    {
        effects.push(Effect::StopScan);
    }
}
