//! Opening and creating the file, its settings, its version, and the ways in which it can be refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::{Error, Result};
use crate::event::Time;

/// "back" in ASCII: marks the file as ours.
const APPLICATION: i64 = 0x6261_636b;

/// The statements that lead from each version of the schema to the next.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
];

/// About how long a write waits for another writer, at a millisecond a try.
const BUSY_TRIES: i32 = 20_000;

/// An open store.
pub struct Store {
    pub(super) connection: Connection,
    path: PathBuf,
    read_only: Option<String>,
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
                Err(error) if is_read_only(path) => Self::open_read_only(path).map_err(|_| error),
                other => other,
            },
            Some(Err(_)) | None => Self::open_read_only(path),
        }
        .map_err(|error| error.at(path.display()))
    }

    /// Opens a store for reading only, as a second reader beside a writer does.
    pub fn open_reader(path: &Path) -> Result<Self> {
        check_file(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags).map_err(Error::from).and_then(|connection| {
            Self::prepare(connection, path, Some("This is a reader's connection.".to_owned()))
        });
        reader.or_else(|_| Self::open_read_only(path)).map_err(|error| error.at(path.display()))
    }

    /// Makes an empty store. Refuses a file that exists, unless it is an empty file.
    pub fn create(path: &Path, now: Time) -> Result<Self> {
        if fs::metadata(path).is_ok_and(|m| m.len() > 0) {
            return Err(Error::refused(format!("{} exists already.", path.display()))
                .hint("Open it with `backstory open`, or choose another name."));
        }
        let mut connection = Connection::open(path).map_err(|_| {
            Error::refused(format!("{} cannot be created.", path.display()))
                .hint("Is the folder there, and may you write to it?")
        })?;
        connection.busy_handler(Some(wait_a_millisecond))?;
        stable_plans(&connection)?;
        // The first opening of a fresh file can answer "locked" in spite of the handler.
        retry(|| connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"))?;
        let store = Self { connection, path: path.to_owned(), read_only: None };
        store.migrate(now)?;
        Ok(store)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the store can only be read, where that is so.
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Whether nobody else is writing just now: a write that begins at once need not wait.
    pub fn is_free(&mut self) -> Result<bool> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let tried = self.connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
        self.connection.busy_handler(Some(wait_a_millisecond))?;
        match tried {
            Err(error) if is_busy(&error) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// Makes room for much writing: a batch touches aggregates all over the file, and each page that is not at
    /// hand is read again. At most 64 MB; and the file beside the store, from which pages are brought over, may grow to
    /// 128 MB.
    pub fn expect_bulk(&self) -> Result<()> {
        self.connection.pragma_update(None, "wal_autocheckpoint", 32_000)?;
        Ok(self.connection.pragma_update(None, "cache_size", -65_536)?)
    }

    /// Brings what was committed over from the file beside the store, as far as nobody reads an older state of it.
    pub fn bring_over(&self) -> Result<()> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// Changes whenever another connection has committed something.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// Writes a consistent copy of the store to a new file, while it is in use.
    pub fn backup(&self, to: &Path, mut progress: impl FnMut(usize, usize)) -> Result<()> {
        if to.exists() {
            return Err(Error::refused(format!("{} exists already.", to.display()))
                .hint("A backup never overwrites: choose another name."));
        }
        let mut target = Connection::open(to)
            .map_err(|_| Error::refused(format!("{} cannot be created.", to.display())))?;
        let backup = rusqlite::backup::Backup::new(&self.connection, &mut target)?;
        loop {
            let step = backup.step(4096)?;
            let at = backup.progress();
            progress((at.pagecount - at.remaining) as usize, at.pagecount as usize);
            match step {
                rusqlite::backup::StepResult::Done => return Ok(()),
                rusqlite::backup::StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn open_read_only(path: &Path) -> Result<Self> {
        let why = "The file or its folder is read-only.".to_owned();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let plain = Connection::open_with_flags(path, flags)?;
        if let Ok(store) = Self::prepare(plain, path, Some(why.clone())) {
            return Ok(store);
        }
        // Without its -shm file, and with no way to make one, a WAL file opens only as one that nobody changes.
        let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = format!("file:{name}?immutable=1");
        let immutable = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?;
        Self::prepare(immutable, path, Some(why))
    }

    fn prepare(mut connection: Connection, path: &Path, read_only: Option<String>) -> Result<Self> {
        connection.busy_handler(Some(wait_a_millisecond))?;
        connection.set_prepared_statement_cache_capacity(64);
        stable_plans(&connection)?;
        let (application, version) = retry(|| {
            let application: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
            let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
            Ok((application, version))
        })?;
        if application != APPLICATION {
            return Err(Error::refused("This SQLite file is not a backstory store.")
                .hint("To bring a log in: backstory init, then backstory import FILE."));
        }
        if version > MIGRATIONS.len() as i64 {
            return Err(Error::refused(format!(
                "The store was written by a newer backstory (its version is {version}, this program knows {}).",
                MIGRATIONS.len()
            ))
            .hint("Install the newer backstory; this one leaves the file alone."));
        }
        let mut store = Self { connection, path: path.to_owned(), read_only };
        if store.read_only.is_none() {
            retry(|| {
                store.connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            })?;
            if version < MIGRATIONS.len() as i64 {
                store.migrate(crate::clock::Clock::System.now())?;
            }
            if store.connection.is_readonly("main")? {
                store.read_only = Some("The file or its folder is read-only.".to_owned());
            }
        }
        store.connection.execute_batch("PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;")?;
        Ok(store)
    }

    /// Brings the schema to this program's version, all or nothing; two programs may try at once.
    fn migrate(&self, now: Time) -> Result<()> {
        let transaction =
            rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        for (from, statements) in MIGRATIONS.iter().enumerate().skip(version as usize) {
            transaction.execute_batch(statements)?;
            if from == 0 {
                transaction
                    .execute("INSERT INTO branches (id, name, created_at) VALUES (1, 'main', ?1)", [now.0])?;
            }
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
        transaction.commit()?;
        Ok(())
    }
}

/// Without this SQLite looks into bound values and prepares a statement again for each of them.
fn stable_plans(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn check_file(path: &Path) -> Result<()> {
    let meta = fs::metadata(path).map_err(|_| {
        Error::refused(format!("There is no store at {}.", path.display()))
            .hint("`backstory demo` makes one to look at, `backstory init` an empty one.")
    })?;
    if meta.is_dir() {
        return Err(Error::refused(format!("{} is a folder, not a store.", path.display())));
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

/// Whether nothing can be written beside the file: SQLite needs two more files there.
fn is_read_only(path: &Path) -> bool {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::OpenOptions::new().append(true).open(path).is_err() || tempfile::tempfile_in(folder).is_err()
}

// SQLite's own handler backs off up to 100 ms and starves one of four writers for seconds.
fn wait_a_millisecond(tries: i32) -> bool {
    std::thread::sleep(Duration::from_micros(700 + u64::from(tries.unsigned_abs() % 7) * 100));
    tries < BUSY_TRIES
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

fn retry<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    for _ in 0..200 {
        match work() {
            Err(error) if is_busy(&error) => std::thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
    work()
}
