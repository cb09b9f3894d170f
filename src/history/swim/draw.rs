//! Swim lanes as characters.

use super::{SwimCell, Tip};

/// How wide a lane is at least: its sign, a line, and an arrow's head.
pub const NARROWEST: usize = 3;

impl SwimCell {
    /// The cell in so many columns, at least one.
    pub fn text(&self, columns: usize, ascii: bool) -> String {
        let [alive, line, right, left] =
            if ascii { [':', '-', '>', '<'] } else { ['┆', '─', '▸', '◂'] };
        let mut out =
            String::from(if self.alive && !self.lines.left { alive } else { self.lines.glyph(ascii) });
        let room = columns.saturating_sub(1);
        for at in 1..=room {
            out.push(match self.lines.right {
                true if self.tip == Some(Tip::Here) && at == 1 => left,
                true if self.tip == Some(Tip::There) && at == room => right,
                true => line,
                false => ' ',
            });
        }
        out
    }
}
