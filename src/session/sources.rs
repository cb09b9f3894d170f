//! Sources: logs of other systems that were opened by the names of their files. Each has a folder under the user's
//! data, with a store of its own, its mapping, and what it was read from; the same files open it again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use super::{ImportProgress, Imported, Open, Session, import_into};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::import::guess::{Guess, Reading, Sample};
use crate::import::tail::new_in;
use crate::import::{LARGEST_RECORD, Mapping, Mark, Nothing, Options, Preview, Rows, listed, name_of, stage};
use crate::private::Folder;
use crate::store::remove;

const ABOUT: &str = "source.toml";
const MAPPING: &str = "mapping.toml";
const STORE: &str = "store.db";
const MARKS: &str = "read.json";

/// A last line without an end is read where nothing was written for so long.
const STILL: Duration = Duration::from_secs(1);

/// Files of fewer bytes than this together are read at once.
const SMALL: u64 = 256 << 10;

/// A pipe that is silent for so long has said enough to be looked at, and so has one that gave so many bytes.
const MORE: Duration = Duration::from_millis(200);
const ENOUGH: u64 = 1 << 20;

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
    /// The table that is read, of a SQLite database.
    table: Option<String>,
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
    /// The filter of the list.
    pub filter: String,
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

    /// The one that is read from these files.
    pub fn of_files(&self, files: &[PathBuf]) -> Result<Option<Source>> {
        let files = full_paths(files)?;
        Ok(self.list()?.into_iter().find(|source| source.about.files == files))
    }

    /// A file that gets what comes on standard input, as it comes; the source of an earlier one is forgotten. It is
    /// there when there is something to look at.
    pub fn piped(&self) -> Result<PathBuf> {
        let folder = self.folder.with_file_name("piped");
        let path = folder.join("stdin.log");
        if path.exists()
            && let Some(source) = self.of_files(std::slice::from_ref(&path))?
        {
            self.remove(&source.name)?;
        }
        let failed =
            |error: io::Error| Error::refused(format!("{} cannot be written: {error}.", path.display()));
        let folder = Folder::named(&folder).map_err(failed)?;
        folder.put("stdin.log", b"").map_err(failed)?;
        let mut file = folder.append("stdin.log").map_err(failed)?;
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut input = io::stdin().lock();
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n @ 1..) = io::Read::read(&mut input, &mut buffer) {
                if io::Write::write_all(&mut file, &buffer[..n]).is_err() {
                    break;
                }
                // Nobody waits any more once something is there.
                let _ = send.send(());
            }
        });
        // One line tells nothing of a log: a moment is given for more to come.
        let _ = receive.recv();
        while receive.recv_timeout(MORE).is_ok() {
            if fs::metadata(&path).is_ok_and(|meta| meta.len() > ENOUGH) {
                break;
            }
        }
        Ok(path)
    }

    /// Makes one for files, read as their records tell.
    pub fn read(&self, files: &[PathBuf]) -> Result<Source> {
        let sample = Sample::read(files, None, LARGEST_RECORD)?;
        let name = name_of(files);
        let reading = Reading::of(&name, &sample)?;
        self.add(&name, files, &reading, sample.table)
    }

    /// Makes one for files, read as was told; its name is `name`, with a number where another one has that.
    pub fn add(
        &self,
        name: &str,
        files: &[PathBuf],
        reading: &Reading,
        table: Option<String>,
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
            Reading::Guessed(guess) => (ReadBy::Mapping, Some(guess.toml(&guess.answers))),
        };
        // That one finds its table itself.
        let table = table.filter(|_| *reading != Reading::BuiltIn("papertrail"));
        let about = About { files: full_paths(files)?, table, read_by, told: reading.told(), left_at: None };
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

impl Source {
    /// Its store's file.
    pub fn store(&self) -> PathBuf {
        self.folder.join(STORE)
    }

    /// Whether it is read before anybody sees that it is: then the first picture is whole.
    pub fn is_small(&self) -> bool {
        let sizes = self.about.files.iter().map(|file| fs::metadata(file).ok().filter(fs::Metadata::is_file));
        sizes.map(|meta| meta.map_or(SMALL, |meta| meta.len())).sum::<u64>() < SMALL
    }

    /// What it is read from.
    pub fn files(&self) -> &[PathBuf] {
        &self.about.files
    }

    /// What it is called in a first line: the file's name, or the folder's.
    pub fn title(&self) -> String {
        match self.about.files.as_slice() {
            [one] => {
                one.file_name().map_or_else(|| self.name.clone(), |name| name.to_string_lossy().into_owned())
            }
            _ => self.name.clone(),
        }
    }

    /// What was told of how it is read, in a line.
    pub fn told(&self) -> &str {
        &self.about.told
    }

    /// Where the explorer was left.
    pub fn left_at(&self) -> Option<&LeftAt> {
        self.about.left_at.as_ref()
    }

