//! A line that is typed: a revision, a filter, a name, a file. What is done with it is said by who opens it.
//!
//! ```text
//!  3   -2   2019-04-20   Task/42@3   #118        what may be typed, or why that was not taken
//!  go to @ 2019-04-20▏
//! ```

use std::fmt;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use crate::error::Result;
use crate::tui::action::Command;
use crate::tui::field::field;
use crate::tui::keys::Context;
use crate::tui::model::typed::Typed;
use crate::tui::model::{Model, Notice};
use crate::tui::paint::{put, span};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{cut, width};
use crate::tui::update::facts;
use crate::tui::words::{Words, common, fitting, word};

type Then = Box<dyn FnOnce(&mut Cx, &str)>;
type Live = Box<dyn FnMut(&mut Cx, &str)>;

/// A line that is typed.
pub struct Prompt {
    label: &'static str,
    /// What may be typed.
    example: String,
    input: Typed,
    /// What it was before, for leaving it.
    before: String,
    /// What stood there when it was last looked at.
    seen: String,
    /// The page of the manual that says what may be typed.
    page: Option<&'static str>,
    /// Whether nothing typed means something.
    takes_nothing: bool,
    /// Which words are completed.
    words: Option<Words>,
    /// How many inputs back it shows what was typed before, and what was being typed then.
    back: usize,
    draft: String,
    then: Option<Then>,
    live: Option<Live>,
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prompt({} {})", self.label, self.input.text())
    }
}

impl Prompt {
    /// A line that starts with a text.
    pub fn new(label: &'static str, example: impl Into<String>, text: &str) -> Self {
        Self {
            label,
            example: example.into(),
            input: Typed::line(text),
            before: text.to_owned(),
            seen: text.to_owned(),
            page: None,
            takes_nothing: false,
            words: None,
            back: 0,
            draft: String::new(),
            then: None,
            live: None,
        }
    }

    /// What stands there is a proposal.
    #[must_use]
    pub fn proposed(mut self) -> Self {
        self.input = self.input.proposed();
        self
    }

    /// A page of the manual says what may be typed.
    #[must_use]
    pub fn about(mut self, page: &'static str) -> Self {
        self.page = Some(page);
        self
    }

    /// Words that are known are completed.
    #[must_use]
    pub fn completes(mut self, words: Words) -> Self {
        self.words = Some(words);
        self
    }

    /// An empty line means something, too.
    #[must_use]
    pub fn or_nothing(mut self) -> Self {
        self.takes_nothing = true;
        self
    }

    /// What is done with the line when it is taken; without blanks around it.
    #[must_use]
    pub fn then(mut self, then: impl FnOnce(&mut Cx, &str) + 'static) -> Self {
        self.then = Some(Box::new(then));
        self
    }

    /// What is done with each text while it is typed, and with what was before when the line is left.
    #[must_use]
    pub fn live(mut self, live: impl FnMut(&mut Cx, &str) + 'static) -> Self {
        self.live = Some(Box::new(live));
        self
    }
}

impl Prompt {
    /// The words that begin like the one at the caret, and how much of them is there already.
    fn fitting(&self, model: &Model) -> (Vec<String>, usize) {
        let (text, caret) = (self.input.text(), self.input.caret().1);
        let before: String = text.chars().take(caret).collect();
        let typed = word(&before);
        let Some(words) = self.words.filter(|_| !typed.is_empty()) else { return (Vec::new(), 0) };
        (fitting(words.all(model), typed), typed.len())
    }

    fn complete(&mut self, cx: &mut Cx) {
        let (words, typed) = self.fitting(cx.model);
        let more = common(&words).get(typed..).unwrap_or_default();
        if let Err(error) = self.input.write(more) {
            cx.model.fail(error);
        }
        self.written(cx);
    }

    /// Shows what was typed before, or after that.
    fn earlier(&mut self, cx: &mut Cx, by: isize) {
        let before = cx.model.inputs.of(self.label);
        let back = self.back.saturating_add_signed(by).min(before.len());
        if back == self.back {
            return;
        }
        if self.back == 0 {
            self.draft = self.input.text();
        }
        let text = before.len().checked_sub(back).and_then(|at| before.get(at)).unwrap_or(&self.draft);
        (self.input, self.back) = (Typed::line(text), back);
        self.written(cx);
    }
}

impl Screen for Prompt {
    fn context(&self) -> Context {
        Context::Prompt
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::Complete => return self.complete(cx),
            Command::Up => return self.earlier(cx, 1),
            Command::Down => return self.earlier(cx, -1),
            _ => cx.close(),
        }
        let text = self.input.text();
        let text = text.trim();
        if command == Command::Out {
            if let Some(live) = &mut self.live {
                live(cx, &self.before);
            }
        } else if (!text.is_empty() || self.takes_nothing)
            && let Some(then) = self.then.take()
        {
            if !text.is_empty() {
                cx.model.inputs.keep(self.label, text);
            }
            then(cx, text);
        }
    }

    fn typed(&mut self, cx: &mut Cx, key: KeyEvent) -> Result<()> {
        let taken = self.input.key(key);
        self.written(cx);
        taken
    }

    fn text(&mut self) -> Option<&mut Typed> {
        Some(&mut self.input)
    }

    fn written(&mut self, cx: &mut Cx) {
        let text = self.input.text();
        if text == self.seen {
            return;
        }
        if matches!(cx.model.notice, Some(Notice::Failed(_))) {
            cx.model.notice = None;
        }
        if let Some(live) = &mut self.live {
            live(cx, &text);
        }
        self.seen = text;
    }

    fn page(&self) -> Option<&'static str> {
        self.page
    }

    fn wheel(&mut self, _cx: &mut Cx, _by: isize) {}

    fn tick(&mut self, cx: &mut Cx) {
        if self.words.is_some() {
            facts::fields(cx.model, cx.effects);
        }
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let area = Rect { y: screen.height.saturating_sub(2), height: 2, ..screen };
        Clear.render(area, buffer);
        // What was not taken, or does not hold, stands where the examples do: the line below is being typed.
        let (hint, style) = match &model.notice {
            Some(Notice::Failed(error)) => (error.message().to_owned(), theme.error),
            _ => match self.fitting(model).0 {
                words if words.is_empty() => (self.example.clone(), theme.dim),
                words => (words.join("   "), theme.key),
            },
        };
        let hint = format!(" {}", cut(&hint, usize::from(area.width).saturating_sub(2)));
        put(buffer, area, 0, &Line::from(span(hint, style)));
        let label = format!(" {} ", self.label);
        put(buffer, area, 1, &Line::from(span(label.clone(), theme.hotkey)));
        let used = width(&label) as u16;
        let style = if self.input.is_proposed() { theme.selected } else { theme.text };
        let (x, width) = (area.x + used, area.width.saturating_sub(used + 1));
        field(&self.input, Rect { x, y: area.y + 1, width, height: 1 }, style, true, buffer);
    }
}
