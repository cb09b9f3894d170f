//! A line that is typed: revisions, filters, files.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{list, places, time};
use crate::error::Result;
use crate::tui::action::Command;
use crate::tui::effect::{Choice, Effect, Read, Write};
use crate::tui::model::overlay::{Overlay, Purpose};
use crate::tui::model::typed::Typed;
use crate::tui::model::{Model, Notice};
use crate::tui::screens::rewrite;

/// Takes the line, or leaves it.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Prompt(prompt)) = model.overlays.pop() else { return };
    let text = prompt.text();
    let text = text.trim();
    if matches!(prompt.purpose, Purpose::Jq | Purpose::Find) {
        model.broken.filter = None;
    }
    match (prompt.purpose.clone(), command) {
        (Purpose::Text, Command::Out) => apply(model, prompt.log, prompt.before, effects),
        (Purpose::Text, _) if !prompt.log => list::confirm(model, effects),
        (Purpose::Text, _) | (_, Command::Out) => {}
        (_, _) if text.is_empty() && !matches!(prompt.purpose, Purpose::Jq | Purpose::Rules) => {}
        (Purpose::GoTo, _) if model.cursor.is_whole() && position(text).is_some() => {
            places::leave(model);
            time::go(model, position(text).unwrap_or_default(), effects);
        }
        // The first later event may be far off in the log: the scanner looks for it.
        (Purpose::GoTo, _) if model.cursor.is_whole() && dated(bare(text)) => {
            effects.push(Effect::Scan(Read::Resolve(model.look.zone.read(bare(text)), None)));
        }
        (Purpose::GoTo, _) => {
            let here = model.cursor.aggregate.clone();
            effects.push(Effect::Read(Read::Resolve(revision(model, text), here)));
        }
        (Purpose::Jq, _) if prompt.log => {
            text.clone_into(&mut model.log_mut().filter);
            list::look_again(model, true, effects);
        }
        (Purpose::Jq, _) => {
            text.clone_into(&mut model.list.filter);
            list::look_again(model, false, effects);
            list::confirm(model, effects);
        }
        (Purpose::Fork(point, _), _) => {
            effects.push(Effect::Write(Write::Fork(text.to_owned(), point, None)));
        }
        (Purpose::NewHistory, _) => rewrite::named(model, text, effects),
        (Purpose::SaveRule, _) => super::lab::save(model, text, effects),
        (Purpose::Rules, _) => rewrite::rules(model, text),
        (Purpose::Find, _) => super::search::begin(model, text, effects),
        (Purpose::Rename(name), _) => effects.push(Effect::Write(Write::Rename(name, text.to_owned()))),
        (Purpose::Waypoint(point, _), _) => {
            let name = text.trim_start_matches('%').to_owned();
            effects.push(Effect::Write(Write::Name(name, point)));
        }
        (Purpose::NewStore, _) => super::start::begin(model, Choice::Create(PathBuf::from(text)), effects),
        (Purpose::Import, _) => {
            let (file, mapping) = match text.rsplit_once(' ') {
                Some((file, mapping)) if !PathBuf::from(text).exists() => {
                    (file.trim(), Some(mapping.to_owned()))
                }
                _ => (text, None),
            };
            super::start::begin(model, Choice::Import(PathBuf::from(file), mapping), effects);
        }
    }
}

/// A position in the log: `118` or `#118`.
fn position(text: &str) -> Option<i64> {
    let plain = text.trim_start_matches(['@', '#']).replace(',', "");
    plain.parse().ok().filter(|position| *position >= 0)
}

/// What was typed without the sign that the prompt shows already.
fn bare(text: &str) -> &str {
    text.trim_start_matches('@')
}

/// Whether it starts like a date.
fn dated(bare: &str) -> bool {
    let bytes = bare.as_bytes();
    bytes.len() >= 8 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}

/// What was typed as a revision; a number, a distance or a time alone is about the aggregate shown.
fn revision(model: &Model, text: &str) -> String {
    let bare = bare(text);
    let number = bare.parse::<i64>().is_ok() && bare.len() < 16;
    // Positions are shown with their thousands set apart.
    let grouped = bare.starts_with('#') && bare[1..].chars().all(|c| c.is_ascii_digit() || c == ',');
    if grouped {
        return bare.replace(',', "");
    }
    let text = if number || dated(bare) { format!("@{bare}") } else { text.to_owned() };
    model.look.zone.read(&text)
}

/// A key that is typed into the line; a text filter takes hold at once.
pub fn typed(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) -> Result<()> {
    let replaces = match key.code {
        KeyCode::Char(_) => !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT),
        code => matches!(code, KeyCode::Backspace | KeyCode::Delete),
    };
    put(model, replaces, effects, |line| line.key(key))
}

/// Does something to the line; `replaces` a proposal that stands there.
pub fn put(
    model: &mut Model,
    replaces: bool,
    effects: &mut Vec<Effect>,
    how: impl FnOnce(&mut Typed) -> Result<()>,
) -> Result<()> {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() else { return Ok(()) };
    let before = prompt.text();
    if std::mem::take(&mut prompt.proposed) && replaces {
        prompt.input.clear();
    }
    let taken = how(&mut prompt.input);
    let (text, log) = (prompt.text(), prompt.log);
    if matches!(model.notice, Some(Notice::Failed(_))) && text != before {
        model.notice = None;
    }
    if matches!(&model.overlays.last(), Some(Overlay::Prompt(prompt)) if prompt.purpose == Purpose::Text)
        && text != before
    {
        apply(model, log, text, effects);
    }
    taken
}

fn apply(model: &mut Model, log: bool, text: String, effects: &mut Vec<Effect>) {
    if log {
        if model.log().text != text {
            model.log_mut().text = text;
            list::look_again(model, true, effects);
        }
    } else if model.list.text != text {
        model.list.text = text;
        list::look_again(model, false, effects);
    }
}
