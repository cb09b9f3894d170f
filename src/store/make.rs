//! Making a store, copying one, and bringing a copy back. Each is put together under another name, made durable, and
//! given its own name at the end: a program that is killed, or a disk that fills up, leaves no half of it.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tempfile::NamedTempFile;

use super::open::{APPLICATION, VERSION, beside};
use super::{Store, shape, sums};
use crate::error::{Error, Result};
use crate::event::Time;
use crate::private;

/// How long a copy waits for whoever writes, in tries of a millisecond.
const TRIES: u32 = 20_000;

/// The ends of the names of what SQLite keeps beside a store that is in use.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A store that is being made, under a name that it has only so long; it goes away unless it is finished.
pub struct Making {
    // Before its file: what is left without that would be nobody's.
    beside: Beside,
    made: NamedTempFile,
    path: PathBuf,
}

/// What SQLite keeps beside a store that is being made goes with its first name.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        for end in BESIDE {
            let _ = std::fs::remove_file(beside(&self.0, end));
        }
    }
}

impl Making {
    /// Where it is for now. Whoever writes to it there closes it before it is finished.
    pub fn path(&self) -> &Path {
        self.made.path()
    }

    /// Gives it its name, and opens it.
    pub fn finish(self) -> Result<Store> {
        // What lies beside it goes with its first name.
        if BESIDE.iter().any(|end| beside(&self.beside.0, end).exists()) {
            return Err(Error::refused(
                "The store cannot be made: what was written last is not in its file.",
            ));
        }
        settle(self.made, &self.path)?;
        Store::open(&self.path)
    }
}

impl Store {
    /// Begins an empty store. Refuses a file that exists, unless it is an empty file.
    pub fn begin(path: &Path, now: Time) -> Result<Making> {
        if std::fs::symlink_metadata(path).is_ok_and(|meta| meta.len() > 0) {
            return Err(exists(path, "Open it with `backstory open`, or choose another name."));
        }
        let made = new_file(path)?;
        fill(made.path(), now).map_err(|error| error.at(path.display()))?;
        let beside = Beside(made.path().to_owned());
        Ok(Making { made, beside, path: path.to_owned() })
    }

    /// Makes an empty store and opens it. Refuses a file that exists, unless it is an empty file.
    pub fn create(path: &Path, now: Time) -> Result<Self> {
        Self::begin(path, now)?.finish()
    }

    /// Writes a consistent copy of the store to a new file, while it is in use. The copy is a store of its own: what
    /// somebody allowed this one it is not allowed.
    pub fn backup(&self, to: &Path, mut progress: impl FnMut(usize, usize)) -> Result<()> {
        if to.exists() {
            return Err(exists(to, "A backup never overwrites: choose another name."));
        }
        let made = new_file(to)?;
        let mut target = Connection::open(made.path())?;
        self.copy_into(&mut target, &mut progress)?;
        // A copy that is handed around is one file.
        target.execute_batch("PRAGMA journal_mode = DELETE;")?;
        target.close().map_err(|(_, error)| error)?;
        renew(made.path())?;
        settle(made, to)
    }

    // One step: whoever writes in between does not make it begin anew.
    fn copy_into(&self, target: &mut Connection, progress: &mut impl FnMut(usize, usize)) -> Result<()> {
        let backup = rusqlite::backup::Backup::new(&self.connection, target)?;
        for _ in 0..TRIES {
            let step = backup.step(-1)?;
            let at = backup.progress();
            progress((at.pagecount - at.remaining) as usize, at.pagecount as usize);
            if step == rusqlite::backup::StepResult::Done {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Error::refused("Another program has been writing for too long.")
            .hint("Wait for it to finish, and make the backup then."))
    }

    /// Puts a copy of a backup in the place of a store, or where there was none. Refused while others have the store
    /// open. The store that was there is kept beside it, under the answered name.
    pub fn restore(backup: &Path, path: &Path) -> Result<Option<PathBuf>> {
        let from = Self::open_reader(backup)?;
        let made = new_file(path)?;
        let mut target = Connection::open(made.path())?;
        from.copy_into(&mut target, &mut |_, _| {})?;
        target.close().map_err(|(_, error)| error)?;
        renew(made.path())?;
        if !path.exists() {
            settle(made, path)?;
            return Ok(None);
        }
        let held = Alone::hold(path)?;
        // It has both names until the new one takes its own over: at no moment there is none.
        let kept = free_name(path);
        std::fs::hard_link(path, &kept).map_err(|error| Error::from(error).at(kept.display()))?;
        made.as_file().sync_all()?;
        if let Err(error) = made.persist(path) {
            let _ = std::fs::remove_file(&kept);
            return Err(Error::from(error.error).at(path.display()));
        }
        private::sync_folder(path);
        drop(held);
        Ok(Some(kept))
    }
}

/// A store that nobody else has open, and nobody can open for as long as this is kept; its newest events are in the file
/// itself then.
pub(crate) struct Alone {
    path: PathBuf,
    #[allow(dead_code, reason = "kept for the lock that it holds")]
    connection: Connection,
}

impl Alone {
    /// Refused while others have it open.
    pub fn hold(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_millis(500))?;
        // Out of this mode with one connection alone; what lies beside the file is brought over and removed.
        let mode: Result<String, _> =
            connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0));
        let locked =
            mode.is_ok_and(|mode| mode == "delete") && connection.execute_batch("BEGIN EXCLUSIVE").is_ok();
        if locked {
            return Ok(Self { path: path.to_owned(), connection });
        }
        Err(Error::refused(format!("Another program has {} open.", path.display()))
            .hint("Close the explorers and workers over it, then try again."))
    }

    /// Gives it another name, all of it at once.
    pub fn rename(self, to: &Path) -> Result<()> {
        std::fs::rename(&self.path, to).map_err(|error| Error::from(error).at(self.path.display()))
    }
}

