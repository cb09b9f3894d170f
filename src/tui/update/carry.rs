//! Carrying events over and taking them back: which events and whereto, and what is shown when it was done.

use super::facts;
use super::{branches, places, time};
use crate::journal::Carriage;
use crate::session::{Carry, Point};
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::menu::{Given, Item, Look};
use crate::tui::model::Model;
use crate::tui::screens::carry::Carrying;
use crate::tui::text::{count, many};

/// A key or an entry of the palette: it is about the branch `selected` in the list of branches, else about the one
/// that is shown.
pub fn ask(model: &mut Model, command: Command, selected: Option<String>) {
    if let Some(error) = branches::read_only(model) {
        return model.fail(error);
    }
    let branch = selected.clone().unwrap_or_else(|| model.branch.clone());
    match command {
        Command::Merge => model.open(Carrying::new(Carry::Merge { branch })),
        Command::Rebase => {
            let parent = model.branch_named(&branch).and_then(|info| info.parent.clone());
            let onto = |onto: &str| Carry::Rebase { branch: branch.clone(), onto: onto.to_owned() };
            targets(model, &branch, parent.as_deref(), onto);
        }
        _ => {
            let Some(event) = event(model) else { return model.tell("there is no event here") };
            match (command, selected) {
                (Command::Revert, _) => model.open(Carrying::new(Carry::Revert { event, again: false })),
                (_, Some(onto)) => model.open(Carrying::new(Carry::Pick { event, onto })),
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
        Item::new(branch.name.clone(), head, carry(&branch.name))
    });
    let (look, items) = (Look { title: "Onto which branch?", ..Look::PICKER }, items.collect());
    let empty = "there is no other branch: b forks one";
    model.open(Given::menu(look, items, empty, |cx, carry| cx.open(Carrying::new(carry))));
}

/// It was done, or something was refused that was not when it was tried.
pub fn wrote(model: &mut Model, carry: Carry, carriage: &Carriage, effects: &mut Vec<Effect>) {
    let refused = carriage.units.iter().filter(|carried| carried.outcome.is_refused()).count();
    if !carriage.written {
        if refused > 0 {
            model.open(Carrying::new(carry));
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
    let left = if refused == 0 { String::new() } else { format!("; {refused} left out") };
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
