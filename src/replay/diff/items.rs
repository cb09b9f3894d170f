//! Arrays compared by their items: a patch that people can read, where the plain diff would say that everything
//! behind an inserted item is another one.

use std::collections::HashSet;

use serde_json::Value;

use super::super::items::NAMES;
use super::{Change, Walk, walked};
use crate::error::Result;
use crate::jq::{Items, State, View};

/// Beyond so many pairs of items the rest of two arrays is compared index by index.
const PAIRS: usize = 1_000_000;

/// The differences from one state to another with the items of arrays matched: by a member that names each of
/// them, else by being equal. Each change's path is right once the changes before it are made: carried out in
/// order, they make the new state out of the old one.
pub fn diff_items(old: &Value, new: &Value) -> Vec<Change> {
    walked(&State::from_value(old), &State::from_value(new), walk_items).0
}

/// The same for states as a fold has them, which share what an event left alone: that costs a glance. A state that is
/// gone holds nothing.
pub fn changes(old: &State, new: &State) -> Result<Vec<Change>> {
    let nothing = State::empty();
    let held = |state: &State| if state.is_null() { nothing.clone() } else { state.clone() };
    match walked(&held(old), &held(new), walk_items) {
        (_, Some(error)) => Err(error),
        (changes, None) => Ok(changes),
    }
}

fn walk_items(walk: &mut Walk, old: Items<'_>, new: Items<'_>) {
    let start = old.iter().zip(new.iter()).take_while(|(old, new)| old.equals(*new)).count();
    let most = old.len().min(new.len()) - start;
    let ends = old.iter().rev().zip(new.iter().rev()).take(most);
    let end = ends.take_while(|(old, new)| old.equals(*new)).count();
    let between = |items: Items<'_>| start..items.len() - end;
    let old: Vec<_> = between(old).filter_map(|at| old.at(at)).collect();
    let new: Vec<_> = between(new).filter_map(|at| new.at(at)).collect();
    let named = identity(&old, &new);
    let pairs = match &named {
        _ if old.len().saturating_mul(new.len()) > PAIRS => Vec::new(),
        Some((olds, news)) => longest(olds, news),
        None => longest(&old, &new),
    };
    let mut write = Writer { walk, index: start, paired: named.is_none() };
    let (mut i, mut j) = (0, 0);
    for (a, b) in pairs {
        write.gap(&old[i..a], &new[j..b]);
        write.both(old[a], new[b]);
        (i, j) = (a + 1, b + 1);
    }
    write.gap(&old[i..], &new[j..]);
}

/// Writes an array's changes from its start to its end.
struct Writer<'a> {
    walk: &'a mut Walk,
    /// Where the next item stands, with the changes so far made.
    index: usize,
    /// Whether items that have no match count as changed into each other.
    paired: bool,
}

impl Writer<'_> {
    fn both(&mut self, old: View<'_>, new: View<'_>) {
        self.walk.step(&self.index.to_string(), Some(old), Some(new));
        self.index += 1;
    }

    fn gap(&mut self, old: &[View<'_>], new: &[View<'_>]) {
        let paired = if self.paired { old.len().min(new.len()) } else { 0 };
        for (old, new) in old.iter().zip(new).take(paired) {
            self.both(*old, *new);
        }
        for old in &old[paired..] {
            self.walk.step(&self.index.to_string(), Some(*old), None);
        }
        for new in &new[paired..] {
            self.walk.step(&self.index.to_string(), None, Some(*new));
            self.index += 1;
        }
    }
}

type Names<'a> = (Vec<View<'a>>, Vec<View<'a>>);

/// The items' names, by the first member that all of them have, each with another value in its array.
fn identity<'a>(old: &[View<'a>], new: &[View<'a>]) -> Option<Names<'a>> {
    if old.is_empty() || new.is_empty() {
        return None;
    }
    NAMES.iter().find_map(|member| Some((names(old, member)?, names(new, member)?)))
}

fn names<'a>(items: &[View<'a>], member: &str) -> Option<Vec<View<'a>>> {
    let mut seen = HashSet::with_capacity(items.len());
    let name = |item: &View<'a>| {
        let name = item.field(member)?;
        let value = name.to_value().ok()?;
        let plain = matches!(value, Value::String(_) | Value::Number(_));
        (plain && seen.insert(value.to_string())).then_some(name)
    };
    items.iter().map(name).collect()
}

