//! What changed from one object to the next, as an RFC 7396 merge patch.

use jaq_json::{Map, Num, Val};

use super::state::{State, roomy};

/// Takes null members out: a merge patch cannot tell them from absent ones.
#[must_use]
pub fn without_nulls(object: State) -> State {
    fn without(val: Val) -> Val {
        match val {
            Val::Obj(map) => Val::obj(
                map.iter()
                    .filter(|(_, val)| !matches!(val, Val::Null))
                    .map(|(key, val)| (key.clone(), without(val.clone())))
                    .collect(),
            ),
            val => val,
        }
    }
    State(without(object.0))
}

/// The patch that turns `before` into `after`: changed members first, in the order of `after`, then removed ones. What
/// is no object counts as an empty one.
pub fn patch(before: &State, after: &State) -> State {
    let none = Map::default();
    let map = |state: &'_ State| match &state.0 {
        Val::Obj(map) => Some(map.clone()),
        _ => None,
    };
    let (before, after) = (map(before), map(after));
    State(Val::obj(between(before.as_deref().unwrap_or(&none), after.as_deref().unwrap_or(&none))))
}

/// The names of an object's members, as a list.
pub fn keys(object: &State) -> State {
    match &object.0 {
        Val::Obj(map) => State(map.keys().cloned().collect()),
        _ => State(Val::Arr(Vec::new().into())),
    }
}

fn between(before: &Map, after: &Map) -> Map {
    let mut changed = roomy(0);
    for (key, new) in after {
        match (before.get(key), new) {
            (Some(old), new) if same(old, new) => {}
            (Some(Val::Obj(old)), Val::Obj(new)) => {
                changed.insert(key.clone(), Val::obj(between(old, new)));
            }
            _ => {
                changed.insert(key.clone(), new.clone());
            }
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        changed.insert(key.clone(), Val::Null);
    }
    changed
}

/// Whether two values are written alike: numbers that are one double may differ in their digits.
fn same(x: &Val, y: &Val) -> bool {
    match (x, y) {
        (Val::Num(Num::Dec(x)), Val::Num(Num::Dec(y))) => x == y,
        (Val::Arr(x), Val::Arr(y)) => x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| same(x, y)),
        (Val::Obj(x), Val::Obj(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| same(x, y)))
        }
        _ => x == y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jq::merge;
    use proptest::prelude::*;
    use serde_json::Value;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<bool>().prop_map(Value::from), (0..3i64).prop_map(Value::from)];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn object() -> impl Strategy<Value = Value> {
        proptest::collection::btree_map("[a-c]", json(), 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn a_patch_leads_to_the_next_snapshot(before in object(), after in object()) {
            let (before, after) = (State::from_value(&before), State::from_value(&after));
            let patch = patch(&before, &after).to_json().unwrap();
            prop_assert_eq!(merge(before, &patch).unwrap(), after);
        }
    }

    fn between(before: &str, after: &str) -> String {
        patch(&State::from_json(before).unwrap(), &State::from_json(after).unwrap()).to_json().unwrap()
    }

    #[test]
    fn only_what_changed_is_in_a_patch() {
        let before = r#"{"a":1,"b":{"c":1,"d":2},"e":[1],"f":"x"}"#;
        let after = r#"{"a":1,"b":{"c":1,"d":3},"e":[1,2]}"#;
        assert_eq!(between(before, after), r#"{"b":{"d":3},"e":[1,2],"f":null}"#);
        assert_eq!([between(before, before), between("null", "null")], ["{}", "{}"]);
        assert_eq!(between(r#"{"a":1,"b":{}}"#, "null"), r#"{"a":null,"b":null}"#);
        // The same double, and not the same number.
        let long = r#"{"n":1000000000000000000001}"#;
        assert_eq!(between(r#"{"n":1000000000000000000000}"#, long), long);
    }

    #[test]
    fn nulls_count_as_absent() {
        let object = State::from_json(r#"{"a":null,"b":{"c":null},"d":[null]}"#).unwrap();
        assert_eq!(without_nulls(object).to_json().unwrap(), r#"{"b":{},"d":[null]}"#);
    }
}
