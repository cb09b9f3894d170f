//! Something that is asked about before it is done: what it is, what it would do, two buttons.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::fire::buttons;
use super::{popup, put, span};
use crate::tui::model::Model;
use crate::tui::model::overlay::Ask;
use crate::tui::text::wrap;

/// Draws it.
pub fn draw(model: &Model, ask: &Ask, screen: Rect, buffer: &mut Buffer) {
    const WIDTH: u16 = 76;
    let room = usize::from(WIDTH.min(screen.width.saturating_sub(2))).saturating_sub(4);
    let mut lines: Vec<String> = Vec::new();
    for line in &ask.lines {
        if line.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrap(line, room, 3));
    }
    let inner = popup(model, ask.title, WIDTH, lines.len() as u16 + 5, screen, buffer);
    for (y, line) in lines.into_iter().enumerate() {
        put(buffer, inner, y as u16, &Line::from(span(line, model.look.theme.text)));
    }
    let last = inner.height.saturating_sub(2);
    put(buffer, inner, last, &buttons(model, ask.button, ask.yes));
}
