//! An adapter's `[store]`, as it is written.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::error::{Error, Result};

/// Stands in a query for the number behind which rows are asked for.
pub const AFTER: &str = "{after}";

/// What an adapter is told by, before its rules are read.
#[derive(Deserialize)]
pub(super) struct Head {
    pub store: Option<Form>,
    pub import: Import,
}

#[derive(Deserialize)]
pub(super) struct Import {
    pub name: Option<String>,
}

/// By what a store is told, and what is asked of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// What the database is, such as "a Rails Event Store database".
    pub(super) says: String,
    /// Its tables by their part in it; the first has the events.
    pub(super) tables: IndexMap<String, TableForm>,
    /// A row for each event, in the order of the store. `{events}` stands for the table that has that part,
    /// `{events.name}` for its name as a text, `{events.also}` for its further column, `{events.row}` for the row as JSON.
    pub(super) query: Option<String>,
    /// The highest number that rows stand in order by, and how many rows there are, as `newest` and `rows`: then `query` has
    /// `{after}`, and only rows behind the ones that were read are asked for.
    pub(super) newest: Option<String>,
    /// What the rows are sorted by where several tables have one part.
    pub(super) order: Option<String>,
}

/// By what a table is told.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableForm {
    /// The columns that it has.
    pub columns: Vec<String>,
    /// And those that it has not.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Whether SQLite numbers its rows.
    #[serde(default)]
    pub rowid: bool,
    /// How one further column is called, with `*` for its beginning.
    pub also: Option<String>,
    /// A condition that holds for none of its first rows.
    pub unless: Option<String>,
    /// Whether each table that is like this is read.
    #[serde(default)]
    pub each: bool,
    /// Whether there may be none.
    #[serde(default)]
    pub optional: bool,
}

impl Form {
    /// An error where something in it has no effect.
    pub fn check(&self, file: &str) -> Result<()> {
        let wrong = |what: String| Err(Error::refused(format!("{file}: {what}")));
        let Some((first, form)) = self.tables.first() else {
            return wrong("[store.tables] names no table, so that nothing would be told by it.".to_owned());
        };
        if form.optional {
            return wrong(format!("{first} has the events, so that it cannot be `optional`."));
        }
        if let Some((name, _)) = self.tables.iter().find(|(_, form)| form.columns.is_empty()) {
            return wrong(format!("{name} has no `columns`, so that every table would be one."));
        }
        if self.tables.values().skip(1).any(|form| form.each) {
            return wrong(format!("`each` has an effect only for {first}, which has the events."));
        }
        if self.order.is_some() && !form.each {
            return wrong("`order` has an effect only where tables are read by `each`.".to_owned());
        }
        let after = self.query.as_ref().is_some_and(|query| query.contains(AFTER));
        if after != self.newest.is_some() || (after && form.each) {
            return wrong(
                "`newest` and the {after} of `query` go together, where one table has the events.".to_owned(),
            );
        }
        let stands =
            |role: &String| self.query.as_ref().is_none_or(|query| query.contains(&format!("{{{role}")));
        match self.tables.keys().find(|role| !stands(role)) {
            Some(role) => wrong(format!("`query` does not ask {{{role}}}.")),
            None => Ok(()),
        }
    }
}
