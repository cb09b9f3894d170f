//! Carrying events over and taking them back: what it would do is shown first, then it is chosen.

use super::facts;
use super::menu::item;
use super::{branches, places, time};
use crate::error::Result;
use crate::journal::Carriage;
use crate::session::{Carry, Point};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::carry::{Carrying, Counts, Step};
use crate::tui::model::overlay::{Choice, Menu, MenuKind, Overlay};
use crate::tui::text::{count, many};
use crate::tui::view::carry::page;

/// A key or an entry of the palette: it is about the branch `selected` in the list of branches, else about the one
/// that is shown.
pub fn ask(model: &mut Model, command: Command, selected: Option<String>, effects: &mut Vec<Effect>) {
    if let Some(error) = branches::read_only(model) {
        return model.fail(error);
    }
    let branch = selected.clone().unwrap_or_else(|| model.branch.clone());
    match command {
        Command::Merge => begin(model, Carry::Merge { branch }, effects),
        Command::Rebase => {
            let parent = model.branch_named(&branch).and_then(|info| info.parent.clone());
            let onto = |onto: &str| Carry::Rebase { branch: branch.clone(), onto: onto.to_owned() };
            targets(model, &branch, parent.as_deref(), onto);
        }
        _ => {
            let Some(event) = event(model) else { return model.tell("there is no event here") };
            match (command, selected) {
                (Command::Revert, _) => begin(model, Carry::Revert { event, again: false }, effects),
                (_, Some(onto)) => begin(model, Carry::Pick { event, onto }, effects),
                (_, None) => {
                    let here = model.branch.clone();
                    let pick = |onto: &str| Carry::Pick { event: event.clone(), onto: onto.to_owned() };
                    targets(model, &here, None, pick);
                }
            }
        }
    }
}

/// The event under the cursor.
fn event(model: &Model) -> Option<Point> {
    let moment = model.moment.as_ref()?;
    let event = moment.event.as_ref()?;
    Some(Point::Aggregate {
        branch: model.branch.clone(),
        aggregate: event.aggregate.clone(),
        version: event.version,
        head: moment.head,
    })
}

/// Asks for the branch that it goes to.
fn targets(model: &mut Model, but: &str, first: Option<&str>, carry: impl Fn(&str) -> Carry) {
    let mut others: Vec<_> =
        model.branches.iter().filter(|branch| branch.name != but && !branch.archived).collect();
    others.sort_by_key(|branch| Some(branch.name.as_str()) != first);
    let items = others.into_iter().map(|branch| {
        let head = format!("head #{}  {}", count(branch.head), model.look.zone.full(branch.last_activity));
        item(branch.name.clone(), head, None, Choice::Carry(carry(&branch.name)))
    });
    let menu = Menu::new(MenuKind::Onto, items.collect(), "there is no other branch: b forks one");
    model.overlays.push(Overlay::Menu(menu));
}

/// Shows what it would do.
pub fn begin(model: &mut Model, carry: Carry, effects: &mut Vec<Effect>) {
    effects.push(Effect::Scan(Read::Carry(carry.clone(), model.actor.clone())));
    model.overlays.push(Overlay::Carry(Box::new(Carrying::new(carry))));
}

/// What it would do is known.
pub fn tried(model: &mut Model, carry: &Carry, result: Result<Box<Carriage>>) {
    let Some(Overlay::Carry(carrying)) = model.overlays.last_mut() else { return };
    if carrying.carry != *carry {
        return;
    }
    match result {
        Ok(carriage) => carrying.tried = Some(carriage),
        Err(error) => {
            model.overlays.pop();
            model.fail(error);
        }
    }
}

/// Keys of the table.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Carry(carrying)) = model.overlays.last() else { return };
    let (lines, height) = page(model, carrying);
    let Some(Overlay::Carry(carrying)) = model.overlays.last_mut() else { return };
    let by = match command {
        Command::Up => -1,
        Command::Down => 1,
        Command::PageUp => -(height as isize),
        Command::PageDown => height as isize,
        Command::NextPane => {
            carrying.yes = !carrying.yes && carrying.step().is_some();
            return;
        }
        Command::Enter if carrying.yes && carrying.step() == Some(Step::Again) => {
            let Some(Overlay::Carry(carrying)) = model.overlays.pop() else { return };
            if let Carry::Revert { event, .. } = carrying.carry {
                begin(model, Carry::Revert { event, again: true }, effects);
            }
            return;
        }
        Command::Enter if carrying.yes => {
            let skip = carrying.step() == Some(Step::Skip);
            effects.push(Effect::Write(Write::Carry(carrying.carry.clone(), skip)));
            model.overlays.pop();
            return;
        }
        _ => {
            model.overlays.pop();
            return;
        }
    };
    carrying.top = carrying.top.saturating_add_signed(by).min(lines.saturating_sub(height));
}

/// It was done, or something was refused that was not when it was tried.
pub fn wrote(model: &mut Model, carry: Carry, carriage: Box<Carriage>, effects: &mut Vec<Effect>) {
    let counts = Counts::of(&carriage);
    if !carriage.written {
        if counts.refused > 0 {
            model
                .overlays
                .push(Overlay::Carry(Box::new(Carrying { tried: Some(carriage), ..Carrying::new(carry) })));
            model.tell("nothing was written: the branch has moved on, and this is how it would end now");
        } else {
            model.tell("nothing was written: there is nothing to append any more");
        }
        return;
    }
    model.overlays.clear();
    model.timeline.lanes_of = None;
    facts::branches(model, effects);
    let events: Vec<_> = carriage.units.iter().flat_map(|carried| &carried.events).collect();
    let parent = |branch: &str| model.branch_named(branch).and_then(|info| info.parent.clone());
    let target = match &carry {
        Carry::Pick { onto, .. } => onto.clone(),
        Carry::Revert { event, .. } => event.branch().to_owned(),
        Carry::Merge { branch } => parent(branch).unwrap_or_default(),
        Carry::Rebase { branch, .. } => branch.clone(),
    };
    let places = match events.as_slice() {
        [] => "nothing".to_owned(),
        [one] => format!("{} v{} {}, #{}", one.aggregate, one.version, one.kind, count(one.position)),
        [first, .., last] => {
            format!(
                "{}, #{} to #{}",
                many(events.len() as i64, "event"),
                count(first.position),
                count(last.position)
            )
        }
    };
    let left = match counts.refused {
        0 => String::new(),
        refused => format!("; {refused} left out"),
    };
    let said = format!("appended on {target}: {places}{left}; u takes it back");
    if target == model.branch {
        match (&carry, events.last()) {
            (Carry::Revert { .. }, Some(last)) => {
                places::leave(model);
                time::open(model, last.aggregate.clone(), last.version, last.version, effects);
                facts::overview(model, effects);
                super::list::reload(model, effects);
            }
            _ => branches::go_over(model, &target, effects),
        }
    }
    model.done(said);
}
