//! Opening the file: its settings, its version, and the ways in which it can be refused. The file may come from
//! anybody: nothing in it is trusted before its schema was compared with ours.

use std::cell::{Cell, OnceCell};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::haste::{Haste, wait_a_millisecond};
use super::shape;
use crate::error::{Error, Result};

/// "bkst" in ASCII: marks the file as ours.
pub(super) const APPLICATION: i64 = 0x626b_7374;

/// "back": the mark of the shapes before version 1, which nobody but its builders had.
const EARLIER: i64 = 0x6261_636b;

/// The version of the schema.
pub(super) const VERSION: i64 = 1;

/// How large a value may be, in megabytes, and the variable that says otherwise. SQLite takes a value into memory
/// several times over.
const MAX_VALUE: i32 = 64;
const MAX_VALUE_VARIABLE: &str = "BACKSTORY_MAX_VALUE_MB";

/// An open store: one connection, for one thread. A statement sees what was committed when it began;
/// `Store::snapshot` keeps one picture for many of them.
pub struct Store {
    pub(super) connection: Connection,
    path: PathBuf,
    read_only: Option<String>,
    belongs_to: OnceCell<String>,
    /// Whether heads and indexes wait for the end of what is written.
    pub(super) rest_waits: Cell<bool>,
    /// Whether what was delivered waits to be sorted: see [`super::alone`].
    pub(super) deliveries_wait: Cell<bool>,
    /// Whether the next write waits for other programs.
    pub(super) haste: Cell<Haste>,
    /// Where a copy lies that is read in the store's place; it goes away with this.
    #[allow(dead_code, reason = "kept for what its end does")]
    copy: Option<TempDir>,
}

