//! What changed from one snapshot of an object to the next, as an RFC 7396 merge patch.

use serde_json::{Map, Value};

/// Takes null members out: a merge patch cannot tell them from absent ones.
pub fn without_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        if let Value::Object(inner) = value {
            without_nulls(inner);
        }
    }
}

/// The patch that turns `before` into `after`: changed members first, in the order of `after`, then removed ones.
pub fn patch(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let mut changed = Map::new();
    for (key, new) in after {
        match (before.get(key), new) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => {
                changed.insert(key.clone(), Value::Object(patch(old, new)));
            }
            _ => {
                changed.insert(key.clone(), new.clone());
            }
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        changed.insert(key.clone(), Value::Null);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jq::{State, merge};
    use proptest::prelude::*;

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

    fn object() -> impl Strategy<Value = Map<String, Value>> {
        proptest::collection::btree_map("[a-c]", json(), 0..4)
            .prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_patch_leads_to_the_next_snapshot(before in object(), after in object()) {
            let patch = Value::Object(patch(&before, &after));
            let merged = merge(State::from_value(&Value::Object(before)), &patch.to_string()).unwrap();
            prop_assert_eq!(merged.to_value().unwrap(), Value::Object(after));
        }
    }

    #[test]
    fn only_what_changed_is_in_a_patch() {
        let read = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let before = read(r#"{"a":1,"b":{"c":1,"d":2},"e":[1],"f":"x"}"#);
        let after = read(r#"{"a":1,"b":{"c":1,"d":3},"e":[1,2]}"#);
        assert_eq!(Value::Object(patch(&before, &after)).to_string(), r#"{"b":{"d":3},"e":[1,2],"f":null}"#);
        assert!(patch(&before, &before).is_empty());
    }

    #[test]
    fn nulls_count_as_absent() {
        let mut object: Map<String, Value> =
            serde_json::from_str(r#"{"a":null,"b":{"c":null},"d":[null]}"#).unwrap();
        without_nulls(&mut object);
        assert_eq!(Value::Object(object).to_string(), r#"{"b":{},"d":[null]}"#);
    }
}
