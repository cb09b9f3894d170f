//! A selected row among more rows than are visible.

/// Where a list is scrolled to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The selected row.
    pub selected: usize,
    /// The first visible row.
    pub top: usize,
}

impl Scroll {
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
}
