//! Jumps: to what a revision names, to the next event of some sort, along causes, to who wrote a field.

use super::{branches, browse, burst, places, time};
use crate::event::{AggregateId, Event, Position, Version};
use crate::session::{Kin, KinRequest, LogRequest, Point, WritersRequest};
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::menu::{Given, Item, Look};
use crate::tui::model::jump::Place;
use crate::tui::model::state::Row;
use crate::tui::model::{Model, Pane};
use crate::tui::question::{Lane, Part};
use crate::tui::tour;

/// How many candidates are looked at in a slice.
const BUDGET: usize = 2_000;
/// How many events are folded in a slice.
const SLICE: i64 = 20_000;
/// How many effects of an event are listed.
const LISTED: usize = 500;

/// Goes to what a revision names; `here` is the aggregate that a number or a time alone is about.
pub fn to_revision(
    model: &mut Model,
    revision: String,
    here: Option<AggregateId>,
    effects: &mut Vec<Effect>,
) {
    ask(model, Lane::Now, revision, here, effects);
}

/// Goes to an event by its position.
pub fn to_position(model: &mut Model, position: Position, effects: &mut Vec<Effect>) {
    to_revision(model, format!("#{position}"), None, effects);
}

/// Goes to a time in the whole log: the first event behind it may be far off.
pub fn to_time(model: &mut Model, time: String, effects: &mut Vec<Effect>) {
    ask(model, Lane::Long, time, None, effects);
}

fn ask(
    model: &mut Model,
    lane: Lane,
    revision: String,
    here: Option<AggregateId>,
    effects: &mut Vec<Effect>,
) {
    let asked = revision.clone();
    effects.push(model.jump.point.ask(&model.branch, lane, revision, move |session, _| {
        session.resolve(&asked, here.as_ref()).map(Part::Whole)
    }));
}

/// Goes to the first event that a request finds; `none` is said where there is none.
pub fn to_first(model: &mut Model, request: LogRequest, none: String, effects: &mut Vec<Effect>) {
    let mut asked = LogRequest { budget: BUDGET, limit: 1, ..request };
    effects.push(model.jump.next.ask(&model.branch, Lane::Long, none, move |session, _| {
        let page = session.log(&asked)?;
        if let Some(row) = page.rows.into_iter().next() {
            return Ok(Part::Whole(Some((row.event.aggregate, row.event.version, row.event.position))));
        }
        asked.after = page.next;
        Ok(if asked.after.is_none() { Part::Whole(None) } else { Part::More })
    }));
}

/// Goes where something was found.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    let (jump, branch) = (&mut model.jump, &model.branch);
    jump.point.take_in(branch);
    jump.next.take_in(branch);
    jump.caused.take_in(branch);
    jump.writers.take_in(branch);
    jump.burst.take_in(branch);
    jump.fork.take_in(branch);
    if let Some(name) = jump.fork.take() {
        branches::name_fork(model, &name);
    }
    if let Some(point) = model.jump.point.take() {
        to_point(model, point, effects);
    }
    if let Some(found) = model.jump.next.take() {
        match found {
            Some(place) => to_event(model, place, effects),
            None => model.tell(model.jump.next.asked().cloned().unwrap_or_default()),
        }
    }
    if let Some(events) = model.jump.caused.take() {
        caused(model, &events, effects);
    }
    if let Some(writes) = model.jump.writers.take() {
        to_writer(model, &writes, effects);
    }
    if let (Some(found), Some(from)) = (model.jump.burst.take(), model.jump.burst.asked().copied()) {
        burst::at(model, from, found, effects);
    }
}

fn to_event(model: &mut Model, (aggregate, version, position): Place, effects: &mut Vec<Effect>) {
    places::leave(model);
    if model.cursor.is_whole() {
        time::go(model, position, effects);
    } else if model.cursor.aggregate.as_ref() == Some(&aggregate) {
        time::go_version(model, version, effects);
    } else {
        time::open(model, aggregate, version, version, effects);
    }
}

fn to_point(model: &mut Model, point: Point, effects: &mut Vec<Effect>) {
    tour::answered(model);
    places::leave(model);
    branches::switch(model, point.branch(), effects);
    let whole = std::mem::take(&mut model.open_whole);
    match point {
        Point::Aggregate { aggregate, version, head, .. } => {
            time::open(model, aggregate, version, head, effects);
            // The moment of this version says at which position of the store it is.
            model.open_whole = whole;
        }
        Point::Store { position, .. } => time::open_store(model, position, effects),
    }
    if model.focus == Pane::List {
        browse::focus(model, Pane::State);
    }
}

