//! What differs between two states, as a list of changes by JSON Pointer (RFC 6901).

mod items;

pub use items::{changes, diff_items};
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::jq::{Fields, Items, State, View};

use crate::domain::is_quiet;

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// It was not there before.
    Add,
    /// It is not there any more.
    Remove,
    /// It has another value.
    Replace,
}

/// One difference between two states.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What happened.
    pub op: Op,
    /// Where: a JSON Pointer.
    pub path: String,
    /// The value before; null where there was none.
    pub old: Value,
    /// The value after; null where there is none.
    pub value: Value,
}

impl Change {
    /// The path as people write it: `tags.0` for `/tags/0`.
    pub fn dotted(&self) -> String {
        dotted(&self.path)
    }
}

/// A JSON Pointer as people write a path.
pub fn dotted(path: &str) -> String {
    path[1.min(path.len())..].replace('/', ".").replace("~1", "/").replace("~0", "~")
}

/// A key as it stands in a JSON Pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The keys that a JSON Pointer leads through.
pub fn keys_of(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

/// The differences from one state to another, in the order of the new state's keys, the removed ones last.
/// Objects are compared key by key, arrays index by index, everything else as a whole.
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    walked(&State::from_value(old), &State::from_value(new), walk_indexes).0
}

/// Whether a change at one JSON Pointer changes what another one points to.
pub(crate) fn touches(changed: &str, path: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(changed, path) || inside(path, changed)
}

/// Puts the changes of fields of bookkeeping, dotted paths, behind the others.
pub fn quiet_last(quiet: &[String], changes: &mut [Change]) {
    if !quiet.is_empty() {
        changes.sort_by_key(|change| is_quiet(quiet, &change.dotted()));
    }
}

/// A walk over two states at once, down to what differs: what both share in memory is not looked into.
struct Walk {
    /// How two arrays are compared.
    arrays: fn(&mut Walk, Items<'_>, Items<'_>),
    path: String,
    out: Vec<Change>,
    /// Of a value that JSON has no word for: why.
    failed: Option<Error>,
}

fn walked(
    old: &State,
    new: &State,
    arrays: fn(&mut Walk, Items<'_>, Items<'_>),
) -> (Vec<Change>, Option<Error>) {
    let mut walk = Walk { arrays, path: String::new(), out: Vec::new(), failed: None };
    walk.values(old.view(), new.view());
    (walk.out, walk.failed)
}

fn walk_indexes(walk: &mut Walk, old: Items<'_>, new: Items<'_>) {
    for i in 0..old.len().max(new.len()) {
        walk.step(&i.to_string(), old.at(i), new.at(i));
    }
}

impl Walk {
    fn values(&mut self, old: View<'_>, new: View<'_>) {
        if old.is_shared(new) {
            return;
        }
        match (old.fields(), new.fields()) {
            (Some(old), Some(new)) => return self.objects(old, new),
            (None, None) => {}
            _ => return self.note(Op::Replace, Some(old), Some(new)),
        }
        match (old.items(), new.items()) {
            (Some(old), Some(new)) => (self.arrays)(self, old, new),
            _ if old.equals(new) => {}
            _ => self.note(Op::Replace, Some(old), Some(new)),
        }
    }

    fn objects(&mut self, old: Fields<'_>, new: Fields<'_>) {
        for (key, value) in new.iter() {
            self.step(key.text().unwrap_or_default(), old.get(key), Some(value));
        }
        for (key, value) in old.iter().filter(|(key, _)| new.get(*key).is_none()) {
            self.step(key.text().unwrap_or_default(), Some(value), None);
        }
    }

    fn step(&mut self, key: &str, old: Option<View<'_>>, new: Option<View<'_>>) {
        let length = self.path.len();
        push_key(&mut self.path, key);
        match (old, new) {
            (Some(old), Some(new)) => self.values(old, new),
            (None, Some(_)) => self.note(Op::Add, None, new),
            (Some(_), None) => self.note(Op::Remove, old, None),
            (None, None) => {}
        }
        self.path.truncate(length);
    }

    fn note(&mut self, op: Op, old: Option<View<'_>>, new: Option<View<'_>>) {
        let mut value = |view: Option<View<'_>>| match view.map_or(Ok(Value::Null), View::to_value) {
            Ok(value) => value,
            Err(error) => {
                self.failed.get_or_insert(error);
                Value::Null
            }
        };
        let (old, value) = (value(old), value(new));
        self.out.push(Change { op, path: self.path.clone(), old, value });
    }
}

/// Goes a step down in a JSON Pointer.
pub(super) fn push_key(path: &mut String, key: &str) {
    path.push('/');
    path.push_str(&escaped(key));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_what_was_added_removed_and_replaced() {
        let old = json!({"a": 1, "b": {"c": [1, 2]}, "gone": true});
        let new = json!({"a": 2, "b": {"c": [1, 3, 4]}, "x/y": null});
        let seen: Vec<_> = diff(&old, &new).into_iter().map(|c| (c.op, c.path, c.old, c.value)).collect();
        assert_eq!(
            seen,
            [
                (Op::Replace, "/a".into(), json!(1), json!(2)),
                (Op::Replace, "/b/c/1".into(), json!(2), json!(3)),
                (Op::Add, "/b/c/2".into(), json!(null), json!(4)),
                (Op::Add, "/x~1y".into(), json!(null), json!(null)),
                (Op::Remove, "/gone".into(), json!(true), json!(null)),
            ]
        );
    }

    #[test]
    fn paths_for_people_have_dots() {
        let changes = diff(&json!({"t": [1], "a/b": 1}), &json!({"t": [2], "a/b": 2}));
        assert_eq!(changes.iter().map(Change::dotted).collect::<Vec<_>>(), ["t.0", "a/b"]);
    }
}
