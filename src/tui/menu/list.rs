//! How a list to choose from is used and drawn.
//!
//! ```text
//! ╭ Only these ─────────────╮
//! │ ▸ type to narrow        │
//! │ type                    │  a heading
//! │ ✓ Task             1,200│  on; a count
//! ╰─────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Choices, Item, Shape};
use crate::error::{Error, Result};
use crate::markdown::Table;
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::paint::{failure, popup, popup_area, put, span};
use crate::tui::rows::{Click, Rows};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{cut, pad, pad_left, width, wrap};

/// A list to choose from.
#[derive(Debug)]
pub struct Menu<C: Choices> {
    /// What it is of.
    pub of: C,
    items: Option<Vec<Item<C::Choice>>>,
    typed: Typed,
    narrowing: bool,
    rows: Rows,
    /// What is to be selected at first.
    first: Option<C::Choice>,
}

impl<C: Choices> Menu<C> {
    /// With its first entry selected.
    pub fn new(of: C) -> Self {
        let (typed, rows) = (Typed::words(), Rows::default());
        Self { of, items: None, typed, narrowing: false, rows, first: None }
    }

    /// With another entry selected.
    pub fn at(of: C, choice: C::Choice) -> Self {
        Self { first: Some(choice), ..Self::new(of) }
    }

    fn items(&self) -> &[Item<C::Choice>] {
        self.items.as_deref().unwrap_or_default()
    }

    /// Whether its letters are typed: in a picker always, in a list while it is being narrowed.
    fn narrows(&self) -> bool {
        self.narrowing || self.of.look().keys.is_none()
    }

    /// The entries that match what was typed; of actions those first that begin so, then those with a word that does.
    fn shown(&self) -> Vec<&Item<C::Choice>> {
        let typed = self.typed.text().to_lowercase();
        let holds = |item: &&Item<C::Choice>| {
            let text = || item.text.to_lowercase();
            typed.is_empty() || (!item.heading && typed.split(' ').all(|word| text().contains(word)))
        };
        let mut shown: Vec<_> = self.items().iter().filter(holds).collect();
        if !typed.is_empty() && matches!(self.of.look().shape, Shape::Actions | Shape::Commands) {
            shown.sort_by_key(|item| {
                let text = item.text.to_lowercase();
                let mut words = text.split(|c: char| !c.is_alphanumeric());
                (!text.starts_with(&typed), !words.any(|word| word.starts_with(&typed)))
            });
        }
        shown
    }

    fn selected(&self) -> Option<&Item<C::Choice>> {
        self.shown().get(self.rows.selected).copied()
    }

    fn chosen(&self) -> Option<C::Choice> {
        self.selected().and_then(|item| item.choice.clone())
    }

    /// Shows other entries; the selected one stays selected where it is among them.
    fn refill(&mut self, items: Vec<Item<C::Choice>>, height: usize) {
        let chosen = self.first.take().or_else(|| self.chosen());
        self.items = Some(items);
        let place = self.shown().iter().position(|item| chosen.is_some() && item.choice == chosen);
        self.rows.selected = place.unwrap_or(self.rows.selected);
        self.rows.reveal(self.shown().len(), height);
        self.skip(1, height);
    }

    /// Goes on from a heading, or back where there is nothing behind it.
    fn skip(&mut self, by: isize, height: usize) {
        let headings: Vec<bool> = self.shown().iter().map(|item| item.heading).collect();
        let is_heading = |i: usize| headings.get(i).copied().unwrap_or(false);
        let last = headings.len().saturating_sub(1);
        let mut here = self.rows.selected;
        for by in [by, -by] {
            while is_heading(here) && here.checked_add_signed(by).is_some_and(|next| next <= last) {
                here = here.saturating_add_signed(by);
            }
        }
        self.rows.selected = here;
        self.rows.reveal(headings.len(), height);
    }

    /// Another text narrows it.
    fn narrowed(&mut self, height: usize) {
        self.rows = Rows::default();
        self.skip(1, height);
    }

    fn size(&self) -> (u16, u16) {
        let wide = match self.of.look().shape {
            Shape::Actions | Shape::Commands => 84,
            Shape::Table => 100,
            Shape::Counts => 54,
        };
        (wide, (self.items().len() as u16 + 4).clamp(6, 30))
    }

    /// Where the entries stand: below the frame, what is typed and an empty line.
    fn area(&self, screen: Rect) -> Rect {
        let (wide, high) = self.size();
        let area = popup_area(wide, high, screen);
        let (width, height) = (area.width.saturating_sub(4), area.height.saturating_sub(4));
        Rect { x: area.x + 2, y: area.y + 3, width, height }
    }

    fn choose(&mut self, cx: &mut Cx) {
        if let Some(choice) = self.chosen() {
            if !self.of.look().stays {
                cx.close();
            }
            self.of.choose(cx, choice);
        }
    }
}

