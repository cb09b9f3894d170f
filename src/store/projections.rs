//! The tables of projections: rows by key, and how far each table has come.

use rusqlite::{OptionalExtension, Row};

use super::sums::PROJECTIONS;
use super::{Store, Transaction};
use crate::error::Result;
use crate::event::Position;

/// A projection's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The projection's name.
    pub name: String,
    /// The number of the domain that declares it.
    pub domain: i64,
    /// The table's name.
    pub table: String,
    /// Main's events up to this position are in it.
    pub position: Position,
    /// Whether it is the one that is shown.
    pub shown: bool,
    /// Why it came no further.
    pub error: Option<String>,
}

/// A row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// Its key.
    pub key: String,
    /// The position of the event that last changed it.
    pub position: Position,
    /// The row, a JSON object.
    pub row: String,
}

fn table(row: &Row<'_>) -> rusqlite::Result<Table> {
    Ok(Table {
        name: row.get(0)?,
        domain: row.get(1)?,
        table: row.get(2)?,
        position: row.get(3)?,
        shown: row.get(4)?,
        error: row.get(5)?,
    })
}

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptRow> {
    Ok(KeptRow { key: row.get(0)?, position: row.get(1)?, row: row.get(2)? })
}

/// A name as SQL has it; a projection's own name needs no more, a column's may hold anything.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Store {
    /// Every projection's tables, the shown ones first.
    pub fn projections(&self) -> Result<Vec<Table>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, domain, tbl, position, shown, error FROM projections ORDER BY shown DESC, name, domain",
        )?;
        let rows = statement.query_map([], table)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One row of a projection's table.
    pub(crate) fn projected(&self, table: &str, key: &str) -> Result<Option<KeptRow>> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT key, position, row FROM {} WHERE key = ?1", quoted(table)))?;
        Ok(statement.query_row([key], kept).optional()?)
    }

    /// The rows behind a key, sorted by it, or before it and the last first; at most `limit`.
    pub(crate) fn projected_rows(
        &self,
        table: &str,
        from: Option<&str>,
        backwards: bool,
        limit: usize,
    ) -> Result<Vec<KeptRow>> {
        let (than, order) = if backwards { ("<", "DESC") } else { (">", "ASC") };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT key, position, row FROM {} WHERE ?1 IS NULL OR key {than} ?1 ORDER BY key {order} LIMIT ?2",
            quoted(table)
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((from, limit), kept)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Transaction<'_> {
    /// Begins the table of a projection; its columns can be read as columns, by people with sqlite3.
    pub(crate) fn begin_projection(&self, name: &str, domain: i64, columns: &[String]) -> Result<()> {
        let table = format!("projection_{name}_{domain}");
        let mut create = format!(
            "CREATE TABLE {} (key TEXT PRIMARY KEY, position INTEGER NOT NULL, row TEXT NOT NULL",
            quoted(&table)
        );
        // SQLite takes large and small letters of a name for the same.
        let mut taken = ["key", "position", "row"].map(str::to_owned).to_vec();
        for column in columns {
            if taken.contains(&column.to_lowercase()) {
                continue;
            }
            taken.push(column.to_lowercase());
            // In a path a name stands in double quotes, and in the statement in single ones.
            let path = format!("$.\"{}\"", column.replace(['"', '\\'], "")).replace('\'', "''");
            create.push_str(&format!(
                ", {} GENERATED ALWAYS AS (json_extract(row, '{path}')) VIRTUAL",
                quoted(column)
            ));
        }
        self.connection
            .execute_batch(&format!("DROP TABLE IF EXISTS {}; {create}) WITHOUT ROWID;", quoted(&table)))?;
        self.toggled(PROJECTIONS, (name, domain), || {
            self.connection
                .prepare_cached(
                    "INSERT INTO projections (name, domain, tbl) VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO UPDATE SET tbl = ?3, position = 0, shown = 0, error = NULL",
                )?
                .execute((name, domain, &table))?;
            Ok(())
        })
    }

    /// Shows a projection's table, which has caught up, in the place of the one before.
    pub(crate) fn show_projection(&self, table: &Table) -> Result<()> {
        let final_name = format!("projection_{}", table.name);
        for old in
            self.projections()?.iter().filter(|old| old.name == table.name && old.domain != table.domain)
        {
            self.drop_projection(old)?;
        }
        self.connection.execute_batch(&format!(
            "ALTER TABLE {} RENAME TO {}",
            quoted(&table.table),
            quoted(&final_name)
        ))?;
        self.toggled(PROJECTIONS, (&table.name, table.domain), || {
            self.connection
                .prepare_cached("UPDATE projections SET shown = 1, tbl = ?3 WHERE name = ?1 AND domain = ?2")?
                .execute((&table.name, table.domain, &final_name))?;
            Ok(())
        })
    }

    /// Takes a projection's table away.
    pub(crate) fn drop_projection(&self, table: &Table) -> Result<()> {
        self.connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&table.table)))?;
        self.toggled(PROJECTIONS, (&table.name, table.domain), || {
            self.connection
                .prepare_cached("DELETE FROM projections WHERE name = ?1 AND domain = ?2")?
                .execute((&table.name, table.domain))?;
            Ok(())
        })
    }

    /// Notes how far a projection's table has come, and what stopped it.
    pub(crate) fn note_projection(
        &self,
        name: &str,
        domain: i64,
        position: Position,
        error: Option<&str>,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE projections SET position = ?3, error = ?4 WHERE name = ?1 AND domain = ?2",
            )?
            .execute((name, domain, position, error))?;
        Ok(())
    }

    /// Writes a row of a projection's table.
    pub(crate) fn put_projected(&self, table: &str, row: &KeptRow) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "INSERT INTO {} (key, position, row) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET position = ?2, row = ?3",
                quoted(table)
            ))?
            .execute((&row.key, row.position, &row.row))?;
        Ok(())
    }

    /// Takes a row of a projection's table away.
    pub(crate) fn drop_projected(&self, table: &str, key: &str) -> Result<()> {
        self.connection
            .prepare_cached(&format!("DELETE FROM {} WHERE key = ?1", quoted(table)))?
            .execute([key])?;
        Ok(())
    }
}
