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

mod event;
pub mod footer;
mod header;
mod lanes;
mod list;
pub mod log;
mod notes;
mod pin;
pub mod state;
pub mod tables;
pub mod timeline;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Widget};

use super::areas::{LEAST, areas};
use super::model::{Model, Pane};
use super::paint::{border_set, change_sign, change_values, chip_line, failure, put, span};
use super::screen::Screen;
use super::text::width;
use crate::visible::is_harmful;

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

/// What is seen below the topmost screen, as lines of text: what that one says of it is about this.
pub fn text_below(model: &Model) -> String {
    let (columns, rows) = model.look.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let below = model.overlays.split_last().map_or(&[][..], |(_, below)| below);
    paint_with(model, below, &mut buffer);
    let lines = buffer.content.chunks(usize::from(columns).max(1)).map(|cells| {
        let (mut line, mut covered) = (String::new(), 0);
        for cell in cells {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            covered = width(cell.symbol()).saturating_sub(1);
        }
        line.truncate(line.trim_end().len());
        line
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned() + "\n"
}

fn paint(model: &Model, buffer: &mut Buffer) {
    paint_with(model, &model.overlays, buffer);
}

fn paint_with(model: &Model, overlays: &[Box<dyn Screen>], buffer: &mut Buffer) {
    screen(model, overlays, buffer);
    to_harmless(buffer);
    if model.look.glyphs.event.is_ascii() {
        to_ascii(buffer, model.look.utf8);
    }
}

fn screen(model: &Model, overlays: &[Box<dyn Screen>], buffer: &mut Buffer) {
    let (columns, rows) = model.look.size;
    let screen = Rect::new(0, 0, columns, rows).intersection(buffer.area);
    if columns < LEAST.0 || rows < LEAST.1 {
        let text =
            format!("This terminal has {columns}×{rows}; backstory needs {}×{} at least.", LEAST.0, LEAST.1);
        Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }).render(buffer.area, buffer);
        return;
    }
    if model.is_open() {
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
    overlay(model, overlays, screen, buffer);
    if let Some(touring) = &model.tour {
        let strip = Rect::new(0, rows, columns, model.look.strip).intersection(buffer.area);
        touring.draw(model, strip, buffer);
    }
}

fn overlay(model: &Model, overlays: &[Box<dyn Screen>], screen: Rect, buffer: &mut Buffer) {
    // Only the topmost is drawn, above what stays visible under it; what else it covers comes back when it closes.
    let Some((top, under)) = overlays.split_last() else { return };
    for there in under.iter().filter(|under| under.stays_visible()).chain([top]) {
        there.draw(model, screen, buffer);
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

/// The box that the topmost stands in, where a click beside it loses nothing that was typed.
pub fn closable(model: &Model) -> Option<Rect> {
    let screen = Rect::new(0, 0, model.look.size.0, model.look.size.1);
    model.overlays.last()?.closable(model, screen)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::tui::keys::Keys;
    use crate::tui::theme::Palette;

    #[test]
    fn a_terminal_that_shrinks_while_it_is_drawn_on_shows_a_part() {
        let mut model =
            Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
        model.overlays.clear();
        model.look.fit((120, 36), false);
        let prompt = crate::tui::screens::goto::prompt(&model);
        model.open(prompt);
        for size in [(120, 20), (30, 36), (200, 60), (1, 1)] {
            let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
            terminal.draw(|frame| draw(&model, frame)).unwrap();
        }
    }

    #[test]
    fn whatever_a_screen_forgets_is_harmless() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a\u{202e}b\u{9b}c", ratatui::style::Style::new());
        to_harmless(&mut buffer);
        assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(is_harmful)));
    }
}
