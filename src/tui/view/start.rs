//! The start screen: nothing is open yet.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{failure, footer, put, span};
use crate::import::Phase;
use crate::session::ImportProgress;
use crate::tui::model::{Model, StartScreen};
use crate::tui::text::{count, wrap};

const OFFERS: [(&str, &str); 3] = [
    ("Open the demo", "a small team's tasks and subscriptions over some weeks"),
    ("Make a new store", "an empty one, with the commands of a task list"),
    ("Import a log", "JSON, JSON Lines or CSV, plain, in .gz or in .zip"),
];

/// From so many columns on, what an offer is about stands beside its name.
const WIDE: u16 = 80;

/// The screen line of the first offer, and how many lines each takes.
fn rows((width, height): (u16, u16)) -> (u16, u16) {
    match (width >= WIDE, height >= 20) {
        (true, _) => (height / 3 + 3, 2),
        (false, true) => (height / 4 + 3, 4),
        (false, false) => (4, 2),
    }
}

/// The offer at a screen line.
pub fn offer_at(size: (u16, u16), y: u16) -> Option<usize> {
    let (first, each) = rows(size);
    let i = usize::from(y.checked_sub(first)? / each);
    (i < OFFERS.len()).then_some(i)
}

/// What an import has done, and how much of it.
fn how_far(progress: ImportProgress) -> String {
    let percent = |done: u64, total: u64| done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100);
    match progress {
        ImportProgress::Staging(at) => {
            let word = match at.phase {
                Phase::Reading => "read",
                Phase::Comparing => "read, comparing them",
                Phase::Sorting => "read, putting them in order",
            };
            format!("{:>3}%  {} records {word}", percent(at.done, at.total), count(at.records as i64))
        }
        ImportProgress::Appending(done, total) => {
            let (done_text, total_text) = (count(done as i64), count(total as i64));
            format!("{:>3}%  {done_text} of {total_text} events appended", percent(done, total))
        }
    }
}

/// Draws it.
pub fn draw(model: &Model, start: &StartScreen, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let width = 96.min(screen.width.saturating_sub(2));
    let column = Rect { x: (screen.width - width) / 2, width, ..screen };
    let (first, each) = rows((screen.width, screen.height));
    put(buffer, column, first - 3, &Line::from(span("backstory", theme.title)));
    let question = wrap("How did this record get here? There is no store here yet.", width.into(), 2);
    for (y, line) in (first - 2..first).zip(question) {
        put(buffer, column, y, &Line::from(span(line, theme.dim)));
    }
    for (i, (name, about)) in OFFERS.iter().enumerate() {
        let y = first + each * i as u16;
        let chosen = start.selected == i && start.busy.is_none();
        let sign = if chosen { model.look.glyphs.selected } else { ' ' };
        let style = if chosen { theme.selected } else { theme.text };
        let mut line = vec![span(format!("{sign} "), theme.hotkey), span(format!(" {name:<18}"), style)];
        if screen.width >= WIDE {
            line.push(span(format!("  {about}"), theme.dim));
        }
        put(buffer, column, y, &Line::from(line));
        let below = if screen.width >= WIDE { 0 } else { usize::from(each - 1) };
        for (y, line) in (y + 1..).zip(wrap(about, usize::from(width) - 4, below.min(2))).take(below) {
            put(buffer, column, y, &Line::from(span(format!("   {line}"), theme.dim)));
        }
    }
    let row = first + each * OFFERS.len() as u16;
    if let Some(error) = &start.failed {
        // All of it is shown, over the offers where there is no room below them.
        let texts = std::iter::once(error.message()).chain(error.hint_text());
        let lines: usize = texts.map(|text| wrap(text, usize::from(width) - 2, 12).len()).sum();
        let y = row.min((screen.height - 1).saturating_sub(lines as u16));
        let below = Rect { y, height: (screen.height - 1).saturating_sub(y), ..column };
        Clear.render(below, buffer);
        failure(model, error, below, 0, buffer);
    }
    if let Some(busy) = &start.busy {
        put(buffer, column, row, &Line::from(span(busy.what.clone(), theme.warning)));
        if let Some(progress) = busy.progress {
            let line = Line::from(span(how_far(progress), theme.text));
            put(buffer, column, row + 1, &line);
            let hint = if busy.stopping { "stopping …" } else { "Esc stops it" };
            put(buffer, column, row + 2, &Line::from(span(hint, theme.dim)));
        }
    }
    footer::draw(model, Rect { y: screen.height - 1, height: 1, ..screen }, buffer);
}
