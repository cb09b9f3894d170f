//! What can be open above the panes: a stack, the topmost takes the keys.

use super::carry::Carrying;
use super::edit::Edit;
use super::form::Form;
use super::lab::{Focus, Lab};
pub use super::menu::{Choice, Item, Menu, MenuKind};
use super::outcome::Outcome;
use super::rewrite::Todo;
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
    /// A command's parameters.
    Form(Box<Form>),
    /// The last step before an append; whether the button that fires is chosen.
    Confirm(bool),
    /// An entry of the catalogue.
    Type(Box<TypePane>),
    /// The todo list of a rewrite.
    Rewrite(Box<Todo>),
    /// A rule that is tried.
    Lab(Box<Lab>),
    /// An event that is written.
    Edit(Box<Edit>),
    /// What a rewrite led to.
    Outcome(Box<Outcome>),
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
            Self::Form(_) => Context::Form,
            Self::Type(_) => Context::Type,
            Self::Rewrite(_) => Context::Rewrite,
            Self::Lab(lab) => match lab.focus {
                Focus::Rule => Context::Lab,
                Focus::Time => Context::LabTime,
                Focus::Store => Context::LabStore,
            },
            Self::Edit(_) => Context::Edit,
            Self::Outcome(_) => Context::Outcome,
            Self::Carry(_) => Context::Carry,
            Self::Confirm(_) => Context::Confirm,
        }
    }
}
