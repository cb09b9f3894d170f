//! Generations of heads: one is shown, and a rebuild fills another beside it, unseen, until one row swaps them.

use super::{Store, Transaction};
use crate::error::Result;

/// How many heads of a dropped generation one write removes, so that appends need not wait long.
const DROPPED: i64 = 5_000;

impl Store {
    /// The generation that a rebuild is filling.
    pub fn filling(&self) -> Result<Option<i64>> {
        Ok(self.connection.query_row("SELECT filling FROM generations", [], |row| row.get(0))?)
    }

    /// The heads, as branch and aggregate, that the shown generation has and another one lacks.
    pub fn lacking(&self, generation: i64) -> Result<Vec<(i64, i64)>> {
        let mut statement = self.connection.prepare(
            "SELECT h.branch, h.aggregate FROM heads h \
             WHERE h.generation = (SELECT shown FROM generations) AND NOT EXISTS (SELECT 1 FROM heads n \
             WHERE n.generation = ?1 AND n.branch = h.branch AND n.aggregate = h.aggregate)",
        )?;
        let rows = statement.query_map([generation], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Removes the heads that are neither shown nor being filled, a part at a time.
    pub fn drop_generations(&self) -> Result<()> {
        loop {
            let transaction = self.write()?;
            let removed = self.connection.execute(
                "DELETE FROM heads WHERE (generation, branch, aggregate) IN (SELECT generation, branch, aggregate \
                 FROM heads WHERE generation NOT IN (SELECT shown FROM generations UNION ALL \
                 SELECT filling FROM generations WHERE filling IS NOT NULL) LIMIT ?1)",
                [DROPPED],
            )?;
            transaction.commit()?;
            if removed == 0 {
                return Ok(());
            }
        }
    }
}

impl Transaction<'_> {
    /// Begins another generation; one that was being filled is given up.
    pub fn begin_generation(&self) -> Result<i64> {
        let generation = self.connection.query_row(
            "UPDATE generations SET filling = max(shown, coalesce(filling, 0)) + 1 RETURNING filling",
            [],
            |row| row.get(0),
        )?;
        Ok(generation)
    }

    /// Gives up the generation that is being filled.
    pub fn give_up_generation(&self) -> Result<()> {
        self.connection.execute("UPDATE generations SET filling = NULL", [])?;
        Ok(())
    }

    /// Shows the generation that has been filled.
    pub fn show_generation(&self, generation: i64) -> Result<()> {
        self.connection.execute("UPDATE generations SET shown = ?1, filling = NULL", [generation])?;
        Ok(())
    }
}
