//! What can be open above the panes: a stack, the topmost takes the keys.

use tui_textarea::{CursorMove, TextArea};

use super::carry::Carrying;
use super::diff::Diff;
use super::edit::Edit;
use super::form::Form;
use super::graph::Graph;
use super::jobs::Jobs;
use super::lab::{Focus, Lab, Leave};
use super::order::Orders;
use super::outcome::Outcome;
use super::report::Reports;
use super::rewrite::Todo;
use crate::session::{Carry, CommandInfo, Point};
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::keys::Context;

/// Something open above the panes.
#[derive(Debug)]
pub enum Overlay {
    /// The help, scrolled by so many lines.
    Help(usize),
    /// A line that is typed.
    Prompt(Box<Prompt>),
    /// A list to choose from.
    Menu(Menu),
    /// A command's parameters.
    Form(Box<Form>),
    /// The last step before an append; whether the button that fires is chosen.
    Confirm(bool),
    /// Something that is asked about before it is done.
    Ask(Box<Ask>),
    /// The graph of the whole store.
    Graph(Box<Graph>),
    /// What reactors asked for.
    Jobs(Box<Jobs>),
    /// A comparison.
    Diff(Box<Diff>),
    /// An aggregate in the orders of two clocks.
    Order(Box<Orders>),
    /// The domain's reports.
    Reports(Box<Reports>),
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

/// Something that is asked about before it is done.
#[derive(Debug)]
pub struct Ask {
    /// What it is.
    pub title: &'static str,
    /// What it would do.
    pub lines: Vec<String>,
    /// The word on the button that does it.
    pub button: &'static str,
    /// Whether that button is chosen.
    pub yes: bool,
    /// What is to be done then.
    pub then: Effect,
}

impl Overlay {
    /// Where its keys are looked up.
    pub fn context(&self) -> Context {
        match self {
            Self::Help(_) => Context::Help,
            Self::Prompt(_) => Context::Prompt,
            Self::Menu(menu) => match menu.kind {
                MenuKind::Branches => Context::Branches,
                MenuKind::Waypoints => Context::Waypoints,
                _ => Context::Menu,
            },
            Self::Form(_) => Context::Form,
            Self::Graph(_) => Context::Graph,
            Self::Jobs(_) => Context::Jobs,
            Self::Diff(_) => Context::Diff,
            Self::Order(_) => Context::Order,
            Self::Reports(_) => Context::Reports,
            Self::Rewrite(_) => Context::Rewrite,
            Self::Lab(lab) => match lab.focus {
                Focus::Rule => Context::Lab,
                Focus::Time => Context::LabTime,
                Focus::Store => Context::LabStore,
            },
            Self::Edit(_) => Context::Edit,
            Self::Outcome(_) => Context::Outcome,
            Self::Carry(_) => Context::Carry,
            Self::Confirm(_) | Self::Ask(_) => Context::Confirm,
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
    pub input: TextArea<'static>,
    /// What it was before, for leaving it.
    pub before: String,
}

impl Prompt {
    /// A prompt that starts with a text.
    pub fn new(purpose: Purpose, log: bool, text: &str) -> Self {
        Self { purpose, log, input: line(text), before: text.to_owned() }
    }

    /// What was typed.
    pub fn text(&self) -> String {
        self.input.lines().join(" ")
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

/// A one-line field with a text in it.
pub fn line(text: &str) -> TextArea<'static> {
    let mut input = TextArea::new(vec![text.to_owned()]);
    input.set_cursor_line_style(ratatui::style::Style::new());
    input.move_cursor(CursorMove::End);
    input
}

/// Which list to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuKind {
    /// Every action.
    Palette,
    /// Types, statuses, actors.
    Facets,
    /// The list's columns.
    Columns,
    /// What to copy.
    Copy,
    /// The commands that may be fired.
    Commands,
    /// The branches.
    Branches,
    /// The branches that something can be carried onto.
    Onto,
    /// The waypoints.
    Waypoints,
    /// What came too seldom or too often.
    Alarms,
    /// What was done to the store.
    Operations,
    /// What a search through time found.
    Hits,
    /// What an event caused.
    Effects,
    /// What becomes of a rule that was tried.
    Leave,
    /// What a rule put right that was taken into use.
    PutRight,
}

/// What can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyWhat {
    /// The selected value.
    Value,
    /// The state as JSON.
    Json,
    /// The jq path of the selected value.
    Path,
    /// The event as JSON.
    Event,
    /// The command line that opens this screen.
    Link,
}

/// What an entry stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// A heading, not to be chosen.
    Heading,
    /// An action.
    Do(Command),
    /// An aggregate type; `None` is all.
    Kind(Option<String>),
    /// A status.
    Status(String),
    /// An actor.
    Actor(String),
    /// A column.
    Column(String),
    /// Something to copy.
    Copy(CopyWhat),
    /// A command to fire.
    Fire(CommandInfo),
    /// A branch to go over to.
    Branch(String),
    /// Something to carry over.
    Carry(Carry),
    /// A point to go to, as a revision.
    Revision(String),
    /// What becomes of a rule that was tried.
    Leave(Leave),
    /// The hit of a search at a position.
    Hit(i64),
    /// Only to be read.
    Nothing,
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
    pub typed: String,
    /// The selected one among the shown entries.
    pub selected: usize,
    /// What is said while there are no entries.
    pub empty: &'static str,
}

impl Menu {
    /// A list with its first entry selected.
    pub fn new(kind: MenuKind, items: Vec<Item>, empty: &'static str) -> Self {
        let mut menu = Self { kind, items, typed: String::new(), selected: 0, empty };
        menu.step(0);
        menu
    }

    /// The entries that match what was typed.
    pub fn shown(&self) -> Vec<&Item> {
        let typed = self.typed.to_lowercase();
        self.items
            .iter()
            .filter(|item| {
                typed.is_empty()
                    || (item.choice != Choice::Heading
                        && typed.split(' ').all(|word| item.text.to_lowercase().contains(word)))
            })
            .collect()
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
            MenuKind::Palette => "Actions",
            MenuKind::Facets => "Only these",
            MenuKind::Columns => "Columns",
            MenuKind::Copy => "Copy",
            MenuKind::Commands => "Fire a command",
            MenuKind::Branches => "Branches",
            MenuKind::Onto => "Onto which branch?",
            MenuKind::Waypoints => "Waypoints",
            MenuKind::Alarms => "Monitors",
            MenuKind::Operations => "Operation log",
            MenuKind::Hits => "Found",
            MenuKind::Effects => "Effects",
            MenuKind::Leave => "What becomes of this rule?",
            MenuKind::PutRight => "Put right",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str, choice: Choice) -> Item {
        Item { text: text.into(), note: String::new(), checked: None, choice }
    }

    #[test]
    fn headings_are_skipped_and_typing_narrows() {
        let items = vec![
            item("Types", Choice::Heading),
            item("Task", Choice::Kind(Some("Task".into()))),
            item("Actors", Choice::Heading),
            item("mira", Choice::Actor("mira".into())),
        ];
        let mut menu = Menu::new(MenuKind::Facets, items, "");
        assert_eq!(menu.selected, 1);
        menu.step(1);
        assert_eq!(menu.selected, 3);
        menu.step(-1);
        menu.step(-1);
        assert_eq!(menu.selected, 1);
        menu.typed = "MI".into();
        assert_eq!(menu.shown().len(), 1);
        menu.step(0);
        assert_eq!(menu.chosen().unwrap().text, "mira");
    }
}
