//! Three states beside each other: the one before, and two that came of it.

use serde::Serialize;
use serde_json::Value;

use super::diff::{dotted, push_key};

/// Which of the two states moved a path away from the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moved {
    /// Only the state here.
    OnlyHere,
    /// Only the state at the head.
    OnlyHead,
    /// Both, to the same value.
    BothSame,
    /// Both, to different values.
    BothDifferently,
}

/// A path at which one of three states differs from another one; `None` where the path is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreeWay {
    /// Where: a JSON Pointer.
    pub path: String,
    /// The value before.
    pub before: Option<Value>,
    /// The value here.
    pub here: Option<Value>,
    /// The value at the head.
    pub head: Option<Value>,
    /// Who moved it.
    pub moved: Moved,
}

impl ThreeWay {
    /// The path as people write it: `tags.0` for `/tags/0`.
    pub fn dotted(&self) -> String {
        dotted(&self.path)
    }
}

/// The paths at which three states differ, in the order of the head's keys, then those only the state here has,
/// then those only the state before has. Objects are compared key by key, everything else as a whole.
pub(crate) fn three_way(before: &Value, here: &Value, head: &Value) -> Vec<ThreeWay> {
    let mut out = Vec::new();
    walk(&mut String::new(), [Some(before), Some(here), Some(head)], &mut out);
    out
}

fn walk(path: &mut String, values: [Option<&Value>; 3], out: &mut Vec<ThreeWay>) {
    if let [Some(Value::Object(before)), Some(Value::Object(here)), Some(Value::Object(head))] = values {
        let here_only = here.keys().filter(|key| !head.contains_key(*key));
        let before_only = before.keys().filter(|key| !head.contains_key(*key) && !here.contains_key(*key));
        for key in head.keys().chain(here_only).chain(before_only) {
            let length = path.len();
            push_key(path, key);
            walk(path, [before.get(key), here.get(key), head.get(key)], out);
            path.truncate(length);
        }
        return;
    }
    let [before, here, head] = values;
    let moved = match (before == here, before == head) {
        (true, true) => return,
        (false, true) => Moved::OnlyHere,
        (true, false) => Moved::OnlyHead,
        (false, false) if here == head => Moved::BothSame,
        (false, false) => Moved::BothDifferently,
    };
    let [before, here, head] = values.map(Option::<&Value>::cloned);
    out.push(ThreeWay { path: path.clone(), before, here, head, moved });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_who_moved_what() {
        let before =
            json!({"a": 1, "b": 1, "c": 1, "d": 1, "same": 1, "o": {"x": 1, "y": 1}, "gone": 1, "/": 1});
        let here =
            json!({"a": 2, "b": 1, "c": 2, "d": 2, "same": 1, "o": {"x": 2, "y": 1}, "new": null, "/": 1});
        let head = json!({"a": 1, "b": 2, "c": 2, "d": 3, "same": 1, "o": {"x": 1, "y": 2}, "/": 2});
        let seen: Vec<_> =
            three_way(&before, &here, &head).into_iter().map(|three| (three.path, three.moved)).collect();
        let path = |path: &str, moved| (path.to_owned(), moved);
        assert_eq!(
            seen,
            [
                path("/a", Moved::OnlyHere),
                path("/b", Moved::OnlyHead),
                path("/c", Moved::BothSame),
                path("/d", Moved::BothDifferently),
                path("/o/x", Moved::OnlyHere),
                path("/o/y", Moved::OnlyHead),
                path("/~1", Moved::OnlyHead),
                path("/new", Moved::OnlyHere),
                path("/gone", Moved::BothSame),
            ]
        );
    }

    #[test]
    fn what_is_missing_is_not_null() {
        let [three] = &three_way(&json!({}), &json!({"a": null}), &json!({"a": {"b": 1}}))[..] else {
            panic!("one path differs");
        };
        assert_eq!(
            (&three.before, &three.here, &three.head),
            (&None, &Some(Value::Null), &Some(json!({"b": 1})))
        );
        assert_eq!(three.moved, Moved::BothDifferently);
    }
}
