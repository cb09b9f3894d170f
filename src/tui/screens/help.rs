//! The help: every key by heading, and the signs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{popup, popup_area, put, span};
use crate::tui::rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{pad, wrap};

/// How many lines the wheel goes on by.
const WHEEL: isize = 3;

/// The help of what was open.
#[derive(Debug)]
pub struct Help {
    of: Context,
    top: usize,
}

impl Help {
    /// Of the keys of a place.
    pub fn of(of: Context) -> Self {
        Self { of, top: 0 }
    }

    /// Scrolls, as far as there are lines.
    fn scroll(&mut self, model: &Model, screen: Rect, by: isize) {
        let inner = inner(screen);
        let lines = lines(model, self.of, usize::from(inner.width)).len();
        self.top = self.top.saturating_add_signed(by).min(lines.saturating_sub(inner.height.into()));
    }
}

/// The columns of its box.
const WIDTH: u16 = 88;

/// Its box.
fn area(screen: Rect) -> Rect {
    popup_area(WIDTH, screen.height.saturating_sub(2), screen)
}

fn inner(screen: Rect) -> Rect {
    let area = area(screen);
    let (width, height) = (area.width.saturating_sub(4), area.height.saturating_sub(2));
    Rect { x: area.x + 2, y: area.y + 1, width, height }
}

impl Screen for Help {
    fn context(&self) -> Context {
        Context::Help
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let height = usize::from(inner(cx.area()).height);
        match rows::lines(command, height) {
            Some(by) => self.scroll(cx.model, cx.area(), by),
            None => cx.close(),
        }
    }

    fn wheel(&mut self, cx: &mut Cx, by: isize) {
        self.scroll(cx.model, cx.area(), by * WHEEL);
    }

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        Some(area(screen))
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let inner = popup(model, "Help", WIDTH, screen.height.saturating_sub(2), screen, buffer);
        let lines = lines(model, self.of, usize::from(inner.width));
        let most = lines.len().saturating_sub(usize::from(inner.height));
        let top = self.top.min(most);
        for (y, line) in lines.iter().skip(top).take(usize::from(inner.height)).enumerate() {
            put(buffer, inner, y as u16, line);
        }
        if most > 0 {
            let text = format!(" {}/{} lines, Esc closes ", top + usize::from(inner.height), lines.len());
            let x = inner.x + inner.width.saturating_sub(text.len() as u16);
            buffer.set_string(x, inner.y + inner.height, text, theme.dim);
        }
    }
}

fn lines(model: &Model, of: Context, room: usize) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let mut out = Vec::new();
    if of != Context::Browse {
        for (_, entry) in model.keys.entries(of).filter(|(_, entry)| !entry.shown().is_empty()) {
            key(model, &entry.shown(), &entry.help, room, &mut out);
        }
        return out;
    }
    let about = "Every pane shows the same moment: the cursor's. Left and right move it through time in every pane; \
        up and down move in the pane in focus. What lies after the cursor is dimmed and hollow.";
    for line in wrap(about, room, 4) {
        out.push(Line::from(span(line, theme.text)));
    }
    let mut groups: Vec<&str> = Vec::new();
    for (_, entry) in model.keys.entries(Context::Browse) {
        if !groups.contains(&entry.group.as_str()) {
            groups.push(&entry.group);
        }
    }
    for group in groups {
        out.push(Line::default());
        out.push(Line::from(span(group.to_owned(), theme.title)));
        for (_, entry) in model.keys.entries(Context::Browse).filter(|(_, entry)| entry.group == group) {
            key(model, &entry.shown(), &entry.help, room, &mut out);
        }
    }
    out.push(Line::default());
    out.push(Line::from(span("Signs", theme.title)));
    let g = &model.look.glyphs;
    for (sign, text) in [
        (g.event, "an event up to the cursor"),
        (g.future, "an event after the cursor"),
        (g.cursor, "the cursor"),
        (g.head, "the head: the newest event"),
        (g.unchanged, "an event that changed nothing"),
        (g.late, "an event that occurred before its predecessor"),
        (g.repeated, "an event like an earlier one, in type and data"),
        (g.gap, "an event before which others are missing, by the numbers of its source"),
        (g.clash, "an event whose number another one has, too"),
        (g.before_cause, "an event that stands, or occurred, before its cause"),
        (g.overwrote, "an event that overwrote what somebody else had set just before"),
        (g.several, "an event, or several in one place, of which more than one of these is true"),
        (g.error, "an event whose rule failed"),
        (g.mark, "the mark"),
        (g.waypoint, "a waypoint, with its name"),
        (g.alarm, "what a monitor found"),
        (g.changed, "a field that this event changed"),
        ('*', "a record of the list that is on the timeline beside others"),
        (g.check, "a record that is done, where there is no room for its status; and: that was done"),
        (g.gone, "a record that is deleted"),
        (g.turned_true, "an event at which what F searched for turned true"),
        (g.turned_false, "an event at which it turned false"),
        (g.fork, "where a branch forks"),
        (g.fold, "a long gap, folded, with its length"),
        (g.bars[8], "a cell of many events; the higher, the closer together in time"),
    ] {
        out.push(Line::from(vec![
            span(format!("  {}", pad(&sign.to_string(), 12)), theme.event),
            span(text, theme.text),
        ]));
    }
    out
}

/// A key and what it does, on as many lines as that needs.
fn key(model: &Model, keys: &str, help: &str, room: usize, out: &mut Vec<Line<'static>>) {
    let theme = &model.look.theme;
    for (i, line) in wrap(help, room.saturating_sub(14), 3).into_iter().enumerate() {
        let head = if i == 0 { pad(keys, 12) } else { " ".repeat(12) };
        out.push(Line::from(vec![span(format!("  {head}"), theme.hotkey), span(line, theme.text)]));
    }
}
