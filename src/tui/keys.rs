//! The key table: which key does what where, and what the footer, the help and the palette say of it.

mod chord;

use std::collections::{BTreeMap, HashMap};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;

use chord::{chord, normal, pretty};
pub use chord::{event, name, presses};

use super::action::Command;
use crate::error::{Error, Result};

const TABLE: &str = include_str!("../../assets/keys.toml");

/// Where a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// In every pane.
    Browse,
    /// On the start screen.
    Start,
    /// While a line is typed.
    Prompt,
    /// In a list to choose from.
    Menu,
    /// In every list whose letters are keys.
    Rows,
    /// In a list to choose from whose letters are keys.
    List,
    /// In the list of branches.
    Branches,
    /// In the graph.
    Graph,
    /// In the lanes of an operation.
    Trace,
    /// In an entry of the catalogue.
    Type,
    /// In a comparison.
    Diff,
    /// In the orders of two clocks.
    Order,
    /// In the list of races.
    Races,
    /// In the race lab.
    Race,
    /// In the reports.
    Reports,
    /// In the todo list of a rewrite.
    Rewrite,
    /// In the rule of the rule lab.
    Lab,
    /// On the timeline of the rule lab.
    LabTime,
    /// In the rule lab's list of the whole store.
    LabStore,
    /// Everywhere, while a tour is shown.
    Tour,
    /// In an event that is written.
    Edit,
    /// In the table that a rewrite ends in.
    Outcome,
    /// In the list of jobs.
    Jobs,
    /// In the list of waypoints.
    Waypoints,
    /// In the help.
    Help,
    /// In a command's form.
    Form,
    /// In the last step before an append.
    Confirm,
    /// In the table of what is carried over.
    Carry,
    /// In the form of a mapping.
    Mapping,
    /// In the list of chips.
    Chips,
    /// In the offers for what is selected.
    Offers,
    /// In the list of views.
    Views,
    /// In the last step before a file is written that is handed over.
    HandOver,
}

impl Context {
    /// The places whose keys begin with those of every list.
    const ROWS: [Self; 21] = [
        Self::List,
        Self::Branches,
        Self::Waypoints,
        Self::Graph,
        Self::Trace,
        Self::Jobs,
        Self::Order,
        Self::Races,
        Self::Race,
        Self::Reports,
        Self::Rewrite,
        Self::Type,
        Self::Diff,
        Self::Outcome,
        Self::LabStore,
        Self::Help,
        Self::Carry,
        Self::Mapping,
        Self::Chips,
        Self::Offers,
        Self::Views,
    ];
}

/// One place, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Places {
    One(Context),
    Many(Vec<Context>),
}

impl Places {
    fn all(&self) -> &[Context] {
        match self {
            Self::One(context) => std::slice::from_ref(context),
            Self::Many(contexts) => contexts,
        }
    }
}

/// One entry of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    keys: Vec<String>,
    #[serde(rename = "in")]
    places: Places,
    #[serde(rename = "do")]
    action: String,
    /// The word in the bottom line.
    pub footer: Option<String>,
    /// The sentence in the help.
    pub help: String,
    /// The heading in the help.
    #[serde(default)]
    pub group: String,
}

impl Entry {
    /// The keys as they are written on screen: `← h`.
    pub fn shown(&self) -> String {
        self.keys.iter().map(|key| pretty(key)).collect::<Vec<_>>().join(" ")
    }
}

/// The parsed table.
#[derive(Debug)]
pub struct Keys {
    entries: Vec<(Command, Entry)>,
    dispatch: HashMap<(Context, KeyCode, KeyModifiers), Command>,
}

impl Keys {
    /// The table that comes with the program.
    pub fn built_in() -> Result<Self> {
        Self::parse(TABLE)
    }

    /// The same with other keys for actions of the panes, each by its name.
    pub fn rebound(other: &BTreeMap<String, Vec<String>>) -> Result<Self> {
        Self::read(TABLE, other)
    }

    /// Reads a table; a key that is bound twice in one place is refused, and so is a name that means nothing.
    pub fn parse(table: &str) -> Result<Self> {
        Self::read(table, &BTreeMap::new())
    }

