//! Sums of the tables that no event vouches for: of each row the SHA-256, all of them combined by XOR. A row that
//! somebody else altered, exchanged, added or removed does not add up any more. Who recomputes the sum, too, is found
//! only by a witness outside the store: see `seal`.
//!
//! A row's SHA-256 is over `backstory-row-1`, a line end, the table's name, a line end, and the JSON array of the
//! columns that [`Summed`] names, in which bytes are hexadecimal text.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params};
use sha2::{Digest, Sha256};

use super::chain::hex;
use super::{Store, Transaction};
use crate::error::{Error, Result};

/// A table with a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Summed {
    /// Its name.
    pub table: &'static str,
    /// The columns that count; what is left out follows from the events, and is checked against them.
    columns: &'static str,
    /// What names a row.
    key: &'static str,
}

const fn summed(table: &'static str, columns: &'static str, key: &'static str) -> Summed {
    Summed { table, columns, key }
}

pub(super) const STORE: Summed = summed("store", "one, id, made_at, worked", "one = ?1");
pub(super) const BRANCHES: Summed =
    summed("branches", "id, name, parent, fork_position, created_at, archived, fill_to", "id = ?1");
pub(super) const ABSENT: Summed = summed("absent", "first, last, branch, last_hash", "first = ?1");
pub(super) const DELIVERIES: Summed =
    summed("deliveries", "branch, key, position, content", "branch = ?1 AND key = ?2");
pub(super) const GENERATIONS: Summed =
    summed("generations", "id, shown, filling, rules, start, turn", "id = ?1");
pub(super) const DOMAINS: Summed = summed("domains", "id, source, hash, added_at", "id = ?1");
pub(super) const OPERATIONS: Summed = summed("operations", "id, hash", "id = ?1");
pub(super) const WAYPOINTS: Summed =
    summed("waypoints", "name, branch, aggregate, place, actor, created_at", "name = ?1");
pub(super) const NOTES: Summed =
    summed("notes", "id, branch, aggregate, place, text, actor, created_at", "id = ?1");
pub(super) const JOBS: Summed = summed(
    "jobs",
    "id, position, reactor, slot, domain, branch, state, tries, due, set_at, lease, token, created_at, ended_at, \
     error, effect",
    "id = ?1",
);
pub(super) const PROJECTIONS: Summed =
    summed("projections", "name, domain, tbl, shown", "name = ?1 AND domain = ?2");

/// Every table with a sum.
pub(super) const ALL: [Summed; 11] = [
    STORE,
    BRANCHES,
    ABSENT,
    DELIVERIES,
    GENERATIONS,
    DOMAINS,
    OPERATIONS,
    WAYPOINTS,
    NOTES,
    JOBS,
    PROJECTIONS,
];

/// The sum of no rows.
const NOTHING: [u8; 32] = [0; 32];

/// What a transaction has changed of the sums so far.
#[derive(Default)]
pub(super) struct Pending(RefCell<BTreeMap<Summed, [u8; 32]>>);

fn xor(one: &mut [u8; 32], other: [u8; 32]) {
    one.iter_mut().zip(other).for_each(|(one, other)| *one ^= other);
}

fn row_sum<'a>(table: Summed, values: impl Iterator<Item = ValueRef<'a>>) -> [u8; 32] {
    let mut row = Vec::with_capacity(256);
    row.extend_from_slice(b"backstory-row-1\n");
    row.extend_from_slice(table.table.as_bytes());
    row.push(b'\n');
    for (at, value) in values.enumerate() {
        row.push(if at == 0 { b'[' } else { b',' });
        // Writing to memory cannot fail.
        let _ = match value {
            ValueRef::Null => serde_json::to_writer(&mut row, &()),
            ValueRef::Integer(whole) => serde_json::to_writer(&mut row, &whole),
            ValueRef::Real(real) => serde_json::to_writer(&mut row, &real),
            ValueRef::Text(text) => serde_json::to_writer(&mut row, &String::from_utf8_lossy(text)),
            ValueRef::Blob(bytes) => {
                row.push(b'"');
                hex(&mut row, bytes);
                row.push(b'"');
                Ok(())
            }
        };
    }
    row.push(b']');
    Sha256::digest(row).into()
}

/// The sum that a table's rows have.
fn sum_of(connection: &Connection, table: Summed) -> Result<[u8; 32]> {
    let mut statement = connection.prepare(&format!("SELECT {} FROM {}", table.columns, table.table))?;
    let columns = statement.column_count();
    let (mut sum, mut rows) = (NOTHING, statement.query([])?);
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|at| row.get_ref(at)).collect::<rusqlite::Result<Vec<_>>>()?;
        xor(&mut sum, row_sum(table, values.into_iter()));
    }
    Ok(sum)
}

/// Notes the sum of a table as its rows are, in a store that is just being made.
pub(super) fn write_anew(connection: &Connection, table: Summed) -> Result<()> {
    let sum = sum_of(connection, table)?;
    connection.execute("INSERT OR REPLACE INTO sums (name, sum) VALUES (?1, ?2)", (table.table, sum))?;
    Ok(())
}

impl Store {
    /// The sum that a table's rows had when this program last wrote one.
    pub(super) fn noted_sum(&self, table: Summed) -> Result<[u8; 32]> {
        let mut statement = self.connection.prepare_cached("SELECT sum FROM sums WHERE name = ?1")?;
        Ok(statement.query_row([table.table], |row| row.get(0)).optional()?.unwrap_or(NOTHING))
    }
}

impl Transaction<'_> {
    /// Takes a row into its table's sum, or out of it: before a row is changed or removed, and after it was changed or
    /// added.
    pub(super) fn toggle(&self, table: Summed, key: impl Params) -> Result<()> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT {} FROM {} WHERE {}", table.columns, table.table, table.key))?;
        let columns = statement.column_count();
        let mut rows = statement.query(key)?;
        if let Some(row) = rows.next()? {
            let values = (0..columns).map(|at| row.get_ref(at)).collect::<rusqlite::Result<Vec<_>>>()?;
            self.toggle_values(table, values);
        }
        Ok(())
    }

    /// The same for a row whose values are at hand.
    pub(super) fn toggle_values<'a>(&self, table: Summed, values: impl IntoIterator<Item = ValueRef<'a>>) {
        let sum = row_sum(table, values.into_iter());
        xor(self.sums.0.borrow_mut().entry(table).or_insert(NOTHING), sum);
    }

    /// Does something that changes one row.
    pub(super) fn toggled<T>(
        &self,
        table: Summed,
        key: impl Params + Copy,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.toggle(table, key)?;
        let changed = change()?;
        self.toggle(table, key)?;
        Ok(changed)
    }

    /// Writes the sums that have changed.
    pub(super) fn write_sums(&self) -> Result<()> {
        for (table, change) in std::mem::take(&mut *self.sums.0.borrow_mut()) {
            if change == NOTHING {
                continue;
            }
            let mut sum = self.noted_sum(table)?;
            xor(&mut sum, change);
            self.connection
                .prepare_cached(
                    "INSERT INTO sums (name, sum) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sum = ?2",
                )?
                .execute((table.table, sum))?;
        }
        Ok(())
    }
}

/// Refuses a store with a table whose rows are not what this program last wrote.
pub(super) fn check(store: &Store) -> Result<()> {
    for table in ALL {
        if sum_of(&store.connection, table)? != store.noted_sum(table)? {
            return Err(Error::damaged(format!(
                "Rows of the table {} were changed, added or removed by something other than backstory.",
                table.table
            ))
            .hint("Compare with a backup: no event says what they were."));
        }
    }
    Ok(())
}
