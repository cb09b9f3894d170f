//! An import that goes on: what files get is appended as it comes, and a restart goes on where the last run was.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::grown::{Marks, take_new};
use super::piped::Piped;
use super::{ImportProgress, Imported, Open, Session};
use crate::error::{Error, Result};
use crate::file;
use crate::import::{Options, Reads, listed};
use crate::private::{Folder, folder_of};

/// Files that are read into a store as they grow.
pub struct Following {
    open: Open,
    options: Options,
    marks: Marks,
    pipes: Vec<Piped>,
    /// What pipes give lies in it.
    _folder: TempDir,
}

/// How far files were read, as it lies beside a store.
#[derive(Default, Serialize, Deserialize)]
struct Noted {
    /// The newest event that the store had then, and its place: a store that has it not is another one, or an older one
    /// that was brought back, and lacks what was read since.
    newest: Option<(i64, String)>,
    /// Which rows of databases they are.
    rows: Option<String>,
    /// The marks.
    marks: String,
}

impl Following {
    /// Begins where the last run over this store was; what comes through a pipe begins with its first byte.
    pub fn new(open: Open, mut options: Options) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut pipes = Vec::new();
        for (number, name) in options.files.iter_mut().enumerate() {
            if file::is_stream(name) {
                let path = folder.path().join(format!("{number}.log"));
                let to = fs::File::create_new(&path)?;
                pipes.push(Piped::keep(name, path.clone(), to)?);
                *name = path;
            } else {
                // From whatever folder it is started again.
                *name = std::path::absolute(&name)?;
            }
        }
        if let Some(missing) = listed(&options.files)?.iter().find(|file| !file.exists()) {
            return Err(Error::refused(format!("There is no file {}.", missing.display())));
        }
        options.reads = Reads::Growing;
        let mut following = Self { open, options, marks: Marks::default(), pipes, _folder: folder };
        following.marks = following.noted().unwrap_or_default();
        Ok(following)
    }

    /// Appends what came since the last look; `None` where nothing did. What lacks its predecessor waits for that.
    /// `progress` answers whether to go on.
    pub fn take_new(&mut self, progress: &mut dyn FnMut(ImportProgress) -> bool) -> Result<Option<Imported>> {
        let wait = !self.has_ended();
        self.take(wait, progress)
    }

    /// The last look: what still waits is taken, too.
    pub fn take_rest(
        &mut self,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Option<Imported>> {
        if self.marks.waits() { self.take(false, progress) } else { Ok(None) }
    }

    fn take(
        &mut self,
        wait: bool,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Option<Imported>> {
        let Self { open, options, marks, pipes, .. } = self;
        let at = || Ok(open.clone());
        let taken = take_new(&at, (options, marks), (open.clock, pipes, wait), progress)?;
        if taken.is_some() {
            self.note()?;
        }
        Ok(taken)
    }

    /// Whether nothing more can come: there are only pipes, and all have ended.
    pub fn has_ended(&self) -> bool {
        self.pipes.len() == self.options.files.len() && self.pipes.iter().all(Piped::has_ended)
    }

    /// How many events the branch has; none where there is no store yet.
    pub fn events(&self) -> i64 {
        Session::open_reader(&self.open).and_then(|session| session.tail()).map_or(0, |tail| tail.events)
    }

    /// The file with the marks, beside the store.
    fn notes(&self) -> PathBuf {
        let mut name = self.open.path.file_name().unwrap_or_default().to_owned();
        name.push("-read.json");
        self.open.path.with_file_name(name)
    }

    /// Which rows of databases the marks are about.
    fn rows(&self) -> Option<String> {
        self.options.rows.as_ref().map(|rows| format!("{rows:?}"))
    }

    /// The marks of the last run, where they are about what is read now.
    fn noted(&self) -> Option<Marks> {
        let noted: Noted = serde_json::from_str(&file::text(&self.notes()).ok()?).ok()?;
        let (position, hash) = noted.newest?;
        let newest = Session::open_reader(&self.open).ok()?.store.event_at(position).ok()??;
        (newest.hash.to_string() == hash && noted.rows == self.rows()).then(|| Marks::parse(&noted.marks))
    }

    fn note(&self) -> Result<()> {
        let session = Session::open_reader(&self.open)?;
        let newest = session.store.event_at(session.tail()?.head)?;
        let noted = Noted {
            newest: newest.map(|event| (event.position, event.hash.to_string())),
            rows: self.rows(),
            marks: self.marks.text()?,
        };
        let failed = |why: &dyn std::fmt::Display| {
            Error::refused(format!("{} cannot be written: {why}.", self.notes().display()))
        };
        let text = serde_json::to_string(&noted).map_err(|error| failed(&error))?;
        let (notes, folder) = (self.notes(), Folder::named(folder_of(&self.open.path)));
        let name = notes.file_name().unwrap_or_default().to_string_lossy();
        folder.and_then(|folder| folder.put(&name, text.as_bytes())).map_err(|error| failed(&error))
    }
}
