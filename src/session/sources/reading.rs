//! One source: its store, its mapping, and taking what its files have that the store has not.

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use super::reach::joined;
use super::{ABOUT, DOMAIN, LeftAt, MAPPING, MARKS, ReadBy, STORE, Source};
use crate::clock::Clock;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::import::guess::{Guess, InUse, Sample};
use crate::import::tail::written_at;
use crate::import::{LARGEST_RECORD, Mapping, Nothing, Options, Preview, Reads, stage};
use crate::private::Folder;
use crate::session::grown::{Marks, take_new};
use crate::session::{ImportProgress, Imported, Open, create};
use crate::store::foreign::is_sqlite;

/// Files of fewer bytes than this together are read at once.
const SMALL: u64 = 256 << 10;

impl Source {
    /// Its store's file.
    pub fn store(&self) -> PathBuf {
        self.folder.join(STORE)
    }

    /// Whether it is read before anybody sees that it is: then the first picture is whole. How much a database is to read
    /// is not told by its size.
    pub fn is_small(&self) -> bool {
        let database = |file: &PathBuf| is_sqlite(file);
        if self.about.rows().is_some() || self.about.files.iter().any(database) {
            return false;
        }
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

    /// The adapter by which it is read, where it is another program's event store.
    pub fn adapter(&self) -> Option<&str> {
        self.about.adapter.as_deref()
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

    /// How it might be read, and how it is read now.
    pub fn guess(&self) -> Result<(Guess, InUse)> {
        let sample = Sample::read(&self.about.files, self.about.rows().as_ref(), LARGEST_RECORD)?;
        let guess = Guess::of(&self.name, &sample);
        let text = match &self.about.read_by {
            ReadBy::Export => Some(guess.toml(&guess.answers)),
            ReadBy::BuiltIn(name) => Mapping::builtin_text(name).map(str::to_owned),
            ReadBy::Mapping => Some(crate::file::text(&self.folder.join(MAPPING))?),
        };
        let in_use = guess.in_use(&text.unwrap_or_default())?;
        Ok((guess, in_use))
    }

    /// What the first records become by a mapping.
    pub fn try_mapping(&self, mapping: &str, first: usize) -> Result<Vec<Preview>> {
        let options = Options {
            files: self.about.files.clone(),
            rows: self.about.rows(),
            mapping: Some(Mapping::parse(MAPPING, mapping)?),
            try_first: Some(first),
            ..Options::default()
        };
        Ok(stage(&options, &Nothing, &mut |_| true)?.preview().to_vec())
    }

    /// The store, which is made where there is none yet.
    pub fn open(&self, clock: Clock) -> Result<Open> {
        let open = Open { path: self.store(), branch: "main".to_owned(), clock };
        if !open.path.exists() {
            let own = self.folder.join(DOMAIN);
            let domain = if own.exists() {
                Some(Rc::new(Domain::parse(DOMAIN, &crate::file::text(&own)?)?))
            } else {
                None
            };
            create(&open, domain.as_ref())?;
            self.put(MARKS, "[]")?;
        }
        Ok(open)
    }

    /// Takes what its files have that the store has not; nothing where that is nothing. `progress` answers whether to go
    /// on.
    pub fn take_new(
        &self,
        clock: Clock,
        actor: &str,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Imported> {
        let mut options = Options {
            files: self.about.files.clone(),
            rows: self.about.rows(),
            mapping: self.mapping_name().map(|name| Mapping::load(&name)).transpose()?,
            // A log is what it is: what cannot be read is counted and shown.
            skip_bad: true,
            actor: actor.to_owned(),
            reads: Reads::Watched,
            ..Options::default()
        };
        let mut marks = self.marks();
        let first = marks.is_empty();
        let open = || self.open(clock);
        let reach = self.reach(&mut options, first)?;
        let before = marks.clone();
        let mut taken = take_new(&open, (&mut options, &mut marks), (clock, &[], true), progress)?;
        if let (Some(reach), Some(part)) = (&reach, &mut taken)
            && reach.misses(part.report.records)
        {
            // Something stands before what was read already.
            (options.rows, marks) = (self.about.rows(), before);
            let whole = take_new(&open, (&mut options, &mut marks), (clock, &[], true), progress)?;
            *part = joined(part, whole.unwrap_or_default());
        }
        let found = taken.is_some();
        let mut imported = taken.unwrap_or_default();
        // Before the marks: where this is cut off, everything is read again, and carried over then.
        let carried = self.carry_over(imported.report.records, &open()?, actor)?;
        imported.carried_over = carried.map(Box::new);
        if imported.appended > 0 && !first {
            let written = self.about.files.iter().filter_map(|file| written_at(file)).max();
            imported.behind = written.map(|written| clock.now().0.saturating_sub(written).max(0));
        }
        if found {
            self.put(MARKS, &marks.text()?)?;
            self.keep_reach(reach)?;
        }
        Ok(imported)
    }

    /// How far each file was read.
    fn marks(&self) -> Marks {
        let text = crate::file::text(&self.folder.join(MARKS)).ok().filter(|_| self.store().exists());
        text.map_or_else(Marks::default, |text| Marks::parse(&text))
    }

    pub(super) fn put(&self, name: &str, text: &str) -> Result<()> {
        let written = Folder::named(&self.folder).and_then(|folder| folder.put(name, text.as_bytes()));
        written.map_err(|error| {
            Error::refused(format!("{} cannot be written: {error}.", self.folder.join(name).display()))
        })
    }

    pub(super) fn keep(&self) -> Result<()> {
        let text = toml::to_string(&self.about)
            .map_err(|error| Error::refused(format!("The source cannot be noted: {error}.")))?;
        self.put(ABOUT, &text)
    }
}
