//! Branches: the stretches of history that each sees, their rows, and what a fork writes: one row.

use rusqlite::{OptionalExtension, Row};

use super::read::{counted, counted_or_none};
use super::sums::BRANCHES;
use super::{Store, Transaction};
use crate::error::{Error, Result};
use crate::event::{Hash, Position, Time};

/// The branch that every store starts with.
pub const MAIN: i64 = 1;

/// A branch, with the stretches of history that it sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The number of its row; 1 is main.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The branches it sees, the oldest first, each up to a position; the last one is itself, unbounded.
    pub segments: Vec<(i64, Position)>,
}

impl Branch {
    /// Whether an event that a branch's row owns at a position is part of this branch's history.
    pub fn sees(&self, owner: i64, position: Position) -> bool {
        self.segments.iter().any(|&(id, limit)| id == owner && position <= limit)
    }

    /// The newest position that it sees of its ancestors; 0 where it has none.
    pub fn fork(&self) -> Position {
        self.segments.iter().rev().nth(1).map_or(0, |&(_, limit)| limit)
    }
}

/// A branch's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchRow {
    /// The number of its row; its parent's is smaller.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The branch that owns the event it forks at; `None` for the first branch.
    pub parent: Option<i64>,
    /// The position of the event it forks at; 0 is before the first event.
    pub fork_position: Position,
    /// The place and hash of its newest own event; `None` where it has none.
    pub tip: Option<(Position, Hash)>,
    /// How many events it owns.
    pub events: i64,
    /// How many of its parent's own events it sees; too many while it is not filled.
    pub parent_events: i64,
    /// When it was made.
    pub created_at: Time,
    /// Whether it is hidden.
    pub archived: bool,
    /// The stretch of the log that must still be looked through for heads that its parent has moved on.
    pub fill: (Position, Position),
    /// The newest position when it was made: its parent's events up to there were counted.
    pub counted_to: Position,
}

impl BranchRow {
    /// Whether it has every head.
    pub(crate) fn is_filled(&self) -> bool {
        self.fill.0 > self.fill.1
    }
}

const COLUMNS: &str = "id, name, parent, fork_position, tip_position, tip_hash, events, parent_events, created_at, \
                       archived, fill_from, fill_to, \
                       (SELECT p.tip_position FROM branches p WHERE p.id = branches.parent)";

fn branch_row(row: &Row<'_>) -> rusqlite::Result<BranchRow> {
    let tip = counted_or_none(row, 4)?;
    let hash: Option<[u8; 32]> = row.get(5)?;
    let (id, parent): (i64, Option<i64>) = (row.get(0)?, row.get(2)?);
    // A branch is made after its parent; whoever goes from parent to parent comes to an end.
    if parent.is_some_and(|parent| parent >= id || parent < MAIN) || (parent.is_none() && id != MAIN) {
        let why = format!("branch {id} cannot come from {parent:?}");
        return Err(rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Integer, why.into()));
    }
    Ok(BranchRow {
        id,
        name: row.get(1)?,
        parent,
        fork_position: counted_or_none(row, 3)?.unwrap_or(0),
        tip: tip.zip(hash.map(Hash)),
        events: counted(row, 6)?,
        parent_events: counted(row, 7)?,
        created_at: Time(row.get(8)?),
        archived: row.get(9)?,
        // A branch without a fork has nothing to fill: it begins behind every position.
        fill: (row.get::<_, Position>(10)?.max(0), counted_or_none(row, 12)?.unwrap_or(0)),
        counted_to: counted(row, 11)?,
    })
}

impl Store {
    /// The branch of that name, with its ancestors; an ancestor's limit is the minimum along the path.
    pub fn branch(&self, name: &str) -> Result<Branch> {
        if let Some(row) = self.branch_named(name)? {
            return self.with_ancestors(&row);
        }
        let mut first = self.connection.prepare_cached("SELECT 1 FROM branches WHERE id = ?1")?;
        if !first.exists([MAIN])? {
            return Err(Error::damaged("The store is damaged: its first branch is gone.")
                .hint("Compare with a backup."));
        }
        Err(Error::refused(format!("There is no branch named {name}."))
            .hint("`backstory branch` lists them."))
    }

    /// A branch's row with the stretches of history that it sees.
    pub(crate) fn with_ancestors(&self, row: &BranchRow) -> Result<Branch> {
        let mut segments = vec![(row.id, Position::MAX)];
        let mut limit = Position::MAX;
        let (mut parent, mut fork) = (row.parent, row.fork_position);
        while let Some(above) = parent {
            limit = limit.min(fork);
            segments.push((above, limit));
            let next = self.branch_row(above)?;
            (parent, fork) = (next.parent, next.fork_position);
        }
        segments.reverse();
        Ok(Branch { id: row.id, name: row.name.clone(), segments })
    }

