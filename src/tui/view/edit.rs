//! An event that is written: its parts, and what is wrong with them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{popup, put, span, typed};
use crate::tui::model::Model;
use crate::tui::model::edit::{Edit, Place};
use crate::tui::text::{cut, pad, wrap};

/// The columns of the names.
const NAMES: u16 = 14;

/// Draws it.
pub fn draw(model: &Model, edit: &Edit, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let title = match edit.place {
        Place::Instead(_) => "Change this event",
        Place::After(_) => "Insert an event",
    };
    let inner = popup(model, title, 92, 26, screen, buffer);
    let short = edit.fields.iter().filter(|field| !field.input.is_tall()).count() as u16;
    let tall = (edit.fields.len() as u16).saturating_sub(short).max(1);
    // Two lines below say what is wrong; what is left is shared by the tall fields.
    let share = (inner.height.saturating_sub(short + 3) / tall).max(1);
    let mut y = 0;
    for (i, field) in edit.fields.iter().enumerate() {
        let focused = i == edit.focus;
        let height = if field.input.is_tall() { share } else { 1 }.min(inner.height.saturating_sub(y));
        let sign = if focused { model.look.glyphs.selected } else { ' ' };
        let label = format!("{sign} {}", pad(field.name, usize::from(NAMES) - 2));
        put(buffer, inner, y, &Line::from(span(label, if focused { theme.title } else { theme.key })));
        let area =
            Rect { x: inner.x + NAMES, y: inner.y + y, width: inner.width.saturating_sub(NAMES), height };
        typed(&field.input, area, theme.text, focused, buffer);
        y += height;
    }
    let room = usize::from(inner.width);
    let below = Rect { y: inner.y + inner.height.saturating_sub(2), height: 2, ..inner };
    let lines = match &edit.problem {
        Some(problem) => wrap(problem, room, 2).into_iter().map(|line| (line, theme.warning)).collect(),
        None => vec![(cut("^S takes it into the list; nothing is written yet", room), theme.dim)],
    };
    for (y, (line, style)) in lines.into_iter().enumerate() {
        put(buffer, below, y as u16, &Line::from(span(line, style)));
    }
}