impl Store {
    /// Opens a store that exists, for writing where that is possible.
    pub fn open(path: &Path) -> Result<Self> {
        check_file(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let writable = !fs::metadata(path).is_ok_and(|m| m.permissions().readonly());
        let opened = writable.then(|| Connection::open_with_flags(path, flags));
        match opened {
            Some(Ok(connection)) => match Self::prepare(connection, path, None) {
                Err(error) => match why_only_read(path) {
                    Some(why) => Self::open_read_only(path, why).map_err(|_| error),
                    None => Err(error),
                },
                opened => opened,
            },
            Some(Err(_)) | None => Self::open_read_only(path, READ_ONLY),
        }
        .map_err(|error| error.at(path.display()))
    }

    /// Opens a store for reading only, as a second reader beside a writer does.
    pub(crate) fn open_reader(path: &Path) -> Result<Self> {
        check_file(path)?;
        if fs::metadata(path).is_ok_and(|m| m.permissions().readonly()) {
            return Self::open_read_only(path, READ_ONLY).map_err(|error| error.at(path.display()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags).map_err(Error::from).and_then(|connection| {
            Self::prepare(connection, path, Some("This is a reader's connection.".to_owned()))
        });
        reader
            .or_else(|error| Self::open_read_only(path, READ_ONLY).map_err(|_| error))
            .map_err(|error| error.at(path.display()))
    }

    /// The file, under the name that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the store can only be read, where that is so.
    pub(crate) fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Makes room for much writing: a batch touches aggregates all over the file, and each page that is not at
    /// hand is read again. At most 64 MB, and half of it where heads wait; and the file beside the store, from which pages
    /// are brought over, may grow to 128 MB.
    pub fn expect_bulk(&self) -> Result<()> {
        let room = if self.rest_waits() { -32_768 } else { -65_536 };
        // They stand against statements of other programs: what is appended here is plain inserts, which the tables' own
        // keys refuse where a row is there.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        // What is sorted has room on the disk.
        self.connection.pragma_update(None, "temp_store", "FILE")?;
        self.connection.pragma_update(None, "wal_autocheckpoint", 32_000)?;
        self.connection.pragma_update(None, "cache_size", room)?;
        if self.rest_waits() { self.begin_alone() } else { Ok(()) }
    }

    /// Gives back the memory in which pages of the file are kept; they are read again when they are needed.
    pub(crate) fn forget_pages(&self) -> Result<()> {
        Ok(self.connection.execute_batch("PRAGMA shrink_memory")?)
    }

    /// Brings what was committed over from the file beside the store, as far as nobody reads an older state of it.
    pub(crate) fn bring_over(&self) -> Result<()> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// Whose main it is, where that is another program's store.
    pub(crate) fn belongs_to(&self) -> Option<&str> {
        self.belongs_to.get().map(String::as_str)
    }

    /// Says whose its main is.
    pub(crate) fn give_to(&self, source: String) {
        // It is said once, when the store is opened.
        let _ = self.belongs_to.set(source);
    }

    /// Changes whenever another connection has committed something.
    pub(crate) fn data_version(&self) -> Result<i64> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// Opens a file that nobody here can write to without leaving anything beside it: a `-shm` of ours would have the
    /// file's own mode, and stop whoever may write to it later.
    fn open_read_only(path: &Path, why: &str) -> Result<Self> {
        let log = beside(path, "-wal");
        let waiting = fs::metadata(&log).is_ok_and(|meta| meta.len() > 0);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if waiting && beside(path, "-shm").exists() {
            let plain = Connection::open_with_flags(path, flags)?;
            if let Ok(store) = Self::prepare(plain, path, Some(why.to_owned())) {
                return Ok(store);
            }
        }
        if waiting {
            return Self::open_copy(path, &log, why);
        }
        Self::prepare(immutable(path, flags)?, path, Some(why.to_owned()))
    }

    /// The newest events are in the file beside the store, which cannot be brought over here: both are copied.
    fn open_copy(path: &Path, log: &Path, why: &str) -> Result<Self> {
        let (folder, to) = copied(path, log).map_err(|error| {
            Error::refused(format!(
                "The store's newest events are in {}, which cannot be read in its place, and a copy of both cannot be \
                 made in the temporary folder: {error}.",
                log.display()
            ))
            .hint("Copy both files together to a place where you may write, and open the copy.")
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&to, flags)?;
        let why = format!("{why} Its newest events were read from its -wal, in a copy made just now.");
        let mut store = Self::prepare(connection, path, Some(why))?;
        store.copy = Some(folder);
        Ok(store)
    }

    fn prepare(mut connection: Connection, path: &Path, read_only: Option<String>) -> Result<Self> {
        secure(&connection)?;
        connection.busy_handler(Some(wait_a_millisecond))?;
        connection.set_prepared_statement_cache_capacity(64);
        retry(|| check_version(&connection))??;
        shape::check(&connection)?;
        let (rest_waits, deliveries_wait, haste) = (Cell::new(false), Cell::new(false), Cell::default());
        let path = path.to_owned();
        let belongs_to = OnceCell::new();
        let mut store =
            Self { connection, path, read_only, belongs_to, rest_waits, deliveries_wait, haste, copy: None };
        if store.read_only.is_none() {
            retry(|| {
                store.connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            })?;
            if store.connection.is_readonly("main")? {
                store.read_only = Some(READ_ONLY.to_owned());
            }
        }
        if store.read_only.as_deref() == Some(READ_ONLY) && store.case_mark()?.is_some() {
            store.read_only = Some("It is a case, opened for this command alone.".to_owned());
        }
        store.connection.execute_batch("PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;")?;
        Ok(store)
    }
}

const READ_ONLY: &str = "The file or its folder is read-only.";

/// Opens a file as one that nobody writes to.
pub(super) fn immutable(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let uri = format!("file:{name}?immutable=1");
    Ok(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?)
}

/// Copies a file and the log beside it into a temporary folder.
pub(super) fn copied(path: &Path, log: &Path) -> io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let to = folder.path().join("store.db");
    fs::copy(path, &to)?;
    fs::copy(log, beside(&to, "-wal"))?;
    make_writable(&to)?;
    make_writable(&beside(&to, "-wal"))?;
    Ok((folder, to))
}

/// The name of a file that SQLite keeps beside a database.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[allow(clippy::permissions_set_readonly_false, reason = "a copy in a folder that is ours alone")]
fn make_writable(path: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions)
}

/// What holds on every connection to a file that somebody else may have made: its schema calls no function but harmless
/// ones, nobody writes past SQLite's checks, and no value fills the memory.
fn secure(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without this SQLite looks into bound values and prepares a statement again for each of them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, max_value().saturating_mul(1_000_000))?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;")?;
    Ok(())
}

/// How large a value may be, in megabytes.
pub(super) fn max_value() -> i32 {
    let set = std::env::var(MAX_VALUE_VARIABLE).ok().and_then(|text| text.trim().parse().ok());
    set.filter(|megabytes| (1..=1_000).contains(megabytes)).unwrap_or(MAX_VALUE)
}

/// What is said where a value is larger.
pub(super) fn too_large(place: &str) -> Error {
    Error::refused(format!(
        "{place} holds more than {} MB in one value, which is neither read nor written.",
        max_value()
    ))
    .hint(format!(
        "Where the value is meant to be so large, {MAX_VALUE_VARIABLE}=256 (at most 1000) lets it be read."
    ))
}

/// Whether the file is a store of this version; what SQLite says is tried again where somebody writes just now.
fn check_version(connection: &Connection) -> rusqlite::Result<Result<()>> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    Ok(match (application, version) {
        (APPLICATION, VERSION) => Ok(()),
        (APPLICATION, newer) if newer > VERSION => Err(Error::refused(format!(
            "The store was written by a newer backstory (its version is {newer}, this program knows {VERSION})."
        ))
        .hint("Install the newer backstory; this one leaves the file alone.")),
        (EARLIER, _) => Err(Error::refused("The store has the shape of a backstory before 0.1.0.")
            .hint("Export it with the program that wrote it, and import that here: `backstory import FILE.jsonl`.")),
        _ => Err(Error::refused("This SQLite file is not a backstory store.")
            .hint("To bring a log in: backstory init, then backstory import FILE.")),
    })
}

