//! Projections: read models folded from the events of many aggregates. Pure, on replays too; keeping their tables
//! is the journal's.

use std::collections::BTreeMap;

use crate::domain::{Moment, Projected, Projection};
use crate::error::Result;
use crate::event::Position;
use crate::jq::State;

/// Where a projection's rows are while it is folded.
pub trait Rows {
    /// The row so far; null where there is none.
    fn row(&mut self, key: &str) -> Result<State>;
    /// The row from here on; null where there is to be none.
    fn put(&mut self, key: &str, position: Position, row: State) -> Result<()>;
}

/// Takes an event into a projection's rows: all of them, or none where a rule fails.
pub fn take(
    projection: &Projection,
    moment: &Moment<'_>,
    position: Position,
    rows: &mut dyn Rows,
) -> Result<()> {
    let mut next = Vec::new();
    for key in projection.keys(moment)? {
        let row = projection.next(&key, &rows.row(&key)?, moment)?;
        next.push((key, row));
    }
    next.into_iter().try_for_each(|(key, row)| rows.put(&key, position, row))
}

/// A projection's rows in memory, sorted by key; a copy shares them.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The rows by key.
    pub rows: BTreeMap<String, Projected>,
}

impl Rows for Report {
    fn row(&mut self, key: &str) -> Result<State> {
        Ok(self.rows.get(key).map_or_else(State::null, |projected| projected.row.clone()))
    }

    fn put(&mut self, key: &str, position: Position, row: State) -> Result<()> {
        if row.is_null() {
            self.rows.remove(key);
        } else {
            self.rows.insert(key.to_owned(), Projected { position, row });
        }
        Ok(())
    }
}
