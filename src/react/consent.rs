//! This machine's consent: what may reach out of which store here. It is given to what a domain's reactors declare, as
//! computed from the text in use, and to one file: the store's id, its path and its place on the disk. It remembers how
//! far that store had been worked at, so that an older copy in its place is asked about anew.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::local::Local;
use crate::error::{Error, Result};
use crate::event::{Hash, Position, Time};
use crate::private::Folder;

const FILE: &str = "consent.jsonl";
const LOCK: &str = "consent.lock";

/// The file of a store, as consent names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreFile {
    store: String,
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl StoreFile {
    /// The store with an id at a path.
    pub fn of(id: String, path: &Path) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| Error::from(error).at(path.display()))?;
        let (device, inode) = place_of(&path)?;
        Ok(Self { store: id, path, device, inode })
    }
}

#[cfg(unix)]
fn place_of(path: &Path) -> Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn place_of(_: &Path) -> Result<(u64, u64)> {
    Ok((0, 0))
}

/// How far a store has been worked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its newest event, where it has one.
    pub newest: Option<(Position, Hash)>,
    /// How many jobs were handed to workers.
    pub worked: i64,
}

/// The proof that something may reach out. Only a consent that was found makes one.
pub struct Consent(());

/// A line of the file.
#[derive(Clone, Serialize, Deserialize)]
struct Given {
    #[serde(flatten)]
    to: StoreFile,
    effects: String,
    position: Position,
    hash: String,
    worked: i64,
    at: String,
    domain: String,
}

impl Given {
    fn is_for(&self, store: &StoreFile, effects: &str) -> bool {
        self.to == *store && self.effects == effects
    }

    fn set(&mut self, mark: &Mark) {
        let (position, hash) = mark.newest.map_or((0, String::new()), |(at, hash)| (at, hash.to_string()));
        (self.position, self.hash, self.worked) = (position, hash, mark.worked);
    }
}

impl Local {
    /// Whether what reactors declare may reach out of a store on this machine. `has` tells whether the store has an
    /// event with a hash at a position, and `worked` how many of its jobs were handed to workers.
    pub fn consent(
        &self,
        store: &StoreFile,
        effects: Hash,
        worked: i64,
        has: &dyn Fn(Position, Hash) -> Result<bool>,
    ) -> Result<Option<Consent>> {
        let effects = effects.to_string();
        let given = self.given()?.into_iter().find(|given| given.is_for(store, &effects));
        let Some(given) = given.filter(|given| given.worked <= worked) else { return Ok(None) };
        let same = match given.hash.parse() {
            Ok(hash) => has(given.position, hash)?,
            Err(()) => given.position == 0,
        };
        Ok(same.then_some(Consent(())))
    }

    /// Notes that it may.
    pub fn allow(&self, store: &StoreFile, effects: Hash, mark: &Mark, name: &str, now: Time) -> Result<()> {
        let effects = effects.to_string();
        self.change(|all| {
            all.retain(|given| !given.is_for(store, &effects));
            let mut given = Given {
                to: store.clone(),
                effects: effects.clone(),
                position: 0,
                hash: String::new(),
                worked: 0,
                at: now.to_string(),
                domain: name.to_owned(),
            };
            given.set(mark);
            all.push(given);
        })
    }

    /// Notes how far a store has been worked at by now.
    pub fn note(&self, store: &StoreFile, effects: Hash, mark: &Mark) -> Result<()> {
        let effects = effects.to_string();
        self.change(|all| {
            all.iter_mut().filter(|given| given.is_for(store, &effects)).for_each(|given| given.set(mark));
        })
    }

    fn given(&self) -> Result<Vec<Given>> {
        let Some(folder) = self.folder() else { return Ok(Vec::new()) };
        let path = folder.join(FILE);
        let text = match crate::file::text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::from(error).at(path.display())),
        };
        // A line that cannot be read allows nothing.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Several workers may do so at once: each has the file for itself meanwhile.
    fn change(&self, change: impl FnOnce(&mut Vec<Given>)) -> Result<()> {
        let path = self.config_folder()?;
        let noted = |error: std::io::Error| {
            Error::from(error).at(format!("The consent cannot be noted in {}", path.join(FILE).display()))
        };
        let folder = Folder::named(path).map_err(noted)?;
        let lock = folder.append(LOCK).map_err(noted)?;
        lock.lock().map_err(noted)?;
        let mut all = self.given()?;
        change(&mut all);
        let lines = all.iter().map(|given| Ok(serde_json::to_string(given)? + "\n"));
        let text = lines.collect::<std::result::Result<String, serde_json::Error>>();
        let text = text.map_err(|error| noted(error.into()))?;
        folder.put(FILE, text.as_bytes()).map_err(noted)
    }
}
