//! Chips over rows that are neither records nor events: those of a report, jobs. Each row is a JSON object.

use std::sync::Arc;

use serde_json::Value;

use super::chip::{Chip, Split, Test, split};
use super::grep::Needle;
use super::predicate::{FilterOf, Misses, Predicate};
use crate::error::{Error, Result};
use crate::jq::State;

/// What rows are wanted.
pub(super) struct Narrowing {
    texts: Vec<(Needle, bool)>,
    rule: Option<Predicate>,
}

impl Narrowing {
    /// What chips ask for; those that are about events or records are refused.
    pub fn of(chips: &[Chip], misses: &Arc<Misses>) -> Result<Self> {
        let Split { filter, rest } = split(chips, None, FilterOf::Rows)?;
        let text = |chip: Chip| {
            if let Test::Text(text) = &chip.test {
                return Ok((Needle::any_case(text), chip.not));
            }
            let words = chip.words("not", &|at| at.to_string());
            Err(Error::usage(format!("\"{words}\" is about records and events, and these are rows")))
        };
        let rule = filter.map(|source| Predicate::of_rows(&source, misses)).transpose()?;
        Ok(Self { texts: rest.into_iter().map(text).collect::<Result<_>>()?, rule })
    }

    /// Whether a row is wanted.
    pub fn takes(&self, row: &Value) -> Result<bool> {
        if self.texts.iter().any(|(text, not)| shows(row, text) == *not) {
            return Ok(false);
        }
        self.rule.as_ref().map_or(Ok(true), |rule| rule.holds(&State::from_value(row), &[]))
    }
}

/// Whether a text stands in a row's values.
fn shows(value: &Value, text: &Needle) -> bool {
    match value {
        Value::Null => false,
        Value::String(value) => text.is_in(value.as_bytes()),
        Value::Array(items) => items.iter().any(|item| shows(item, text)),
        Value::Object(fields) => fields.values().any(|value| shows(value, text)),
        other => text.is_in(other.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_narrowed_by_texts_values_and_jq() {
        let row = json!({"who": "Ann", "n": 12, "tags": ["Late"], "none": null});
        let takes = |chips: &[Chip]| Narrowing::of(chips, &Arc::default()).unwrap().takes(&row).unwrap();
        assert!(takes(&[]) && takes(&[Chip::only(Test::Text("aNN".into()))]));
        assert!(
            !takes(&[Chip::not(Test::Text("late".into()))]) && takes(&[Chip::only(Test::Text("12".into()))])
        );
        assert!(!takes(&[Chip::only(Test::Text("who".into()))]), "names are no values");
        assert!(takes(&[
            Chip::only(Test::Is("/n".into(), json!(12))),
            Chip::only(Test::Jq(".n > 3".into()))
        ]));
        assert!(!takes(&[Chip::not(Test::Is("/none".into(), Value::Null))]));
        let late = [Chip::only(Test::Flag(crate::replay::Flag::Late))];
        assert!(Narrowing::of(&late, &Arc::default()).is_err());
        let event = [Chip::only(Test::Jq("$event.type".into()))];
        assert!(Narrowing::of(&event, &Arc::default()).is_err());
    }
}
