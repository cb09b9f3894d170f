//! The picture of the model; it reads and changes nothing.
//!
//! ```text
//!  header     store ⎇ branch  aggregate "label"  version            counts  live zone
//! ┌ list ────────┬ state │ log ──────────────────┬ event ──────────┐
//! │              │                               │                 │   below 110 columns state and
//! ├ timeline ────┴───────────────────────────────┴─────────────────┤   event share one place as tabs
//! │ overview, notes, lanes                                         │
//! └──▲─────────────────────────────────────────────────────────────┘
//!  footer     keys, or what was done or failed
//! ```

mod ask;
pub mod carry;
mod diff;
mod edit;
mod event;
mod fire;
pub mod footer;
mod goto;
mod graph;
mod header;
mod help;
mod jobs;
pub mod lab;
mod lanes;
mod list;
pub mod log;
pub mod menu;
mod notes;
mod order;
mod outcome;
mod pin;
pub mod report;
mod rewrite;
pub mod start;
mod state;
pub mod timeline;
mod tour;
mod trace;
mod types;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Widget};

use super::areas::{LEAST, areas};
use super::text::{self, safe};
use crate::error::Error;
use crate::visible::is_harmful;

use super::model::overlay::Overlay;
use super::model::{Model, Pane, Stage};

/// Draws everything, in ASCII where no more can be shown.
pub fn draw(model: &Model, frame: &mut Frame) {
    let (columns, rows) = model.look.terminal();
    let whole = Rect::new(0, 0, columns, rows);
    let shown = frame.area();
    if whole == shown {
        return paint(model, frame.buffer_mut());
    }
    // The terminal has got another size in this very moment: the picture for the old one, as far as it is seen.
    let mut buffer = Buffer::empty(whole);
    paint(model, &mut buffer);
    let there = frame.buffer_mut();
    for position in whole.intersection(shown).positions() {
        there[position] = buffer[position].clone();
    }
}

fn paint(model: &Model, buffer: &mut Buffer) {
    screen(model, buffer);
    to_harmless(buffer);
    if model.look.glyphs.event.is_ascii() {
        to_ascii(buffer, model.look.utf8);
    }
}

fn screen(model: &Model, buffer: &mut Buffer) {
    let (columns, rows) = model.look.size;
    let screen = Rect::new(0, 0, columns, rows).intersection(buffer.area);
    if columns < LEAST.0 || rows < LEAST.1 {
        let text =
            format!("This terminal has {columns}×{rows}; backstory needs {}×{} at least.", LEAST.0, LEAST.1);
        Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }).render(buffer.area, buffer);
        return;
    }
    if let Stage::Start(start) = &model.stage {
        start::draw(model, start, screen, buffer);
    } else {
        let areas = areas(model);
        header::draw(model, areas.header, buffer);
        for (area, pane) in [
            (areas.list, Pane::List),
            (areas.state, Pane::State),
            (areas.event, Pane::Event),
            (areas.timeline, Pane::Timeline),
        ] {
            let Some(area) = area else { continue };
            match pane {
                Pane::List => list::draw(model, area, buffer),
                Pane::State => state::draw(model, area, areas.tabs, buffer),
                Pane::Event => event::draw(model, area, areas.tabs, buffer),
                Pane::Timeline => timeline::draw(model, area, buffer),
            }
        }
        footer::draw(model, areas.footer, buffer);
    }
    overlay(model, screen, buffer);
    if let Some(touring) = &model.tour {
        let strip = Rect::new(0, rows, columns, model.look.strip).intersection(buffer.area);
        tour::draw(model, touring, strip, buffer);
    }
}

