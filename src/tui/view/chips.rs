//! The line of chips in a pane that is narrowed: ` ⟨actor ben⟩ ⟨≠ nightly⟩ +2`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{put, span};
use crate::tui::model::Model;
use crate::tui::text::{cut, width};

/// A chip is no longer than this, where others stand beside it.
const MOST: usize = 40;

/// Draws the chips of the log or of the list in the first line of an area, where there are some, and says what is left of
/// it. What has no room is counted: the newest ones stay in sight.
pub fn draw(model: &Model, log: bool, area: Rect, buffer: &mut Buffer) -> Rect {
    let chips = model.chips(log).all();
    if chips.is_empty() || area.height == 0 {
        return area;
    }
    let (theme, room) = (&model.look.theme, usize::from(area.width).saturating_sub(6));
    let most = if chips.len() == 1 { room } else { MOST.min(room) };
    let words: Vec<_> =
        chips.iter().map(|chip| cut(&model.chip_words(chip), most.saturating_sub(3))).collect();
    let (mut left, mut first) = (room, chips.len());
    while let Some(next) = first.checked_sub(1).filter(|next| width(&words[*next]) + 3 <= left) {
        (left, first) = (left - width(&words[next]) - 3, next);
    }
    let mut spans = Vec::new();
    if first > 0 {
        spans.push(span(format!(" +{first}"), theme.dim));
    }
    let [open, close] = if model.look.glyphs.event.is_ascii() { ["<", ">"] } else { ["⟨", "⟩"] };
    for (chip, words) in chips.iter().zip(&words).skip(first) {
        let style = if chip.off { theme.dim } else { theme.hotkey };
        spans.push(span(format!(" {open}{words}{close}"), style));
    }
    put(buffer, area, 0, &Line::from(spans));
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}
