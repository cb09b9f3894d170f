//! The reserved event `backstory.Reverted`: a patch (RFC 6902) that the fold itself applies, and the patch that
//! takes changes back.

use json_patch::Patch;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Change, Op};
use crate::error::{Error, Result};
use crate::jq::State;

/// The type of the event that takes another one back where the domain has no rule for that.
pub const REVERTED: &str = "backstory.Reverted";

#[derive(Deserialize)]
struct Reverted {
    patch: Patch,
}

/// Applies the patch in an event's data.
pub(super) fn apply(state: &State, data: &str) -> Result<State> {
    let reverted: Reverted = serde_json::from_str(data)
        .map_err(|error| Error::refused(format!("{REVERTED} has no patch (RFC 6902): {error}.")))?;
    let mut value = state.to_value()?;
    json_patch::patch(&mut value, &reverted.patch)
        .map_err(|error| Error::refused(format!("The patch of {REVERTED} does not fit: {error}.")))?;
    if !value.is_object() && !value.is_null() {
        return Err(Error::refused(format!("The patch of {REVERTED} leaves no object.")));
    }
    Ok(State::from_value(&value))
}

/// The patch that takes changes back. What was added to an array goes from its end, what was removed comes back
/// from its start, so that each index means the same item as before.
pub(crate) fn inverse(changes: &[Change]) -> Value {
    let of = |op: Op| changes.iter().filter(move |change| change.op == op);
    let added = of(Op::Add).rev().map(|change| json!({ "op": "remove", "path": change.path }));
    let replaced =
        of(Op::Replace).map(|change| json!({ "op": "replace", "path": change.path, "value": change.old }));
    let removed =
        of(Op::Remove).map(|change| json!({ "op": "add", "path": change.path, "value": change.old }));
    added.chain(replaced).chain(removed).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::replay::diff;

    fn back(old: &Value, new: &Value) -> Value {
        let data = json!({ "patch": inverse(&diff(old, new)) }).to_string();
        apply(&State::from_value(new), &data).unwrap().to_value().unwrap()
    }

    #[test]
    fn the_inverse_of_a_change_leads_back() {
        for (old, new) in [
            (json!({"a": 1}), json!({"a": 2, "b": {"c": [1]}})),
            (json!({"tags": [1]}), json!({"tags": [1, 2, 3]})),
            (json!({"tags": [1, 2, 3, 4]}), json!({"tags": [9]})),
            (json!({"a/b": {"~": 1}}), json!({})),
            (json!({"a": [[1, 2], [3]]}), json!({"a": [[2], [3, 4]]})),
        ] {
            assert_eq!(back(&old, &new), old);
        }
    }

    #[test]
    fn a_patch_that_does_not_fit_is_refused() {
        let state = State::from_value(&json!({"a": 1}));
        for data in [
            "{}",
            r#"{"patch": [{"op": "remove", "path": "/b"}]}"#,
            r#"{"patch": [{"op": "replace", "path": "", "value": 1}]}"#,
        ] {
            apply(&state, data).unwrap_err();
        }
    }
}
