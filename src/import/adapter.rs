//! Adapters: what is known of other programs' event stores, as data. Each is a mapping with a `[store]` beside it, which
//! says by which columns such a database is told, and by which query its events are read.
//!
//! Nothing goes by the names of tables: a store whose tables were renamed is told by the columns of all of them together.

mod form;
mod schema;

use std::path::{Path, PathBuf};

pub use form::Form;
use form::{AFTER, Head, TableForm};
use schema::{Schema, Table};

use super::Options;
use super::mapping::Mapping;
use super::sql::{quoted, text};
use crate::error::{Error, Result};
use crate::store::foreign::{self, Bound, Rows, is_sqlite};

/// So many steps a database may take to tell what it is.
const STEPS: u64 = 20_000_000;
/// And so many to tell how far it goes.
const ALL_STEPS: u64 = 1_000_000_000;

/// The adapters that come with the program.
const BUILT_IN: [(&str, &str); 13] = [
    ("audited", include_str!("../../assets/stores/audited.toml")),
    ("cqrs_es", include_str!("../../assets/stores/cqrs_es.toml")),
    ("dbos", include_str!("../../assets/stores/dbos.toml")),
    ("django_auditlog", include_str!("../../assets/stores/django_auditlog.toml")),
    ("django_reversion", include_str!("../../assets/stores/django_reversion.toml")),
    ("django_simple_history", include_str!("../../assets/stores/django_simple_history.toml")),
    ("emmett", include_str!("../../assets/stores/emmett.toml")),
    ("event_tables", include_str!("../../assets/stores/event_tables.toml")),
    ("eventsourcing", include_str!("../../assets/stores/eventsourcing.toml")),
    ("rails_event_store", include_str!("../../assets/stores/rails_event_store.toml")),
    ("spatie", include_str!("../../assets/stores/spatie.toml")),
    ("sqlstreamstore", include_str!("../../assets/stores/sqlstreamstore.toml")),
    ("papertrail", include_str!("../../assets/mappings/papertrail.toml")),
];

/// The mappings of stores that come as rows of JSON, since they lie in a server.
const AS_ROWS: [(&str, &str); 5] = [
    ("commanded", include_str!("../../assets/stores/commanded.toml")),
    ("emmett_postgres", include_str!("../../assets/stores/emmett_postgres.toml")),
    ("eventsourcing_postgres", include_str!("../../assets/stores/eventsourcing_postgres.toml")),
    ("marten", include_str!("../../assets/stores/marten.toml")),
    ("message_db", include_str!("../../assets/stores/message_db.toml")),
];

/// An adapter: its mapping's text, and what it is told by.
pub struct Adapter {
    /// What it is called.
    pub name: String,
    text: String,
    form: Form,
}

/// A database that an adapter knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The adapter's name.
    pub adapter: String,
    /// The adapter's text, which is a mapping.
    pub mapping: String,
    /// What the database is, in a few words, such as "a Rails Event Store database".
    pub says: String,
    /// The query for its rows, in which `{after}` may stand; `None` where the mapping's format finds them.
    pub query: Option<String>,
    /// What tells how far the rows go, where they can be asked for behind some.
    pub newest: Option<String>,
    /// Tables that could be read in the place of the one that is.
    pub others: Vec<String>,
}

impl Known {
    /// All of its rows.
    pub fn rows(&self) -> Option<Rows> {
        self.query.as_deref().map(|query| rows_after(query, None))
    }

    /// What is told of it, in a line.
    pub fn told(&self) -> String {
        let told = format!("{}, reading only", self.says);
        match self.others.as_slice() {
            [] => told,
            others => format!("{told}; --table reads another one like it: {}", others.join(", ")),
        }
    }
}

impl Adapter {
    /// An adapter of a team's own.
    pub fn load(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = crate::file::text(path)
            .map_err(|error| Error::refused(format!("the adapter {name} cannot be read: {error}")))?;
        Self::parse(&name, &text)
    }

