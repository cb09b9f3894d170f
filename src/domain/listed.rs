//! How the aggregates of a type are shown: in a list by label, status and columns; in a state with the fields of
//! bookkeeping last.

use serde_json::Value;

use super::{Domain, Lazy};
use crate::jq::{Rule, path_of};

/// How the aggregates of a type are shown. Label, status and columns are jq over the state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The aggregate type.
    pub kind: String,
    /// What it is called.
    pub label: Option<String>,
    /// The state it is in.
    pub status: Option<String>,
    /// More columns: the heading, and the rule.
    pub columns: Vec<(String, String)>,
    /// Fields of bookkeeping, as dotted paths (`updated_at`, `sync.count`): they are shown last, and their change is
    /// none that matters.
    pub quiet: Vec<String>,
}

/// What a field is in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedAs {
    /// What the aggregate is called.
    Label,
    /// The state it is in.
    Status,
    /// A column.
    Column,
    /// Bookkeeping.
    Quiet,
}

impl Listed {
    /// How a domain says that a type is shown.
    pub fn of(domain: &Domain, kind: &str) -> Self {
        let Some(aggregate) = domain.aggregate(kind) else {
            return Self { kind: kind.to_owned(), ..Self::default() };
        };
        let text = |rule: &Option<Lazy<Rule>>| rule.as_ref().map(|rule| rule.text.value.clone());
        let columns = aggregate.columns.iter();
        Self {
            kind: kind.to_owned(),
            label: text(&aggregate.label),
            status: text(&aggregate.status),
            columns: columns.map(|(name, rule)| (name.clone(), rule.text.value.clone())).collect(),
            quiet: aggregate.quiet.clone(),
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.label.is_none() && self.status.is_none() && self.columns.is_empty() && self.quiet.is_empty()
    }

    /// Whether a field, by the keys that lead to it, is that.
    pub fn is(&self, keys: &[&str], what: ListedAs) -> bool {
        let rule = path_of(keys);
        match what {
            ListedAs::Label => self.label.as_ref() == Some(&rule),
            ListedAs::Status => self.status.as_ref() == Some(&rule),
            ListedAs::Column => self.columns.iter().any(|(_, column)| *column == rule),
            ListedAs::Quiet => self.quiet.contains(&keys.join(".")),
        }
    }

    /// The columns that are fields of a state, or of an object in it: the heading, the keys that lead there, and
    /// the value.
    pub fn fields<'a>(&'a self, state: &'a Value) -> Vec<(&'a str, Vec<String>, &'a Value)> {
        let (mut fields, mut level) = (Vec::new(), vec![(Vec::new(), state)]);
        for _ in 0..2 {
            let inside = level.iter().flat_map(|(keys, value): &(Vec<String>, &'a Value)| {
                let fields = value.as_object().into_iter().flatten();
                fields.map(move |(key, value)| ([keys.as_slice(), std::slice::from_ref(key)].concat(), value))
            });
            level = inside.collect();
            fields.extend(level.iter().cloned());
        }
        let column = |(heading, rule): &'a (String, String)| {
            let (keys, value) = fields.iter().find(|(keys, _)| path_of(keys) == *rule)?;
            Some((heading.as_str(), keys.clone(), *value))
        };
        self.columns.iter().filter_map(column).collect()
    }

    /// The same with a field as that, or no longer as that where it was.
    #[must_use]
    pub fn toggled(mut self, keys: &[&str], what: ListedAs) -> Self {
        let (was, rule) = (self.is(keys, what), path_of(keys));
        match what {
            ListedAs::Label => self.label = (!was).then_some(rule),
            ListedAs::Status => self.status = (!was).then_some(rule),
            ListedAs::Column if was => self.columns.retain(|(_, column)| *column != rule),
            ListedAs::Column => {
                let heading = keys.last().copied().unwrap_or_default();
                self.columns.retain(|(name, _)| name != heading);
                self.columns.push((heading.to_owned(), rule));
            }
            ListedAs::Quiet if was => self.quiet.retain(|quiet| *quiet != keys.join(".")),
            ListedAs::Quiet => self.quiet.push(keys.join(".")),
        }
        self
    }
}

/// Whether a field, as a dotted path, is one of those of bookkeeping, or stands in one.
pub fn is_quiet(quiet: &[String], dotted: &str) -> bool {
    quiet.iter().any(|quiet| {
        dotted.strip_prefix(quiet.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_taken_as_something_and_no_longer() {
        let domain = Domain::parse("t", "[aggregate.Box]\nlabel = '.name'\nquiet = [\"sync\"]\n").unwrap();
        let listed = Listed::of(&domain, "Box");
        assert!(listed.is(&["name"], ListedAs::Label) && !listed.is(&["hall"], ListedAs::Label));
        let other = listed.clone().toggled(&["where", "a b"], ListedAs::Label);
        assert_eq!(other.label.as_deref(), Some(".where.\"a b\""));
        let other = other.toggled(&["where", "a b"], ListedAs::Label);
        assert_eq!(other.label, None);
        let other = other.toggled(&["x", "n"], ListedAs::Column).toggled(&["y", "n"], ListedAs::Column);
        assert_eq!(other.columns, [("n".to_owned(), ".y.n".to_owned())]);
        assert!(other.toggled(&["y", "n"], ListedAs::Column).columns.is_empty());
        assert!(listed.toggled(&["sync"], ListedAs::Quiet).quiet.is_empty());
    }

    #[test]
    fn columns_that_are_fields_are_told_from_others() {
        let columns = [("hall", ".where.hall"), ("both", ".a + .b"), ("a b", ".\"a b\""), ("gone", ".gone")];
        let columns = columns.map(|(name, rule)| (name.to_owned(), rule.to_owned())).into();
        let listed = Listed { columns, ..Listed::default() };
        let state = serde_json::json!({"a b": null, "where": {"hall": 7}, "a": 1, "b": 2});
        let fields = listed.fields(&state);
        let told: Vec<_> = fields.iter().map(|(name, keys, value)| (*name, keys.join("/"), *value)).collect();
        let expected =
            [("hall", "where/hall".to_owned(), &7.into()), ("a b", "a b".to_owned(), &Value::Null)];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_stands_in_a_quiet_field_is_quiet() {
        let quiet = ["sync".to_owned(), "at".to_owned()];
        assert!(is_quiet(&quiet, "sync") && is_quiet(&quiet, "sync.count") && is_quiet(&quiet, "at"));
        assert!(!is_quiet(&quiet, "synced") && !is_quiet(&quiet, "x.at") && !is_quiet(&[], "at"));
    }
}
