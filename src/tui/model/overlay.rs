//! What can be open above the panes: a stack, the topmost takes the keys.

use super::carry::Carrying;
use super::diff::Diff;
use super::lab::{Focus, Lab};
pub use super::menu::{Choice, CopyWhat, Item, Menu, MenuKind};
use super::order::Orders;
use super::trace::Trace;
use super::typed::Typed;
use super::types::TypePane;
use crate::event::Position;
use crate::session::Point;
use crate::tui::keys::Context;
use crate::tui::screen::Screen;

/// Something open above the panes.
#[derive(Debug)]
pub enum Overlay {
    /// A screen.
    Screen(Box<dyn Screen>),
    /// A screen that has its turn, and where its keys are looked up.
    Acting(Context),
    /// The help, scrolled by so many lines.
    Help(Context, usize),
    /// A line that is typed.
    Prompt(Box<Prompt>),
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
    /// A rule that is tried.
    Lab(Box<Lab>),
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
            Self::Help(..) => Context::Help,
            Self::Prompt(_) => Context::Prompt,
            Self::Menu(menu) if menu.narrows() => Context::Menu,
            Self::Menu(menu) => match menu.kind {
                MenuKind::Branches => Context::Branches,
                MenuKind::Waypoints => Context::Waypoints,
                _ => Context::List,
            },
            Self::Trace(_) => Context::Trace,
            Self::Type(_) => Context::Type,
            Self::Diff(_) => Context::Diff,
            Self::Order(_) => Context::Order,
            Self::Lab(lab) => match lab.focus {
                Focus::Rule => Context::Lab,
                Focus::Time => Context::LabTime,
                Focus::Store => Context::LabStore,
            },
            Self::Carry(_) => Context::Carry,
        }
    }
}

/// What a typed line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A revision to go to.
    GoTo,
    /// A text that rows contain.
    Text,
    /// A jq expression that holds for rows.
    Jq,
    /// The file of a new store.
    NewStore,
    /// The log to import.
    Import,
    /// The name of a branch that forks at a point, and the point in words.
    Fork(Point, String),
    /// What is searched for through time.
    Find,
    /// Another name for a branch.
    Rename(String),
    /// The name of a point, and the point in words.
    Waypoint(Point, String),
    /// The name of the branch that a rewrite makes.
    NewHistory,
    /// A domain file by whose rules a rewrite is folded too.
    Rules,
    /// The file for a domain with another rule.
    SaveRule,
}

/// A line that is typed.
#[derive(Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    /// Whether it narrows the log instead of the list.
    pub log: bool,
    /// The line.
    pub input: Typed,
    /// What it was before, for leaving it.
    pub before: String,
    /// What stands there is a proposal that nobody touched: what is typed takes its place.
    pub proposed: bool,
}

impl Prompt {
    /// A prompt that starts with a text.
    pub fn new(purpose: Purpose, log: bool, text: &str) -> Self {
        let proposed = matches!(purpose, Purpose::Fork(..) | Purpose::NewHistory) && !text.is_empty();
        Self { purpose, log, input: Typed::line(text), before: text.to_owned(), proposed }
    }

    /// What was typed.
    pub fn text(&self) -> String {
        self.input.text()
    }

    /// The word before the line.
    pub fn label(&self) -> &'static str {
        match self.purpose {
            Purpose::GoTo => "go to @",
            Purpose::Text => "text /",
            Purpose::Jq => "jq |",
            Purpose::NewStore => "new store:",
            Purpose::Import => "import:",
            Purpose::Fork(..) | Purpose::NewHistory => "new branch:",
            Purpose::Rules => "other rules:",
            Purpose::SaveRule => "save to:",
            Purpose::Find => "find",
            Purpose::Rename(_) => "new name:",
            Purpose::Waypoint(..) => "waypoint %",
        }
    }

    /// What may be typed.
    pub fn example(&self) -> String {
        let text = match &self.purpose {
            Purpose::GoTo => "3   -2   2019-04-20   Task/42@3   #118   a hash   %waypoint   branch:Task/42",
            Purpose::Fork(_, at) => return format!("forks at {at}: the whole store as it was then"),
            Purpose::Rename(name) => return format!("another name for the branch {name}"),
            Purpose::Waypoint(_, at) => return format!("a name for {at}, for @ and wherever a revision is"),
            Purpose::Find if self.log => {
                r#".done   .priority == "high": turned true or false, over the whole store"#
            }
            Purpose::Find => r#".done   .priority == "high": turned true or false, over this aggregate"#,
            Purpose::Text if self.log => "in data and metadata",
            Purpose::Text => "in id, label and columns",
            Purpose::Jq if self.log => r#"$changed | index("priority")   $event.type == "X"   .done"#,
            Purpose::Jq => r#".priority == "high" and .assignee == null"#,
            Purpose::NewHistory => "gets the new order; what is there stays as it is, u takes it back",
            Purpose::Rules => {
                "a domain file, or a built-in name: both orders by its rules too; empty is by none"
            }
            Purpose::NewStore | Purpose::SaveRule => "a file that does not exist yet",
            Purpose::Import => "FILE, or FILE and a mapping: log.zip servicenow",
        };
        text.to_owned()
    }
}