    /// Its text, which is a mapping.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads an adapter; `file` is what messages call it.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        // What is wrong with it is told by its place.
        Mapping::parse(file, text)?;
        Self::head(file, text)?.ok_or_else(|| {
            Error::refused(format!("{file} has no [store], which says by what a database is told."))
                .hint("`backstory help adapters` shows one.")
        })
    }

    /// What it is told by, without its rules; `None` where it says nothing of a store.
    fn head(file: &str, text: &str) -> Result<Option<Self>> {
        let head: Head =
            toml::from_str(text).map_err(|error| Error::refused(format!("{file}: {}.", error.message())))?;
        let name = head.import.name.unwrap_or_else(|| file.to_owned());
        let Some(form) = head.store else { return Ok(None) };
        form.check(file)?;
        Ok(Some(Self { name, text: text.to_owned(), form }))
    }

    /// The database as this adapter knows it, of a table where one is named; and how many columns it is told by.
    fn fits(&self, schema: &Schema, table: Option<&str>) -> Result<Option<(usize, Known)>> {
        let (mut put, mut others) = (Vec::new(), Vec::new());
        let (mut columns, mut each) = (0, None);
        for (number, (role, form)) in self.form.tables.iter().enumerate() {
            let mut found = schema.like(form)?;
            if let Some(table) = table.filter(|_| number == 0) {
                found.retain(|found| found.name == table);
            }
            match found.as_slice() {
                [] if form.optional => put.extend(fills(role, form, None)),
                [] => return Ok(None),
                _ if form.each => each = Some((role, form, found.clone())),
                [first, rest @ ..] => {
                    put.extend(fills(role, form, Some(first)));
                    if number == 0 {
                        others = rest.iter().map(|table| table.name.clone()).collect();
                    }
                }
            }
            columns += if found.is_empty() { 0 } else { form.columns.len() };
        }
        let newest = self.form.newest.as_deref().map(|newest| filled(newest, &put));
        let query = self.form.query.as_deref().unwrap_or_default();
        let mut query = match each {
            None => filled(query, &put),
            Some((role, form, tables)) => {
                let one =
                    |table: &Table| filled(query, &[put.clone(), fills(role, form, Some(table))].concat());
                tables.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
            }
        };
        if let Some(order) = &self.form.order {
            query = format!("{query} ORDER BY {order}");
        }
        let known = Known {
            adapter: self.name.clone(),
            mapping: self.text.clone(),
            says: self.form.says.clone(),
            query: self.form.query.is_some().then_some(query),
            newest,
            others,
        };
        Ok(Some((columns, known)))
    }
}

/// The adapter that knows a database, of those that come with the program or of `own` alone: the one that tells it by the
/// most columns. Where a table is named it is that one that the events stand in.
fn known(path: &Path, table: Option<&str>, own: Option<&Adapter>, bound: &Bound) -> Result<Option<Known>> {
    let schema = Schema::read(path, bound)?;
    if let Some(own) = own {
        return Ok(own.fits(&schema, table)?.map(|(_, known)| known));
    }
    let mut best: Option<(usize, Known)> = None;
    for (name, text) in BUILT_IN {
        let Some(adapter) = Adapter::head(name, text)? else { continue };
        let found = adapter.fits(&schema, table)?;
        if let Some((columns, known)) = found
            && best.as_ref().is_none_or(|(most, _)| columns > *most)
        {
            best = Some((columns, known));
        }
    }
    Ok(best.map(|(_, known)| known))
}

/// The adapter that knows the one file that is named, where that is a SQLite database: of all of it, or of a table. A query
/// that somebody wrote is read as its rows are.
pub fn known_in(files: &[PathBuf], rows: Option<&Rows>, own: Option<&Adapter>) -> Result<Option<Known>> {
    let table = match rows {
        None => None,
        Some(Rows::Of(table)) => Some(table.as_str()),
        Some(Rows::Asked(_) | Rows::Aside(_)) => return Ok(None),
    };
    match files {
        [file] if !crate::file::is_stream(file) && is_sqlite(file) => {
            known(file, table, own, &Bound::steps(STEPS))
        }
        _ => Ok(None),
    }
}

