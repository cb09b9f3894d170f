//! Whether the name of a store still leads to the file that was opened under it. Somebody may have deleted that, moved
//! it or put a backup in its place, and nothing of that reaches whoever has it open.

use std::path::{Path, PathBuf};

/// What a file is, whatever it is called: its device and its number there.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Open files cannot be deleted or replaced here.
#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<Identity> {
    None
}

/// What the name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The file that was opened.
    Same,
    /// No file.
    Gone,
    /// Another file.
    Another,
    /// Another file, beside the newest pages of the one that was opened: whoever opens it mixes the two.
    Mixed,
}

/// The file that a store was opened from.
#[derive(Debug)]
pub struct OpenFile {
    path: PathBuf,
    log: PathBuf,
    own: Option<Identity>,
    own_log: Option<Identity>,
}

impl OpenFile {
    /// The file that the name leads to now.
    pub fn new(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let (path, log) = (path.to_owned(), PathBuf::from(log));
        let (own, own_log) = (identity(&path), identity(&log));
        Self { path, log, own, own_log }
    }

    /// What the name leads to now.
    pub fn look(&mut self) -> Named {
        let Some(own) = self.own else { return Named::Same };
        let log = identity(&self.log);
        match identity(&self.path) {
            Some(found) if found == own => {
                self.own_log = log;
                Named::Same
            }
            Some(_) if log.is_some() && log == self.own_log => Named::Mixed,
            Some(_) => Named::Another,
            None => Named::Gone,
        }
    }
}