fn overlay(model: &Model, screen: Rect, buffer: &mut Buffer) {
    // Only the topmost is drawn, above the list that it is about; what it covers comes back when it closes.
    let under = model.overlays.iter().rev().nth(1);
    let under = under.filter(|under| matches!(under, Overlay::Rewrite(_) | Overlay::Lab(_)));
    for overlay in under.into_iter().chain(model.overlays.last()) {
        match overlay {
            Overlay::Help(of, scroll) => help::draw(model, *of, *scroll, screen, buffer),
            Overlay::Prompt(prompt) => goto::draw(model, prompt, screen, buffer),
            Overlay::Menu(menu) => menu::draw(model, menu, screen, buffer),
            Overlay::Form(form) => fire::draw(model, form, screen, buffer),
            Overlay::Diff(diff) => diff::draw(model, diff, screen, buffer),
            Overlay::Reports(reports) => report::draw(model, reports, screen, buffer),
            Overlay::Order(orders) => order::draw(model, orders, screen, buffer),
            Overlay::Rewrite(todo) => rewrite::draw(model, todo, screen, buffer),
            Overlay::Lab(lab) => lab::draw(model, lab, buffer),
            Overlay::Edit(edit) => edit::draw(model, edit, screen, buffer),
            Overlay::Outcome(outcome) => outcome::draw(model, outcome, screen, buffer),
            Overlay::Carry(carrying) => carry::draw(model, carrying, screen, buffer),
            Overlay::Graph(graph) => graph::draw(model, graph, screen, buffer),
            Overlay::Trace(trace) => trace::draw(model, trace, screen, buffer),
            Overlay::Type(pane) => types::draw(model, pane, screen, buffer),
            Overlay::Jobs(jobs) => jobs::draw(model, jobs, screen, buffer),
            Overlay::Ask(ask) => ask::draw(model, ask, screen, buffer),
            Overlay::Confirm(fire) => fire::confirm(model, *fire, screen, buffer),
        }
    }
}

/// Whatever a screen forgot to make visible reaches no terminal: a sign without width hides in another one's cell.
fn to_harmless(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().contains(is_harmful) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

/// What is drawn beside the glyphs of the theme, in ASCII: the last word after everything is drawn.
fn to_ascii(buffer: &mut Buffer, utf8: bool) {
    for cell in &mut buffer.content {
        let twin = match cell.symbol() {
            "…" => "~",
            "×" => "x",
            "½" => "h",
            "←" => "<",
            "→" => ">",
            "↑" => "^",
            "↓" => "v",
            "⇧" => "S",
            "–" => "-",
            "≠" => "#",
            // What the records say is shown as it is, where the terminal can.
            other if utf8 || other.is_ascii() => continue,
            _ => "?",
        };
        cell.set_symbol(twin);
    }
}

/// The frame of a pane: in the colour of the focus where it has that; in the past dashed, and of another colour.
fn pane_block<'a>(model: &Model, pane: Pane, title: Line<'a>) -> Block<'a> {
    let theme = &model.look.theme;
    let focused = model.focus == pane && model.overlays.is_empty();
    let style = match (model.in_past(), focused) {
        (_, true) => theme.focus,
        (true, false) => theme.past.not_bold(),
        (false, false) => theme.border,
    };
    Block::bordered().border_set(border_set(model)).border_style(style).title(title)
}

/// The lines of frames: ASCII, plain, or double while the past is shown.
fn border_set(model: &Model) -> border::Set<'static> {
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

