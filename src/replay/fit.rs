//! Whether an event does to another state what it did to its own: leaf by leaf, what it would set there counts as
//! much as what it set at home.

use indexmap::IndexSet;
use serde_json::Value;

use super::diff::{Op, diff, push_key};

/// How an event fits a state that it was not made for.
#[derive(Clone, Debug, PartialEq)]
pub enum Fit {
    /// It sets the same leaves, which stand as they stood at home, to the same values.
    Same,
    /// All that it set at home stands there already, and it would change nothing.
    There,
    /// Leaves that others have changed, or that it would set to something else.
    Not(Vec<Misfit>),
}

/// A leaf that an event would not treat as it did at home. `None` is where there is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// Where: a JSON Pointer; empty where it is about whether there is anything at all.
    pub path: String,
    /// The value that the event led to at home.
    pub wanted: Option<Value>,
    /// The value that is there.
    pub there: Option<Value>,
    /// What the event would make of it, where that alone is what does not fit.
    pub made: Option<Value>,
}

/// A state before and after an event.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The state before the event.
    pub before: &'a Value,
    /// After; `None` where the event cannot be applied.
    pub after: Option<&'a Value>,
}

/// Compares what an event did at home with what it would do elsewhere.
pub fn fit(home: (&Value, &Value), there: Around<'_>) -> Fit {
    let mut paths = IndexSet::new();
    leaves_set(home.0, home.1, &mut paths);
    let at_home = paths.len();
    if let Some(after) = there.after {
        leaves_set(there.before, after, &mut paths);
    }
    if begins_or_ends_otherwise(home, there) {
        let some = |value: &Value| exists(value).then(|| value.clone());
        let (wanted, there) = (some(home.1), some(there.before));
        return Fit::Not(vec![Misfit { path: String::new(), wanted, there, made: None }]);
    }
    let mut misfits = Vec::new();
    let mut all_there = at_home > 0;
    for path in &paths {
        let (was, wanted) = (home.0.pointer(path), home.1.pointer(path));
        let now = there.before.pointer(path);
        let made = there.after.map_or(wanted, |after| after.pointer(path));
        all_there &= now == wanted && made == wanted;
        let stands = now == was || now == wanted;
        if !stands || made != wanted {
            misfits.push(Misfit {
                path: path.clone(),
                wanted: wanted.cloned(),
                there: now.cloned(),
                made: made.filter(|_| stands).cloned(),
            });
        }
    }
    match (misfits.is_empty(), all_there) {
        (false, _) => Fit::Not(misfits),
        (true, true) => Fit::There,
        (true, false) => Fit::Same,
    }
}

/// Whether an event that makes something out of nothing, or nothing out of something, finds the contrary.
fn begins_or_ends_otherwise(home: (&Value, &Value), there: Around<'_>) -> bool {
    let turns = |before: &Value, after: &Value| exists(before) != exists(after);
    let turns = turns(home.0, home.1) || there.after.is_some_and(|after| turns(there.before, after));
    let same = there.before == home.1 || !(exists(there.before) || exists(home.1));
    turns && exists(home.0) != exists(there.before) && !same
}

/// Where nothing exists yet there is an empty object, and null where it is gone.
fn exists(state: &Value) -> bool {
    !state.is_null() && state.as_object().is_none_or(|fields| !fields.is_empty())
}

/// Adds the leaves that differ between two states: values without parts, and empty objects and arrays.
fn leaves_set(before: &Value, after: &Value, found: &mut IndexSet<String>) {
    for change in diff(before, after) {
        let mut path = change.path;
        if change.op != Op::Add {
            leaves(&change.old, &mut path, found);
        }
        if change.op != Op::Remove {
            leaves(&change.value, &mut path, found);
        }
    }
}

