//! Waypoints: names that people gave to points of history.

use rusqlite::{OptionalExtension, Row};

use super::sums::WAYPOINTS;
use super::{Store, Transaction};
use crate::error::Result;
use crate::event::Time;

/// A name that somebody gave to a point of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waypoint {
    /// Its name.
    pub name: String,
    /// The row of the branch that it is on.
    pub branch: i64,
    /// The aggregate's row; `None` for a point of the whole store.
    pub aggregate: Option<i64>,
    /// The version of the aggregate, or the position of the whole store.
    pub place: i64,
    /// Who named it.
    pub actor: String,
    /// When.
    pub created_at: Time,
}

const COLUMNS: &str = "name, branch, aggregate, place, actor, created_at";

fn waypoint(row: &Row<'_>) -> rusqlite::Result<Waypoint> {
    Ok(Waypoint {
        name: row.get(0)?,
        branch: row.get(1)?,
        aggregate: row.get(2)?,
        place: row.get(3)?,
        actor: row.get(4)?,
        created_at: Time(row.get(5)?),
    })
}

impl Store {
    /// Every waypoint, by name.
    pub fn waypoints(&self) -> Result<Vec<Waypoint>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM waypoints ORDER BY name"))?;
        let rows = statement.query_map([], waypoint)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The waypoint of that name.
    pub fn waypoint(&self, name: &str) -> Result<Option<Waypoint>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM waypoints WHERE name = ?1"))?;
        Ok(statement.query_row([name], waypoint).optional()?)
    }
}

impl Transaction<'_> {
    /// Writes a waypoint; one of the same name moves.
    pub(crate) fn put_waypoint(&self, waypoint: &Waypoint) -> Result<()> {
        let Waypoint { name, branch, aggregate, place, actor, created_at } = waypoint;
        self.toggled(WAYPOINTS, [name], || {
            self.connection.execute(
                "INSERT OR REPLACE INTO waypoints (name, branch, aggregate, place, actor, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (name, branch, aggregate, place, actor, created_at.0),
            )?;
            Ok(())
        })
    }

    /// Forgets a waypoint; `false` where there was none of that name.
    pub(crate) fn remove_waypoint(&self, name: &str) -> Result<bool> {
        self.toggled(WAYPOINTS, [name], || {
            Ok(self.connection.execute("DELETE FROM waypoints WHERE name = ?1", [name])? > 0)
        })
    }
}
