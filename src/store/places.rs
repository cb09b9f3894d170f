//! The indexes that every event changes: where heads stand by their newest event and by their version, and events by
//! hash. Each entry lies somewhere else, so a large batch leaves them for later: what they lack stands at the end of
//! the log, where readers find it.

use rusqlite::OptionalExtension;

use super::{MAIN, Store, Transaction};
use crate::error::Result;
use crate::event::Position;

/// A batch of fewer events than this is brought into the indexes at once, with what was left before.
const LARGE: i64 = 256;

/// How many events may be left out at the most: readers go through all of them.
const BEHIND: i64 = 16_384;

/// The events that a branch owns behind a position, which is a number or a parameter: a table and a condition. It says
/// how to find them, or a grouping would walk through all that the branch owns.
fn behind(branch: i64, position: &str) -> String {
    // Main's lie one after the other; the others' have an index that holds none of main's.
    let (index, not_main) =
        if branch == MAIN { ("NOT INDEXED", "") } else { ("INDEXED BY events_off_main", " AND branch <> 1") };
    format!("events {index} WHERE branch = {branch}{not_main} AND position > {position}")
}

/// The newest of them of each aggregate.
fn newest_behind(branch: i64, position: &str) -> String {
    let behind = behind(branch, position);
    format!(
        "(SELECT e.aggregate, a.type, max(e.version) AS version, max(e.position) AS position \
         FROM (SELECT aggregate, version, position FROM {behind}) e \
         CROSS JOIN aggregates a ON a.id = e.aggregate GROUP BY e.aggregate)"
    )
}

/// The places of a branch's own heads as tables, for statements in which ?1 is the generation.
pub(super) struct Places {
    /// The branch's row.
    branch: i64,
    /// The newest of its events that is in the indexes, where there are later ones.
    indexed: Option<Position>,
}

impl Places {
    /// Which of the heads `h` the indexes have right.
    pub fn settled(&self) -> String {
        self.indexed.map(|indexed| format!("AND h.position <= {indexed}")).unwrap_or_default()
    }

    /// Those that the indexes lack; `None` where there are none.
    pub fn rest(&self) -> Option<String> {
        let rest = newest_behind(self.branch, &self.indexed?.to_string());
        let columns = "aggregate, type, version, position";
        Some(format!("(SELECT ?1 AS generation, {} AS branch, {columns} FROM {rest})", self.branch))
    }

    /// All of them.
    pub fn all(&self) -> String {
        let branch = self.branch;
        let own = format!("SELECT * FROM places WHERE generation = ?1 AND branch = {branch}");
        match (self.indexed, self.rest()) {
            (Some(indexed), Some(rest)) => format!(
                "({own} AND aggregate NOT IN (SELECT aggregate FROM {}) \
                 UNION ALL SELECT * FROM {rest})",
                behind(branch, &indexed.to_string())
            ),
            _ => format!("({own})"),
        }
    }
}

impl Store {
    /// Where a branch's own heads stand.
    pub(super) fn places(&self, branch: i64) -> Result<Places> {
        Ok(Places { branch, indexed: self.indexed(branch)? })
    }

    /// The newest of a branch's events that is in the indexes, where there are later ones.
    fn indexed(&self, branch: i64) -> Result<Option<Position>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT indexed FROM branches WHERE id = ?1 AND tip_position > indexed")?;
        Ok(statement.query_row([branch], |row| row.get(0)).optional()?)
    }

    /// The events that are in no index: a table and a condition for each branch that has some.
    pub(super) fn unindexed(&self) -> Result<Vec<String>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, indexed FROM branches WHERE tip_position > indexed")?;
        let left = statement.query_map([], |row| {
            let (branch, indexed): (i64, Position) = (row.get(0)?, row.get(1)?);
            Ok(behind(branch, &indexed.to_string()))
        })?;
        Ok(left.collect::<rusqlite::Result<_>>()?)
    }

    /// Brings into the indexes what was left out; false where nothing was.
    pub fn index_rest(&self) -> Result<bool> {
        self.indexes_wait.set(false);
        // Looked up first, so that no lock is taken for nothing.
        if self.indexed(MAIN)?.is_none() {
            return Ok(false);
        }
        let transaction = self.write()?;
        transaction.index(MAIN)?;
        transaction.commit()?;
        Ok(true)
    }
}

impl Transaction<'_> {
    /// Brings a batch of so many of a branch's events into the indexes, whose heads and tip are written; a large one
    /// on main is left for later, unless much is left already.
    pub fn index_batch(&self, branch: i64, appended: i64) -> Result<()> {
        if self.indexes_wait.get() {
            return Ok(());
        }
        let newest = self.newest_position()?;
        let behind = self.indexed(branch)?.map_or(0, |indexed| newest - indexed);
        if branch == MAIN && appended >= LARGE && behind < BEHIND {
            return Ok(());
        }
        self.index(branch)
    }

    fn index(&self, branch: i64) -> Result<()> {
        let Some(indexed) = self.indexed(branch)? else { return Ok(()) };
        let behind = behind(branch, "?1");
        // Where nothing is in them yet, the heads say it all.
        let rest = match indexed {
            0 => format!(
                "heads WHERE ?1 = 0 AND branch = {branch} AND generation = (SELECT shown FROM generations) \
                 ORDER BY aggregate"
            ),
            _ => format!("{} WHERE true", newest_behind(branch, "?1")),
        };
        let statements = [
            format!(
                "INSERT INTO places SELECT (SELECT shown FROM generations), {branch}, aggregate, type, version, \
                 position FROM {rest} \
                 ON CONFLICT DO UPDATE SET version = excluded.version, position = excluded.position"
            ),
            format!("INSERT INTO hashes SELECT substr(hash, 1, 4), position FROM {behind} ORDER BY 1, 2"),
            format!("UPDATE branches SET indexed = tip_position WHERE id = {branch} AND ?1 < tip_position"),
        ];
        for statement in statements {
            self.connection.prepare_cached(&statement)?.execute([indexed])?;
        }
        Ok(())
    }
}
