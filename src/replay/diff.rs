//! What differs between two states, as a list of changes by JSON Pointer (RFC 6901).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

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
        self.path[1.min(self.path.len())..].replace('/', ".").replace("~1", "/").replace("~0", "~")
    }
}

/// The differences from one state to another, in the order of the new state's keys, the removed ones last.
/// Objects are compared key by key, arrays index by index, everything else as a whole.
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    walk(&mut String::new(), old, new, &mut changes);
    changes
}

/// The dotted paths that differ, as filters see them in `$changed`.
pub fn changed_paths(old: &Value, new: &Value) -> Vec<String> {
    diff(old, new).iter().map(Change::dotted).collect()
}

fn walk(path: &mut String, old: &Value, new: &Value, out: &mut Vec<Change>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => walk_objects(path, old, new, out),
        (Value::Array(old), Value::Array(new)) => {
            for i in 0..old.len().max(new.len()) {
                step(path, &i.to_string(), old.get(i), new.get(i), out);
            }
        }
        _ if old == new => {}
        _ => out.push(Change { op: Op::Replace, path: path.clone(), old: old.clone(), value: new.clone() }),
    }
}

fn walk_objects(
    path: &mut String,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    for (key, value) in new {
        step(path, key, old.get(key), Some(value), out);
    }
    for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        step(path, key, Some(value), None, out);
    }
}

fn step(path: &mut String, key: &str, old: Option<&Value>, new: Option<&Value>, out: &mut Vec<Change>) {
    let length = path.len();
    // Writing to a string cannot fail.
    let _ = write!(path, "/{}", key.replace('~', "~0").replace('/', "~1"));
    match (old, new) {
        (Some(old), Some(new)) => walk(path, old, new, out),
        (None, Some(new)) => {
            out.push(Change { op: Op::Add, path: path.clone(), old: Value::Null, value: new.clone() });
        }
        (Some(old), None) => {
            out.push(Change { op: Op::Remove, path: path.clone(), old: old.clone(), value: Value::Null });
        }
        (None, None) => {}
    }
    path.truncate(length);
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
        assert_eq!(changed_paths(&json!({"t": [1], "a/b": 1}), &json!({"t": [2], "a/b": 2})), ["t.0", "a/b"]);
    }
}
