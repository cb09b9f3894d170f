//! Which columns a report is shown with: those that the domain names, else all that the rows have; and the rows' key
//! before them, where nothing else in the rows tells it.

use serde_json::Value;

use super::report::ReportRow;
use crate::domain::Projection;

/// The column of the rows' key.
pub const KEY: &str = "key";

/// The columns, as far as rows were seen.
#[derive(Clone, Debug)]
pub struct Columns {
    declared: bool,
    /// Whether every event has a row of its own: its key is its position then, and tells nobody anything.
    is_list: bool,
    names: Vec<String>,
    /// The columns that are the key in each row seen; `None` before the first.
    equal: Option<Vec<String>>,
    /// The columns that the key is put together from in each row seen; `None` before the first.
    joined: Option<Vec<String>>,
}

impl Columns {
    /// Those of a projection, before any row was seen.
    pub fn new(projection: &Projection) -> Self {
        Self {
            declared: !projection.columns.is_empty(),
            is_list: projection.is_list(),
            names: projection.columns.clone(),
            equal: None,
            joined: None,
        }
    }

    /// Whether every event has a row of its own.
    pub fn is_list(&self) -> bool {
        self.is_list
    }

    /// Takes rows in: what they have, in the order in which it first appears.
    pub fn see(&mut self, rows: &[ReportRow]) {
        for row in rows {
            let fields = row.row.as_object().into_iter().flat_map(|row| row.keys());
            if !self.declared {
                for name in fields {
                    if !self.names.contains(name) {
                        self.names.push(name.clone());
                    }
                }
            }
            let is_key = |name: &String| text(row.row.get(name)) == row.key;
            match &mut self.equal {
                Some(equal) => equal.retain(is_key),
                None => self.equal = Some(self.names.iter().filter(|name| is_key(name)).cloned().collect()),
            }
            let joined = parts(row, self.joined.as_ref().unwrap_or(&self.names));
            if self.joined.as_ref().is_none_or(|known| *known != joined) {
                self.joined = Some(if self.joined.is_none() { joined } else { Vec::new() });
            }
        }
    }

    /// The columns to show.
    pub fn names(&self) -> Vec<String> {
        let told = |by: &Option<Vec<String>>| by.as_ref().is_none_or(|by| !by.is_empty());
        let shown = self.is_list || self.names.iter().any(|name| name == KEY);
        let key = (!shown && !told(&self.equal) && !told(&self.joined)).then(|| KEY.to_owned());
        key.into_iter().chain(self.names.iter().cloned()).collect()
    }
}

/// The columns whose texts, one behind the other, are a row's key; none where they are not.
fn parts(row: &ReportRow, columns: &[String]) -> Vec<String> {
    let (mut rest, mut parts) = (row.key.as_str(), Vec::new());
    for name in columns {
        let text = text(row.row.get(name));
        if let Some(behind) = rest.strip_prefix(text.as_str()).filter(|_| !text.is_empty()) {
            rest = behind.trim_start_matches(|c: char| !c.is_alphanumeric());
            parts.push(name.clone());
        }
    }
    if rest.is_empty() { parts } else { Vec::new() }
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(rows: &[(&str, Value)]) -> Vec<String> {
        let rows: Vec<_> = rows
            .iter()
            .map(|(key, row)| ReportRow { key: (*key).to_owned(), position: 1, row: row.clone() })
            .collect();
        let (declared, names) = (false, Vec::new());
        let mut columns = Columns { declared, is_list: false, names, equal: None, joined: None };
        columns.see(&rows);
        columns.names()
    }

    #[test]
    fn a_key_is_shown_where_nothing_else_tells_it() {
        assert_eq!(names(&[("mira", json!({"n": 1})), ("omar", json!({"n": 2}))]), ["key", "n"]);
        assert_eq!(names(&[("mira", json!({"who": "mira"})), ("7", json!({"who": 7}))]), ["who"]);
        // What is so by chance is not what tells it.
        assert_eq!(names(&[("1", json!({"n": 1})), ("3", json!({"n": 2}))]), ["key", "n"]);
        let sales = |month: &str, n: i64| json!({"month": month, "in": "EUR", "n": n});
        assert_eq!(
            names(&[("2019-04 EUR", sales("2019-04", 1)), ("2019-05 EUR", sales("2019-05", 2))]),
            ["month", "in", "n"]
        );
        assert_eq!(names(&[("a", json!({"key": 1})), ("b", json!({"other": 2}))]), ["key", "other"]);
    }
}
