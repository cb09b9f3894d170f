//! What every screen is drawn with: frames, boxes, lines, and what stands where an answer is awaited.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::model::Model;
use super::model::chips::Narrowed;
use super::model::state::preview;
use super::text::{self, cut, differing, safe, width};
use super::view::footer;
use crate::error::Error;
use crate::replay::{Change, Op};

/// The lines of frames: ASCII, plain, or double while the past is shown.
pub fn border_set(model: &Model) -> border::Set<'static> {
    const ASCII: border::Set = border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    };
    const ASCII_PAST: border::Set = border::Set { horizontal_top: "=", horizontal_bottom: "=", ..ASCII };
    const PAST: border::Set = border::Set {
        horizontal_top: "╌",
        horizontal_bottom: "╌",
        vertical_left: "╎",
        vertical_right: "╎",
        ..border::ROUNDED
    };
    match (model.look.glyphs.event.is_ascii(), model.in_past()) {
        (true, false) => ASCII,
        (true, true) => ASCII_PAST,
        (false, false) => border::ROUNDED,
        (false, true) => PAST,
    }
}

/// An empty box in the middle of the screen, and what is inside its frame.
pub fn popup(model: &Model, title: &str, width: u16, height: u16, screen: Rect, buffer: &mut Buffer) -> Rect {
    let area = popup_area(width, height, screen);
    // A wide character that would be cut in half by the frame makes way.
    for y in area.top()..area.bottom() {
        if let Some(cell) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
    Clear.render(area, buffer);
    let block = frame(model, format!(" {title} "), area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// A frame over the whole screen, the bottom line below it; what is inside the frame.
pub fn full(model: &Model, title: String, screen: Rect, buffer: &mut Buffer) -> Rect {
    let area = Rect { height: screen.height.saturating_sub(1), ..screen };
    Clear.render(area, buffer);
    let block = frame(model, title, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    footer::draw(model, Rect { y: area.height, height: 1, ..screen }, buffer);
    inner
}

/// Where rows stand in such a frame, below so many lines of it and above so many.
pub fn inside(screen: Rect, above: u16, below: u16) -> Rect {
    Rect {
        x: screen.x + 1,
        y: screen.y + 1 + above,
        width: screen.width.saturating_sub(2),
        height: screen.height.saturating_sub(3 + above + below).max(1),
    }
}

/// Where a box of that size stands: in the middle, a little above it.
pub fn popup_area(width: u16, height: u16, screen: Rect) -> Rect {
    let (width, height) =
        (width.min(screen.width.saturating_sub(2)), height.min(screen.height.saturating_sub(2)));
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    }
}

/// Writes a line at a place, no further than the area reaches.
pub fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line) {
    if row >= area.height {
        return;
    }
    buffer.set_line(area.x, area.y + row, line, area.width);
    // What does not fit is never cut without a sign.
    let mut used = 0;
    let room = usize::from(area.width);
    let lost = line.spans.iter().any(|span| {
        let start = used;
        used += text::width(&span.content);
        used > room && start + text::width(span.content.trim_end()) > room
    });
    if lost && let Some(cell) = area.right().checked_sub(1).and_then(|x| buffer.cell_mut((x, area.y + row))) {
        cell.set_symbol("…");
    }
}

/// Writes lines below each other; the row below them.
pub fn put_all(
    buffer: &mut Buffer,
    area: Rect,
    from: u16,
    lines: impl IntoIterator<Item = Line<'static>>,
) -> u16 {
    let mut row = from;
    for line in lines {
        put(buffer, area, row, &line);
        row = row.saturating_add(1);
    }
    row
}

/// A text as lines of a width, so many at most.
pub fn wrapped(text: &str, room: usize, most: usize, style: Style) -> impl Iterator<Item = Line<'static>> {
    text::wrap(text, room, most).into_iter().map(move |line| Line::from(span(line, style)))
}

/// The button that goes back and the one that does it.
pub fn buttons(model: &Model, does: &str, chosen: bool) -> Line<'static> {
    let theme = &model.look.theme;
    let button = |text: &str, on: bool| {
        span(format!("  {text}  "), if on { theme.selected.reversed() } else { theme.dim })
    };
    Line::from(vec![button("Back", !chosen), span("   ", theme.text), button(does, chosen)])
}

/// Why something is not there, in place of it.
pub fn failure(model: &Model, error: &Error, area: Rect, from: u16, buffer: &mut Buffer) {
    put_all(buffer, area, from, why(model, error, area.width));
}

