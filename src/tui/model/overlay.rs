//! What can be open above the panes: a stack, the topmost takes the keys.

use super::carry::Carrying;
use super::diff::Diff;
pub use super::menu::{Choice, Item, Menu, MenuKind};
use super::order::Orders;
use super::trace::Trace;
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
    /// The lanes of an operation.
    Trace(Box<Trace>),
    /// An entry of the catalogue.
    Type(Box<TypePane>),
    /// A comparison.
    Diff(Box<Diff>),
    /// An aggregate in the orders of two clocks.
    Order(Box<Orders>),
    /// What carrying over would do.
    Carry(Box<Carrying>),
}

impl Overlay {
    /// The position of the event that the selected line is about, in what lists events.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Screen(screen) => screen.position(),
            Self::Trace(trace) => trace.position(),
            Self::Order(orders) => orders.selected(),
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
            Self::Trace(_) => Context::Trace,
            Self::Type(_) => Context::Type,
            Self::Diff(_) => Context::Diff,
            Self::Order(_) => Context::Order,
            Self::Carry(_) => Context::Carry,
        }
    }
}
