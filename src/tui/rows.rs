//! The one list: a selected row among more rows than are visible. What it does for keys, the wheel and a click is the
//! same in every list, and so is how it is drawn.
//!
//! ```text
//!  area ┌──────────────────┐
//!       │ row 4            │
//!       │▒row 5▒▒▒▒▒▒▒▒▒▒▒▒█  selected; the thumb says where in all rows this is
//!       │ row 6            │
//!       └──────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::action::Command;
use super::model::Model;
use super::paint::put;

/// How many rows the wheel goes on by.
const WHEEL: isize = 3;

/// A selected row, and where the rows are scrolled to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The selected row.
    pub selected: usize,
    /// The first visible row.
    pub top: usize,
}

/// What a click on a list meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// There is no row.
    Beside,
    /// Another row is selected now.
    Selected,
    /// The selected row was clicked at: it is to be opened.
    Again,
}

/// By how many lines a key of those goes on that every list shares, where so many are visible.
pub fn lines(command: Command, height: usize) -> Option<isize> {
    let page = (height as isize - 1).max(1);
    Some(match command {
        Command::Up => -1,
        Command::Down => 1,
        Command::HalfUp => -(page / 2).max(1),
        Command::HalfDown => (page / 2).max(1),
        Command::PageUp => -page,
        Command::PageDown => page,
        Command::First => isize::MIN,
        Command::Head => isize::MAX,
        _ => return None,
    })
}

impl Rows {
    /// Selects another one of so many rows and keeps it among the visible ones.
    pub fn step(&mut self, by: isize, rows: usize, height: usize) {
        self.selected = self.selected.saturating_add_signed(by);
        self.reveal(rows, height);
    }

    /// Keeps the selected row among the visible ones.
    pub fn reveal(&mut self, rows: usize, height: usize) {
        let height = height.max(1);
        self.selected = self.selected.min(rows.saturating_sub(1));
        self.top = self.top.clamp((self.selected + 1).saturating_sub(height), self.selected);
        self.top = self.top.min(rows.saturating_sub(height));
    }

    /// Moves as the keys that every list shares say; whether this was one of them.
    pub fn command(&mut self, command: Command, rows: usize, height: usize) -> bool {
        let by = lines(command, height);
        if let Some(by) = by {
            self.step(by, rows, height);
        }
        by.is_some()
    }

    /// The wheel scrolls; the selected row goes along where it would not be seen any more. Where every row is visible
    /// the wheel selects.
    pub fn wheel(&mut self, by: isize, rows: usize, height: usize) {
        if rows <= height {
            return self.step(by, rows, height);
        }
        let most = rows.saturating_sub(height);
        self.top = self.top.saturating_add_signed(by * WHEEL).min(most);
        self.selected =
            self.selected.clamp(self.top, self.top + height.max(1) - 1).min(rows.saturating_sub(1));
    }

    /// A click at a place of the terminal, where the rows stand in `area`.
    pub fn click(&mut self, x: u16, y: u16, rows: usize, area: Rect) -> Click {
        if !area.contains((x, y).into()) {
            return Click::Beside;
        }
        let row = self.top + usize::from(y - area.y);
        if row >= rows {
            return Click::Beside;
        }
        if row == self.selected {
            return Click::Again;
        }
        self.selected = row;
        Click::Selected
    }

    /// Draws those of so many rows that are visible, and a thumb on the frame right of them where there are more.
    pub fn draw(
        &self,
        model: &Model,
        rows: usize,
        area: Rect,
        buffer: &mut Buffer,
        row: impl Fn(usize) -> Line<'static>,
    ) {
        self.draw_part(model, rows, area, area, buffer, row);
    }

    /// The same, where only a part of the selected row is to be marked as such.
    pub fn draw_part(
        &self,
        model: &Model,
        rows: usize,
        area: Rect,
        part: Rect,
        buffer: &mut Buffer,
        row: impl Fn(usize) -> Line<'static>,
    ) {
        let height = usize::from(area.height);
        for (i, y) in (self.top..rows.min(self.top + height)).zip(0..) {
            put(buffer, area, y, &row(i));
            if i == self.selected {
                let line = Rect { y: area.y + y, height: 1, ..part };
                buffer.set_style(line.intersection(buffer.area), model.look.theme.selected);
            }
        }
        thumb(model, self.top, rows, area, buffer);
    }
}

/// The thumb on the frame at the right of rows, where not all of them are visible.
fn thumb(model: &Model, top: usize, rows: usize, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    if rows <= height || height == 0 {
        return;
    }
    let size = (height * height / rows).max(1);
    let start = (top * (height - size)).div_ceil((rows - height).max(1));
    let sign = if model.look.glyphs.event.is_ascii() { "#" } else { "▐" };
    for y in start..(start + size).min(height) {
        if let Some(cell) = buffer.cell_mut((area.right(), area.y + y as u16)) {
            cell.set_symbol(sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_moves_by_the_same_keys() {
        let mut rows = Rows::default();
        let mut at = |command| {
            assert!(rows.command(command, 100, 10));
            (rows.selected, rows.top)
        };
        assert_eq!(at(Command::PageDown), (9, 0));
        assert_eq!(at(Command::Down), (10, 1));
        assert_eq!(at(Command::Head), (99, 90));
        assert_eq!(at(Command::HalfUp), (95, 90));
        assert_eq!(at(Command::First), (0, 0));
        assert_eq!(at(Command::Up), (0, 0));
        assert!(!rows.command(Command::Enter, 100, 10));
    }

    #[test]
    fn the_wheel_takes_the_selected_row_along_only_where_it_would_be_lost() {
        let mut rows = Rows { selected: 5, top: 0 };
        rows.wheel(1, 100, 10);
        assert_eq!(rows, Rows { selected: 5, top: 3 });
        rows.wheel(1, 100, 10);
        assert_eq!(rows, Rows { selected: 6, top: 6 });
        rows.wheel(-9, 100, 10);
        assert_eq!(rows, Rows { selected: 6, top: 0 });
        rows.wheel(1, 8, 10);
        assert_eq!(rows, Rows { selected: 7, top: 0 });
        rows.wheel(1, 0, 10);
        assert_eq!(rows, Rows { selected: 0, top: 0 });
    }

    #[test]
    fn a_click_selects_and_a_second_one_opens() {
        let (mut rows, area) = (Rows::default(), Rect::new(1, 2, 20, 5));
        assert_eq!(rows.click(3, 4, 3, area), Click::Selected);
        assert_eq!(rows.click(3, 4, 3, area), Click::Again);
        assert_eq!(rows.click(3, 5, 3, area), Click::Beside);
        assert_eq!(rows.click(3, 1, 3, area), Click::Beside);
    }
}
