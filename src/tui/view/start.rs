//! The start screen: nothing is open yet.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{footer, put, span};
use crate::tui::model::{Model, StartScreen};

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
        put(buffer, column, row + 7, &Line::from(span(busy.clone(), theme.warning)));
    }
    footer::draw(model, Rect { y: screen.height - 1, height: 1, ..screen }, buffer);
}
