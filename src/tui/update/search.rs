//! Searching through time: the question; and walking the list of hits, whatever filled it.

use super::{places, time};
use crate::event::{AggregateId, Position, Version};
use crate::replay::races::Race;
use crate::session::{Alarm, FindPage, FindRequest, Hit, Session};
use crate::tui::effect::Effect;
use crate::tui::menu::Menu;
use crate::tui::model::Model;
use crate::tui::model::search::{By, Search};
use crate::tui::question::{Lane, Pace};
use crate::tui::screens::hits::Hits;
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::{count, many};
use crate::tui::words::Words;

/// How many aggregates or events are looked at in a slice.
const SLICE: usize = 20_000;

/// Asks what is looked for; what was looked for last stands there.
pub fn prompt(model: &mut Model) {
    let last = model.search.asked.as_ref().map_or("", |(request, _)| request.predicate.as_str());
    let over = if model.cursor.is_whole() { "the whole store" } else { "this aggregate" };
    let field = model.known_field().unwrap_or_else(|| "priority".to_owned());
    let example = format!(r#".{field} == "x"   .{field} == null: turned true or false, over {over}"#);
    let prompt = Prompt::new("find", example, last).about("filters").completes(Words::OfEvents);
    model.open(prompt.then(|cx, text| {
        cx.model.broken.filter = None;
        begin(cx.model, text, cx.effects);
    }));
}

/// Begins a search over what the cursor runs over.
pub fn begin(model: &mut Model, predicate: &str, effects: &mut Vec<Effect>) {
    let aggregate = model.cursor.aggregate.clone().filter(|_| !model.cursor.is_whole());
    let request = FindRequest { predicate: predicate.to_owned(), aggregate, ..FindRequest::default() };
    let branch = model.branch.clone();
    model.search =
        Search { asked: Some((request.clone(), branch.clone())), branch: Some(branch), ..Search::default() };
    let (asked, mut hits, mut pace) = (request.clone(), Vec::new(), Pace::default());
    let begin = move |session: &mut Session| session.search(asked);
    effects.push(model.search.found.ask_begun(
        &model.branch,
        Lane::Long,
        request,
        begin,
        move |search, session, _| {
            let mut page = session.find(search, SLICE)?;
            let whole = page.is_last();
            hits.append(&mut page.hits);
            Ok(pace.part(whole, || FindPage { hits: std::mem::take(&mut hits), ..page }))
        },
    ));
    model.open(Menu::new(Hits::default()));
}

/// Takes in what was found by now.
pub fn tick(model: &mut Model) {
    let mut pages = Vec::new();
    if !model.search.found.take_with(&model.branch, |_, page, _| pages.push(page)) || pages.is_empty() {
        return;
    }
    for page in pages {
        model.search.take(page);
    }
    let (at, of) = model.search.progress;
    let hits = many(model.search.hits.len() as i64, "turn");
    if model.search.found.waits() {
        model.progress(format!("{hits}, {} of {} looked at; Esc stops", count(at), count(of)));
    } else {
        model.tell(format!("{hits}; [ and ] walk them, play stops at them"));
    }
}

/// To the next or the previous hit.
pub fn step(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    // What is shown has not come: it will in a moment.
    let Some(here) = model.position() else { return };
    match model.search.beside(here, forward).cloned() {
        Some(hit) => to(model, &hit, effects),
        None if model.search.branch.is_none() => model.tell("nothing was searched yet: F does"),
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
    let branch = model.search.branch.clone().unwrap_or_default();
    places::leave(model);
    super::branches::switch(model, &branch, effects);
    arrive(model, (&hit.aggregate, hit.version, hit.position), effects);
    let said = model.search.said.get(&hit.position).cloned();
    model.tell(said.unwrap_or_else(|| {
        let says = match hit.turned {
            Some(true) => "here it turned true",
            Some(false) => "here it turned false",
            None => "here it holds",
        };
        says.to_owned()
    }));
}

/// The races that were found are the hits now.
pub fn found_races(model: &mut Model, races: &[Race]) {
    let hit = |race: &Race| {
        let at = race.shows_at()?;
        let hit = Hit {
            aggregate: race.aggregate.clone(),
            version: at.version,
            position: at.position,
            occurred_at: at.at,
            hash: at.hash,
            turned: None,
        };
        Some((hit, format!("{}: {}", race.kind.name(), race.note)))
    };
    let branch = model.branch.clone();
    model.search.fill(By::Races, &branch, races.iter().filter_map(hit).collect());
}

/// What the monitors found is the list of hits now.
pub fn found_alarms(model: &mut Model) {
    let hit = |alarm: &Alarm| {
        let (aggregate, version) = alarm.at.clone();
        let violation = &alarm.violation;
        let (position, occurred_at, hash) = (violation.position, violation.from, alarm.hash);
        let hit = Hit { aggregate, version, position, occurred_at, hash, turned: None };
        (hit, format!("{}: {} of {}", alarm.monitor, violation.count, alarm.wanted))
    };
    let (branch, found) = (model.branch.clone(), model.alarms.iter().map(hit).collect());
    model.search.fill(By::Monitors, &branch, found);
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
