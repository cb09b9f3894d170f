//! The tables of somebody else's database, and which are like a form.

use std::path::{Path, PathBuf};

use super::form::TableForm;
use crate::error::Result;
use crate::import::sql::quoted;
use crate::store::foreign::{Bound, Rows, rows};

/// A name of a table or a column is no longer than this many bytes.
const LARGEST_NAME: u64 = 1 << 16;
/// So many rows of a table are looked at to tell what it is.
const LOOKED_AT: usize = 100;

/// A table with its columns.
#[derive(Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    /// Whether SQLite numbers its rows.
    rowid: bool,
}

impl Table {
    /// Its one further column of a form such as `*_id`.
    pub fn also(&self, form: &TableForm, also: &str) -> Option<String> {
        let end = also.trim_start_matches('*');
        let more = |column: &&String| {
            column.ends_with(end) && column.len() > end.len() && !form.columns.contains(*column)
        };
        let mut found = self.columns.iter().filter(more);
        found.next().filter(|_| found.next().is_none()).cloned()
    }

    fn is_like(&self, form: &TableForm) -> bool {
        form.columns.iter().all(|name| self.columns.contains(name))
            && !form.lacks.iter().any(|name| self.columns.contains(name))
            && (self.rowid || !form.rowid)
            && form.also.as_deref().is_none_or(|also| self.also(form, also).is_some())
    }
}

/// All tables of a database; views are nobody's store.
pub struct Schema<'a> {
    path: PathBuf,
    bound: &'a Bound,
    tables: Vec<Table>,
}

impl<'a> Schema<'a> {
    /// Reads the names of tables and columns.
    pub fn read(path: &Path, bound: &'a Bound) -> Result<Self> {
        let sql = "SELECT t.name AS t, p.name AS c, t.wr AS wr FROM pragma_table_list t JOIN pragma_table_info(t.name) p \
                   WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                   ORDER BY t.name, p.cid";
        let mut tables: Vec<Table> = Vec::new();
        rows(path, &Rows::Asked(sql.to_owned()), (LARGEST_NAME, bound), &mut |row| {
            let Ok(row) = row else { return Ok(true) };
            let (Some(name), Some(column)) = (row["t"].as_str(), row["c"].as_str()) else { return Ok(true) };
            if tables.last().is_none_or(|last| last.name != name) {
                let rowid = row["wr"] == 0;
                tables.push(Table { name: name.to_owned(), columns: Vec::new(), rowid });
            }
            if let Some(last) = tables.last_mut() {
                last.columns.push(column.to_owned());
            }
            Ok(true)
        })?;
        Ok(Self { path: path.to_owned(), bound, tables })
    }

    /// The tables that are like a form.
    pub fn like(&self, form: &TableForm) -> Result<Vec<Table>> {
        let mut like = Vec::new();
        for table in self.tables.iter().filter(|table| table.is_like(form)) {
            if !self.is_other(table, form)? {
                like.push(table.clone());
            }
        }
        Ok(like)
    }

    /// Whether one of a table's first rows says that it is something else.
    fn is_other(&self, table: &Table, form: &TableForm) -> Result<bool> {
        let Some(unless) = &form.unless else { return Ok(false) };
        let first = format!("SELECT * FROM {} LIMIT {LOOKED_AT}", quoted(&table.name));
        let sql = format!("SELECT 1 AS a FROM ({first}) WHERE {unless} LIMIT 1");
        let mut found = false;
        rows(&self.path, &Rows::Asked(sql), (LARGEST_NAME, self.bound), &mut |_| {
            found = true;
            Ok(false)
        })?;
        Ok(found)
    }
}