/// To the next event that has something in common with this one.
pub fn kin(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    use Command as C;
    let Some(event) = model.moment.as_ref().and_then(|moment| moment.event.as_ref()) else {
        model.tell("there is no event here");
        return;
    };
    let (kin, what) = match command {
        C::NextByActor | C::PreviousByActor => (Kin::Actor, "event by the same actor".to_owned()),
        C::NextOfType | C::PreviousOfType => (Kin::Type, event.kind.clone()),
        _ => (Kin::Operation, "event of the same operation".to_owned()),
    };
    let forwards = matches!(command, C::NextByActor | C::NextOfType | C::NextOfOperation);
    // An operation is one thing, whatever it was about.
    let whole = model.cursor.is_whole() || kin == Kin::Operation;
    let aggregate = (!whole).then(|| event.aggregate.clone());
    let request = KinRequest { of: event.position, kin, forwards, aggregate, after: None, budget: 0 };
    let none = format!("no {} {what}", if forwards { "later" } else { "earlier" });
    let mut asked = KinRequest { budget: BUDGET, ..request };
    effects.push(model.jump.next.ask(&model.branch, Lane::Long, none, move |session, _| {
        let page = session.kin(&asked)?;
        let found = page.found.map(|event| (event.aggregate, event.version, event.position));
        if found.is_some() || page.next.is_none() {
            return Ok(Part::Whole(found));
        }
        asked.after = page.next;
        Ok(Part::More)
    }));
}

/// To the event that this one names as its cause.
pub fn cause(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.moment.as_ref().and_then(|moment| moment.cause.clone()) {
        Some((aggregate, version)) => {
            places::leave(model);
            time::open(model, aggregate, version, version, effects);
            model.tell("the cause; < goes back");
        }
        None => model.tell("this event names no cause in this log"),
    }
}

/// To what this event caused.
pub fn effects(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.moment.as_ref().and_then(|moment| moment.event.as_ref()) {
        Some(event) => {
            let cause = event.clone();
            effects.push(model.jump.caused.ask(
                &model.branch,
                Lane::Long,
                event.position,
                move |session, _| session.effects(&cause, 0, LISTED).map(Part::Whole),
            ));
        }
        None => model.tell("there is no event here"),
    }
}

/// The one effect is gone to, several are listed.
fn caused(model: &mut Model, events: &[Event], effects: &mut Vec<Effect>) {
    match events {
        [] => model.tell("no event in this log names this one as its cause"),
        [one] => {
            to_position(model, one.position, effects);
            model.tell("what it caused; < goes back");
        }
        several => {
            let zone = model.look.zone;
            let row = |event: &Event| {
                let note = format!("{}  {}  on {}", event.kind, zone.full(event.occurred_at), event.branch);
                Item::new(format!("{} v{}", event.aggregate, event.version), note, event.position)
            };
            let (look, items) = (Look { title: "Effects", ..Look::LIST }, several.iter().map(row).collect());
            model.open(Given::menu(look, items, "", |cx, position| {
                cx.go_to(position);
            }));
        }
    }
}

/// To the event that last wrote the selected field; from that event to the writer before it.
pub fn writer(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(pointer) = model.state.rows.get(model.state.selected).and_then(Row::pointer) else { return };
    let Some(aggregate) = model.cursor.aggregate.clone() else { return };
    let request = WritersRequest {
        aggregate,
        version: model.cursor.version,
        trail: crate::replay::Trail::parse(pointer),
        limit: 2,
        budget: 0,
    };
    let (asked, mut from, mut writes) = (request.clone(), request.clone(), Vec::new());
    from.budget = SLICE;
    effects.push(model.jump.writers.ask(&model.branch, Lane::Long, request, move |session, _| {
        let page = session.writers(&from)?;
        writes.extend(page.writes.into_iter().map(|write| (write.writer.version, write.change.path)));
        match page.next {
            Some((version, trail)) if writes.len() < asked.limit => {
                (from.version, from.trail) = (version, trail);
                Ok(Part::More)
            }
            None if page.folding.is_some() => Ok(Part::More),
            _ => Ok(Part::Whole(std::mem::take(&mut writes))),
        }
    }));
}

/// The cursor goes to the newest writer that it does not stand at.
fn to_writer(model: &mut Model, writes: &[(Version, String)], effects: &mut Vec<Effect>) {
    let Some(request) = model.jump.writers.asked() else { return };
    let (path, here) = (request.trail.dotted(), request.version);
    if model.cursor.aggregate.as_ref() != Some(&request.aggregate) || model.cursor.version != here {
        return;
    }
    let Some((version, pointer)) = writes.iter().find(|(version, _)| *version < here) else {
        model.tell(match writes {
            [] => format!("no event wrote {path}"),
            _ => format!("no event wrote {path} before this one"),
        });
        return;
    };
    places::leave(model);
    model.state.follow = Some(pointer.clone());
    time::go_version(model, *version, effects);
    model.tell(format!("v{version} wrote {path}; Enter goes to the one before, < back"));
}