/// Whether a file is called like a store that is being made, or like what lies beside it.
pub fn is_being_made(path: &Path) -> bool {
    private::is_unnamed(path)
}

/// Removes a store that was just made, where something behind it went wrong; what cannot be removed is an empty store.
pub fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    for end in BESIDE {
        let _ = std::fs::remove_file(beside(path, end));
    }
}

/// A name beside a store that nothing has yet.
fn free_name(path: &Path) -> PathBuf {
    let mut number = 1;
    loop {
        let name = beside(path, &format!(".before-restore-{number}"));
        if !name.exists() {
            return name;
        }
        number += 1;
    }
}

fn exists(path: &Path, hint: &str) -> Error {
    Error::refused(format!("{} exists already.", path.display())).hint(hint)
}

/// A new file beside where it is to stand, that only its owner may read.
fn new_file(path: &Path) -> Result<NamedTempFile> {
    let made = private::new_file_beside(path);
    made.map_err(|error| match error.kind() {
        ErrorKind::StorageFull => Error::refused("The disk is full; nothing was written."),
        _ => Error::refused(format!("{} cannot be created: {error}.", path.display()))
            .hint("Is the folder there, and may you write to it?"),
    })
}

/// The tables of an empty store.
fn fill(file: &Path, now: Time) -> Result<()> {
    let connection = Connection::open(file)?;
    let transaction = rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(shape::SCHEMA)?;
    transaction.execute(
        "INSERT INTO store (one, id, made_at) VALUES (1, lower(hex(randomblob(16))), ?1)",
        [now.0],
    )?;
    transaction.execute("INSERT INTO branches (id, name, created_at) VALUES (1, 'main', ?1)", [now.0])?;
    transaction.execute("INSERT INTO generations (id, shown) VALUES (1, 1)", [])?;
    for table in [sums::STORE, sums::BRANCHES, sums::GENERATIONS] {
        sums::write_anew(&transaction, table)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    connection.execute_batch("PRAGMA journal_mode = WAL;")?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Gives a copy an id of its own.
fn renew(file: &Path) -> Result<()> {
    let connection = Connection::open(file)?;
    let transaction = rusqlite::Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE store SET id = lower(hex(randomblob(16)))", [])?;
    sums::write_anew(&transaction, sums::STORE)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Makes a file durable under its name, where nothing has that name but perhaps an empty file.
fn settle(made: NamedTempFile, path: &Path) -> Result<()> {
    made.as_file().sync_all()?;
    // Whoever makes a store in the place of an empty file at the same time waits here, and then finds this one.
    let empty = File::open(path).ok();
    if let Some(empty) = &empty {
        empty.lock()?;
    }
    let replaces = empty
        .is_some_and(|empty| private::is_same(&empty, path) && empty.metadata().is_ok_and(|m| m.len() == 0));
    let persisted = if replaces { made.persist(path) } else { made.persist_noclobber(path) };
    persisted.map_err(|error| match error.error.kind() {
        ErrorKind::AlreadyExists => exists(path, "Somebody else made it just now; choose another name."),
        _ => Error::from(error.error).at(path.display()),
    })?;
    private::sync_folder(path);
    Ok(())
}
