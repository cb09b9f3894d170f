//! What was delivered to the first branch, looked through as a whole: to find the same records in another store.

use std::collections::HashSet;

use super::{MAIN, Store};
use crate::error::Result;
use crate::event::Position;

impl Store {
    /// How many deliveries there are.
    pub(crate) fn count_deliveries(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM deliveries WHERE branch = ?1";
        Ok(self.connection.query_row(sql, [MAIN], |row| row.get(0))?)
    }

    /// Gives every key that something was delivered under to `each`, with the event that it became.
    pub(crate) fn each_delivery(&self, each: &mut dyn FnMut(&str, Position)) -> Result<()> {
        self.sort_deliveries()?;
        let mut select = self
            .connection
            .prepare("SELECT key, position FROM deliveries WHERE branch = ?1 ORDER BY position")?;
        let mut rows = select.query([MAIN])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_str().unwrap_or_default(), row.get(1)?);
        }
        Ok(())
    }

    /// What some events were delivered as: the key, and the hash of the record.
    pub(crate) fn deliveries_of(
        &self,
        positions: &HashSet<Position>,
        each: &mut dyn FnMut(Position, &str, [u8; 32]),
    ) -> Result<()> {
        let mut select =
            self.connection.prepare("SELECT position, key, content FROM deliveries WHERE branch = ?1")?;
        let mut rows = select.query([MAIN])?;
        while let Some(row) = rows.next()? {
            let position = row.get(0)?;
            if positions.contains(&position) {
                each(position, row.get_ref(1)?.as_str().unwrap_or_default(), row.get(2)?);
            }
        }
        Ok(())
    }

    /// The events that were delivered with some records.
    pub(crate) fn delivered_with(
        &self,
        contents: &HashSet<[u8; 32]>,
        each: &mut dyn FnMut([u8; 32], Position),
    ) -> Result<()> {
        let mut select =
            self.connection.prepare("SELECT content, position FROM deliveries WHERE branch = ?1")?;
        let mut rows = select.query([MAIN])?;
        while let Some(row) = rows.next()? {
            let content = row.get(0)?;
            if contents.contains(&content) {
                each(content, row.get(1)?);
            }
        }
        Ok(())
    }
}