/// The longest common subsequence: pairs of indexes, both rising.
fn longest(old: &[View<'_>], new: &[View<'_>]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut lengths = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i * width + j] = if old[i].equals(new[j]) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i].equals(new[j]) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::Op;
    use super::*;

    /// A change as an operation of RFC 6902.
    fn operation(change: &Change) -> Value {
        let op = serde_json::to_value(change.op).unwrap();
        json!({ "op": op, "path": change.path, "value": change.value })
    }

    fn seen(old: &Value, new: &Value) -> Vec<(Op, String, Value, Value)> {
        diff_items(old, new).into_iter().map(|c| (c.op, c.path, c.old, c.value)).collect()
    }

    #[test]
    fn an_inserted_item_is_one_change() {
        let (old, new) = (json!({"tags": ["a", "b", "c"]}), json!({"tags": ["x", "a", "c"]}));
        assert_eq!(
            seen(&old, &new),
            [
                (Op::Add, "/tags/0".into(), Value::Null, json!("x")),
                (Op::Remove, "/tags/2".into(), json!("b"), Value::Null),
            ]
        );
    }

    #[test]
    fn an_item_between_equal_ones_is_replaced() {
        let (old, new) = (json!([1, 2, 3]), json!([1, 9, 3]));
        assert_eq!(seen(&old, &new), [(Op::Replace, "/1".into(), json!(2), json!(9))]);
    }

    #[test]
    fn items_with_a_name_are_matched_by_it() {
        let old = json!({"items": [{"id": 1, "n": 1}, {"id": 2, "n": 5}, {"id": 3, "n": 9}]});
        let new = json!({"items": [{"id": 2, "n": 6}, {"id": 3, "n": 9}, {"id": 4, "n": 1}]});
        assert_eq!(
            seen(&old, &new),
            [
                (Op::Remove, "/items/0".into(), json!({"id": 1, "n": 1}), Value::Null),
                (Op::Replace, "/items/0/n".into(), json!(5), json!(6)),
                (Op::Add, "/items/2".into(), Value::Null, json!({"id": 4, "n": 1})),
            ]
        );
        // A name that two items share names neither.
        let twice = json!([{"id": 1, "n": 1}, {"id": 1, "n": 2}]);
        let changes = seen(&twice, &json!([{"id": 1, "n": 3}, {"id": 1, "n": 2}]));
        assert_eq!(changes, [(Op::Replace, "/0/n".into(), json!(1), json!(3))]);
    }

    #[test]
    fn huge_arrays_are_compared_by_index() {
        let (old, new): (Value, Value) = ((0..2_000).collect(), (5_000..7_000).collect());
        assert_eq!(diff_items(&old, &new).len(), 2_000);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..4i64).prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(((0..5i64), inner.clone()), 0..5).prop_map(|items| {
                    items.into_iter().map(|(id, x)| json!({ "id": id, "x": x })).collect()
                }),
                prop::collection::vec(("[ab/~]{0,2}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_changes_carried_out_in_order_lead_from_the_old_state_to_the_new_one(old in value(), new in value()) {
            let changes = diff_items(&old, &new);
            prop_assert_eq!(changes.is_empty(), old == new);
            let patch: Vec<Value> = changes.iter().map(operation).collect();
            let patch: json_patch::Patch = serde_json::from_value(Value::Array(patch)).unwrap();
            let mut made = old;
            json_patch::patch(&mut made, &patch).unwrap();
            prop_assert_eq!(made, new);
        }

        #[test]
        fn each_change_names_what_was_there(old in value(), new in value()) {
            let mut made = old.clone();
            for change in diff_items(&old, &new) {
                let there = made.pointer(&change.path).cloned();
                if change.op != Op::Add {
                    prop_assert_eq!(there, Some(change.old.clone()));
                }
                let patch: json_patch::Patch = serde_json::from_value(json!([operation(&change)])).unwrap();
                json_patch::patch(&mut made, &patch).unwrap();
            }
        }
    }
}
