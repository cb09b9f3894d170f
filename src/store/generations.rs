//! Generations of heads: one is shown, and a rebuild fills another beside it, unseen, until one row swaps them.

use rusqlite::OptionalExtension;

use super::sums::GENERATIONS;
use super::{MAIN, Store, Transaction};
use crate::error::Result;
use crate::event::Position;

/// How many heads of a dropped generation one write removes, so that appends need not wait long.
const DROPPED: i64 = 200;

/// A generation that is being filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// Its number.
    pub generation: i64,
    /// The newest position when it was begun: what came later may be in it or not.
    pub start: Position,
    /// Who fills it: whoever begins or goes on takes the next turn.
    turn: i64,
}

impl Store {
    /// Whether it is still the same that fills a generation.
    pub(crate) fn fills(&self, filling: &Filling) -> Result<bool> {
        let mut statement =
            self.connection.prepare_cached("SELECT 1 FROM generations WHERE filling = ?1 AND turn = ?2")?;
        Ok(statement.exists((filling.generation, filling.turn))?)
    }

    /// The row of the last head that a generation has of a branch; -1 where it has none.
    pub(crate) fn filled_to(&self, generation: i64, branch: i64) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(
            "SELECT coalesce(max(aggregate), -1) FROM heads WHERE generation = ?1 AND branch = ?2",
        )?;
        Ok(statement.query_row((generation, branch), |row| row.get(0))?)
    }

    /// How many heads a generation has.
    pub fn filled(&self, generation: i64) -> Result<i64> {
        let mut statement =
            self.connection.prepare_cached("SELECT count(*) FROM heads WHERE generation = ?1")?;
        Ok(statement.query_row([generation], |row| row.get(0))?)
    }

    /// The heads of branches, as branch and aggregate, that the shown generation has and another one lacks. Main's
    /// come by its own events alone, so they are not looked through.
    pub(crate) fn lacking(&self, generation: i64) -> Result<Vec<(i64, i64)>> {
        let mut statement = self.connection.prepare(
            "SELECT h.branch, h.aggregate FROM heads h \
             WHERE h.generation = (SELECT shown FROM generations) AND h.branch > ?2 AND NOT EXISTS (SELECT 1 FROM heads n \
             WHERE n.generation = ?1 AND n.branch = h.branch AND n.aggregate = h.aggregate)",
        )?;
        let rows = statement.query_map((generation, MAIN), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Removes some of the heads that are neither shown nor being filled; false where there are none.
    pub(crate) fn drop_heads(&self) -> Result<bool> {
        // Looked up first, so that no lock is taken for nothing.
        let Some(generation) = self.left_over()? else { return Ok(false) };
        let transaction = self.write()?;
        if self.left_over()? == Some(generation) {
            for statement in [
                "DELETE FROM places WHERE generation = ?1 AND (branch, aggregate) IN \
                 (SELECT branch, aggregate FROM heads WHERE generation = ?1 ORDER BY branch, aggregate LIMIT ?2)",
                "DELETE FROM heads WHERE id IN \
                 (SELECT id FROM heads WHERE generation = ?1 ORDER BY branch, aggregate LIMIT ?2)",
            ] {
                self.connection.prepare_cached(statement)?.execute((generation, DROPPED))?;
            }
            transaction.commit()?;
        }
        Ok(true)
    }

    /// A generation that has heads, and is neither shown nor being filled.
    fn left_over(&self) -> Result<Option<i64>> {
        let mut next = self.connection.prepare_cached(
            "SELECT h.generation, h.generation IN (g.shown, ifnull(g.filling, g.shown)) FROM generations g \
             CROSS JOIN heads h WHERE h.generation > ?1 ORDER BY h.generation LIMIT 1",
        )?;
        let mut generation = 0;
        loop {
            let found = next.query_row([generation], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            match found {
                Some((used, true)) => generation = used,
                other => return Ok(other.map(|(unused, _)| unused)),
            }
        }
    }
}

impl Transaction<'_> {
    /// Goes on with the generation that was being filled by the same rules; else one that was being filled is given
    /// up, and another begins.
    pub(crate) fn begin_generation(&self, rules: &[u8; 32], newest: Position) -> Result<Filling> {
        self.toggled(GENERATIONS, [1], || {
            Ok(self.connection.query_row(
                "UPDATE generations SET turn = turn + 1, rules = ?1, \
             start = CASE WHEN filling IS NOT NULL AND rules = ?1 THEN start ELSE ?2 END, \
             filling = CASE WHEN filling IS NOT NULL AND rules = ?1 THEN filling \
             ELSE max(shown, coalesce(filling, 0)) + 1 END RETURNING filling, start, turn",
                (rules, newest),
                |row| Ok(Filling { generation: row.get(0)?, start: row.get(1)?, turn: row.get(2)? }),
            )?)
        })
    }

    /// Gives up the generation that is being filled.
    pub(crate) fn give_up_generation(&self) -> Result<()> {
        self.toggled(GENERATIONS, [1], || {
            self.connection.execute("UPDATE generations SET filling = NULL", [])?;
            Ok(())
        })
    }

    /// Shows the generation that has been filled.
    pub(crate) fn show_generation(&self, generation: i64) -> Result<()> {
        self.toggled(GENERATIONS, [1], || {
            self.connection.execute("UPDATE generations SET shown = ?1, filling = NULL", [generation])?;
            Ok(())
        })
    }
}