    /// Notes where the explorer was left.
    pub fn leave_at(&mut self, place: LeftAt) -> Result<()> {
        self.about.left_at = Some(place);
        self.keep()
    }

    /// What it is read by: the name of a built-in mapping, or the file of its own one; `None` for an export.
    pub fn mapping_name(&self) -> Option<String> {
        match &self.about.read_by {
            ReadBy::Export => None,
            ReadBy::BuiltIn(name) => Some(name.clone()),
            ReadBy::Mapping => Some(self.folder.join(MAPPING).display().to_string()),
        }
    }

    /// How it might be read, whatever it is read by now.
    pub fn guess(&self) -> Result<Guess> {
        let sample = Sample::read(&self.about.files, self.about.table.as_deref(), LARGEST_RECORD)?;
        Ok(Guess::of(&self.name, &sample))
    }

    /// What the first records become by a mapping.
    pub fn try_mapping(&self, mapping: &str, first: usize) -> Result<Vec<Preview>> {
        let options = Options {
            files: self.about.files.clone(),
            rows: self.about.table.clone().map(Rows::Of),
            mapping: Some(Mapping::parse(MAPPING, mapping)?),
            try_first: Some(first),
            ..Options::default()
        };
        Ok(stage(&options, &Nothing, &mut |_| true)?.preview().to_vec())
    }

    /// Takes another mapping into use, and what it is told as: what was read so far is read anew.
    pub fn read_by(&mut self, mapping: &str, told: String) -> Result<()> {
        Mapping::parse(MAPPING, mapping)?;
        self.put(MAPPING, mapping)?;
        (self.about.read_by, self.about.told, self.about.left_at) = (ReadBy::Mapping, told, None);
        self.keep()?;
        remove(&self.store());
        Ok(())
    }

    /// The store, which is made where there is none yet.
    pub fn open(&self, clock: Clock) -> Result<Open> {
        let open = Open { path: self.store(), branch: "main".to_owned(), clock };
        if !open.path.exists() {
            super::create(&open, None)?;
            self.put(MARKS, "[]")?;
        }
        Ok(open)
    }

    /// Takes what its files have that the store has not. `progress` answers whether to go on.
    pub fn take_new(
        &self,
        clock: Clock,
        actor: &str,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Imported> {
        let mapping = self.mapping_name().map(|name| Mapping::load(&name)).transpose()?;
        let mut marks = self.marks();
        let still = |file: &fs::Metadata| clock.is_still(file, STILL);
        let (mut whole, mut parts, mut read) = (Vec::new(), Vec::new(), Vec::new());
        for path in listed(&self.about.files)? {
            let mark = marks.get(&path).cloned().unwrap_or_default();
            let Some(new) = new_in(&path, mapping.as_ref(), &mark, &still)? else { continue };
            if new.parts.is_empty() {
                whole.push(path.clone());
            }
            parts.extend(new.parts);
            read.push((path, new.mark));
        }
        if read.is_empty() {
            return Ok(Imported::default());
        }
        let options = Options {
            files: whole,
            parts,
            rows: self.about.table.clone().map(Rows::Of),
            mapping,
            // A log is what it is: what cannot be read is counted and shown.
            skip_bad: true,
            actor: actor.to_owned(),
            ..Options::default()
        };
        let imported = import_into(&self.open(clock)?, &options, progress)?;
        for (path, mut mark) in read {
            let records = imported.report.read.iter().rfind(|(name, _)| *name == path);
            mark.records = records.map_or(mark.records, |(_, records)| *records);
            marks.insert(path, mark);
        }
        let text = serde_json::to_string(&marks.iter().collect::<Vec<_>>());
        self.put(
            MARKS,
            &text.map_err(|error| Error::refused(format!("What was read cannot be noted: {error}.")))?,
        )?;
        Ok(imported)
    }

    /// How far each file was read. Where that is not known they are read again, and what was read is known by its key.
    fn marks(&self) -> BTreeMap<PathBuf, Mark> {
        let text = crate::file::text(&self.folder.join(MARKS)).ok();
        let marks = text
            .filter(|_| self.store().exists())
            .and_then(|text| serde_json::from_str::<Vec<_>>(&text).ok());
        marks.unwrap_or_default().into_iter().collect()
    }

    fn put(&self, name: &str, text: &str) -> Result<()> {
        let written = Folder::named(&self.folder).and_then(|folder| folder.put(name, text.as_bytes()));
        written.map_err(|error| {
            Error::refused(format!("{} cannot be written: {error}.", self.folder.join(name).display()))
        })
    }

    fn keep(&self) -> Result<()> {
        let text = toml::to_string(&self.about)
            .map_err(|error| Error::refused(format!("The source cannot be noted: {error}.")))?;
        self.put(ABOUT, &text)
    }
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
