//! Something that is asked about before it is done: what it is, what it would do, two buttons, of which the one that
//! does nothing is chosen.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{buttons, popup, popup_area, put, span};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::wrap;

/// The columns of its box.
const WIDTH: u16 = 76;

/// What is done where the answer is yes.
type Then = Box<dyn FnOnce(&mut Cx)>;

/// The question.
pub struct Ask {
    title: &'static str,
    /// What it would do.
    lines: Vec<String>,
    /// The word on the button that does it.
    button: &'static str,
    /// Whether that button is chosen.
    yes: bool,
    then: Option<Then>,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ask({})", self.title)
    }
}

impl Ask {
    /// Asks before `then` is done.
    pub fn new(
        title: &'static str,
        lines: Vec<String>,
        button: &'static str,
        then: impl FnOnce(&mut Cx) + 'static,
    ) -> Self {
        Self { title, lines, button, yes: false, then: Some(Box::new(then)) }
    }

    fn size(&self, screen: Rect) -> (u16, u16) {
        (WIDTH, self.wrapped(screen).len() as u16 + 5)
    }

    fn wrapped(&self, screen: Rect) -> Vec<String> {
        let room = usize::from(WIDTH.min(screen.width.saturating_sub(2))).saturating_sub(4);
        let mut lines: Vec<String> = Vec::new();
        for line in &self.lines {
            if line.is_empty() {
                lines.push(String::new());
            }
            lines.extend(wrap(line, room, 3));
        }
        lines
    }
}

impl Screen for Ask {
    fn context(&self) -> Context {
        Context::Confirm
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        if command == Command::Down {
            self.yes = !self.yes;
            return;
        }
        cx.close();
        if command == Command::Enter
            && self.yes
            && let Some(then) = self.then.take()
        {
            then(cx);
        }
    }

    fn wheel(&mut self, _cx: &mut Cx, _by: isize) {}

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        let (width, height) = self.size(screen);
        Some(popup_area(width, height, screen))
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let (w, h) = self.size(screen);
        let inner = popup(model, self.title, w, h, screen, buffer);
        for (y, line) in self.wrapped(screen).into_iter().enumerate() {
            put(buffer, inner, y as u16, &Line::from(span(line, model.look.theme.text)));
        }
        put(buffer, inner, inner.height.saturating_sub(2), &buttons(model, self.button, self.yes));
    }
}