    /// The live branch, whatever its name.
    pub(crate) fn live_branch(&self) -> Result<Branch> {
        self.with_ancestors(&self.branch_row(MAIN)?)
    }

    /// The row of a branch of that name.
    pub(crate) fn branch_named(&self, name: &str) -> Result<Option<BranchRow>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM branches WHERE name = ?1"))?;
        Ok(statement.query_row([name], branch_row).optional()?)
    }

    /// A branch's row by its number.
    pub(crate) fn branch_row(&self, id: i64) -> Result<BranchRow> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM branches WHERE id = ?1"))?;
        Ok(statement.query_row([id], branch_row)?)
    }

    /// Every branch, in the order in which they were made.
    pub fn branches(&self) -> Result<Vec<BranchRow>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM branches ORDER BY id"))?;
        let rows = statement.query_map([], branch_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many events a branch sees; a few too many while it or an ancestor is not filled.
    pub(crate) fn visible_events(&self, branch: i64) -> Result<i64> {
        let mut row = self.branch_row(branch)?;
        let mut events = row.events;
        while let Some(parent) = row.parent {
            events += row.parent_events;
            row = self.branch_row(parent)?;
        }
        Ok(events)
    }

    /// The name of a branch's row.
    pub(crate) fn branch_name(&self, id: i64) -> Result<String> {
        let mut statement = self.connection.prepare_cached("SELECT name FROM branches WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0))?)
    }

    /// The newest event that a branch owns, as the branch remembers it, and how many it owns.
    pub fn tip(&self, branch: i64) -> Result<(Option<(Position, Hash)>, i64)> {
        let row = self.branch_row(branch)?;
        Ok((row.tip, row.events))
    }
}

/// What a fork writes.
#[derive(Clone, Debug)]
pub struct NewBranch<'a> {
    /// Its name.
    pub name: &'a str,
    /// The branch that owns the event it forks at.
    pub parent: i64,
    /// That event's position.
    pub fork_position: Position,
    /// How many of its parent's own events it sees, or a few more where the fill is to count them.
    pub parent_events: i64,
    /// When it is made.
    pub created_at: Time,
    /// Where the parent's events begin that may move heads on.
    pub fill_from: Position,
    /// The newest position in the store: its parent's events up to there are in `parent_events`.
    pub counted_to: Position,
}

impl Transaction<'_> {
    /// Writes a branch's row and answers its number.
    pub(crate) fn add_branch(&self, new: &NewBranch<'_>) -> Result<i64> {
        self.connection
            .prepare_cached(
                "INSERT INTO branches (name, parent, fork_position, parent_events, created_at, fill_from, fill_to) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                new.name,
                new.parent,
                new.fork_position,
                new.parent_events,
                new.created_at.0,
                new.fill_from,
                new.counted_to,
            ))?;
        let id = self.connection.last_insert_rowid();
        self.toggle(BRANCHES, [id])?;
        Ok(id)
    }

    /// Counts what a branch sees of its parent, all of whose events are there.
    pub(crate) fn count_inherited(&self, branch: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE branches SET parent_events = (SELECT count(*) FROM events e \
             WHERE e.branch = branches.parent AND e.position <= branches.fork_position) WHERE id = ?1",
            [branch],
        )?;
        Ok(())
    }

    /// Gives a branch another name.
    pub(crate) fn rename_branch(&self, branch: i64, name: &str) -> Result<()> {
        self.toggled(BRANCHES, [branch], || {
            self.connection.execute("UPDATE branches SET name = ?2 WHERE id = ?1", (branch, name))?;
            Ok(())
        })
    }

    /// Two branches trade their names.
    pub(crate) fn swap_branch_names(&self, one: i64, other: i64) -> Result<()> {
        let (first, second) = (self.branch_name(one)?, self.branch_name(other)?);
        self.rename_branch(one, "\u{0}")?;
        self.rename_branch(other, &first)?;
        self.rename_branch(one, &second)
    }

    /// Hides a branch, or shows it again.
    pub fn archive_branch(&self, branch: i64, archived: bool) -> Result<()> {
        self.toggled(BRANCHES, [branch], || {
            self.connection.execute("UPDATE branches SET archived = ?2 WHERE id = ?1", (branch, archived))?;
            Ok(())
        })
    }

    /// Notes how far a branch's missing heads have been written, and how many of the events passed are its parent's.
    pub(crate) fn note_fill(&self, branch: i64, fill_from: Position, passed: i64) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE branches SET fill_from = ?2, parent_events = parent_events - ?3 WHERE id = ?1",
            )?
            .execute((branch, fill_from, passed))?;
        Ok(())
    }
}
