//! A list to choose from, narrowed by typing.

use super::typed::Typed;
use super::types::Subject;
use crate::session::Carry;

/// Which list to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuKind {
    /// The branches that something can be carried onto.
    Onto,
    /// The types of the catalogue.
    Types,
}

impl MenuKind {
    /// Whether one entry is looked for by what it says, and that closes it.
    pub fn is_picker(self) -> bool {
        self == Self::Onto
    }
}

/// What an entry stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// A heading, not to be chosen.
    Heading,
    /// Something to carry over.
    Carry(Carry),
    /// An entry of the catalogue.
    Type(Subject),
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it says.
    pub text: String,
    /// A word on its right: a key, a count.
    pub note: String,
    /// Whether it is on, where it can be.
    pub checked: Option<bool>,
    /// What it stands for.
    pub choice: Choice,
}

/// A list to choose from, narrowed by typing.
#[derive(Debug)]
pub struct Menu {
    /// Which list.
    pub kind: MenuKind,
    /// All entries.
    pub items: Vec<Item>,
    /// What was typed.
    pub typed: Box<Typed>,
    /// A list is being narrowed: its letters are typed.
    pub narrowing: bool,
    /// The selected one among the shown entries.
    pub selected: usize,
    /// What is said while there are no entries.
    pub empty: &'static str,
}

impl Menu {
    /// A list with its first entry selected.
    pub fn new(kind: MenuKind, items: Vec<Item>, empty: &'static str) -> Self {
        let typed = Box::new(Typed::words());
        let mut menu = Self { kind, items, typed, narrowing: false, selected: 0, empty };
        menu.step(0);
        menu
    }

    /// Whether its letters are typed: in a picker always, in a list while it is being narrowed.
    pub fn narrows(&self) -> bool {
        self.narrowing || self.kind.is_picker()
    }

    /// The entries that match what was typed.
    pub fn shown(&self) -> Vec<&Item> {
        let typed = self.typed.text().to_lowercase();
        let holds = |item: &&Item| {
            typed.is_empty()
                || (item.choice != Choice::Heading
                    && typed.split(' ').all(|word| item.text.to_lowercase().contains(word)))
        };
        self.items.iter().filter(holds).collect()
    }

    /// The selected entry.
    pub fn chosen(&self) -> Option<&Item> {
        self.shown().get(self.selected).copied().filter(|item| item.choice != Choice::Heading)
    }

    /// Shows other entries; the selected one stays selected where it is among them.
    pub fn refill(&mut self, items: Vec<Item>) {
        let chosen = self.chosen().map(|item| item.choice.clone());
        self.items = items;
        let place = self.shown().iter().position(|item| chosen.as_ref() == Some(&item.choice));
        self.selected = place.unwrap_or(self.selected);
        self.step(0);
    }

    /// Selects another entry, skipping headings.
    pub fn step(&mut self, by: isize) {
        let shown = self.shown();
        let last = shown.len().saturating_sub(1) as isize;
        let heading = |i: isize| shown.get(i as usize).is_some_and(|item| item.choice == Choice::Heading);
        let mut next = (self.selected as isize + by).clamp(0, last);
        let step = if by < 0 { -1 } else { 1 };
        while heading(next) && (0..=last).contains(&(next + step)) {
            next += step;
        }
        if heading(next) {
            next = (self.selected as isize).clamp(0, last);
        }
        self.selected = next as usize;
    }

    /// The title of the list.
    pub fn title(&self) -> &'static str {
        match self.kind {
            MenuKind::Onto => "Onto which branch?",
            MenuKind::Types => "Catalogue",
        }
    }
}