/// Whether a file is a store, of this version or another one.
pub(crate) fn is_store(path: &Path) -> bool {
    // A SQLite file names what it is for in its first hundred bytes.
    let mut head = [0; 72];
    let read = crate::file::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    let application = i64::from(u32::from_be_bytes([head[68], head[69], head[70], head[71]]));
    read.is_ok() && head.starts_with(b"SQLite format 3\0") && [APPLICATION, EARLIER].contains(&application)
}

fn check_file(path: &Path) -> Result<()> {
    let meta = fs::metadata(path).map_err(|_| {
        Error::refused(format!("There is no store at {}.", path.display()))
            .hint("`backstory demo` makes one to look at, `backstory init` an empty one.")
    })?;
    if meta.is_dir() {
        return Err(Error::refused(format!("{} is a folder, not a store.", path.display())));
    }
    if !meta.is_file() {
        return Err(Error::refused(format!("{} is not a file, and so not a store.", path.display())));
    }
    let mut head = [0; 16];
    let mut file = fs::File::open(path)
        .map_err(|error| Error::refused(format!("{} cannot be read: {error}.", path.display())))?;
    let read = std::io::Read::read(&mut file, &mut head)?;
    if read < 16 || &head != b"SQLite format 3\0" {
        return Err(Error::refused(format!("{} is not a backstory store.", path.display()))
            .hint("To bring a log in: backstory init, then backstory import FILE."));
    }
    Ok(())
}

/// Why nothing can be written to the file or beside it, where that is so: SQLite needs two more files there.
fn why_only_read(path: &Path) -> Option<&'static str> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if fs::OpenOptions::new().append(true).open(path).is_err() {
        return Some(READ_ONLY);
    }
    let tried = tempfile::tempfile_in(folder).and_then(|mut file| {
        std::io::Write::write_all(&mut file, &vec![1; 65_536])?;
        file.sync_all()
    });
    match tried {
        Ok(()) => None,
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
            ) =>
        {
            Some("The disk is full.")
        }
        Err(_) => Some(READ_ONLY),
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

// The first opening of a fresh file can answer "locked" in spite of the handler.
fn retry<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    for _ in 0..200 {
        match work() {
            Err(error) if is_busy(&error) => std::thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
    work()
}
