//! What a query over somebody else's SQLite database is put together from.

use std::path::Path;

use crate::error::Result;
pub(super) use crate::store::foreign::quoted;
use crate::store::foreign::{Bound, Rows, rows};

/// A name of a column or a type is no longer than this many bytes.
const LARGEST_NAME: u64 = 1 << 16;

/// The columns of a table, each with its type as it was declared, in small letters.
pub fn columns(path: &Path, table: &str, bound: &Bound) -> Result<Vec<(String, String)>> {
    let sql = format!("SELECT name AS a, lower(type) AS b FROM pragma_table_info({})", text(table));
    pairs(path, &sql, bound)
}

/// The texts that a query gives in its columns `a` and `b`.
pub fn pairs(path: &Path, sql: &str, bound: &Bound) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    rows(path, &Rows::Asked(sql.to_owned()), (LARGEST_NAME, bound), &mut |row| {
        if let Ok(row) = row
            && let (Some(a), Some(b)) = (row["a"].as_str(), row["b"].as_str())
        {
            pairs.push((a.to_owned(), b.to_owned()));
        }
        Ok(true)
    })?;
    Ok(pairs)
}

/// A text, as a query has it.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
