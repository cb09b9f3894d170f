//! Text that is typed or pasted: the one piece through which every prompt, list, form and editor takes it.
//! It has a greatest length, and whatever is done to it goes through it once: no paste can hold up the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

use super::Model;
use crate::error::{Error, Result};
use crate::tui::text::count;

/// The most characters of a line: a filter, a revision, a parameter.
const LINE: usize = 10_000;

/// The most characters of several lines: an event's data, a rule.
const LINES: usize = 100_000;

/// The most characters that narrow a list: each is looked for in each entry.
const WORDS: usize = 200;

/// A text that is being written.
#[derive(Debug)]
pub struct Typed {
    area: TextArea<'static>,
    tall: bool,
    most: usize,
    /// What stands there is a proposal that nobody touched: what is typed takes its place.
    proposed: bool,
}

impl Typed {
    /// One line, the caret at its end.
    pub fn line(text: &str) -> Self {
        Self::new(vec![text.to_owned()], false, LINE)
    }

    /// Several lines, the caret at the end.
    pub fn lines(text: &str) -> Self {
        Self::new(text.lines().map(str::to_owned).collect(), true, LINES)
    }

    /// The few words that narrow a list.
    pub fn words() -> Self {
        Self::new(vec![String::new()], false, WORDS)
    }

    fn new(lines: Vec<String>, tall: bool, most: usize) -> Self {
        let mut area = TextArea::new(lines);
        area.set_cursor_line_style(ratatui::style::Style::new());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        let mut typed = Self { area, tall, most, proposed: false };
        // What stood there from the start may be longer than anybody types, and must stay possible to mend.
        typed.most = most.max(2 * typed.length());
        typed
    }

    /// The same with the caret at the beginning.
    #[must_use]
    pub fn from_start(mut self) -> Self {
        self.area.move_cursor(CursorMove::Jump(0, 0));
        self
    }

    /// The same as a proposal, which is replaced by what is typed.
    #[must_use]
    pub fn proposed(mut self) -> Self {
        self.proposed = !self.is_empty();
        self
    }

    /// Whether a proposal stands there.
    pub fn is_proposed(&self) -> bool {
        self.proposed
    }

    fn touch(&mut self, replaces: bool) {
        if std::mem::take(&mut self.proposed) && replaces {
            self.clear();
        }
    }

    /// What stands there.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Its lines; at least one.
    pub fn rows(&self) -> &[String] {
        self.area.lines()
    }

    /// Whether nothing stands there.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// The caret: its line, and the character in it that it stands before.
    pub fn caret(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Whether it has several lines.
    pub fn is_tall(&self) -> bool {
        self.tall
    }

    /// Takes everything away.
    pub fn clear(&mut self) {
        *self = Self { area: TextArea::default(), ..*self };
        self.area.set_cursor_line_style(ratatui::style::Style::new());
    }

    /// A key: a character, a move, a deletion. What makes the text too long is not taken.
    pub fn key(&mut self, key: KeyEvent) -> Result<()> {
        self.touch(match key.code {
            KeyCode::Char(_) => !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT),
            code => matches!(code, KeyCode::Backspace | KeyCode::Delete),
        });
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            // Shells and editors empty a line with this key; the field alone would undo.
            KeyCode::Char('u') if control => {
                self.area.delete_line_by_head();
                return Ok(());
            }
            KeyCode::Enter if !self.tall => return Ok(()),
            KeyCode::Char('m') if control && !self.tall => return Ok(()),
            _ => {}
        }
        // Most keys put one character in, one puts in again what was cut away.
        if self.area.input(key) && self.length() > self.most {
            self.area.undo();
            return Err(self.full());
        }
        Ok(())
    }

    /// Characters that were typed in one go: as many as there is room for.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.touch(true);
        let room = self.most.saturating_sub(self.length());
        let fits = text.char_indices().nth(room).map_or(text, |(end, _)| &text[..end]);
        self.area.insert_str(fits);
        if fits.len() < text.len() { Err(self.full()) } else { Ok(()) }
    }

    /// Pasted text, whole or not at all: half of a filter, a rule or a value would mean something else.
    pub fn paste(&mut self, text: &str) -> Result<()> {
        self.touch(true);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = if self.tall { text } else { text.replace('\n', " ").trim().to_owned() };
        let (pasted, room) = (text.chars().count(), self.most.saturating_sub(self.length()));
        if pasted > room {
            return Err(Error::refused(format!(
                "Not pasted: {} characters are too many here, {} more fit in.",
                count(pasted as i64),
                count(room as i64)
            )));
        }
        self.area.insert_str(text);
        Ok(())
    }

    fn length(&self) -> usize {
        let lines = self.area.lines();
        lines.iter().map(|line| line.chars().count()).sum::<usize>() + lines.len().saturating_sub(1)
    }

    fn full(&self) -> Error {
        Error::refused(format!("Nothing more fits in here: {} characters at most.", count(self.most as i64)))
    }
}

