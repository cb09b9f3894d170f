//! What can be open above the panes: a stack, the topmost takes the keys.

use super::carry::Carrying;
pub use super::menu::{Choice, Item, Menu, MenuKind};
use super::types::TypePane;
use crate::event::Position;
use crate::tui::keys::Context;
use crate::tui::screen::Screen;

/// Something open above the panes.
#[derive(Debug)]
pub enum Overlay {
    /// A screen.
    Screen(Box<dyn Screen>),
    /// A screen that has its turn, and where its keys are looked up.
    Acting(Context),
    /// A list to choose from.
    Menu(Menu),
    /// An entry of the catalogue.
    Type(Box<TypePane>),
    /// What carrying over would do.
    Carry(Box<Carrying>),
}

impl Overlay {
    /// The position of the event that the selected line is about, in what lists events.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Screen(screen) => screen.position(),
            _ => None,
        }
    }

    /// Where its keys are looked up.
    pub fn context(&self) -> Context {
        match self {
            Self::Screen(screen) => screen.context(),
            Self::Acting(context) => *context,
            Self::Menu(menu) if menu.narrows() => Context::Menu,
            Self::Menu(_) => Context::List,
            Self::Type(_) => Context::Type,
            Self::Carry(_) => Context::Carry,
        }
    }
}