/// The title of a pane: its number, its name, and a word.
fn title(model: &Model, pane: Pane, name: &str, note: &str) -> Line<'static> {
    let theme = &model.look.theme;
    let number = Pane::ALL.iter().position(|other| *other == pane).unwrap_or(0) + 1;
    let focused = model.focus == pane;
    let mut spans = vec![
        span(format!(" {number} "), theme.dim),
        span(name, if focused { theme.title } else { theme.text }),
    ];
    if !note.is_empty() {
        spans.push(span(format!("  {note}"), theme.dim));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// An empty box in the middle of the screen, and what is inside its frame.
fn popup(model: &Model, title: &str, width: u16, height: u16, screen: Rect, buffer: &mut Buffer) -> Rect {
    let area = popup_area(width, height, screen);
    // A wide character that would be cut in half by the frame makes way.
    for y in area.top()..area.bottom() {
        if let Some(cell) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && super::text::width(cell.symbol()) > 1
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
fn full(model: &Model, title: String, screen: Rect, buffer: &mut Buffer) -> Rect {
    let area = Rect { height: screen.height.saturating_sub(1), ..screen };
    Clear.render(area, buffer);
    let block = frame(model, title, area.width);
    let inner = block.inner(area);
    block.render(area, buffer);
    footer::draw(model, Rect { y: area.height, height: 1, ..screen }, buffer);
    inner
}

/// The box that the topmost stands in, where a click beside it loses nothing that was typed.
pub fn closable(model: &Model) -> Option<Rect> {
    let screen = Rect::new(0, 0, model.look.size.0, model.look.size.1);
    let (width, height) = match model.overlays.last()? {
        Overlay::Menu(menu) => menu::size(menu),
        Overlay::Help(..) => help::size(screen),
        Overlay::Ask(ask) => ask::size(ask, screen),
        Overlay::Carry(carrying) => carry::size(model, carrying),
        Overlay::Confirm(_) => fire::confirm_size(model)?,
        _ => return None,
    };
    Some(popup_area(width, height, screen))
}

/// Where a box of that size stands: in the middle, a little above it.
fn popup_area(width: u16, height: u16, screen: Rect) -> Rect {
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
fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line) {
    if row >= area.height {
        return;
    }
    buffer.set_line(area.x, area.y + row, line, area.width);
    // What does not fit is never cut without a sign.
    let mut used = 0;
    let room = usize::from(area.width);
    let lost = line.spans.iter().any(|span| {
        let start = used;
        used += super::text::width(&span.content);
        used > room && start + super::text::width(span.content.trim_end()) > room
    });
    if lost && let Some(cell) = area.right().checked_sub(1).and_then(|x| buffer.cell_mut((x, area.y + row))) {
        cell.set_symbol("…");
    }
}

/// Why something is not there, in place of it.
fn failure(model: &Model, error: &Error, area: Rect, from: u16, buffer: &mut Buffer) {
    for (y, line) in (from..).zip(why(model, error, area.width)) {
        put(buffer, area, y, &line);
    }
}

/// What stands where an answer is waited for: a word for it, or why it does not come.
fn waiting(model: &Model, word: &str, area: Rect, from: u16, buffer: &mut Buffer) {
    match model.no_answer() {
        Some(error) => failure(model, error, area, from, buffer),
        None => put(buffer, area, from, &Line::from(span(format!(" {word}"), model.look.theme.dim))),
    }
}

/// A message and its hint, as lines of an area so wide.
fn why(model: &Model, error: &Error, width: u16) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let room = usize::from(width.saturating_sub(2));
    let lines = |text: &str, style| {
        super::text::wrap(text, room, 12)
            .into_iter()
            .map(move |line| Line::from(span(format!(" {line}"), style)))
    };
    let hint = error.hint_text().into_iter().flat_map(|hint| lines(hint, theme.dim));
    lines(error.message(), theme.error).chain(hint).collect()
}

/// A frame so wide; at its foot it says why what is inside is not what was asked for last.
fn frame(model: &Model, title: String, width: u16) -> Block<'static> {
    let theme = &model.look.theme;
    let block = Block::bordered()
        .border_set(border_set(model))
        .border_style(theme.focus)
        .title(Line::from(span(title, theme.title)));
    match model.unanswered.as_ref().filter(|_| model.lacks_answer()) {
        Some(failed) => {
            let said = format!(" not answered: {} ", failed.error.message());
            block.title_bottom(Line::from(span(
                text::cut(&said, usize::from(width.saturating_sub(2))),
                theme.error,
            )))
        }
        None => block,
    }
}

/// A piece of a line, safe.
fn span<'a>(text: impl Into<Cow<'a, str>>, style: Style) -> Span<'static> {
    Span::styled(safe(&text.into()), style)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::tui::keys::Keys;
    use crate::tui::model::overlay::{Prompt, Purpose};
    use crate::tui::theme::Palette;

    #[test]
    fn a_terminal_that_shrinks_while_it_is_drawn_on_shows_a_part() {
        let mut model =
            Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
        model.stage = Stage::Explore;
        model.look.fit((120, 36), false);
        model.overlays.push(Overlay::Prompt(Box::new(Prompt::new(Purpose::GoTo, false, "Task/1"))));
        for size in [(120, 20), (30, 36), (200, 60), (1, 1)] {
            let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
            terminal.draw(|frame| draw(&model, frame)).unwrap();
        }
    }

    #[test]
    fn whatever_a_screen_forgets_is_harmless() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a\u{202e}b\u{9b}c", Style::new());
        to_harmless(&mut buffer);
        assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(is_harmful)));
    }
}
