//! A line that is typed: a revision, a filter, a file.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{put, span, typed};
use crate::tui::model::overlay::Prompt;
use crate::tui::model::{Model, Notice};
use crate::tui::text::{cut, width};

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
    typed(
        &prompt.input,
        Rect { x: area.x + used, y: area.y + 1, width: area.width.saturating_sub(used + 1), height: 1 },
        style,
        true,
        buffer,
    );
}
