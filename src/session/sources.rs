//! Sources: logs of other systems that were opened by the names of their files. Each has a folder under the user's
//! data, with a store of its own, its mapping, and what it was read from; the same files open it again.

mod anew;
mod carried;
mod check;
mod counterparts;
mod reach;
mod reading;

pub use carried::CarriedOver;
pub(super) use carried::hashes_in;
pub use check::{Checked, Odd, OutOfOrder};

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use super::{Open, Session};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::import::adapter::{Adapter, known_in, rows_after};
use crate::import::guess::{Reading, Sample};
use crate::import::tail::is_lines;
use crate::import::{LARGEST_RECORD, Rows, name_of};

const ABOUT: &str = "source.toml";
const MAPPING: &str = "mapping.toml";
const STORE: &str = "store.db";
const MARKS: &str = "read.json";
const DOMAIN: &str = "domain.toml";

/// The folder in which a user's data is kept.
pub fn data_folder() -> Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Error::refused("There is no home folder to keep a store in.").hint("Name a file: --store FILE.")
    })?;
    Ok(strategy.data_dir().join("backstory"))
}

/// The sources of a user.
pub struct Sources {
    folder: PathBuf,
}

/// One source.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it is called.
    pub name: String,
    folder: PathBuf,
    about: About,
}

/// What a source's folder says of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    /// The files and folders, as full paths; `-` is standard input.
    files: Vec<PathBuf>,
    /// The adapter that knows the store which it is.
    adapter: Option<String>,
    /// The table that is read, of a SQLite database.
    table: Option<String>,
    /// Or the query that is asked; an adapter asks one of its own.
    query: Option<String>,
    /// What tells how far the store goes, where an adapter asks only for what is behind what was read.
    newest: Option<String>,
    /// Whether its store is kept as it was before the log was read anew: its files are read by another source.
    #[serde(default)]
    aside: bool,
    /// Whether somebody named the table, or wrote the query.
    #[serde(default)]
    named: bool,
    /// How they are read.
    read_by: ReadBy,
    /// What was told of that, in a line.
    told: String,
    /// Where the explorer was left.
    left_at: Option<LeftAt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReadBy {
    /// As what another store exported.
    Export,
    /// By a mapping that comes with the program.
    BuiltIn(String),
    /// By the mapping beside it.
    Mapping,
}

/// Where the explorer was left, to go on from there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftAt {
    /// The revision that the cursor stood at; `None` at the head.
    pub revision: Option<String>,
    /// Whether the cursor ran over the whole store.
    pub whole_store: bool,
}

impl About {
    /// Which rows are read, of SQLite databases.
    fn rows(&self) -> Option<Rows> {
        if self.adapter.is_some() {
            return self.query.as_deref().map(|query| rows_after(query, None));
        }
        let asked = || self.query.clone().map(Rows::Asked);
        self.table.clone().map(Rows::Of).or_else(asked)
    }

    /// Whether these are the rows that somebody names; those of an adapter are named by their table.
    fn is_of(&self, rows: &Rows) -> bool {
        match rows {
            Rows::Of(table) if self.adapter.is_some() => self.table.as_ref() == Some(table),
            _ => self.rows().as_ref() == Some(rows),
        }
    }
}

impl Sources {
    /// Those of whoever runs the program.
    pub fn of_user() -> Result<Self> {
        Ok(Self { folder: data_folder()?.join("sources") })
    }