impl<C: Choices> Screen for Menu<C> {
    fn context(&self) -> Context {
        self.of.look().keys.filter(|_| !self.narrowing).unwrap_or(Context::Menu)
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let height = usize::from(self.area(cx.area()).height);
        let (before, rows) = (self.rows.selected, self.shown().len());
        let picks = self.of.look().keys.is_none();
        match command {
            Command::TextFilter => self.narrowing = true,
            Command::Enter if self.narrowing => self.narrowing = false,
            Command::Out if self.narrowing || (!self.typed.is_empty() && !picks) => {
                self.narrowing = false;
                self.typed.clear();
                self.narrowed(height);
            }
            Command::Enter => self.choose(cx),
            Command::Out => {
                if self.of.leaves(cx) {
                    cx.close();
                }
            }
            _ if self.rows.command(command, rows, height) => {
                self.skip(if self.rows.selected < before { -1 } else { 1 }, height);
            }
            _ => {
                let chosen = self.chosen();
                self.of.command(cx, command, chosen);
            }
        }
    }

    fn typed(&mut self, cx: &mut Cx, key: KeyEvent) -> Result<()> {
        if let KeyCode::Char(letter) = key.code
            && self.of.takes(letter)
            && !self.narrowing
            && self.of.letter(cx, letter)
        {
            return Ok(());
        }
        let taken = match key.code {
            _ if !self.narrows() => return Ok(()),
            KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
            KeyCode::Backspace | KeyCode::Char(_) => self.typed.key(key),
            _ => return Ok(()),
        };
        self.narrowed(self.area(cx.area()).height.into());
        taken
    }

    fn text(&mut self) -> Option<&mut Typed> {
        self.narrows().then_some(&mut self.typed)
    }

    fn takes(&self, letter: char) -> bool {
        self.of.takes(letter)
    }

    fn written(&mut self, cx: &mut Cx) {
        self.narrowed(self.area(cx.area()).height.into());
    }

    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        let (area, shown) = (self.area(cx.area()), self.shown());
        let heading = |i: usize| shown.get(i).is_some_and(|item| item.heading);
        let (mut rows, count) = (self.rows, shown.len());
        if rows.click(x, y, count, area) != Click::Beside && !heading(rows.selected) {
            self.rows = rows;
            self.choose(cx);
        }
    }

    fn wheel(&mut self, cx: &mut Cx, by: isize) {
        let (rows, height) = (self.shown().len(), usize::from(self.area(cx.area()).height));
        self.rows.wheel(by, rows, height);
        self.skip(by, height);
    }

    fn tick(&mut self, cx: &mut Cx) {
        if let Some(items) = self.of.entries(cx) {
            self.refill(items, self.area(cx.area()).height.into());
        }
        self.rows.reveal(self.shown().len(), self.area(cx.area()).height.into());
    }

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        let (wide, high) = self.size();
        Some(popup_area(wide, high, screen))
    }

    fn failed(&self) -> Option<&Error> {
        self.of.failed()
    }

    fn hands_over(&self) -> bool {
        self.of.hands_over()
    }

    fn copied(&self, _model: &Model) -> Option<(String, &'static str, String)> {
        let item = self.selected().filter(|item| !item.heading)?;
        let line = format!("{}  {}", item.text.trim(), item.note.trim());
        Some(("the line".to_owned(), "txt", line.trim().to_owned()))
    }

    fn table(&self, _model: &Model) -> Option<Table> {
        let shown = self.shown();
        let items = || shown.iter().filter(|item| !item.heading);
        let checked = items().any(|item| item.checked.is_some());
        let title = self.of.title().unwrap_or_else(|| self.of.look().title.to_owned());
        let mut table = Table { heads: vec![title, String::new()], rows: Vec::new() };
        table.heads.extend(checked.then(|| "on".to_owned()));
        for item in items() {
            let on = item.checked.map(|on| if on { "yes" } else { "" }.to_owned());
            let cells = [item.text.trim().to_owned(), item.note.trim().to_owned()];
            table.rows.push(cells.into_iter().chain(checked.then(|| on.unwrap_or_default())).collect());
        }
        Some(table)
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let (theme, look) = (&model.look.theme, self.of.look());
        let (w, h) = self.size();
        let title = self.of.title().unwrap_or_else(|| look.title.to_owned());
        let inner = popup(model, &title, w, h, screen, buffer);
        let typed = if self.typed.is_empty() {
            span(if self.narrowing { "type to narrow" } else { look.hint }, theme.dim)
        } else {
            span(cut(&self.typed.text(), usize::from(inner.width) - 2), theme.text)
        };
        let sign = span(format!("{} ", model.look.glyphs.selected), theme.hotkey);
        put(buffer, inner, 0, &Line::from(vec![sign, typed]));
        let (area, shown) = (self.area(screen), self.shown());
        if shown.is_empty() {
            return self.draw_empty(model, area, buffer);
        }
        let room = usize::from(area.width);
        let column = column(self.items(), look.shape, room);
        self.rows.draw(model, shown.len(), area, buffer, |i| line(model, shown[i], look.shape, column, room));
    }
}

