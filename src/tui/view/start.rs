//! The start screen: nothing is open yet.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{footer, put, span};
use crate::import::Phase;
use crate::session::ImportProgress;
use crate::tui::model::{Model, StartScreen};
use crate::tui::text::count;

const OFFERS: [(&str, &str); 3] = [
    ("Open the demo", "a small team's tasks and subscriptions over some weeks"),
    ("Make a new store", "an empty one, with the commands of a task list"),
    ("Import a log", "JSON, JSON Lines or CSV, plain, in .gz or in .zip"),
];

/// The screen line of the first offer.
fn first_row(height: u16) -> u16 {
    height / 3 + 3
}

/// The offer at a screen line.
pub fn offer_at(size: (u16, u16), y: u16) -> Option<usize> {
    let i = usize::from(y.checked_sub(first_row(size.1))?) / 2;
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
    let width = 68.min(screen.width.saturating_sub(2));
    let column = Rect { x: (screen.width - width) / 2, width, ..screen };
    let row = first_row(screen.height);
    put(buffer, column, row - 3, &Line::from(span("backstory", theme.title)));
    put(
        buffer,
        column,
        row - 2,
        &Line::from(span("How did this record get here? There is no store here yet.", theme.dim)),
    );
    for (i, (name, about)) in OFFERS.iter().enumerate() {
        let y = row + 2 * i as u16;
        let chosen = start.selected == i && start.busy.is_none();
        let sign = if chosen { model.look.glyphs.selected } else { ' ' };
        let style = if chosen { theme.selected } else { theme.text };
        let line = Line::from(vec![
            span(format!("{sign} "), theme.hotkey),
            span(format!(" {name:<18}"), style),
            span(format!("  {about}"), theme.dim),
        ]);
        put(buffer, column, y, &line);
    }
    if let Some(busy) = &start.busy {
        put(buffer, column, row + 6, &Line::from(span(busy.what.clone(), theme.warning)));
        if let Some(progress) = busy.progress {
            let line = Line::from(span(how_far(progress), theme.text));
            put(buffer, column, row + 7, &line);
            let hint = if busy.stopping { "stopping …" } else { "Esc stops it" };
            put(buffer, column, row + 8, &Line::from(span(hint, theme.dim)));
        }
    }
    footer::draw(model, Rect { y: screen.height - 1, height: 1, ..screen }, buffer);
}
