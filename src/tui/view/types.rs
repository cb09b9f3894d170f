//! An entry of the catalogue, over the whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{full, put, span, waiting};
use crate::tui::model::Model;
use crate::tui::model::types::{Ink, Row, TypePane};
use crate::tui::text::{cut, width};
use crate::tui::update::types::{progress, rows};

/// Draws it above the last line.
pub fn draw(model: &Model, pane: &TypePane, screen: Rect, buffer: &mut Buffer) {
    let title = format!(" {}  ({}) ", pane.subject.title(), progress(&model.types));
    let inner = full(model, cut(&title, usize::from(screen.width.saturating_sub(4))), screen, buffer);
    let (rows, height) = rows(model, &pane.subject);
    if rows.is_empty() {
        return waiting(model, "reading …", inner, 1, buffer);
    }
    for (i, row) in rows.iter().enumerate().skip(pane.scroll.top).take(height) {
        let y = (i - pane.scroll.top) as u16;
        put(buffer, inner, y, &line(model, row, inner.width.into()));
        if i == pane.scroll.selected {
            buffer.set_style(Rect { y: inner.y + y, height: 1, ..inner }, model.look.theme.selected);
        }
    }
}

fn line(model: &Model, row: &Row, mut room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    let mut spans = Vec::new();
    for (i, (ink, text)) in row.pieces.iter().enumerate() {
        let style = match ink {
            Ink::Head => theme.hotkey,
            Ink::Key => theme.key,
            Ink::Text => theme.text,
            Ink::Dim => theme.dim,
            Ink::Warning => theme.warning,
        };
        // Where a row leads on, it says so in the margin.
        let text = match row.go {
            Some(_) if i == 0 => format!(" {} ", model.look.glyphs.closed),
            _ => cut(text, room),
        };
        room = room.saturating_sub(width(&text));
        spans.push(span(text, style));
    }
    Line::from(spans)
}
