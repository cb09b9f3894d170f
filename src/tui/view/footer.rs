//! The last line: the keys that matter here, or what was just done or failed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{put, span};
use crate::tui::action::Command;
use crate::tui::keys::Entry;
use crate::tui::model::{Model, Notice};
use crate::tui::text::{cut, width};

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let room = usize::from(area.width);
    let line = match &model.notice {
        _ if model.held => {
            let text = " waiting for the store: another program is writing …";
            Line::from(span(cut(text, room), theme.warning))
        }
        Some(Notice::Done(text)) => {
            let head = format!(" {} ", model.look.glyphs.check);
            Line::from(vec![span(head, theme.added), span(cut(text, room.saturating_sub(4)), theme.text)])
        }
        Some(Notice::Failed(error)) => {
            let message = cut(error.message(), room.saturating_sub(4));
            let used = width(&message) + 3;
            let mut spans = vec![span(" ! ", theme.error), span(message, theme.error)];
            if let Some(hint) = error.hint_text().filter(|_| room > used + 8) {
                spans.push(span(format!("  {}", cut(hint, room - used - 3)), theme.dim));
            }
            Line::from(spans)
        }
        None => keys(model, room),
    };
    put(buffer, area, 0, &line);
}

fn keys(model: &Model, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    let ascii = model.look.glyphs.event.is_ascii();
    let mut spans = vec![span(" ", theme.text)];
    let mut used = 1;
    // What leads to everything else and the way out are always there, however narrow the screen is.
    let stays = |command: Command, entry: &Entry| entry.group == "More" || command == Command::Out;
    let entries = || {
        model
            .keys
            .entries(model.context())
            .filter_map(|(command, entry)| Some((stays(command, entry), entry.footer.as_ref()?)))
    };
    let kept: usize = entries().filter(|(stays, _)| *stays).map(|(_, text)| width(text) + 2).sum();
    for (stays, footer) in entries() {
        let footer =
            if ascii { footer.replace("←→", "<->").replace("↑↓", "up/down") } else { footer.clone() };
        let (key, word) = footer.split_once(' ').unwrap_or((&footer, ""));
        let w = width(&footer) + 2;
        if used + w + if stays { 0 } else { kept } > room {
            continue;
        }
        used += w;
        spans.push(span(key.to_owned(), theme.hotkey));
        spans.push(span(format!(" {word}  "), theme.dim));
    }
    Line::from(spans)
}
