//! What an event changed, as whoever folds it again applies it: one change after the other.

use serde_json::{Map, Value, json};

use crate::replay::{Change, Op, diff, keys_of};

/// The changes from one state to the next, in an order in which each can be applied; `None` where there is none, and the
/// whole state has to be told.
pub fn between(before: &Value, after: &Value) -> Option<Vec<Change>> {
    let mut changes = diff(before, after);
    if leads(before, &changes, after) {
        return Some(changes);
    }
    // What goes from the end of a list goes last first.
    changes.sort_by_key(|change| change.op == Op::Remove);
    let removed = changes.iter().position(|change| change.op == Op::Remove).unwrap_or(changes.len());
    changes[removed..].reverse();
    leads(before, &changes, after).then_some(changes)
}

fn leads(before: &Value, changes: &[Change], after: &Value) -> bool {
    let mut state = before.clone();
    changes.iter().all(|change| apply(&mut state, change).is_some()) && state == *after
}

/// Applies one change, as the page's script does.
pub fn apply(state: &mut Value, change: &Change) -> Option<()> {
    let mut keys = keys_of(&change.path);
    let Some(last) = keys.pop() else {
        *state = if change.op == Op::Remove { Value::Object(Map::new()) } else { change.value.clone() };
        return Some(());
    };
    let mut inner = state;
    for key in keys {
        inner = match inner {
            Value::Object(fields) => fields.get_mut(&key)?,
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    match (inner, change.op) {
        (Value::Object(fields), Op::Remove) => drop(fields.shift_remove(&last)?),
        (Value::Object(fields), _) => drop(fields.insert(last, change.value.clone())),
        (Value::Array(items), op) => {
            let at: usize = last.parse().ok()?;
            match op {
                Op::Remove if at < items.len() => drop(items.remove(at)),
                Op::Add if at <= items.len() => items.insert(at, change.value.clone()),
                Op::Replace => *items.get_mut(at)? = change.value.clone(),
                Op::Remove | Op::Add => return None,
            }
        }
        _ => return None,
    }
    Some(())
}

/// A change as the page has it: what, where, and the new value.
pub fn told(change: &Change) -> Value {
    match change.op {
        Op::Add => json!(["add", change.path, change.value]),
        Op::Remove => json!(["remove", change.path]),
        Op::Replace => json!(["replace", change.path, change.value]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_lead_from_one_state_to_the_next() {
        for (before, after) in [
            (json!({}), json!({ "a": 1, "b/c": { "~": [1, 2] } })),
            (json!({ "a": [1, 2, 3, 4] }), json!({ "a": [2, 4] })),
            (json!({ "a": [1] }), json!({ "a": [1, { "x": null }, 3] })),
            (json!({ "a": [[1, 2, 3], 2, 3] }), json!({ "a": [[1]] })),
            (json!({ "a": null }), json!({})),
            (json!([1]), json!({ "a": 1 })),
            (json!({ "a": 1 }), json!(null)),
        ] {
            let changes = between(&before, &after);
            let changes = changes.unwrap_or_else(|| panic!("{before} to {after}"));
            assert!(leads(&before, &changes, &after));
        }
    }
}
