//! The graph as characters, for output that is text.

use super::{Cell, GraphRow};

impl Cell {
    /// The character that stands for the cell.
    pub(crate) fn glyph(&self, ascii: bool) -> char {
        if self.node {
            return if ascii { '*' } else { '●' };
        }
        let lines = (self.up, self.down, self.left, self.right);
        let (drawn, plain) = match lines {
            (false, false, false, false) => (' ', ' '),
            (_, true, false, false) | (true, false, false, false) => ('│', '|'),
            (false, false, _, _) => ('─', '-'),
            (true, false, true, false) => ('╯', '\''),
            (true, false, false, true) => ('╰', '\''),
            (true, false, true, true) => ('┴', '+'),
            (true, true, true, false) => ('┤', '+'),
            (true, true, false, true) => ('├', '+'),
            (true, true, true, true) => ('┼', '+'),
            (false, true, true, false) => ('╮', '.'),
            (false, true, false, true) => ('╭', '.'),
            (false, true, true, true) => ('┬', '+'),
        };
        if ascii { plain } else { drawn }
    }

    /// The character between the cell and the one on its right.
    pub fn gap(&self, ascii: bool) -> char {
        match (self.right, ascii) {
            (false, _) => ' ',
            (true, true) => '-',
            (true, false) => '─',
        }
    }
}

impl GraphRow {
    /// The row as text, two characters for each lane.
    pub fn text(&self, ascii: bool) -> String {
        self.cells.iter().flat_map(|cell| [cell.glyph(ascii), cell.gap(ascii)]).collect()
    }
}
