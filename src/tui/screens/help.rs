//! The help: what the program is for, every key by heading, the signs; or a page of the manual behind the keys of the
//! place that it helps in. `/` narrows it.

mod entries;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::error::Result;
use crate::manual::Page;
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::paint::{popup, popup_area, put, span};
use crate::tui::rows;
use crate::tui::screen::{Cx, Screen};

/// How many lines the wheel goes on by.
const WHEEL: isize = 3;

/// The help of what was open.
#[derive(Debug)]
pub struct Help {
    /// The place whose keys it tells.
    of: Option<Context>,
    /// The page of the manual behind them.
    page: Option<&'static Page>,
    /// The words that it is narrowed by, and whether they are being typed.
    words: Typed,
    narrowing: bool,
    top: usize,
}

impl Help {
    /// Of the keys of a place, and of what a page of the manual says about it.
    pub fn of(of: Context, page: Option<&'static Page>) -> Self {
        Self { of: Some(of), page, words: Typed::words(), narrowing: false, top: 0 }
    }

    /// A page of the manual alone.
    pub fn page(page: &'static Page) -> Self {
        Self { of: None, ..Self::of(Context::Help, Some(page)) }
    }

    /// Its lines, as far as they have the words in them.
    fn lines(&self, model: &Model, screen: Rect) -> Vec<Line<'static>> {
        let room = usize::from(inner(screen).width);
        let keys = self.of.into_iter().flat_map(|of| entries::of_place(model, of, room));
        let page = self.page.into_iter().flat_map(|page| entries::of_page(model, page, room));
        entries::narrowed(keys.chain(page).collect(), &self.words.text())
    }

    /// Scrolls, as far as there are lines.
    fn scroll(&mut self, model: &Model, screen: Rect, by: isize) {
        let lines = self.lines(model, screen).len();
        let most = lines.saturating_sub(inner(screen).height.into());
        self.top = self.top.saturating_add_signed(by).min(most);
    }

    fn title(&self) -> String {
        let words = self.words.text();
        let about = match (self.of, self.page) {
            (None, Some(page)) => format!("Manual: {}", page.topic),
            _ => "Help".to_owned(),
        };
        if self.narrowing || !words.is_empty() { format!("{about}  /{words}") } else { about }
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
        if self.narrowing { Context::Menu } else { Context::Help }
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let height = usize::from(inner(cx.area()).height);
        match (command, rows::lines(command, height)) {
            (_, Some(by)) => self.scroll(cx.model, cx.area(), by),
            (Command::TextFilter, _) => self.narrowing = true,
            (Command::Enter, _) if self.narrowing => self.narrowing = false,
            // What narrows it is taken back before it closes.
            (Command::Out, _) if self.narrowing || !self.words.is_empty() => {
                (self.narrowing, self.top) = (false, 0);
                self.words.clear();
            }
            _ => cx.close(),
        }
    }

    fn typed(&mut self, _cx: &mut Cx, key: KeyEvent) -> Result<()> {
        if !self.narrowing {
            return Ok(());
        }
        self.top = 0;
        self.words.key(key)
    }

    fn text(&mut self) -> Option<&mut Typed> {
        self.narrowing.then_some(&mut self.words)
    }

    fn wheel(&mut self, cx: &mut Cx, by: isize) {
        self.scroll(cx.model, cx.area(), by * WHEEL);
    }

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        Some(area(screen))
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let inner = popup(model, &self.title(), WIDTH, screen.height.saturating_sub(2), screen, buffer);
        let lines = self.lines(model, screen);
        if lines.is_empty() {
            put(buffer, inner, 0, &Line::from(span("nothing here says that", theme.dim)));
        }
        let most = lines.len().saturating_sub(usize::from(inner.height));
        let top = self.top.min(most);
        for (y, line) in lines.iter().skip(top).take(usize::from(inner.height)).enumerate() {
            put(buffer, inner, y as u16, line);
        }
        let so_many = (top + usize::from(inner.height)).min(lines.len());
        let text = format!(" {so_many}/{} lines, / narrows, Esc closes ", lines.len());
        let x = inner.x + inner.width.saturating_sub(text.len() as u16);
        buffer.set_string(x, inner.y + inner.height, text, theme.dim);
    }
}