/// The rows of a query behind a number; all of them where there is none, or where it asks for no part.
pub fn rows_after(query: &str, after: Option<i64>) -> Rows {
    Rows::Aside(query.replace(AFTER, &after.unwrap_or(-i64::MAX).to_string()))
}

/// How far a database goes, and how many rows it has, by the query that tells so.
pub fn reach(path: &Path, newest: &str) -> Result<Option<(i64, i64)>> {
    let mut found = None;
    let asked = Rows::Asked(newest.to_owned());
    foreign::rows(path, &asked, (1 << 16, &Bound::steps(ALL_STEPS)), &mut |row| {
        let number = |name: &str| row.as_ref().ok().and_then(|row| row.get(name)?.as_i64());
        found = number("newest").zip(number("rows"));
        Ok(false)
    })?;
    Ok(found)
}

/// Has an import read a store as an adapter tells: the one that is its mapping, or where it has none one that knows the
/// store.
pub fn adapt(options: &mut Options) -> Result<()> {
    let own = match &options.mapping {
        None => None,
        Some(mapping) => {
            let (file, text) = mapping.written();
            let Some(own) = Adapter::head(&file, &text)? else { return Ok(()) };
            Some(own)
        }
    };
    let Some(known) = known_in(&options.files, options.rows.as_ref(), own.as_ref())? else { return Ok(()) };
    if options.rows.is_some() && known.query.is_none() {
        return Ok(());
    }
    if own.is_none() {
        options.mapping = Some(Mapping::parse(&known.adapter, &known.mapping)?);
    }
    options.rows = known.rows();
    Ok(())
}

/// The text of an adapter that comes with the program.
pub fn builtin_text(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().chain(&AS_ROWS).find(|(built_in, _)| *built_in == name).map(|(_, text)| *text)
}

/// The names of those whose stores come as rows of JSON.
pub fn names_as_rows() -> impl Iterator<Item = &'static str> {
    AS_ROWS.iter().map(|(name, _)| *name)
}

/// The tables of a database that have all of these columns, by name.
pub(super) fn tables_with(path: &Path, columns: &[&str], bound: &Bound) -> Result<Vec<String>> {
    let form = TableForm {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        ..TableForm::default()
    };
    let found = Schema::read(path, bound)?.like(&form)?;
    Ok(found.into_iter().map(|table| table.name).collect())
}

/// What stands for a role in a query: the table, its name as a text, the further column, or the whole row as JSON. Where
/// there is no such table, one without rows.
fn fills(role: &str, form: &TableForm, table: Option<&Table>) -> Vec<(String, String)> {
    let Some(table) = table else {
        let nulls: Vec<String> =
            form.columns.iter().map(|name| format!("NULL AS {}", quoted(name))).collect();
        return vec![(format!("{{{role}}}"), format!("(SELECT {} WHERE 0)", nulls.join(", ")))];
    };
    let also = form.also.as_deref().and_then(|also| table.also(form, also)).unwrap_or_default();
    // A column in each member, so that names of columns stand in no text.
    let row: Vec<String> =
        table.columns.iter().map(|name| format!("{}, {}", text(name), shown(name))).collect();
    [
        ("", quoted(&table.name)),
        (".name", text(&table.name)),
        (".also", quoted(&also)),
        (".also.name", text(&also)),
        (".row", format!("json_object({})", row.join(", "))),
    ]
    .map(|(what, by)| (format!("{{{role}{what}}}"), by))
    .into()
}

/// A query with all of that put in, in one pass: what was put in is not looked through, as names of tables may hold
/// anything.
fn filled(query: &str, fills: &[(String, String)]) -> String {
    let (mut filled, mut rest) = (String::new(), query);
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let (by, length) = match fills.iter().find(|(key, _)| from.starts_with(key.as_str())) {
            Some((key, by)) => (by.as_str(), key.len()),
            None => ("{", 1),
        };
        filled.push_str(by);
        rest = &from[length..];
    }
    filled + rest
}

/// A column as JSON can hold it.
fn shown(name: &str) -> String {
    let name = quoted(name);
    format!("CASE typeof({name}) WHEN 'blob' THEN '\\x' || lower(hex({name})) ELSE {name} END")
}
