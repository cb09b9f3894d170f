//! The current state of each aggregate: one row on each branch that has moved it on.
//!
//! # Why it is so
//!
//! State is a fold of events, and heads are kept all the same: a list of 100,000 aggregates cannot be folded for each
//! page. Heads can be thrown away at any time; the log makes them again. What this page decides is where they lie, and
//! how all of them are replaced at once.
//!
//! ## Heads
//!
//! - **A row on each branch that moved the aggregate on.** A branch that has no row for an aggregate sees its nearest
//!   ancestor's. So a fork copies nothing ([how a fork's heads are filled](crate::journal::branch)), and a page on a
//!   branch merges one walk for each branch that it sees, a few rows at a time. At first it read a whole page of each
//!   ancestor, with a condition that no nearer branch had a row, and sorted them all. Merged row by row, the first page
//!   on a branch of depth ten takes 1.8 of the time that it takes on main (0.30 ms; `cargo bench --bench branches`).
//! - **Pages by key, never by offset.** Each order of the list is an index. The first page of 100,000 aggregates takes
//!   2.4 times as long as the bare query over the same index (62 µs; `cargo bench --bench store`).
//! - **States are read only where they are shown.** They are the wide part of a row, and a list shows a label and a
//!   status.
//! - **The table has row numbers.** Without them a state of more than a quarter of a page lay beside its row, and the
//!   tree of long rows was deep: each append went down it.
//! - **What stays is not written.** A head whose label and status are what they were leaves their indexes alone. Its
//!   place in the orders that every event changes is [brought in later](crate::store::places).
//!
//! ## Generations
//!
//! Other rules make other states, of all aggregates at once. The first rebuild did that in one transaction: nobody else
//! could write for as long as it folded. To let others in, each append was to write its head into the rows that are
//! shown and into those that are filled. That would have made appends slower for the sake of something rare, so what is
//! appended meanwhile is folded once more instead:
//!
//! - Each head belongs to a *generation*. One is shown, and at most one is filled beside it, unseen. Appends write the
//!   shown one only.
//! - A rebuild folds from a snapshot of the log, on all processors, and writes 150 heads at a time, or 512 KB of them.
//!   It began with 2,000 at a time. Between two writes it waits 3 ms: whoever waits for the lock asks about every
//!   millisecond, and a writer that takes it again at once leaves nobody a turn.
//! - What was appended meanwhile is folded once more, until only 64 events are left; those are folded under the lock.
//!   Whoever appends faster than this folds is waited for 20 times, and no longer.
//! - One row swaps the two, in the transaction that takes the new domain into use. Nobody sees a list that is half of
//!   one kind.
//! - What was replaced is dropped 200 heads at a time (at first 5,000), by whoever [tidies](crate::journal::tidy) next.
//!
//! While another process appended an event each 5 ms to a log of 500,000, no append waited longer than 71 ms when this
//! was first measured, on a busy machine, and 14 ms on a quiet one (`cargo bench --bench scale -- explore`). On two
//! threads the busiest one was done in half the time of one alone (`cargo bench --bench rebuild`).
//!
//! A rebuild that is killed goes on where it was. The row says by which rules it is filled (a hash of the domain and of
//! the program's version) and from which position on the log must be looked at again. Each who begins or goes on takes
//! the next `turn`; whoever has an older one gives way at its next write, so that two rebuilds never fill one
//! generation.
//!
//! What it costs: for as long as a rebuild goes on, and until it is tidied up, the file holds two heads for each
//! aggregate.
//!
//! ## What a change must keep
//!
//! - What is appended or filled while a generation is filled is in it:
//!   `what_is_appended_meanwhile_is_in_the_new_heads`,
//!   `nothing_is_lost_or_doubled_and_everything_kept_equals_a_fresh_replay`.
//! - A kill leaves the old list or the new one, and the next rebuild goes on:
//!   `a_killed_rebuild_leaves_whole_heads_and_goes_on`.
//! - As many threads as one likes make the same heads, in the same order: `threads_change_nothing_but_the_time`.
//! - Heads are what the log says: `verify_sees_a_list_that_is_behind_and_replay_mends_it`; and on every branch:
//!   `every_branch_reads_like_a_copied_list`.

mod merge;
mod page;

use rusqlite::{OptionalExtension, Row};

pub use page::{HeadKey, HeadOrder, HeadPage};

use super::read::counted;
use super::{Branch, Store};
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};

/// The current state of an aggregate on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The aggregate type.
    pub kind: String,
    /// Its newest version, from 1.
    pub version: Version,
    /// The newest event's position.
    pub position: Position,
    /// `occurred_at` of version 1.
    pub first_at: Time,
    /// `occurred_at` of the newest event.
    pub last_at: Time,
    /// `meta.actor` of the newest event.
    pub actor: Option<String>,
    /// What it is called, by the domain's `label`.
    pub label: String,
    /// In which state it is, by the domain's `status`.
    pub status: String,
    /// Whether it counts as deleted.
    pub deleted: bool,
    /// The state as JSON; `null` where the aggregate is gone.
    pub state: String,
    /// Why the state is not the newest one: the rule that failed.
    pub error: Option<String>,
}