    fn read(table: &str, other: &BTreeMap<String, Vec<String>>) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            key: Vec<Entry>,
        }
        let mut table: Table =
            toml::from_str(table).map_err(|e| Error::refused(format!("the key table is broken: {e}")))?;
        for (action, instead) in other {
            let of_panes =
                |entry: &&mut Entry| entry.action == *action && entry.places.all().contains(&Context::Browse);
            let entry = table.key.iter_mut().find(of_panes).ok_or_else(|| {
                Error::refused(format!("there is no action {action} in the panes"))
                    .hint("`backstory help explorer` lists the keys, assets/keys.toml the actions' names")
            })?;
            // The word in the bottom line begins with the key.
            let word = entry
                .footer
                .as_ref()
                .and_then(|footer| footer.split_once(' '))
                .map(|(_, word)| word.to_owned());
            entry.footer = word.zip(instead.first()).map(|(word, key)| format!("{} {word}", pretty(key)));
            entry.keys.clone_from(instead);
        }
        let mut keys = Self { entries: Vec::new(), dispatch: HashMap::new() };
        for entry in table.key {
            let command = Command::named(&entry.action).ok_or_else(|| {
                Error::refused(format!("the key table names an action that does not exist: {}", entry.action))
            })?;
            for key in &entry.keys {
                let (code, modifiers) = chord(key).ok_or_else(|| {
                    Error::refused(format!("the key table names a key that does not exist: {key}"))
                })?;
                for context in entry.places.all() {
                    let place = (*context, code, modifiers);
                    if keys.dispatch.insert(place, command).is_some() {
                        return Err(Error::refused(format!(
                            "the key table binds {key} twice in {context:?}"
                        )));
                    }
                }
            }
            keys.entries.push((command, entry));
        }
        // What a list binds itself stands before what every list binds.
        let shared = |((context, ..), _): &(&(Context, _, _), _)| *context == Context::Rows;
        let shared: Vec<_> =
            keys.dispatch.iter().filter(shared).map(|(key, command)| (*key, *command)).collect();
        for ((_, code, modifiers), command) in shared {
            for context in Context::ROWS {
                keys.dispatch.entry((context, code, modifiers)).or_insert(command);
            }
        }
        Ok(keys)
    }

    /// What a key does in a context.
    pub fn command(&self, context: Context, key: KeyEvent) -> Option<Command> {
        let (code, modifiers) = normal(key.code, key.modifiers);
        self.dispatch.get(&(context, code, modifiers)).copied()
    }

    /// The entries of a context, in the table's order.
    pub fn entries(&self, context: Context) -> impl Iterator<Item = (Command, &Entry)> {
        let own = move |entry: &Entry| entry.places.all().contains(&context);
        let shared = move |command: Command, entry: &Entry| {
            Context::ROWS.contains(&context)
                && entry.places.all().contains(&Context::Rows)
                && !self.entries.iter().any(|(other, entry)| *other == command && own(entry))
        };
        self.entries
            .iter()
            .filter(move |(command, entry)| own(entry) || shared(*command, entry))
            .map(|(command, entry)| (*command, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_holds() {
        let keys = Keys::built_in().unwrap();
        for command in Command::ALL {
            assert!(keys.entries.iter().any(|(c, _)| c == command), "no key does {}", command.name());
        }
    }

    #[test]
    fn every_browse_key_is_explained() {
        for (command, entry) in Keys::built_in().unwrap().entries(Context::Browse) {
            assert!(!entry.help.is_empty() && !entry.group.is_empty(), "{}", command.name());
        }
    }

    #[test]
    fn a_key_bound_twice_is_refused() {
        let one = "[[key]]\nkeys = [\"x\"]\nin = \"browse\"\ndo = \"quit\"\nhelp = \"\"\n";
        let error = Keys::parse(&format!("{one}{one}")).unwrap_err();
        assert!(error.message().contains("binds x twice"), "{error}");
        assert!(Keys::parse(&one.replace("quit", "fly")).unwrap_err().message().contains("fly"));
        assert!(Keys::parse(&one.replace("\"x\"", "\"Lft\"")).unwrap_err().message().contains("Lft"));
    }

    #[test]
    fn every_list_has_the_shared_keys_and_its_own_before_them() {
        let keys = Keys::built_in().unwrap();
        let pressed = |context, name| keys.command(context, event(name).unwrap());
        for context in Context::ROWS {
            for name in ["Up", "Down", "PgUp", "PgDn", "Esc", "y", "F1", "C-c"] {
                assert!(pressed(context, name).is_some(), "{name} in {context:?}");
            }
            let helped: Vec<_> = keys.entries(context).map(|(command, _)| command).collect();
            assert!(helped.contains(&Command::Out) && helped.contains(&Command::Down), "{context:?}");
        }
        assert_eq!(pressed(Context::Jobs, "C-d"), Some(Command::HalfDown));
        assert_eq!(pressed(Context::Trace, "J"), None);
        assert_eq!(pressed(Context::Jobs, "J"), Some(Command::Out));
    }

    #[test]
    fn shift_is_part_of_a_character() {
        let keys = Keys::built_in().unwrap();
        let shifted = KeyEvent::new(KeyCode::Char('H'), KeyModifiers::SHIFT);
        assert_eq!(keys.command(Context::Browse, shifted), Some(Command::TenthBack));
        let back_tab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(keys.command(Context::Browse, back_tab), Some(Command::PreviousPane));
    }

    #[test]
    fn an_action_gets_other_keys_by_its_name() {
        let other = |action: &str, keys: &[&str]| {
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            Keys::rebound(&BTreeMap::from([(action.to_owned(), keys)]))
        };
        let keys = other("rule-lab", &["C-l"]).unwrap();
        assert_eq!(keys.command(Context::Browse, event("C-l").unwrap()), Some(Command::Lab));
        assert_eq!(keys.command(Context::Browse, event("r").unwrap()), None);
        let fire = other("fire", &["C-f"]).unwrap();
        let footer = fire.entries(Context::Browse).find(|(command, _)| *command == Command::Fire).unwrap().1;
        assert_eq!(footer.footer.as_deref(), Some("^f fire"));
        let said = |result: Result<Keys>| result.unwrap_err().message().to_owned();
        assert_eq!(said(other("no-such", &["x"])), "there is no action no-such in the panes");
        assert!(said(other("rule-lab", &["Leftt"])).contains("a key that does not exist: Leftt"));
        assert!(said(other("rule-lab", &["q"])).contains("binds q twice"));
    }
}
