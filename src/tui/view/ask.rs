//! Something that is asked about before it is done: what it is, what it would do, two buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::fire::buttons;
use super::{popup, put, span};
use crate::tui::model::Model;
use crate::tui::model::overlay::Ask;
use crate::tui::text::wrap;

/// The columns of its box.
const WIDTH: u16 = 76;

/// How large its box is.
pub fn size(ask: &Ask, screen: Rect) -> (u16, u16) {
    (WIDTH, lines(ask, screen).len() as u16 + 5)
}

fn lines(ask: &Ask, screen: Rect) -> Vec<String> {
    let room = usize::from(WIDTH.min(screen.width.saturating_sub(2))).saturating_sub(4);
    let mut lines: Vec<String> = Vec::new();
    for line in &ask.lines {
        if line.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrap(line, room, 3));
    }
    lines
}

/// Draws it.
pub fn draw(model: &Model, ask: &Ask, screen: Rect, buffer: &mut Buffer) {
    let (w, h) = size(ask, screen);
    let inner = popup(model, ask.title, w, h, screen, buffer);
    for (y, line) in lines(ask, screen).into_iter().enumerate() {
        put(buffer, inner, y as u16, &Line::from(span(line, model.look.theme.text)));
    }
    let last = inner.height.saturating_sub(2);
    put(buffer, inner, last, &buttons(model, ask.button, ask.yes));
}
