//! A write that does not wait: it begins at once, or says that another program is writing.
//!
//! To look first whether the store is free is not enough: another program may begin in between, and what was to take
//! no time then waits for as long as that program writes.

use std::cell::Cell;
use std::time::Duration;

use rusqlite::TransactionBehavior;

use super::Store;
use super::open::is_busy;
use crate::error::Result;

/// About how long a write waits for another writer, at a millisecond a try.
const BUSY_TRIES: i32 = 20_000;

thread_local! {
    /// Whether the statement that this thread is at waits for nobody.
    static AT_ONCE: Cell<bool> = const { Cell::new(false) };
}

/// How long a statement waits for other programs. SQLite's own way backs off up to 100 ms and starves one of four
/// writers for seconds.
pub(super) fn wait_a_millisecond(tries: i32) -> bool {
    if AT_ONCE.get() {
        return false;
    }
    std::thread::sleep(Duration::from_micros(700 + u64::from(tries.unsigned_abs() % 7) * 100));
    tries < BUSY_TRIES
}

fn at_once<T>(work: impl FnOnce() -> T) -> T {
    AT_ONCE.set(true);
    let done = work();
    AT_ONCE.set(false);
    done
}

/// Whether the next write waits for other programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Haste {
    /// It does.
    #[default]
    None,
    /// It does not; whatever follows it does, as a part is written by then.
    First,
    /// It did not, and another program was writing: nothing of it is written.
    Held,
}

impl Store {
    /// Whether nobody else is writing just now.
    pub(crate) fn is_free(&self) -> Result<bool> {
        match at_once(|| self.connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")) {
            Err(error) if is_busy(&error) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// The next write begins at once, or not at all.
    pub(crate) fn hurry(&self) {
        self.haste.set(Haste::First);
    }

    /// Whether a write that was not to wait found another program writing; from here on writes wait again.
    pub(crate) fn was_held(&self) -> bool {
        self.haste.replace(Haste::None) == Haste::Held
    }

    /// Begins a write transaction, with the patience that was asked for.
    pub(super) fn lock(&self) -> Result<rusqlite::Transaction<'_>> {
        let begin = || rusqlite::Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        if self.haste.get() == Haste::None {
            return Ok(begin()?);
        }
        let begun = at_once(begin);
        let held = begun.as_ref().is_err_and(is_busy);
        self.haste.set(if held { Haste::Held } else { Haste::None });
        Ok(begun?)
    }
}
