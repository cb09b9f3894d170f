//! The one place where the model changes: an action in, effects out; no input, no output, no clock.

mod beside;
pub mod branches;
pub mod browse;
mod burst;
pub mod carry;
pub mod facts;
pub mod jump;
mod labour;
pub mod list;
pub mod logs;
mod mouse;
mod needs;
mod pin;
pub mod places;
pub mod races;
mod reply;
mod rows;
mod rules;
pub mod search;
pub mod seek;
pub mod time;
mod timeline;
mod undo;
mod waypoints;
mod write;

use crossterm::event::KeyEvent;

use super::action::{Action, Command};
use super::effect::Effect;
use super::keys::Context;
use super::menu::Menu;
use super::model::Model;
use super::screens::copy::Copies;
use super::screens::help::Help;
use super::screens::start::Start;
use super::{screen, tour};
use crate::manual;

/// Changes the model and says what is to be done outside of it.
pub fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    let by_hand = matches!(
        action,
        Action::Do(_) | Action::Type(_) | Action::Mouse(_) | Action::Paste(_) | Action::Write(_)
    );
    let offered = model.source.as_ref().and_then(|source| source.offers.now());
    match action {
        Action::Do(command) => {
            model.notice = None;
            command_for(model, command, &mut effects);
        }
        Action::Type(key) => typed(model, key, &mut effects),
        Action::Write(text) => write::write(model, &text, &mut effects),
        Action::Paste(text) => write::paste(model, &text, &mut effects),
        Action::Mouse(event) => mouse::mouse(model, event, &mut effects),
        Action::Resize(columns, rows) => {
            let tour = model.tour.is_some();
            model.look.fit((columns, rows), tour);
            browse::rebuild(model);
            let rows = list::height(model);
            model.list.reveal(rows);
            model.timeline.fit |= model.timeline.fitted;
        }
        Action::Tick => time::tick(model, &mut effects),
        Action::Reply(reply) => reply::reply(model, *reply, &mut effects),
    }
    // What the lines say at first stands until something else was done: a click on it is one of these things.
    if let Some(source) = model.source.as_mut().filter(|_| by_hand) {
        source.announced = false;
        source.offers.end(offered);
    }
    facts::tick(model, &mut effects);
    seek::tick(model, &mut effects);
    timeline::tick(model, &mut effects);
    rows::tick(model, &mut effects);
    logs::tick(model);
    jump::tick(model, &mut effects);
    search::tick(model);
    beside::take_in(model);
    model.types.take_in(&model.branch);
    screen::tick(model, &mut effects);
    while tour::go_on(model, &mut effects) {
        screen::tick(model, &mut effects);
    }
    needs::collect(model, &mut effects);
    effects
}

/// What has to be asked as soon as a store is open.
pub fn opened(model: &mut Model) -> Vec<Effect> {
    model.close::<Start>();
    let mut effects = Vec::new();
    facts::overview(model, &mut effects);
    facts::branches(model, &mut effects);
    facts::waypoints(model, &mut effects);
    list::reload(model, &mut effects);
    if let Some(revision) = model.open_at.take() {
        jump::to_revision(model, revision, None, &mut effects);
    }
    effects
}

/// The list and the logs are narrowed, sorted and shown otherwise.
pub fn shown_otherwise(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.broken.filter = None;
    model.own_log.forget();
    model.store_log.forget();
    list::reload(model, &mut effects);
    screen::tick(model, &mut effects);
    needs::collect(model, &mut effects);
    effects
}

fn command_for(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    if tour::command(model, command) {
        return;
    }
    if command == Command::Quit {
        effects.push(Effect::Quit);
        return;
    }
    if command == Command::Help && model.context() != Context::Help {
        let page = model.overlays.last().and_then(|screen| screen.page()).and_then(manual::page);
        model.open(Help::of(model.context(), page));
        return;
    }
    if command == Command::Copy {
        model.places.trail.copying();
        model.open(Menu::new(Copies::default()));
        return;
    }
    // The hits are walked in the panes; reports follow the cursor.
    if matches!(command, Command::NextHit | Command::PreviousHit) {
        if model.context() != Context::Reports && !model.search.hits.is_empty() {
            model.overlays.clear();
        }
        return browse::command(model, command, effects);
    }
    if screen::turn(model, effects, |screen, cx| screen.command(cx, command)).is_some() {
        return;
    }
    browse::command(model, command, effects);
}

fn typed(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let turn = screen::turn(model, effects, |screen, cx| {
        if screen.text().is_none() {
            cx.model.notice = None;
        }
        screen.typed(cx, key)
    });
    match turn {
        Some(Ok(())) => {}
        Some(Err(error)) => model.fail(error),
        None => model.notice = None,
    }
}
