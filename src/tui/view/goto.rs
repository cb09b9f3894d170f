//! A line that is typed: a revision, a filter, a file.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{put, span};
use crate::tui::model::overlay::Prompt;
use crate::tui::model::typed::Typed;
use crate::tui::model::{Model, Notice};
use crate::tui::text::{cut, end, width};

/// Draws it over the last line, its examples in the line above.
pub fn draw(model: &Model, prompt: &Prompt, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let area = Rect { y: screen.height.saturating_sub(2), height: 2, ..screen };
    Clear.render(area, buffer);
    // What was not taken, or does not hold, stands where the examples do: the line below is being typed.
    let (hint, style) = match &model.notice {
        Some(Notice::Failed(error)) => (error.message().to_owned(), theme.error),
        _ => (prompt.example(), theme.dim),
    };
    let hint = format!(" {}", cut(&hint, usize::from(area.width).saturating_sub(2)));
    put(buffer, area, 0, &Line::from(span(hint, style)));
    let label = format!(" {} ", prompt.label());
    put(buffer, area, 1, &Line::from(span(label.clone(), theme.hotkey)));
    let used = width(&label) as u16;
    let style = if prompt.proposed { theme.selected } else { theme.text };
    field(
        &prompt.input,
        Rect { x: area.x + used, y: area.y + 1, width: area.width.saturating_sub(used + 1), height: 1 },
        style,
        true,
        buffer,
    );
}

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
