//! What a rewrite leads to: the final states in the original order against the new one, by one set of rules or two.

use serde_json::Value;

use super::state::preview;
use crate::event::NewEvent;
use crate::replay::diff;
use crate::replay::diff::dotted;
use crate::replay::rewrite::Ended;
use crate::session::{Final, Rewritten};
use crate::tui::text::count;
use crate::tui::zone::Zone;

/// How many rows there are at most.
const MOST: usize = 2_000;

/// What becomes of an event that was something else before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It changes nothing now.
    Nothing(String),
    /// It occurred before its predecessor now.
    Late(String),
    /// Its rule refuses it now, and why.
    Rejected(String, String),
}

impl Note {
    /// What is new about how an event ends.
    pub fn of(event: &NewEvent, ended: &Ended, was: Option<&Ended>) -> Vec<Self> {
        let name = || format!("{}@{} {}", event.aggregate, ended.version, event.kind);
        let mut notes = Vec::new();
        if let Some(why) = ended.error.as_ref().filter(|_| was.is_none_or(|was| was.error.is_none())) {
            notes.push(Self::Rejected(name(), why.clone()));
        }
        if ended.nothing && !was.is_some_and(|was| was.nothing) {
            notes.push(Self::Nothing(name()));
        }
        if ended.late && !was.is_some_and(|was| was.late) {
            notes.push(Self::Late(name()));
        }
        notes
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// What becomes of an event.
    Note(Note),
    /// An aggregate, and what makes the difference.
    Heading(String, &'static str),
    /// A field, and its value in each column; empty where it is missing.
    Field(String, Vec<String>),
    /// A remark.
    Remark(String),
}

/// The table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The new branch, where one was made.
    pub branch: Option<String>,
    /// The columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Row>,
    /// The first visible row.
    pub top: usize,
}

impl Outcome {
    /// The table of a rewrite, with what becomes of events above it.
    pub fn of(rewritten: &Rewritten, notes: Vec<Note>, zone: Zone) -> Self {
        let other = rewritten.finals.iter().any(|last| last.original_by_other.is_some());
        let columns = if other {
            vec!["original", "new order", "original, other rules", "new order, other rules"]
        } else {
            vec!["original", "new order"]
        };
        let mut rows: Vec<_> = notes.into_iter().take(MOST).map(Row::Note).collect();
        let mut same = 0;
        for last in &rewritten.finals {
            let fields = fields(last, zone);
            if fields.is_empty() && rewritten.finals.len() > 1 {
                same += 1;
                continue;
            }
            rows.push(Row::Heading(last.aggregate.to_string(), last.blame().says()));
            rows.extend(fields);
        }
        if same > 0 {
            let aggregates = if same == 1 { "aggregate ends" } else { "aggregates end" };
            rows.push(Row::Remark(format!("{} {aggregates} the same", count(same))));
        }
        if rows.len() > MOST {
            let left = rows.len() - MOST;
            rows.truncate(MOST);
            rows.push(Row::Remark(format!("{} more", count(left as i64))));
        }
        Self { branch: rewritten.branch.clone(), columns, rows, top: 0 }
    }

    /// Scrolls by so many rows.
    pub fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
    }

    /// How many events become nothing, late, and rejected.
    pub fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for row in &self.rows {
            match row {
                Row::Note(Note::Nothing(_)) => counts[0] += 1,
                Row::Note(Note::Late(_)) => counts[1] += 1,
                Row::Note(Note::Rejected(..)) => counts[2] += 1,
                _ => {}
            }
        }
        counts
    }
}

/// The fields at which any of an aggregate's final states differs from the original one.
fn fields(last: &Final, zone: Zone) -> Vec<Row> {
    let others = [&last.original_by_other, &last.rewritten_by_other].into_iter().flatten();
    let states: Vec<&Value> = [&last.original, &last.rewritten].into_iter().chain(others).collect();
    let mut paths: Vec<String> = Vec::new();
    for state in &states[1..] {
        for change in diff(&last.original, state) {
            if !paths.contains(&change.path) {
                paths.push(change.path);
            }
        }
    }
    let value = |state: &Value, path: &str| match state.pointer(path) {
        Some(value) => preview(value, zone),
        None => String::new(),
    };
    let row =
        |path: &String| Row::Field(dotted(path), states.iter().map(|state| value(state, path)).collect());
    paths.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::AggregateId;

    #[test]
    fn only_what_differs_is_a_row_and_two_sets_of_rules_make_four_columns() {
        let last = Final {
            unverified: false,
            aggregate: AggregateId::new("Task", "1"),
            original: json!({"a": 1, "b": 2}),
            rewritten: json!({"a": 1, "b": 3}),
            original_by_other: Some(json!({"a": 1, "b": 2, "c": true})),
            rewritten_by_other: Some(json!({"a": 1, "b": 2})),
            refused_by_other: Vec::new(),
        };
        let rewritten = Rewritten {
            branch: None,
            fork_position: 0,
            events: Vec::new(),
            were: Vec::new(),
            finals: vec![last],
        };
        let outcome = Outcome::of(&rewritten, Vec::new(), Zone::Utc);
        assert_eq!(outcome.columns.len(), 4);
        let field = |name: &str, values: [&str; 4]| Row::Field(name.into(), values.map(Into::into).to_vec());
        assert_eq!(outcome.rows[1..], [field("b", ["2", "3", "2", "2"]), field("c", ["", "", "true", ""])]);
    }
}
