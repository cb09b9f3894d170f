//! A report as a list: narrowed by chips, sorted by a column, counted.

use std::cmp::Ordering;

use serde_json::Value;

use super::{ReportPage, ReportRequest, ReportRow};
use crate::error::Result;
use crate::session::narrowing::Narrowing;
use crate::session::{Chip, Session};

/// How many rows are looked at in a slice.
const SLICE: usize = 2_000;

/// How many rows are sorted at most; of more it is said that these are the first ones.
const MOST: usize = 100_000;

/// Which rows of a report are wanted, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRows {
    /// Which report, as of when; its key and limit are set as it is read.
    pub report: ReportRequest,
    /// What narrows it.
    pub chips: Vec<Chip>,
    /// By which column, and whether the largest come first; without one rows come by their keys.
    pub sort: Option<(String, bool)>,
    /// At most so many.
    pub limit: usize,
}

/// Rows of a report that are being looked for.
pub struct ReportSearch {
    wanted: ReportRows,
    narrowing: Narrowing,
    page: ReportPage,
    after: Option<String>,
    whole: bool,
}

/// What was found so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportFound {
    /// The rows; its `more` says that others fit, too.
    pub page: ReportPage,
    /// How many fit.
    pub found: usize,
    /// How many were looked at.
    pub looked: usize,
    /// More rows fit than are sorted: these are the first ones of those that were looked at first.
    pub cut: bool,
}

impl ReportSearch {
    /// Whether every row was looked at.
    pub fn is_whole(&self) -> bool {
        self.whole
    }
}

impl Session {
    /// Begins to look for rows of a report.
    pub fn search_report(&mut self, wanted: ReportRows) -> Result<(ReportSearch, ReportFound)> {
        let narrowing = Narrowing::of(&wanted.chips, &self.misses)?;
        let search =
            ReportSearch { wanted, narrowing, page: ReportPage::default(), after: None, whole: false };
        Ok((search, ReportFound::default()))
    }

    /// Goes on by a slice of events that are folded, or of rows that are looked at.
    pub fn find_rows(&mut self, search: &mut ReportSearch, found: &mut ReportFound) -> Result<()> {
        let request =
            ReportRequest { after: search.after.clone(), limit: SLICE, ..search.wanted.report.clone() };
        let mut page = self.report(&request)?;
        // What is still folded is shown as it comes, and looked through when it is whole.
        if page.folding.is_some() {
            page.rows.truncate(search.wanted.limit);
            found.page = page;
            return Ok(());
        }
        let rows = std::mem::take(&mut page.rows);
        let (first, more) = (search.after.is_none(), page.more);
        search.after = rows.last().map(|row| row.key.clone());
        (search.whole, found.looked) = (!more, found.looked + rows.len());
        let most = if search.wanted.sort.is_some() { MOST } else { search.wanted.limit };
        for row in rows {
            if search.narrowing.takes(&row.row)? {
                found.found += 1;
                if search.page.rows.len() < most {
                    search.page.rows.push(row);
                }
            }
        }
        let columns = if first { page.columns } else { joined(&search.page.columns, page.columns) };
        let rows = std::mem::take(&mut search.page.rows);
        search.page = ReportPage { columns, rows, more: false, ..page };
        found.cut = search.wanted.sort.is_some() && found.found > search.page.rows.len();
        found.page = shown(search, found.found);
        Ok(())
    }
}

/// The columns of some rows, and those that only others have behind them.
fn joined(columns: &[String], others: Vec<String>) -> Vec<String> {
    let new = others.into_iter().filter(|other| !columns.contains(other));
    let new: Vec<_> = new.collect();
    columns.iter().cloned().chain(new).collect()
}

/// The rows as they are shown: sorted, as many as are wanted.
fn shown(search: &ReportSearch, found: usize) -> ReportPage {
    let wanted = &search.wanted;
    let mut rows: Vec<&ReportRow> = search.page.rows.iter().collect();
    if let Some((column, descending)) = &wanted.sort {
        rows.sort_by(|a, b| {
            let order = compare(a.row.get(column), b.row.get(column));
            if *descending { order.reverse() } else { order }
        });
    }
    let rows: Vec<_> = rows.into_iter().take(wanted.limit).cloned().collect();
    ReportPage { more: found > rows.len(), columns: search.page.columns.clone(), rows, ..search.page.empty() }
}

/// Numbers by size, texts by their letters, what is there before what is not; of different kinds numbers come first.
fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        Some(Value::Number(_)) => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::String(_)) => 2,
        Some(Value::Array(_) | Value::Object(_)) => 3,
        None | Some(Value::Null) => 4,
    };
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        (Some(a), Some(b)) if rank(Some(a)) == 3 && rank(Some(b)) == 3 => a.to_string().cmp(&b.to_string()),
        _ => rank(a).cmp(&rank(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_sort_by_what_stands_in_them() {
        let mut values =
            vec![json!("b"), json!(10), json!(null), json!(9), json!("a"), json!(true), json!([1])];
        values.sort_by(|a, b| compare(Some(a), Some(b)));
        assert_eq!(json!(values), json!([9, 10, true, "a", "b", [1], null]));
        assert_eq!(joined(&["a".into()], vec!["b".into(), "a".into()]), ["a", "b"]);
    }
}
