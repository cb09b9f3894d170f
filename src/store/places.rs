//! The indexes that every event changes: where heads stand by their newest event and by their version, and events by
//! hash. Each entry lies somewhere else, so a large batch leaves them for later: what they lack stands at the end of
//! the log, where readers find it.
//!
//! # Why it is so
//!
//! Most indexes of a head change seldom: a label, a status, the time of the first event. Two orders of the list, and
//! the index of events by their hash, change with every event, and each entry lies on another page of the file. They
//! were indexes of the tables themselves at first. Then a batch of 1,000 events behind 500,000 events of 100,000 tasks,
//! with three projections, was appended at 0.15 of the speed of bare inserts: it touched some 5,000 pages where bare
//! inserts touched 1,000 (`cargo bench --bench scale -- append`). No single statement was slow. It was the number of
//! pages.
//!
//! Many entries at a time are cheaper than the same entries one after the other: sorted, many of them fall on one page.
//! So what every event changes lies in two tables of its own, `places` and `hashes`, and a batch of 256 events or more
//! on main leaves them alone. With that, and with rules that [run without the engine](crate::jq), the same batches were
//! appended at 0.31 of the speed of bare inserts: the mean of 64 batches, on a quieter machine, with what is put off
//! counted in. Batches of 1,000 without any projection went from 0.47 to 0.65. The first page of the list did not
//! become slower beside the bare query: 2.4 times its time, 3.1 times before.
//!
//! What is missing is never wrong, since it is known exactly which it is:
//!
//! - Each branch remembers up to which position its own events are in the indexes (`branches.indexed`). What is behind
//!   that stands at the end of the log, and readers look through it: a page of the list takes the rows that the index
//!   has right, the newest place of each aggregate at the end of the log, and merges the two. A look for a hash does
//!   the same.
//! - At most 16,384 events are left out, as each reader goes through all of them.
//! - The next small batch brings in everything that was left before, and so does [tidying up](crate::journal::tidy),
//!   which the explorer does while nothing else is asked of it, and `report` and `replay` do.
//! - Only main leaves anything out. Its events lie in the log one after the other. A branch's own lie among main's,
//!   have a small index instead, and come in small numbers.
//!
//! What failed on the way: the condition *of this branch, behind this position* was left to SQLite's planner at first.
//! Where it grouped by aggregate it chose the index that has the aggregates in order, and walked through all that the
//! branch owns. So a query says how the rows are found: `NOT INDEXED` on main, which is a walk from a row number on,
//! `INDEXED BY` on others. And a head's wide row is looked up only after the rest was cut to a page.
//!
//! What it costs: each reader of those orders has a second part, as long as something is left; a rebuild writes places
//! for the generation that it fills; and whoever adds an order of the list that moves with every event adds it here,
//! and not as an index of `heads`.
//!
//! ## What a change must keep
//!
//! - Every order of the list, its pages, counts and places, and events by hash, answer the same before what was left
//!   out is brought in and afterwards, on main and on branches:
//!   `what_large_batches_leave_out_is_answered_all_the_same`.
//! - A small batch leaves nothing behind, and heads that are built again stand in the list once:
//!   `a_small_batch_brings_in_what_was_left_before`.
//! - An index that was altered is found: `every_alteration_of_a_table_is_found`.

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
    pub(crate) fn index_rest(&self) -> Result<bool> {
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
    pub(crate) fn index_batch(&self, branch: i64, appended: i64) -> Result<()> {
        if self.rest_waits() {
            return Ok(());
        }
        let newest = self.newest_position()?;
        let behind = self.indexed(branch)?.map_or(0, |indexed| newest - indexed);
        if branch == MAIN && appended >= LARGE && behind < BEHIND {
            return Ok(());
        }
        self.index(branch)
    }

    /// Brings all of a branch's events into the indexes.
    pub(crate) fn index(&self, branch: i64) -> Result<()> {
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
