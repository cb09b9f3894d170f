//! The last line: the keys that matter here, or what was just done or failed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{put, span};
use crate::tui::action::Command;
use crate::tui::keys::{Context, Entry, event};
use crate::tui::model::offer::Offer;
use crate::tui::model::{Model, Notice};
use crate::tui::text::{cut, width, wrap};

/// The lines that the message takes: a second one where the first is too narrow for it.
pub fn lines(model: &Model) -> u16 {
    let room = usize::from(model.look.size.0);
    let long = model.notice.as_ref().is_some_and(|notice| width(&text(notice)) + 4 > room);
    if long && !model.held && model.look.size.1 >= 16 { 2 } else { 1 }
}

/// What a message says, its hint behind it.
fn text(notice: &Notice) -> String {
    match notice {
        Notice::Done(text) | Notice::Told(text) => text.clone(),
        Notice::Failed(error) => error
            .hint_text()
            .map_or_else(|| error.message().to_owned(), |hint| format!("{}  {hint}", error.message())),
    }
}

/// Draws it. Where there is one line for a message that needs two, the one above it makes way.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let room = usize::from(area.width);
    let Some(notice) = model.notice.as_ref().filter(|_| !model.held) else {
        let line = if model.held {
            let text = " waiting for the store: another program is writing …";
            Line::from(span(cut(text, room), theme.warning))
        } else {
            keys(model, room)
        };
        put(buffer, Rect { y: area.bottom().saturating_sub(1), height: 1, ..area }, 0, &line);
        return;
    };
    let rows = lines(model).max(area.height);
    let area = Rect { y: area.bottom().saturating_sub(rows), height: rows, ..area };
    Clear.render(area, buffer);
    let (sign, signs, style) = match notice {
        Notice::Done(_) => (model.look.glyphs.check, theme.added, theme.text),
        Notice::Told(_) => (model.look.glyphs.unchanged, theme.dim, theme.text),
        Notice::Failed(_) => ('!', theme.error, theme.error),
    };
    // What to do about it stands behind what is wrong, and dimmed where it has a line of its own.
    for (y, line) in (0..).zip(wrap(&text(notice), room.saturating_sub(4), rows.into())) {
        let head = if y == 0 { format!(" {sign} ") } else { "   ".to_owned() };
        put(buffer, area, y, &Line::from(vec![span(head, signs), span(line, style)]));
    }
}

/// A word of the line: the column where it stands, its key as it is written here, the word, and what the key does.
struct Shown<'a> {
    x: usize,
    key: String,
    word: String,
    /// The key as the table has it.
    names: &'a str,
    command: Command,
}

/// The words for which there is room.
fn shown(model: &Model, room: usize) -> Vec<Shown<'_>> {
    let ascii = model.look.glyphs.event.is_ascii();
    let mut used = 1;
    // What leads to everything else and the way out are always there, however narrow the screen is.
    let stays = |command: Command, entry: &Entry| entry.group == "More" || command == Command::Out;
    let entries = || {
        model
            .keys
            .entries(model.context())
            .filter_map(|(command, entry)| Some((command, stays(command, entry), entry.footer.as_ref()?)))
    };
    let kept: usize = entries().filter(|(_, stays, _)| *stays).map(|(.., text)| width(text) + 2).sum();
    if let Some(offer) = model.source.as_ref().and_then(|source| source.offers.now()) {
        return offered(model, offer, room);
    }
    let mut words = Vec::new();
    for (command, stays, text) in entries() {
        let footer = if ascii {
            text.replace("←→", "<->").replace("↑↓", "up/down").replace('↑', "up").replace('↓', "down")
        } else {
            text.clone()
        };
        let w = width(&footer) + 2;
        if used + w + if stays { 0 } else { kept } > room {
            continue;
        }
        let (key, word) = footer.split_once(' ').unwrap_or((&footer, ""));
        let names = text.split(' ').next().unwrap_or_default();
        words.push(Shown { x: used, key: key.to_owned(), word: word.to_owned(), names, command });
        used += w;
    }
    words
}

/// What can be done with what was come to.
fn offered(model: &Model, offer: Offer, room: usize) -> Vec<Shown<'_>> {
    let (mut words, mut used): (Vec<Shown>, usize) = (Vec::new(), 1);
    for (command, word) in offer.words() {
        let mut entries = model.keys.entries(model.context());
        let Some((_, entry)) = entries.find(|(of, _)| of == command) else { continue };
        let key = entry.shown().split(' ').next().unwrap_or_default().to_owned();
        let w = width(&key) + width(word) + 3;
        if used + w > room {
            break;
        }
        words.push(Shown { x: used, key, word: (*word).to_owned(), names: "", command: *command });
        used += w;
    }
    words
}

fn keys(model: &Model, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    let mut spans = vec![span(" ", theme.text)];
    for Shown { key, word, .. } in shown(model, room) {
        spans.push(span(key, theme.hotkey));
        spans.push(span(format!(" {word}  "), theme.dim));
    }
    Line::from(spans)
}

/// What the word in a column of the last line stands for; where it names two keys, each has its half of them.
pub fn command_at(model: &Model, x: u16, y: u16) -> Option<Command> {
    let (columns, rows) = model.look.size;
    let covered = model.notice.is_some() || model.held;
    if covered || y + 1 != rows || model.context() == Context::Prompt {
        return None;
    }
    let x = usize::from(x);
    let words = shown(model, columns.into());
    let at = words.into_iter().find(|at| (at.x..at.x + width(&at.key) + 1 + width(&at.word)).contains(&x))?;
    let second = match at.names {
        "←→" => "Right",
        "↑↓" => "Down",
        "^↑/^↓" => "C-Down",
        names => names.split_once('/').map_or("", |(_, second)| second),
    };
    let half = at.x + width(&at.key).div_ceil(2);
    let other = (half..at.x + width(&at.key)).contains(&x) && !second.is_empty();
    let named = || model.keys.command(model.context(), event(second)?);
    if other { named() } else { Some(at.command) }
}
