//! The one place where the model changes: an action in, effects out; no input, no output, no clock.

mod alarms;
pub mod branches;
pub mod browse;
mod carry;
mod copy;
mod diff;
mod fire;
mod lab;
mod labour;
pub mod list;
mod menu;
mod mouse;
mod needs;
mod order;
mod pin;
pub mod places;
mod prompt;
mod reply;
pub mod search;
mod start;
pub mod time;
pub mod tour;
mod trace;
pub mod types;
mod undo;
mod waypoints;
mod write;

use crossterm::event::KeyEvent;

use super::action::{Action, Command};
use super::effect::{Effect, Read};
use super::model::overlay::Overlay;
use super::model::{Model, Stage};
use super::screen;

/// Changes the model and says what is to be done outside of it.
pub fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
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
            diff::rebuild(model);
            let rows = list::height(model);
            model.list.reveal(rows);
            model.timeline.fit |= model.timeline.fitted;
        }
        Action::Tick => time::tick(model, &mut effects),
        Action::Reply(reply) => reply::reply(model, *reply, &mut effects),
    }
    tour::go_on(model, &mut effects);
    screen::tick(model, &mut effects);
    needs::collect(model, &mut effects);
    reply::asked(model, &effects);
    effects
}

/// What has to be asked as soon as a store is open.
pub fn opened(model: &mut Model) -> Vec<Effect> {
    model.stage = Stage::Explore;
    let mut effects = Vec::from([Read::Overview, Read::Branches, Read::Waypoints].map(Effect::Read));
    list::reload(model, &mut effects);
    if let Some(revision) = model.open_at.take() {
        effects.push(Effect::Read(Read::Resolve(revision, None)));
    }
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
    if command == Command::Help && !matches!(model.overlays.last(), Some(Overlay::Help(..))) {
        model.overlays.push(Overlay::Help(model.context(), 0));
        return;
    }
    let lists = |overlay: &&Overlay| command == Command::Copy && !matches!(overlay, Overlay::Menu(_));
    if let Some(overlay) = model.overlays.last().filter(lists) {
        match overlay.position() {
            Some(position) => {
                effects.push(Effect::Copy("the revision".into(), "txt", format!("#{position}")));
            }
            None => model.tell("no event is selected"),
        }
        return;
    }
    if screen::turn(model, effects, |screen, cx| screen.command(cx, command)).is_some() {
        return;
    }
    let page = usize::from(model.look.size.1.saturating_sub(5)).max(1);
    match (model.overlays.last_mut(), &model.stage) {
        (Some(Overlay::Screen(_) | Overlay::Acting(_)), _) => {}
        (Some(Overlay::Help(_, scroll)), _) => match command {
            Command::Up => *scroll = scroll.saturating_sub(1),
            Command::Down => *scroll += 1,
            Command::PageUp => *scroll = scroll.saturating_sub(page),
            Command::PageDown => *scroll += page,
            _ => drop(model.overlays.pop()),
        },
        (Some(Overlay::Prompt(_)), _) => prompt::command(model, command, effects),
        (Some(Overlay::Menu(_)), _) => menu::command(model, command, effects),
        (Some(Overlay::Diff(_)), _) => diff::command(model, command, effects),
        (Some(Overlay::Order(_)), _) => order::command(model, command, effects),
        (Some(Overlay::Lab(_)), _) => lab::command(model, command, effects),
        (Some(Overlay::Trace(_)), _) => trace::command(model, command, effects),
        (Some(Overlay::Type(_)), _) => types::command(model, command, effects),
        (Some(Overlay::Carry(_)), _) => carry::command(model, command, effects),
        (None, Stage::Start(_)) => start::command(model, command, effects),
        (None, Stage::Explore) => browse::command(model, command, effects),
    }
}

fn typed(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    let turn = screen::turn(model, effects, |screen, cx| {
        cx.model.notice = None;
        screen.typed(cx, key)
    });
    let taken = match model.overlays.last() {
        Some(Overlay::Screen(_)) => turn.unwrap_or(Ok(())),
        Some(Overlay::Prompt(_)) => prompt::typed(model, key, effects),
        Some(Overlay::Menu(_)) => menu::typed(model, key, effects),
        Some(Overlay::Lab(_)) => lab::typed(model, key),
        _ => {
            model.notice = None;
            Ok(())
        }
    };
    if let Err(error) = taken {
        model.fail(error);
    }
}