impl Head {
    /// Of an aggregate that has no events yet, the first of which occurred at a time.
    pub(crate) fn before_first(kind: &str, at: Time) -> Self {
        Self {
            kind: kind.to_owned(),
            version: 0,
            position: 0,
            first_at: at,
            last_at: at,
            actor: None,
            label: String::new(),
            status: String::new(),
            deleted: false,
            state: String::new(),
            error: None,
        }
    }
}

/// A head with its aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// The row of the aggregate in `aggregates`.
    pub row: i64,
    /// Its id.
    pub id: String,
    /// Its state.
    pub head: Head,
}

impl HeadRow {
    /// Which aggregate it is.
    pub fn aggregate(&self) -> AggregateId {
        AggregateId::new(self.head.kind.clone(), self.id.clone())
    }
}

const COLUMNS: &str = "h.aggregate, a.key, h.type, h.version, h.position, h.first_at, h.last_at, h.actor, \
                       h.label, h.status, h.deleted, h.state, h.error";

fn head_row(row: &Row<'_>) -> rusqlite::Result<HeadRow> {
    Ok(HeadRow {
        row: row.get(0)?,
        id: row.get(1)?,
        head: Head {
            kind: row.get(2)?,
            version: counted(row, 3)?,
            position: counted(row, 4)?,
            first_at: Time(row.get(5)?),
            last_at: Time(row.get(6)?),
            actor: row.get(7)?,
            label: row.get(8)?,
            status: row.get(9)?,
            deleted: row.get(10)?,
            state: row.get(11)?,
            error: row.get(12)?,
        },
    })
}

impl Store {
    fn shown(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT shown FROM generations")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The current state of an aggregate on a branch: the branch's own row, else that of the nearest ancestor
    /// that has one.
    pub fn head(&self, branch: &Branch, aggregate: i64) -> Result<Found> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM heads h JOIN aggregates a ON a.id = h.aggregate \
             WHERE h.generation = ?1 AND h.branch = ?2 AND h.aggregate = ?3"
        ))?;
        let generation = self.shown()?;
        for &(id, limit) in branch.segments.iter().rev() {
            let found = statement.query_row((generation, id, aggregate), head_row).optional()?;
            match found {
                Some(head) if head.head.position > limit => return Ok(Found::MovedOn),
                Some(head) => return Ok(Found::Head { head: Box::new(head), own: id == branch.id }),
                None => {}
            }
        }
        Ok(Found::Nowhere)
    }

    /// The newest version of an aggregate on a branch, without the rest of its head; 0 where it has none.
    pub(crate) fn head_version(&self, branch: &Branch, aggregate: i64) -> Result<Version> {
        let mut statement = self.connection.prepare_cached(
            "SELECT version, position FROM heads WHERE generation = (SELECT shown FROM generations) \
             AND branch = ?1 AND aggregate = ?2",
        )?;
        for &(id, limit) in branch.segments.iter().rev() {
            let found: Option<(Version, Position)> =
                statement.query_row((id, aggregate), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            match found {
                Some((version, position)) if position <= limit => return Ok(version),
                // The ancestor has moved on since the fork.
                Some(_) => return self.version_at(branch, aggregate, Position::MAX),
                None => {}
            }
        }
        Ok(0)
    }

    /// Every head's place in the log, to compare with the log itself, until `each` answers false.
    pub(crate) fn head_places(
        &self,
        each: &mut dyn FnMut(i64, i64, Version, Position) -> Result<bool>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT branch, aggregate, version, position FROM heads WHERE generation = ?1 ORDER BY position",
        )?;
        let mut rows = statement.query([self.shown()?])?;
        while let Some(row) = rows.next()? {
            if !each(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)? {
                break;
            }
        }
        Ok(())
    }

    /// The next aggregate after a row that a branch has a head for, or owns events of.
    pub(crate) fn own_aggregate_after(&self, branch: i64, row: i64) -> Result<Option<i64>> {
        let mut heads = self.connection.prepare_cached(
            "SELECT aggregate FROM heads WHERE generation = ?1 AND branch = ?2 AND aggregate > ?3 \
             ORDER BY aggregate LIMIT 1",
        )?;
        let mut events = self.connection.prepare_cached(
            "SELECT aggregate FROM events WHERE branch = ?1 AND aggregate > ?2 ORDER BY aggregate LIMIT 1",
        )?;
        let headed: Option<i64> =
            heads.query_row((self.shown()?, branch, row), |row| row.get(0)).optional()?;
        let owned: Option<i64> = events.query_row((branch, row), |row| row.get(0)).optional()?;
        Ok(headed.into_iter().chain(owned).min())
    }
}

/// Where the current state of an aggregate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Here it is; `own` where it is the branch's own row.
    Head {
        /// The state.
        head: Box<HeadRow>,
        /// Whether the branch has a row of its own for it.
        own: bool,
    },
    /// The ancestor has moved on since the fork, and the branch's own row is not written yet.
    MovedOn,
    /// No branch that this one sees knows the aggregate.
    Nowhere,
}

impl Found {
    /// The row, where there is one.
    pub fn row(self) -> Option<HeadRow> {
        match self {
            Self::Head { head, .. } => Some(*head),
            Self::MovedOn | Self::Nowhere => None,
        }
    }
}
