//! A list to choose from, in a box. Pickers narrow as one types and close on the choice; in every other list letters
//! are keys and `/` narrows. What stands in a list, and what choosing does, is said by its [`Choices`].

mod list;

use std::fmt::Debug;

pub use self::list::Menu;
use super::action::Command;
use super::keys::Context;
use super::screen::Cx;
use crate::error::Error;

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<C> {
    /// What it says.
    pub text: String,
    /// A word on its right: a key, a count.
    pub note: String,
    /// Whether it is on, where it can be.
    pub checked: Option<bool>,
    /// What it stands for; nothing for a heading and for what is only to be read.
    pub choice: Option<C>,
    heading: bool,
}

impl<C> Item<C> {
    /// Something to choose.
    pub fn new(text: impl Into<String>, note: impl Into<String>, choice: C) -> Self {
        Self { text: text.into(), note: note.into(), checked: None, choice: Some(choice), heading: false }
    }

    /// Something to read.
    pub fn read(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self { text: text.into(), note: note.into(), checked: None, choice: None, heading: false }
    }

    /// A heading, which cannot be selected.
    pub fn heading(text: impl Into<String>) -> Self {
        Self { heading: true, ..Self::read(text, "") }
    }

    /// The same, switched on or off.
    #[must_use]
    pub fn checked(self, on: bool) -> Self {
        Self { checked: Some(on), ..self }
    }
}

/// How the lines of a list are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// What is done, and its keys at the right.
    Actions,
    /// A command, and what it is for behind it.
    Commands,
    /// Names, and more said of each in a second column.
    Table,
    /// Words, and counts at the right.
    Counts,
}

/// How a list looks and is used.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Its title.
    pub title: &'static str,
    /// How its lines are set.
    pub shape: Shape,
    /// Where its keys are looked up while its letters are keys; `None` for a picker, which narrows as one types.
    pub keys: Option<Context>,
    /// What stands above the entries until something is typed.
    pub hint: &'static str,
    /// Whether it stays open under what is chosen.
    pub stays: bool,
}

impl Look {
    /// A list whose letters are keys.
    pub const LIST: Self =
        Self { title: "", shape: Shape::Table, keys: Some(Context::List), hint: "/ narrows", stays: false };
    /// A list that narrows as one types.
    pub const PICKER: Self = Self { keys: None, hint: "type to narrow", ..Self::LIST };
}

/// What stands in a list, and what choosing does.
pub trait Choices: Debug + 'static {
    /// What an entry stands for.
    type Choice: Clone + Debug + PartialEq;

    /// How it looks and is used.
    fn look(&self) -> Look;

    /// What the title says instead, where that depends on what is open.
    fn title(&self) -> Option<String> {
        None
    }

    /// The entries, where they may be others than before. This runs at every tick: here answers are taken in, and
    /// what is lacking is asked for.
    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Self::Choice>>>;

    /// What is said while there are no entries.
    fn empty(&self) -> &'static str {
        ""
    }

    /// Does what the entry stands for; the list is closed then, except where its look says that it stays.
    fn choose(&mut self, cx: &mut Cx, choice: Self::Choice);

    /// A key of this list alone. `chosen` is the selected entry's.
    fn command(&mut self, _cx: &mut Cx, _command: Command, _chosen: Option<Self::Choice>) {}

    /// A letter that is no key of the table; whether it meant something.
    fn letter(&mut self, _cx: &mut Cx, _letter: char) -> bool {
        false
    }

    /// Whether a letter is for [`Choices::letter`], and nothing that narrows.
    fn takes(&self, _letter: char) -> bool {
        false
    }

    /// It is to be left; `false` keeps it open.
    fn leaves(&mut self, _cx: &mut Cx) -> bool {
        true
    }

    /// Whether it is only there to hand over what is below it.
    fn hands_over(&self) -> bool {
        false
    }

    /// Why there are no entries.
    fn failed(&self) -> Option<&Error> {
        None
    }
}

type Choose<C> = Box<dyn FnMut(&mut Cx, C)>;

/// Entries that are known when the list opens.
pub struct Given<C> {
    look: Look,
    empty: &'static str,
    items: Option<Vec<Item<C>>>,
    choose: Choose<C>,
}

impl<C> Debug for Given<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({})", self.look.title)
    }
}

impl<C: Clone + Debug + PartialEq + 'static> Given<C> {
    /// A list of these entries.
    pub fn menu(
        look: Look,
        items: Vec<Item<C>>,
        empty: &'static str,
        choose: impl FnMut(&mut Cx, C) + 'static,
    ) -> Menu<Self> {
        Menu::new(Self { look, empty, items: Some(items), choose: Box::new(choose) })
    }
}

impl<C: Clone + Debug + PartialEq + 'static> Choices for Given<C> {
    type Choice = C;

    fn look(&self) -> Look {
        self.look
    }

    fn entries(&mut self, _cx: &mut Cx) -> Option<Vec<Item<C>>> {
        self.items.take()
    }

    fn empty(&self) -> &'static str {
        self.empty
    }

    fn choose(&mut self, cx: &mut Cx, choice: C) {
        (self.choose)(cx, choice);
    }
}
