//! The rows of a state: where they stand, unfold, and which of them are selected.

use serde_json::json;

use super::*;

fn pane(state: &Value, pane: &mut StatePane) {
    quiet_pane(state, pane, []);
}

fn quiet_pane<const N: usize>(state: &Value, pane: &mut StatePane, quiet: [&str; N]) {
    let aggregate = AggregateId::new("Task", "1");
    let changes = [Change { op: Op::Add, path: "/a".into(), old: Value::Null, value: json!(1) }];
    let heading = ("CHANGED".into(), String::new());
    pane.rebuild(&Shown {
        aggregate: &aggregate,
        state,
        changes: &changes,
        quiet: &quiet.map(str::to_owned),
        heading,
        zone: Zone::Utc,
        width: 40,
    });
}

fn names(pane: &StatePane) -> Vec<&str> {
    pane.rows
        .iter()
        .filter_map(|row| match row {
            Row::Field { name, .. } | Row::Missing { name } => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn fields_keep_their_places_while_scrubbing() {
    let mut shown = StatePane::default();
    pane(&json!({"a": 1, "b": 2}), &mut shown);
    pane(&json!({"c": 3, "a": 1, "b": 2}), &mut shown);
    assert_eq!(names(&shown), ["a", "b", "c"]);
    pane(&json!({"a": 1}), &mut shown);
    assert_eq!(names(&shown), ["a", "b", "c"]);
    assert!(shown.rows.contains(&Row::Missing { name: "b".into() }));
}

#[test]
fn bookkeeping_stands_last() {
    let mut shown = StatePane::default();
    quiet_pane(&json!({"at": 1, "b": 2, "a": 3}), &mut shown, ["at"]);
    assert_eq!(names(&shown), ["b", "a", "at"]);
    let heading = |shown: &StatePane| shown.rows.contains(&Row::Heading("QUIET".into(), String::new()));
    assert!(heading(&shown));
    let mut shown = StatePane::default();
    quiet_pane(&json!({"a": 1}), &mut shown, ["at"]);
    assert!(!heading(&shown));
}

#[test]
fn json_inside_a_string_unfolds() {
    let mut shown = StatePane::default();
    pane(&json!({"body": "{\"x\": [1, 2]}"}), &mut shown);
    shown.selected = shown.rows.iter().position(|row| matches!(row, Row::Field { .. })).unwrap();
    assert!(shown.toggle());
    pane(&json!({"body": "{\"x\": [1, 2]}"}), &mut shown);
    assert_eq!(names(&shown), ["body {1}", "x [2]"]);
}

#[test]
fn headings_are_never_selected() {
    let mut shown = StatePane::default();
    pane(&json!({"a": 1}), &mut shown);
    assert_eq!(shown.selected, 1);
    shown.select(1);
    assert_eq!(shown.selected, 3);
    shown.select(-1);
    assert_eq!(shown.selected, 1);
    shown.select(-5);
    assert_eq!(shown.selected, 1);
}
