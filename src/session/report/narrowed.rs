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
    /// The rows that fit, as far as they are kept; while events are still folded the rows that there are.
    page: ReportPage,
    after: Option<String>,
    found: usize,
    looked: usize,
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

    /// What was found so far, sorted, as many rows as are wanted.
    pub fn found(&self) -> ReportFound {
        let mut rows: Vec<&ReportRow> = self.page.rows.iter().collect();
        let cut = self.wanted.sort.is_some() && self.found > rows.len();
        if let Some((column, descending)) = &self.wanted.sort {
            rows.sort_by(|a, b| {
                let order = compare(a.row.get(column), b.row.get(column));
                if *descending { order.reverse() } else { order }
            });
        }
        let rows: Vec<_> = rows.into_iter().take(self.wanted.limit).cloned().collect();
        let (more, columns) = (self.found > rows.len(), self.page.columns.clone());
        let page = ReportPage { columns, rows, more, ..self.page.empty() };
        ReportFound { page, found: self.found, looked: self.looked, cut }
    }
}

impl Session {
    /// Begins to look for rows of a report.
    pub fn search_report(&mut self, wanted: ReportRows) -> Result<ReportSearch> {
        let narrowing = Narrowing::of(&wanted.chips, &self.misses)?;
        let page = ReportPage::default();
        Ok(ReportSearch { wanted, narrowing, page, after: None, found: 0, looked: 0, whole: false })
    }

    /// Goes on by a slice of events that are folded, or of rows that are looked at.
    pub fn find_rows(&mut self, search: &mut ReportSearch) -> Result<()> {
        let request =
            ReportRequest { after: search.after.clone(), limit: SLICE, ..search.wanted.report.clone() };
        let mut page = self.report(&request)?;
        // What is still folded is shown as it comes, and looked through when it is whole.
        if page.folding.is_some() {
            search.page = page;
            return Ok(());
        }
        let (rows, first) = (std::mem::take(&mut page.rows), search.after.is_none());
        search.after = rows.last().map(|row| row.key.clone());
        (search.whole, search.looked) = (!page.more, search.looked + rows.len());
        let columns = if first { page.columns } else { joined(&search.page.columns, page.columns) };
        let kept = if first { Vec::new() } else { std::mem::take(&mut search.page.rows) };
        search.page = ReportPage { columns, rows: kept, ..page };
        let most = if search.wanted.sort.is_some() { MOST } else { search.wanted.limit };
        for row in rows {
            if search.narrowing.takes(&row.row)? {
                search.found += 1;
                if search.page.rows.len() < most {
                    search.page.rows.push(row);
                }
            }
        }
        Ok(())
    }
}

/// The columns of some rows, and those that only others have behind them.
fn joined(columns: &[String], others: Vec<String>) -> Vec<String> {
    let new = others.into_iter().filter(|other| !columns.contains(other));
    let new: Vec<_> = new.collect();
    columns.iter().cloned().chain(new).collect()
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
