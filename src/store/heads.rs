//! The current state of each aggregate: one row on each branch that has moved it on.

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
    /// Its newest version.
    pub version: Version,
    /// The newest event's position.
    pub position: Position,
    /// `occurred_at` of version 1.
    pub first_at: Time,
    /// `occurred_at` of the newest event.
    pub last_at: Time,
    /// `meta.actor` of the newest event.
    pub actor: Option<String>,
    /// What it is called.
    pub label: String,
    /// In which state it is.
    pub status: String,
    /// Whether it counts as deleted.
    pub deleted: bool,
    /// The state as JSON; `null` where the aggregate is gone.
    pub state: String,
    /// Why the state is not the newest one: the rule that failed.
    pub error: Option<String>,
}

/// A head with its aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// The aggregate's row.
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
    pub fn head_version(&self, branch: &Branch, aggregate: i64) -> Result<Version> {
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
    pub fn head_places(
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
    pub fn own_aggregate_after(&self, branch: i64, row: i64) -> Result<Option<i64>> {
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
