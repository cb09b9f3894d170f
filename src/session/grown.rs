//! What files have got since they were read last, appended to a store. How far each was read is noted in a file of its
//! own: where that is lost they are read again, and what was read is known by its key.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::piped::Piped;
use super::{ImportProgress, Imported, Open, import_into};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::import::tail::{is_lines, new_in};
use crate::import::{Mapping, Mark, Options, Waiting, listed};

/// A last line without an end is read where nothing was written for so long.
const STILL: Duration = Duration::from_secs(1);

/// How often it is looked whether a log has grown.
pub const LOOK: Duration = Duration::from_millis(200);

/// How long to look away after a look that took so long; what takes long to look at, such as a large folder, is looked
/// at less often.
pub fn rest(found: bool, took: Duration) -> Duration {
    if found { LOOK } else { LOOK.max(took * 10) }
}

/// How far each file was read, and what was read and waits for its predecessor.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    files: BTreeMap<PathBuf, Mark>,
    waiting: Vec<Waiting>,
}

/// The same as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    files: Vec<(PathBuf, Mark)>,
    waiting: Vec<Waiting>,
}

impl Marks {
    /// Reads them as they are kept; none where they cannot be read.
    pub fn parse(text: &str) -> Self {
        let Ok(Kept { files, waiting }) = serde_json::from_str(text) else { return Self::default() };
        Self { files: files.into_iter().collect(), waiting }
    }

    /// Whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether something waits for its predecessor.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The text to keep.
    pub fn text(&self) -> Result<String> {
        let Self { files, waiting } = self;
        let files = files.iter().map(|(path, mark)| (path.clone(), mark.clone())).collect();
        serde_json::to_string(&Kept { files, waiting: waiting.clone() })
            .map_err(|error| Error::refused(format!("What was read cannot be noted: {error}.")))
    }
}

/// Appends what files have that was not read yet; `None` where that is nothing. The files are those of `options`; a
/// document that comes through one of the pipes is read when that has ended. With `wait` what lacks its predecessor waits for
/// it, with what has waited; it is taken when it waited long enough. `progress` answers whether to go on.
pub fn take_new(
    open: &dyn Fn() -> Result<Open>,
    (options, marks): (&mut Options, &mut Marks),
    (clock, pipes, wait): (Clock, &[Piped], bool),
    progress: &mut dyn FnMut(ImportProgress) -> bool,
) -> Result<Option<Imported>> {
    let (mut whole, mut parts, mut read) = (Vec::new(), Vec::new(), Vec::new());
    let longest = options.mapping.as_ref().map_or(Duration::ZERO, Mapping::wait);
    let mut old = true;
    for path in listed(&options.files)? {
        let pipe = pipes.iter().find(|pipe| pipe.path == path).map(Piped::has_ended);
        if pipe == Some(false) && !is_lines(&path, options.mapping.as_ref()) {
            continue;
        }
        let still = |file: &Metadata| pipe == Some(true) || clock.is_still(file, STILL);
        let before = marks.files.get(&path).cloned();
        let mark = before.clone().unwrap_or_default();
        let Some(mut new) = new_in(&path, options.mapping.as_ref(), &mark, &still)? else { continue };
        // What nobody has written to for long waits for nothing.
        old &= before.is_none() && fs::metadata(&path).is_ok_and(|file| clock.is_still(&file, longest));
        if new.parts.is_empty() {
            whole.push(path.clone());
        }
        parts.append(&mut new.parts);
        read.push((path, new));
    }
    let due = |waiting: &Waiting| !wait || clock.now().0 - waiting.since().0 >= longest.as_micros() as i64;
    if read.is_empty() && !marks.waiting.iter().any(due) {
        return Ok(None);
    }
    let names = mem::replace(&mut options.files, whole);
    options.parts = parts;
    options.waiting.clone_from(&marks.waiting);
    options.wait = wait && !old;
    let imported = open().and_then(|open| import_into(&open, options, progress));
    (options.files, options.parts) = (names, Vec::new());
    options.waiting.clear();
    let imported = imported?;
    marks.waiting.clone_from(&imported.report.waiting);
    for (path, new) in read {
        let mut mark = new.read()?;
        let records = imported.report.read.iter().rfind(|(name, _)| *name == path);
        mark.records = records.map_or(mark.records, |(_, records)| *records);
        marks.files.insert(path, mark);
    }
    Ok(Some(imported))
}