impl<C: Choices> Menu<C> {
    fn draw_empty(&self, model: &Model, area: Rect, buffer: &mut Buffer) {
        if let Some(error) = model.no_answer().filter(|_| self.items().is_empty()) {
            return failure(model, error, area, 0, buffer);
        }
        let narrowed = !self.typed.is_empty() && !self.items().is_empty();
        let text = if narrowed {
            format!("nothing matches {}", self.typed.text())
        } else {
            self.of.empty().to_owned()
        };
        for (y, line) in (0..).zip(wrap(&text, area.width.into(), 3)) {
            put(buffer, area, y, &Line::from(span(line, model.look.theme.dim)));
        }
    }
}

/// How wide the column is that is set by all entries: of a table the names, as far as the widest note leaves room;
/// else the notes.
fn column<C>(items: &[Item<C>], shape: Shape, room: usize) -> usize {
    const LEAST: usize = 20;
    let widest = |text: fn(&Item<C>) -> &str| {
        items.iter().filter(|item| !item.heading).map(|item| width(text(item))).max().unwrap_or(0)
    };
    match shape {
        Shape::Actions => widest(|item| &item.note).min(16),
        Shape::Counts => widest(|item| &item.note).min(12),
        Shape::Commands => 0,
        Shape::Table => {
            let most = room.saturating_sub(widest(|item| &item.note) + 4).max(LEAST);
            widest(|item| &item.text).clamp(LEAST, most)
        }
    }
}

fn line<C>(model: &Model, item: &Item<C>, shape: Shape, column: usize, room: usize) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    if item.heading {
        return Line::from(span(item.text.clone(), theme.dim));
    }
    let check = if item.checked == Some(true) { format!("{} ", glyphs.check) } else { "  ".into() };
    match shape {
        Shape::Actions => {
            let check = if item.checked == Some(true) { check } else { String::new() };
            let text = pad(&item.text, room.saturating_sub(column + 2));
            Line::from(vec![
                span(format!("{check}{text}"), theme.text),
                span(cut(&item.note, column), theme.hotkey),
            ])
        }
        Shape::Table => Line::from(vec![
            span(check, theme.added),
            span(pad(&item.text, column), theme.text),
            span(format!("  {}", cut(&item.note, room.saturating_sub(column + 4))), theme.dim),
        ]),
        Shape::Commands => {
            let text = cut(&item.text, room.saturating_sub(4));
            let rest = room.saturating_sub(width(&text) + 6);
            Line::from(vec![
                span(format!("  {text}"), theme.text),
                span(format!("  {}", cut(&item.note, rest)), theme.dim),
            ])
        }
        Shape::Counts => Line::from(vec![
            span(check, theme.added),
            span(pad(&item.text, room.saturating_sub(column + 4)), theme.text),
            span(pad_left(&item.note, column + 1), theme.dim),
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::menu::{Given, Look};

    fn menu() -> Menu<Given<u8>> {
        let items = vec![
            Item::heading("Types"),
            Item::new("Task", "", 1),
            Item::heading("Actors"),
            Item::new("mira", "", 2),
        ];
        let mut menu = Given::menu(Look { shape: Shape::Counts, ..Look::PICKER }, Vec::new(), "", |_, _| {});
        menu.refill(items, 10);
        menu
    }

    #[test]
    fn headings_are_skipped_and_typing_narrows() {
        let mut menu = menu();
        assert_eq!(menu.chosen(), Some(1));
        let mut step = |command, by| {
            menu.rows.command(command, 4, 10);
            menu.skip(by, 10);
            menu.chosen()
        };
        assert_eq!(step(Command::Down, 1), Some(2));
        assert_eq!(step(Command::Up, -1), Some(1));
        assert_eq!(step(Command::Up, -1), Some(1));
        menu.typed.write("MI").unwrap();
        menu.narrowed(10);
        assert_eq!((menu.shown().len(), menu.chosen()), (1, Some(2)));
    }

    #[test]
    fn the_selected_entry_stays_selected_when_others_come() {
        let mut menu = menu();
        menu.rows.selected = 3;
        menu.refill(vec![Item::new("ben", "", 3), Item::new("mira", "", 2), Item::new("zoe", "", 4)], 10);
        assert_eq!((menu.chosen(), menu.rows.selected), (Some(2), 1));
    }
}