/// What stands where an answer is waited for: a word for it, or why it does not come.
pub fn waiting(model: &Model, word: &str, area: Rect, from: u16, buffer: &mut Buffer) {
    match model.no_answer() {
        Some(error) => failure(model, error, area, from, buffer),
        None => put(buffer, area, from, &Line::from(span(format!(" {word}"), model.look.theme.dim))),
    }
}

/// A message and its hint, as lines of an area so wide.
pub fn why(model: &Model, error: &Error, width: u16) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let room = usize::from(width.saturating_sub(2));
    let lines = |text: &str, style| {
        text::wrap(text, room, 12).into_iter().map(move |line| Line::from(span(format!(" {line}"), style)))
    };
    let hint = error.hint_text().into_iter().flat_map(|hint| lines(hint, theme.dim));
    lines(error.message(), theme.error).chain(hint).collect()
}

/// A frame so wide; at its foot it says why what is inside is not what was asked for last.
pub fn frame(model: &Model, title: String, width: u16) -> Block<'static> {
    let theme = &model.look.theme;
    let block = Block::bordered()
        .border_set(border_set(model))
        .border_style(theme.focus)
        .title(Line::from(span(title, theme.title)));
    match model.lacking() {
        Some(error) => {
            let said = format!(" not answered: {} ", error.message());
            block.title_bottom(Line::from(span(
                text::cut(&said, usize::from(width.saturating_sub(2))),
                theme.error,
            )))
        }
        None => block,
    }
}

/// A piece of a line, safe.
pub fn span<'a>(text: impl Into<Cow<'a, str>>, style: Style) -> Span<'static> {
    Span::styled(safe(&text.into()), style)
}

/// The sign of a change and its style.
pub fn change_sign(model: &Model, op: Op) -> (char, Style) {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    match op {
        Op::Add => (glyphs.added, theme.added),
        Op::Remove => (glyphs.removed, theme.removed),
        Op::Replace => (glyphs.changed, theme.changed),
    }
}

/// A change in so many columns: its sign, its path as it is given, and the values.
pub fn change(model: &Model, change: &Change, path: &str, room: usize) -> Vec<Span<'static>> {
    let (sign, style) = change_sign(model, change.op);
    let head = format!("{sign} {path}  ");
    let [old, new] = [&change.old, &change.value].map(|value| preview(value, model.look.zone));
    let values = change_values(model, change.op, (&old, &new), room.saturating_sub(width(&head)));
    [span(head, style)].into_iter().chain(values).collect()
}

/// The value before a change and the one after it, in so many columns.
pub fn change_values(model: &Model, op: Op, (old, new): (&str, &str), room: usize) -> Vec<Span<'static>> {
    let theme = &model.look.theme;
    match op {
        Op::Add => vec![span(cut(new, room), theme.added)],
        Op::Remove => vec![span(cut(old, room), theme.removed)],
        Op::Replace => {
            if let Some([begins, from, to, ends]) = differing(old, new, room) {
                return vec![
                    span(format!("{begins}["), theme.dim),
                    span(from, theme.removed),
                    span(format!(" {} ", model.look.glyphs.arrow), theme.dim),
                    span(to, theme.added),
                    span(format!("]{ends}"), theme.dim),
                ];
            }
            // The new value matters more: the old one gets at most half of the room that is left.
            let most = room.saturating_sub(3);
            let old = cut(old, (most / 2).max(most.saturating_sub(width(new))));
            let rest = most.saturating_sub(width(&old));
            vec![
                span(old, theme.removed),
                span(format!(" {} ", model.look.glyphs.arrow), theme.dim),
                span(cut(new, rest), theme.added),
            ]
        }
    }
}

/// A chip is no longer than this, where others stand beside it.
const CHIP: usize = 40;

/// Draws the chips of something in the first line of an area, where there are some, and says what is left of
/// it. What has no room is counted: the newest ones stay in sight.
pub fn chip_line(model: &Model, of: Narrowed, area: Rect, buffer: &mut Buffer) -> Rect {
    let chips = model.chips(of).all();
    if chips.is_empty() || area.height == 0 {
        return area;
    }
    let (theme, room) = (&model.look.theme, usize::from(area.width).saturating_sub(6));
    let most = if chips.len() == 1 { room } else { CHIP.min(room) };
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
