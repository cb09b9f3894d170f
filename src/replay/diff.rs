//! What differs between two states, as a list of changes by JSON Pointer (RFC 6901).

mod items;

pub use items::diff_items;
use serde::Serialize;
use serde_json::{Map, Value};

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

/// The keys that a JSON Pointer leads through.
pub fn keys_of(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}

/// The differences from one state to another, in the order of the new state's keys, the removed ones last.
/// Objects are compared key by key, arrays index by index, everything else as a whole.
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    let mut walk = Walk { arrays: walk_indexes, path: String::new(), out: Vec::new() };
    walk.values(old, new);
    walk.out
}

/// Puts the changes of fields of bookkeeping, dotted paths, behind the others.
pub fn quiet_last(quiet: &[String], changes: &mut [Change]) {
    if !quiet.is_empty() {
        changes.sort_by_key(|change| is_quiet(quiet, &change.dotted()));
    }
}

/// A walk over two states at once.
struct Walk {
    /// How two arrays are compared.
    arrays: fn(&mut Walk, &[Value], &[Value]),
    path: String,
    out: Vec<Change>,
}

fn walk_indexes(walk: &mut Walk, old: &[Value], new: &[Value]) {
    for i in 0..old.len().max(new.len()) {
        walk.step(&i.to_string(), old.get(i), new.get(i));
    }
}

impl Walk {
    fn values(&mut self, old: &Value, new: &Value) {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.objects(old, new),
            (Value::Array(old), Value::Array(new)) => (self.arrays)(self, old, new),
            _ if old == new => {}
            _ => self.note(Op::Replace, old.clone(), new.clone()),
        }
    }

    fn objects(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) {
        for (key, value) in new {
            self.step(key, old.get(key), Some(value));
        }
        for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            self.step(key, Some(value), None);
        }
    }

    fn step(&mut self, key: &str, old: Option<&Value>, new: Option<&Value>) {
        let length = self.path.len();
        push_key(&mut self.path, key);
        match (old, new) {
            (Some(old), Some(new)) => self.values(old, new),
            (None, Some(new)) => self.note(Op::Add, Value::Null, new.clone()),
            (Some(old), None) => self.note(Op::Remove, old.clone(), Value::Null),
            (None, None) => {}
        }
        self.path.truncate(length);
    }

    fn note(&mut self, op: Op, old: Value, value: Value) {
        self.out.push(Change { op, path: self.path.clone(), old, value });
    }
}

/// Goes a step down in a JSON Pointer.
pub(super) fn push_key(path: &mut String, key: &str) {
    path.push('/');
    path.push_str(&key.replace('~', "~0").replace('/', "~1"));
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
