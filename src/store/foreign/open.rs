//! Opening a database that belongs to somebody else so that nothing of it changes, and nothing comes to lie beside it.

use std::fs::{self, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::store::open::{beside, copied, immutable};

/// A database that is only read.
pub(super) struct Opened {
    pub connection: Connection,
    /// What the file was like, where nobody was told that it is being read.
    alone: Option<Metadata>,
    /// Where a copy is read, which goes away with this.
    _copy: Option<TempDir>,
}

impl Opened {
    /// Opens one. In the mode with a log beside it (`-wal`) SQLite makes files to read: where that log is empty the file
    /// is read as one that nobody writes to; where somebody holds it those files are there; else both are copied.
    pub fn new(path: &Path) -> Result<Self> {
        let log = beside(path, "-wal");
        let waiting = fs::metadata(&log).is_ok_and(|meta| meta.len() > 0);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let (mut alone, mut copy) = (None, None);
        let connection = if waiting && !beside(path, "-shm").exists() {
            let (folder, to) = copied(path, &log).map_err(|error| {
                Error::refused(format!(
                    "{}: its newest rows are in {}, and a copy of both cannot be made in the temporary folder: {error}.",
                    path.display(),
                    log.display()
                ))
                .hint("Copy both files together to another place, and open the copy.")
            })?;
            copy = Some(folder);
            Connection::open_with_flags(
                to,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?
        } else if !waiting && has_log(path) {
            alone = fs::metadata(path).ok();
            immutable(path, flags)?
        } else {
            Connection::open_with_flags(path, flags)?
        };
        // Somebody else wrote what stands in its views.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        Ok(Self { connection, alone, _copy: copy })
    }

    /// Whether it is read as a file that nobody writes to.
    pub fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// An error where the file was written to while it was read as one that nobody writes to.
    pub fn is_still(&self, path: &Path) -> Result<()> {
        let Some(before) = &self.alone else { return Ok(()) };
        let same = |now: Metadata| now.len() == before.len() && now.modified().ok() == before.modified().ok();
        if fs::metadata(path).is_ok_and(same) {
            return Ok(());
        }
        Err(Error::refused(format!("{} was written to while it was read.", path.display()))
            .hint("The same command, run again, reads what it holds now."))
    }
}

/// Whether a database is in the mode in which a log lies beside it.
fn has_log(path: &Path) -> bool {
    let mut modes = [0; 2];
    let read = crate::file::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(18))?;
        file.read_exact(&mut modes)
    });
    read.is_ok() && modes == [2, 2]
}
