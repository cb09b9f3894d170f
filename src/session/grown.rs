//! What files have got since they were read last, appended to a store. How far each was read is noted in a file of its
//! own: where that is lost they are read again, and what was read is known by its key.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use super::piped::Piped;
use super::{ImportProgress, Imported, Open, import_into};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::import::tail::{is_lines, new_in};
use crate::import::{Mark, Options, listed};

/// A last line without an end is read where nothing was written for so long.
const STILL: Duration = Duration::from_secs(1);

/// How often it is looked whether a log has grown.
pub const LOOK: Duration = Duration::from_millis(200);

/// How long to look away after a look that took so long; what takes long to look at, such as a large folder, is looked
/// at less often.
pub fn rest(found: bool, took: Duration) -> Duration {
    if found { LOOK } else { LOOK.max(took * 10) }
}

/// How far each file was read.
#[derive(Debug, Default)]
pub struct Marks(BTreeMap<PathBuf, Mark>);

impl Marks {
    /// Reads them as they are kept; none where they cannot be read.
    pub fn parse(text: &str) -> Self {
        Self(
            serde_json::from_str::<Vec<_>>(text).map(|marks| marks.into_iter().collect()).unwrap_or_default(),
        )
    }

    /// The text to keep.
    pub fn text(&self) -> Result<String> {
        serde_json::to_string(&self.0.iter().collect::<Vec<_>>())
            .map_err(|error| Error::refused(format!("What was read cannot be noted: {error}.")))
    }
}

/// Appends what files have that was not read yet; `None` where that is nothing. The files are those of `options`; a
/// document that comes through one of the pipes is read when that has ended. `progress` answers whether to go on.
pub fn take_new(
    open: &dyn Fn() -> Result<Open>,
    (options, marks): (&mut Options, &mut Marks),
    (clock, pipes): (Clock, &[Piped]),
    progress: &mut dyn FnMut(ImportProgress) -> bool,
) -> Result<Option<Imported>> {
    let (mut whole, mut parts, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for path in listed(&options.files)? {
        let pipe = pipes.iter().find(|pipe| pipe.path == path).map(Piped::has_ended);
        if pipe == Some(false) && !is_lines(&path, options.mapping.as_ref()) {
            continue;
        }
        let still = |file: &Metadata| pipe == Some(true) || clock.is_still(file, STILL);
        let mark = marks.0.get(&path).cloned().unwrap_or_default();
        let Some(mut new) = new_in(&path, options.mapping.as_ref(), &mark, &still)? else { continue };
        if new.parts.is_empty() {
            whole.push(path.clone());
        }
        parts.append(&mut new.parts);
        read.push((path, new));
    }
    if read.is_empty() {
        return Ok(None);
    }
    let names = mem::replace(&mut options.files, whole);
    options.parts = parts;
    let imported = open().and_then(|open| import_into(&open, options, progress));
    (options.files, options.parts) = (names, Vec::new());
    let imported = imported?;
    for (path, new) in read {
        let mut mark = new.read()?;
        let records = imported.report.read.iter().rfind(|(name, _)| *name == path);
        mark.records = records.map_or(mark.records, |(_, records)| *records);
        marks.0.insert(path, mark);
    }
    Ok(Some(imported))
}
