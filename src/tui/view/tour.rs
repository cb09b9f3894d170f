//! The strip of the guided tour, below everything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::{put, span};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::tour::Touring;
use crate::tui::text::{cut, width, wrap};

/// Draws it.
pub fn draw(model: &Model, touring: &Touring, area: Rect, buffer: &mut Buffer) {
    let Some(step) = touring.step() else { return };
    let theme = &model.look.theme;
    Clear.render(area, buffer);
    let ascii = model.look.glyphs.event.is_ascii();
    let line = if ascii { "=" } else { "━" }.repeat(usize::from(area.width));
    put(buffer, area, 0, &Line::from(span(line, theme.hotkey)));
    let room = usize::from(area.width).saturating_sub(2);
    let place = format!(" Tour {} of {} ", touring.at + 1, touring.tour.steps.len());
    let keys: Vec<_> =
        model.keys.entries(Context::Tour).filter_map(|(_, entry)| entry.footer.clone()).collect();
    let keys = format!(" {} ", keys.join("  "));
    let title = format!(" {} ", cut(&step.title, room.saturating_sub(width(&place) + width(&keys) + 6)));
    let head = Line::from(vec![span(place, theme.hotkey), span(title, theme.title)]);
    put(buffer, Rect { x: area.x + 2, ..area }, 0, &head);
    let x = area.width.saturating_sub(width(&keys) as u16 + 2);
    put(buffer, Rect { x: area.x + x, ..area }, 0, &Line::from(span(keys, theme.dim)));
    let height = usize::from(area.height).saturating_sub(1);
    for (y, text) in wrap(&step.text, room, height).into_iter().enumerate() {
        put(buffer, Rect { x: area.x + 1, ..area }, y as u16 + 1, &Line::from(span(text, theme.text)));
    }
}