fn leaves(value: &Value, path: &mut String, found: &mut IndexSet<String>) {
    let length = path.len();
    let mut step = |key: &str, value: &Value| {
        push_key(path, key);
        leaves(value, path, found);
        path.truncate(length);
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => fields.iter().for_each(|(key, item)| step(key, item)),
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, item)| step(&at.to_string(), item));
        }
        // Whether anything is there at all is looked at by itself.
        _ if path.is_empty() => {}
        _ => drop(found.insert(path.clone())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(home: &[Value; 2], there: &[Value; 2]) -> Fit {
        fit((&home[0], &home[1]), Around { before: &there[0], after: Some(&there[1]) })
    }

    fn misfits(fit: Fit) -> Vec<String> {
        match fit {
            Fit::Not(misfits) => misfits.into_iter().map(|misfit| misfit.path).collect(),
            other => panic!("it fits: {other:?}"),
        }
    }

    #[test]
    fn what_it_would_set_there_counts_too() {
        let home = [json!({"t": "S", "d": "Mon"}), json!({"t": "S", "d": "Fri"})];
        let there = |t: &str| [json!({"t": t, "d": "Mon"}), json!({"t": "S", "d": "Fri"})];
        assert_eq!(of(&home, &there("S")), Fit::Same);
        assert_eq!(misfits(of(&home, &there("K"))), ["/t"]);
        // One that changed nothing at home overwrites nothing there.
        let nothing = [home[0].clone(), home[0].clone()];
        assert_eq!(misfits(of(&nothing, &[json!({"t": "K"}), home[0].clone()])), ["/t", "/d"]);
        assert_eq!(of(&nothing, &nothing), Fit::Same);
        let cleared = [json!({"c": {}}), json!({"c": {}})];
        assert_eq!(misfits(of(&cleared, &[json!({"c": 1}), json!({"c": {}})])), ["/c"]);
    }

    #[test]
    fn equal_results_are_there_already_unless_it_would_go_on_from_them() {
        let home = [json!({"n": 0}), json!({"n": 1})];
        assert_eq!(of(&home, &[json!({"n": 1}), json!({"n": 1})]), Fit::There);
        assert_eq!(misfits(of(&home, &[json!({"n": 1}), json!({"n": 2})])), ["/n"]);
        assert_eq!(misfits(of(&home, &[json!({"n": 5}), json!({"n": 6})])), ["/n"]);
        // What cannot be applied any more may have been done already.
        let stuck = |before: &Value| fit((&home[0], &home[1]), Around { before, after: None });
        assert_eq!(stuck(&json!({"n": 1})), Fit::There);
        assert_eq!(stuck(&json!({"n": 0})), Fit::Same);
    }

    #[test]
    fn a_value_made_from_other_fields_must_come_out_the_same() {
        let home = [json!({"a": 0, "b": 1}), json!({"a": 2, "b": 1})];
        let fit = of(&home, &[json!({"a": 0, "b": 10}), json!({"a": 11, "b": 10})]);
        let Fit::Not(misfits) = fit else { panic!("it fits") };
        let misfit = &misfits[0];
        assert_eq!((&misfit.wanted, &misfit.made), (&Some(json!(2)), &Some(json!(11))));
    }

    #[test]
    fn fields_of_one_object_are_leaves_of_their_own() {
        let home = [json!({"x": 1}), json!({"x": 1, "c": {"p": 1}})];
        let there = [json!({"x": 1, "c": {"q": 2}}), json!({"x": 1, "c": {"q": 2, "p": 1}})];
        assert_eq!(of(&home, &there), Fit::Same);
        let gone = [json!({"c": {"p": 1}, "x": 1}), json!({"x": 1})];
        let there = [json!({"x": 1, "c": {"p": 1, "q": 2}}), json!({"x": 1})];
        assert_eq!(misfits(of(&gone, &there)), ["/c/q"]);
    }

    #[test]
    fn beginnings_and_ends_meet_what_they_met_at_home() {
        let (nothing, a, b) = (Value::Null, json!({"a": 1}), json!({"b": 1}));
        let begins = [nothing.clone(), a.clone()];
        assert_eq!(of(&begins, &[json!({}), a.clone()]), Fit::Same);
        assert_eq!(misfits(of(&begins, &[b.clone(), json!({"b": 1, "a": 1})])), [""]);
        assert_eq!(of(&begins, &[a.clone(), a.clone()]), Fit::There);
        let ends = [a.clone(), nothing.clone()];
        assert_eq!(of(&ends, &[a.clone(), nothing.clone()]), Fit::Same);
        assert_eq!(of(&ends, &[nothing.clone(), nothing.clone()]), Fit::There);
        assert_eq!(misfits(of(&ends, &[json!({"a": 1, "b": 1}), nothing.clone()])), ["/b"]);
        // What is gone does not come back in part.
        let sets = [a.clone(), json!({"a": 1, "z": 1})];
        assert_eq!(misfits(of(&sets, &[nothing, json!({"z": 1})])), [""]);
    }
}