impl Model {
    /// The text that is being written, where one is.
    pub fn writing(&mut self) -> Option<&mut Typed> {
        self.overlays.last_mut()?.text()
    }

    /// Whether a character is one of the text that is being written, and nothing else.
    pub fn writes(&mut self, c: char) -> bool {
        let Some(screen) = self.overlays.last_mut() else { return false };
        let key = screen.takes(c);
        screen.text().is_some_and(|typed| (c != '\n' || typed.is_tall()) && !key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(typed: &mut Typed, code: KeyCode, modifiers: KeyModifiers) -> Result<()> {
        typed.key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn a_paste_is_taken_whole_or_not_at_all() {
        let mut typed = Typed::line("ab");
        typed.paste(&"x".repeat(LINE - 2)).unwrap();
        assert_eq!(typed.text().len(), LINE);
        let error = typed.paste("yz").unwrap_err();
        assert_eq!(error.message(), "Not pasted: 2 characters are too many here, 0 more fit in.");
        assert_eq!(typed.text().len(), LINE);
        assert!(typed.text().starts_with("abx"));
    }

    #[test]
    fn what_is_typed_ends_where_there_is_no_room() {
        let mut typed = Typed::words();
        let error = typed.write(&"é".repeat(WORDS + 5)).unwrap_err();
        assert!(error.message().contains("200 characters at most"), "{error}");
        assert_eq!(typed.text().chars().count(), WORDS);
        assert!(press(&mut typed, KeyCode::Char('x'), KeyModifiers::NONE).is_err());
        assert_eq!(typed.text(), "é".repeat(WORDS));
        press(&mut typed, KeyCode::Backspace, KeyModifiers::NONE).unwrap();
        press(&mut typed, KeyCode::Char('x'), KeyModifiers::NONE).unwrap();
        assert!(typed.text().ends_with("éx"));
    }

    #[test]
    fn what_was_cut_away_and_put_back_again_and_again_stays_within_bounds() {
        let mut typed = Typed::line(&"x".repeat(LINE));
        let most = typed.most;
        press(&mut typed, KeyCode::Char('a'), KeyModifiers::CONTROL).unwrap();
        press(&mut typed, KeyCode::Char('k'), KeyModifiers::CONTROL).unwrap();
        let put: Vec<bool> =
            (0..9).map(|_| press(&mut typed, KeyCode::Char('y'), KeyModifiers::CONTROL).is_ok()).collect();
        assert_eq!(put.iter().filter(|put| **put).count(), most / LINE, "{put:?}");
        assert!(typed.length() <= most);
    }

    #[test]
    fn one_line_stays_one_line() {
        let mut typed = Typed::line("");
        typed.paste("\r\na\r\nb\rc\n").unwrap();
        press(&mut typed, KeyCode::Enter, KeyModifiers::NONE).unwrap();
        press(&mut typed, KeyCode::Char('m'), KeyModifiers::CONTROL).unwrap();
        assert_eq!(typed.text(), "a b c");
        let mut typed = Typed::lines("");
        typed.paste("a\r\nb\rc").unwrap();
        assert_eq!(typed.rows(), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_long_already_can_be_mended() {
        let mut typed = Typed::lines(&"x".repeat(3 * LINES));
        press(&mut typed, KeyCode::Char('y'), KeyModifiers::NONE).unwrap();
        typed.clear();
        assert!(typed.is_empty());
        assert_eq!(typed.most, 6 * LINES);
    }
}