    /// Those in a folder.
    pub fn within(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder that they lie in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// All of them, by name; what is no source is left out.
    pub fn list(&self) -> Result<Vec<Source>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::from(error).at(self.folder.display().to_string())),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut sources: Vec<Source> = names.filter_map(|name| self.named(&name).ok()).collect();
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(sources)
    }

    /// The one of this name.
    pub fn named(&self, name: &str) -> Result<Source> {
        let folder = self.folder.join(checked(name)?);
        let text = crate::file::text(&folder.join(ABOUT)).map_err(|_| {
            Error::refused(format!("There is no source {name}."))
                .hint("`backstory source` lists them; `backstory FILE` makes one.")
        })?;
        let about = toml::from_str(&text).map_err(|error| {
            Error::refused(format!("The source {name} cannot be read: {}.", error.message()))
                .hint(format!("`backstory source --remove {name}`, then open its files again."))
        })?;
        Ok(Source { name: name.to_owned(), folder, about })
    }

    /// The one that is read from these files: these rows of them, or where none are named those that were found.
    pub fn of_files(&self, files: &[PathBuf], rows: Option<&Rows>) -> Result<Option<Source>> {
        let files = full_paths(files)?;
        let fits = |about: &About| match rows {
            Some(rows) => about.is_of(rows),
            None => !about.named,
        };
        let fits = |about: &About| !about.aside && fits(about);
        Ok(self.list()?.into_iter().find(|source| source.about.files == files && fits(&source.about)))
    }

    /// Makes one for files, read as their records tell; of SQLite databases these rows.
    pub fn read(&self, files: &[PathBuf], rows: Option<&Rows>) -> Result<Source> {
        let name = match rows {
            Some(Rows::Of(table)) => format!("{}-{table}", name_of(files)),
            _ => name_of(files),
        };
        if let Some(known) = known_in(files, rows, None)? {
            return self.add(&name, files, &Reading::Store(Box::new(known)), (rows.cloned(), rows.is_some()));
        }
        let sample = Sample::read(files, rows, LARGEST_RECORD)?;
        let reading = Reading::of(&name, &sample)?;
        self.add(&name, files, &reading, (sample.rows, rows.is_some()))
    }

    /// The one that a file is read into by an adapter of somebody's own, which is made where there is none.
    pub fn by_adapter(&self, files: &[PathBuf], rows: Option<&Rows>, adapter: &Adapter) -> Result<Source> {
        let Some(known) = known_in(files, rows, Some(adapter))? else {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            return Err(Error::refused(format!(
                "{} is no store that {} knows.",
                names.join(", "),
                adapter.name
            ))
            .hint("[store.tables] of the adapter says which columns each of its tables has."));
        };
        let full = full_paths(files)?;
        let is_it = |source: &Source| {
            let about = &source.about;
            (about.files == full && about.named && !about.aside)
                && about.adapter.as_ref() == Some(&known.adapter)
                && rows.is_none_or(|rows| about.is_of(rows))
                && crate::file::text(&source.folder.join(MAPPING)).is_ok_and(|text| text == adapter.text())
        };
        if let Some(source) = self.list()?.into_iter().find(is_it) {
            return Ok(source);
        }
        let reading = Reading::Store(Box::new(known));
        self.add(&name_of(files), files, &reading, (rows.cloned(), true))
    }

    /// Makes one for files, read as was told: these rows of them, which somebody named or not. Its name is `name`, with a
    /// number where another one has that.
    pub fn add(
        &self,
        name: &str,
        files: &[PathBuf],
        reading: &Reading,
        (rows, named): (Option<Rows>, bool),
    ) -> Result<Source> {
        let plain: String = name
            .chars()
            .map(|c| if c.is_control() || matches!(c, '/' | '\\' | ':') { '-' } else { c })
            .collect();
        let plain = plain.trim_start_matches('.').trim();
        let plain = if plain.is_empty() { "log" } else { plain };
        let (mut name, mut number) = (plain.to_owned(), 1);
        while self.folder.join(&name).exists() {
            number += 1;
            name = format!("{plain}-{number}");
        }
        let folder = self.folder.join(&name);
        let (read_by, mapping) = match reading {
            Reading::Export => (ReadBy::Export, None),
            Reading::BuiltIn(known) => (ReadBy::BuiltIn((*known).to_owned()), None),
            Reading::Guessed(guess) => {
                let answers = guess.answers.clone();
                let lines = files.iter().all(|file| is_lines(file, None));
                let answers = if lines { answers.without_place() } else { answers };
                (ReadBy::Mapping, Some(guess.toml(&answers)))
            }
            Reading::Store(known) if known.query.is_none() => (ReadBy::BuiltIn(known.adapter.clone()), None),
            Reading::Store(known) => (ReadBy::Mapping, Some(known.mapping.clone())),
        };
        // That one finds its table itself.
        let (table, mut query) = match rows.filter(|_| *reading != Reading::BuiltIn("papertrail")) {
            Some(Rows::Of(table)) => (Some(table), None),
            Some(Rows::Asked(query) | Rows::Aside(query)) => (None, Some(query)),
            None => (None, None),
        };
        let (files, told) = (full_paths(files)?, reading.told());
        let (mut adapter, mut newest) = (None, None);
        if let Reading::Store(known) = reading {
            (adapter, newest) = (Some(known.adapter.clone()), known.newest.clone());
            query = known.query.clone().or(query);
        }
        let about =
            About { files, adapter, table, query, newest, named, aside: false, read_by, told, left_at: None };
        let source = Source { name, folder, about };
        if let Some(mapping) = mapping {
            source.put(MAPPING, &mapping)?;
        }
        source.keep()?;
        Ok(source)
    }

    /// Gives one another name.
    pub fn rename(&self, name: &str, new: &str) -> Result<()> {
        let (source, to) = (self.named(name)?, self.folder.join(checked(new)?));
        if to.exists() {
            return Err(Error::refused(format!("There is a source {new} already.")));
        }
        fs::rename(&source.folder, &to).map_err(|error| Error::from(error).at(name))
    }

    /// Removes one with its store; the files that it was read from stay.
    pub fn remove(&self, name: &str) -> Result<()> {
        let source = self.named(name)?;
        fs::remove_dir_all(&source.folder).map_err(|error| Error::from(error).at(name))
    }
}

/// What the store at a path is read from, where that is another program's event store, whose main it has then.
pub(super) fn source_of(store: &Path) -> Option<String> {
    if store.file_name()? != STORE {
        return None;
    }
    let text = crate::file::text(&store.with_file_name(ABOUT)).ok()?;
    let about: About = toml::from_str(&text).ok()?;
    let file = about.files.first().and_then(|file| file.file_name())?.to_string_lossy().into_owned();
    about.adapter.map(|adapter| format!("{file} ({adapter})"))
}

/// A name that leads out of no folder.
fn checked(name: &str) -> Result<&str> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0']);
    if plain { Ok(name) } else { Err(Error::usage(format!("{name:?} is no name of a source."))) }
}

fn full_paths(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let full = |file: &PathBuf| {
        if file.as_path() == Path::new("-") {
            return Ok(file.clone());
        }
        file.canonicalize()
            .map_err(|error| Error::refused(format!("{} cannot be read: {error}.", file.display())))
    };
    files.iter().map(full).collect()
}

/// How many events its store holds; `None` where it cannot be opened.
pub fn events_in(source: &Source, clock: Clock) -> Option<i64> {
    let open = Open { path: source.store(), branch: "main".to_owned(), clock };
    Session::open_reader(&open).ok()?.overview().ok().map(|overview| overview.events)
}
