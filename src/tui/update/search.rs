//! Searching through time: the question, its hits as a list and as marks, and links from event to event.

use super::menu::item;
use super::{list, places, time};
use crate::event::{AggregateId, Event, Position, Version};
use crate::session::{FindPage, FindRequest, Hit, Kin, KinRequest, WritersRequest};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay, Prompt, Purpose};
use crate::tui::model::search::Search;
use crate::tui::model::state::Row;
use crate::tui::text::{count, many};

/// Asks what is looked for; what was looked for last stands there.
pub fn prompt(model: &mut Model) {
    let last = model.search.asked.as_ref().map_or("", |(request, _)| request.predicate.as_str());
    let prompt = Prompt::new(Purpose::Find, model.cursor.is_whole(), last);
    model.overlays.push(Overlay::Prompt(Box::new(prompt)));
}

/// Begins a search over what the cursor runs over.
pub fn begin(model: &mut Model, predicate: &str, effects: &mut Vec<Effect>) {
    let aggregate = model.cursor.aggregate.clone().filter(|_| !model.cursor.is_whole());
    let request = FindRequest { predicate: predicate.to_owned(), aggregate, ..FindRequest::default() };
    list::stop_scans(model, effects);
    model.search = Search::begin(request.clone(), model.branch.clone());
    model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Hits, Vec::new(), "searching …")));
    effects.push(Effect::Scan(Read::Search(request)));
}

/// A part of the answer came.
pub fn found(model: &mut Model, request: &FindRequest, page: FindPage, done: bool) {
    if !model.search.waiting || model.search.asked.as_ref().is_none_or(|(asked, _)| asked != request) {
        return;
    }
    let more = !page.hits.is_empty();
    model.search.take(page, done);
    let items = more.then(|| model.search.hits.iter().map(|hit| row(model, hit)).collect());
    let (at, of) = model.search.progress;
    if let Some(Overlay::Menu(menu)) = model.overlays.last_mut()
        && menu.kind == MenuKind::Hits
    {
        menu.empty = if done { "it never turned" } else { "searching …" };
        if let Some(items) = items {
            menu.refill(items);
        }
    }
    let hits = many(model.search.hits.len() as i64, "turn");
    model.tell(if done {
        format!("{hits}; [ and ] walk them, play stops at them")
    } else {
        format!("{hits}, {} of {} looked at; Esc stops", count(at), count(of))
    });
}

fn row(model: &Model, hit: &Hit) -> Item {
    let glyphs = &model.look.glyphs;
    let sign = if hit.turned == Some(false) { glyphs.turned_false } else { glyphs.turned_true };
    let Hit { aggregate, version, occurred_at, position, .. } = hit;
    let note = format!("{}  #{}", model.look.zone.full(*occurred_at), count(*position));
    item(format!("{sign} {aggregate} v{version}"), note, None, Choice::Hit(hit.position))
}

/// Opens the list of hits again.
pub fn listed(model: &mut Model) {
    let items = model.search.hits.iter().map(|hit| row(model, hit)).collect();
    model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Hits, items, "nothing was found: F searches")));
}

/// To the next or the previous hit.
pub fn step(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    // What is shown has not come: it will in a moment.
    let Some(here) = model.position() else { return };
    match model.search.beside(here, forward).cloned() {
        Some(hit) => to(model, &hit, effects),
        None if model.search.asked.is_none() => model.tell("nothing was searched yet: F does"),
        None => model.tell(if forward { "no later hit" } else { "no earlier hit" }),
    }
}

/// To the hit at a position.
pub fn go(model: &mut Model, position: i64, effects: &mut Vec<Effect>) {
    if let Some(hit) = model.search.hits.iter().find(|hit| hit.position == position).cloned() {
        to(model, &hit, effects);
    }
}

fn to(model: &mut Model, hit: &Hit, effects: &mut Vec<Effect>) {
    let branch = model.search.asked.as_ref().map(|(_, branch)| branch.clone()).unwrap_or_default();
    places::leave(model);
    super::branches::switch(model, &branch, effects);
    arrive(model, (&hit.aggregate, hit.version, hit.position), effects);
    model.tell(match hit.turned {
        Some(true) => "here it turned true",
        Some(false) => "here it turned false",
        None => "here it holds",
    });
}

/// Puts the cursor at an event of this branch.
pub fn arrive(
    model: &mut Model,
    (aggregate, version, position): (&AggregateId, Version, Position),
    effects: &mut Vec<Effect>,
) {
    if model.cursor.is_whole() {
        time::go(model, position, effects);
    } else if model.cursor.aggregate.as_ref() == Some(aggregate) && !model.arriving {
        time::go_version(model, version, effects);
    } else {
        time::open(model, aggregate.clone(), version, version, effects);
    }
}

/// Whether the cursor stands at a hit.
pub fn at_hit(model: &Model) -> bool {
    let (here, _) = model.cursor.place();
    let mut marks = model.search.marks(&model.branch, model.cursor.scope, model.cursor.aggregate.as_ref());
    marks.any(|(place, _)| place == here)
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
    effects.push(Effect::Scan(Read::Kin(request, none)));
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
        Some(event) => effects.push(Effect::Scan(Read::Caused(event.position))),
        None => model.tell("there is no event here"),
    }
}

/// What it caused came: the one effect is gone to, several are listed.
pub fn caused(model: &mut Model, events: &[Event], effects: &mut Vec<Effect>) {
    let revision = |event: &Event| format!("#{}", event.position);
    match events {
        [] => model.tell("no event in this log names this one as its cause"),
        [one] => {
            effects.push(Effect::Read(Read::Resolve(revision(one), None)));
            model.tell("what it caused; < goes back");
        }
        several => {
            let zone = model.look.zone;
            let row = |event: &Event| {
                let note = format!("{}  {}  on {}", event.kind, zone.full(event.occurred_at), event.branch);
                item(
                    format!("{} v{}", event.aggregate, event.version),
                    note,
                    None,
                    Choice::Revision(revision(event)),
                )
            };
            let items = several.iter().map(row).collect();
            model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Effects, items, "")));
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
    effects.push(Effect::Scan(Read::Writers(request)));
}

/// The newest writers came: the cursor goes to the first that it does not stand at.
pub fn wrote(
    model: &mut Model,
    request: &WritersRequest,
    writes: &[(i64, String)],
    effects: &mut Vec<Effect>,
) {
    let same = model.cursor.aggregate.as_ref() == Some(&request.aggregate);
    if !same || model.cursor.version != request.version {
        return;
    }
    let path = request.trail.dotted();
    let Some((version, pointer)) = writes.iter().find(|(version, _)| *version < request.version) else {
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
