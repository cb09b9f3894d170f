//! A field that text is typed into: one line or several, the caret in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::model::typed::Typed;
use super::text::{cut, end, width};

/// A one-line field: its text, safe, with the caret where it is.
pub fn field(input: &Typed, area: Rect, style: Style, focused: bool, buffer: &mut Buffer) {
    let text = input.rows().first().map_or("", String::as_str);
    row(text, input.caret().1, area, style, focused, buffer);
}

/// A field of several lines, the caret's among the visible ones.
pub fn fields(input: &Typed, area: Rect, style: Style, focused: bool, buffer: &mut Buffer) {
    let (at, column) = input.caret();
    let height = usize::from(area.height);
    let top = (at + 1).saturating_sub(height);
    for (i, text) in input.rows().iter().enumerate().skip(top).take(height) {
        let area = Rect { y: area.y + (i - top) as u16, height: 1, ..area };
        let here = i == at;
        row(text, if here { column } else { 0 }, area, style, focused && here, buffer);
    }
}

fn row(text: &str, at: usize, area: Rect, style: Style, focused: bool, buffer: &mut Buffer) {
    let (before, after) = text.split_at(text.char_indices().nth(at).map_or(text.len(), |(i, _)| i));
    let room = usize::from(area.width).saturating_sub(1);
    // The caret stays in sight: what is left of it is cut where it does not fit.
    let left = end(before, room);
    let caret = width(&left) as u16;
    let shown = format!("{left}{}", cut(after, room.saturating_sub(usize::from(caret))));
    buffer.set_stringn(area.x, area.y, shown, usize::from(area.width), style);
    if focused && caret < area.width {
        buffer.set_style(Rect { x: area.x + caret, y: area.y, width: 1, height: 1 }, Style::new().reversed());
    }
}
