//! Filling a store that nobody else has yet, as an import does that makes one.
//!
//! # Why it is so
//!
//! A store that is appended to is a whole store after each batch: its heads are written, and a commit is on the disk. A
//! store that is being made has another name until the end ([`super::Making`]): nobody reads it, and what a power cut or
//! a kill leaves of it is no store. So nothing of it has to be whole before that:
//!
//! - **No journal on the disk.** What a batch changes is in memory until its commit, so that one that fails is taken back.
//!   Nothing is synced before the file gets its name; then all of it is.
//! - **No heads.** An aggregate's state was read, and written again, with each batch that had an event of it: most of
//!   what a batch cost, where a log goes from one thing to another. They are folded once, at the end, on all processors,
//!   and written in the order of their table.
//! - **No indexes but those that refuse an event.** The others are made at the end, sorted.
//! - **No deliveries** before somebody asks for one, or the end: their keys lie all over their table. Whoever reads the log
//!   knows by itself which keys are new.
//!
//! It costs another pass over the events, and that an import which is killed leaves nothing to go on from.
//!
//! ## What a change must keep
//!
//! - Such a store has the rows that it has where each batch is whole: `every_table_is_the_same_however_a_log_came_in`.
//! - It is there with all of it, or it is not there: `a_power_cut_leaves_a_whole_store_with_all_that_was_said_to_be_written`,
//!   `an_import_that_is_killed_leaves_a_whole_store_or_none`.

use rusqlite::OptionalExtension;

use super::{MAIN, Store, Transaction};
use crate::error::{Error, Result};
use crate::event::Version;

impl Store {
    /// From [`Store::expect_bulk`] on, everything but the log itself and what was delivered waits for
    /// [`Store::open_to_readers`]: of a store that nobody else has.
    pub(crate) fn let_rest_wait(&self) {
        self.rest_waits.set(true);
    }

    /// Whether heads and indexes are written at the end.
    pub(crate) fn rest_waits(&self) -> bool {
        self.rest_waits.get()
    }

    pub(super) fn begin_alone(&self) -> Result<()> {
        self.connection.execute_batch(
            "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; \
             CREATE TEMP TABLE waiting (key TEXT NOT NULL, position INTEGER NOT NULL, content BLOB NOT NULL);",
        )?;
        self.deliveries_wait.set(true);
        Ok(())
    }

    /// Brings the deliveries that wait into their table, sorted: from then on they are written at once. Not inside a
    /// transaction, which may be taken back.
    pub(crate) fn sort_deliveries(&self) -> Result<()> {
        if !self.deliveries_wait.get() {
            return Ok(());
        }
        let transaction = self.write()?;
        let sorted = "INSERT INTO deliveries (branch, key, position, content) \
                      SELECT ?1, key, position, content FROM temp.waiting ORDER BY key";
        self.connection.execute(sorted, [MAIN])?;
        self.connection.execute_batch("DROP TABLE temp.waiting")?;
        transaction.commit()?;
        self.deliveries_wait.set(false);
        Ok(())
    }

    /// The rest waits no longer: others may read what there is, while it is written.
    pub(crate) fn open_to_readers(&self) -> Result<()> {
        self.rest_waits.set(false);
        Ok(self.connection.execute_batch("PRAGMA journal_mode = WAL;")?)
    }

    /// Brings all that was committed into the file itself.
    pub(crate) fn bring_all_over(&self) -> Result<()> {
        let busy: bool =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy { Err(Error::refused("Somebody reads a store that is not made yet.")) } else { Ok(()) }
    }

    /// The newest version of an aggregate on main, where no head tells it; 0 where it has no events.
    pub(crate) fn newest_version(&self, aggregate: i64) -> Result<Version> {
        let mut newest = self.connection.prepare_cached(
            "SELECT version FROM events WHERE branch = ?1 AND aggregate = ?2 ORDER BY version DESC LIMIT 1",
        )?;
        Ok(newest.query_row((MAIN, aggregate), |row| row.get(0)).optional()?.unwrap_or(0))
    }
}

impl Transaction<'_> {
    /// Fills the tables of heads and of their places while their indexes are gone, and makes those then.
    pub(crate) fn fill_heads(&self, fill: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut indexes = self.connection.prepare(
            "SELECT name, sql FROM sqlite_schema \
             WHERE type = 'index' AND tbl_name IN ('heads', 'places') AND sql IS NOT NULL",
        )?;
        let indexes = indexes
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
        for (name, _) in &indexes {
            self.connection.execute_batch(&format!("DROP INDEX {name}"))?;
        }
        fill()?;
        self.index(MAIN)?;
        indexes.iter().try_for_each(|(_, statement)| Ok(self.connection.execute_batch(statement)?))
    }
}
