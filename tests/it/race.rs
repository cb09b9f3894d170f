//! The race lab on the command line: which events overlap, what is kept, and what each order leads to.

mod concurrent;

use serde_json::{Value, json};

use crate::program::Place;

const RULES: &str = r#"
[domain]
name = "incidents"
[aggregate.Inc.event.Opened]
[aggregate.Inc.event.Assigned]
[aggregate.Inc.event.Closed]
[aggregate.Inc.event.Noted]
apply = '.notes = (.notes // 0) + 1'
[aggregate.Inc.command.open]
creates = true
emit = 'event("Opened"; {state: "new"})'
[aggregate.Inc.command.assign]
params = { to = "string" }
emit = 'if .state == "closed" then error("it is closed") else event("Assigned"; {assignee: $params.to}) end'
[aggregate.Inc.command.close]
emit = 'event("Closed"; {state: "closed"}), event("Noted"; {})'
[aggregate.Inc.command.note]
emit = 'event("Noted"; {})'
"#;

/// Somebody assigns and closes while another one assigns: `at` is the second at which each fires.
fn place(fired: &[(&str, &str, &[&str], &str)]) -> Place {
    let place = Place::empty();
    place.ok(&["init", "--domain", place.file("rules.toml", RULES)]);
    for (record, actor, command, at) in fired {
        let at = format!("2024-01-01T{at}Z");
        let args = [&["fire", record], *command, &["--actor", actor, "--at", &at]].concat();
        place.ok(&args);
    }
    place
}

fn closing() -> Place {
    place(&[
        ("Inc/1", "ann", &["open"], "00:00:00"),
        ("Inc/1", "ann", &["assign", "to=ann"], "01:00:00"),
        ("Inc/1", "bob", &["assign", "to=bob"], "01:00:10"),
        ("Inc/1", "ann", &["close"], "01:00:20"),
        ("Inc/1", "cat", &["note"], "02:00:00"),
    ])
}

fn short(row: &Value) -> Value {
    let changed = |cell: &Value| match &cell["changes"]["Inc/1"] {
        Value::Array(changes) => {
            changes.iter().map(|change| json!([change["path"], change["value"]])).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    json!([
        row["name"],
        row["end"],
        changed(&row["events"]),
        changed(&row["requests"]),
        row["orders"],
        row["inversions"]
    ])
}

fn rows(answer: &Value) -> Vec<Value> {
    answer["rows"].as_array().unwrap().iter().map(short).collect()
}

#[test]
fn every_order_of_what_overlaps_is_tried_by_both_answers() {
    let place = closing();
    let answer = place.one(&["race", "Inc/1@3"]);
    let versions: Vec<_> =
        answer["events"].as_array().unwrap().iter().map(|event| event["version"].clone()).collect();
    assert_eq!(versions, [2, 3, 4, 5], "an hour before and behind is no overlap");
    assert_eq!(
        (&answer["exact"], &answer["orders"], &answer["cut"]),
        (&json!(true), &json!(3), &json!(false))
    );
    assert_eq!(
        rows(&answer),
        [
            json!(["as logged", "A", [], [], 1, 0]),
            json!(["outcome B", "B", [], [["/assignee", "ann"]], 1, 1]),
            json!(["outcome C", "C", [["/assignee", "ann"]], [["/assignee", "ann"]], 1, 1]),
        ]
    );
    let refused = &answer["rows"][1]["otherwise"][0];
    assert_eq!(
        (&refused["outcome"], &refused["says"]),
        (&json!("rejected"), &json!("Inc assign emit: it is closed"))
    );
    assert_eq!(answer["rows"][1]["swaps"], json!([[["Inc/1@4", "Inc/1@5"], ["Inc/1@3"]]]));

    let text = place.ok(&["race", "Inc/1@3"]);
    for said in [
        "Inc/1: 4 events, 3 steps; kept: actor, command, cause, seen",
        "3 orders, 3 ends",
        "≠ v3 rejected",
        "v3⇄v4",
        "B: in the order … v4 v3",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn what_is_kept_is_kept() {
    let place = closing();
    let orders = |keep: &str| {
        let answer = place.one(&["race", "Inc/1@3", "--keep", keep]);
        (answer["orders"].clone(), answer["requests"].clone(), answer["kept"].clone())
    };
    assert_eq!(orders("command,cause,seen").0, 6);
    assert_eq!(orders("none").0, 24, "a command's events stand by themselves");
    assert_eq!(orders("actor").0, 4);
    place.refused(2, &["race", "Inc/1@3", "--keep", "none,actor"]);
    // What cat had seen stays before it, all others may go behind.
    place.ok(&[
        "fire",
        "Inc/1",
        "note",
        "--actor",
        "cat",
        "--seen",
        "Inc/1@3",
        "--at",
        "2024-01-01T03:00:00Z",
    ]);
    let answer = |keep: &str| place.one(&["race", "Inc/1@7", "--keep", keep]);
    let seen = answer("command,seen");
    let events = seen["events"].as_array().unwrap().len();
    assert_eq!(events, 6, "it overlaps with what came behind what was seen, and what overlaps with that");
    assert_eq!((&answer("command")["orders"], &seen["orders"]), (&json!(120), &json!(40)));
}

#[test]
fn an_invariant_that_breaks_in_another_order_is_said() {
    let place = closing();
    let check = r#".["Inc/1"] | .state != "closed" or .assignee == "bob""#;
    let answer = place.one(&["race", "Inc/1@3", "--invariant", check]);
    let breaks: Vec<_> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["events"]["breaks"].clone(), row["requests"]["breaks"].clone()))
        .collect();
    assert_eq!(
        breaks,
        [(json!(false), json!(false)), (json!(true), json!(true)), (json!(true), json!(true))]
    );
    assert!(place.ok(&["race", "Inc/1@3", "--invariant", check]).contains("BREAKS"));
    let said = place.refused(2, &["race", "Inc/1@3", "--invariant", ".["]);
    assert!(said.contains("The invariant is not jq at column"), "{said}");
}

#[test]
fn the_order_of_a_clock_is_told_and_two_records_go_together() {
    let place = place(&[
        ("Inc/1", "ann", &["open"], "00:00:00"),
        ("Inc/2", "ann", &["open"], "00:30:00"),
        ("Inc/1", "ann", &["assign", "to=ann"], "01:00:30"),
        ("Inc/1", "bob", &["assign", "to=bob"], "01:00:10"),
        ("Inc/2", "bob", &["assign", "to=bob"], "01:00:20"),
    ]);
    let answer = place.one(&["race", "Inc/1@3"]);
    assert_eq!(
        answer["events"].as_array().unwrap().len(),
        2,
        "of records that were not chosen nothing is taken"
    );
    let named: Vec<_> =
        answer["rows"].as_array().unwrap().iter().map(|row| (&row["name"], &row["end"])).collect();
    assert_eq!(
        named,
        [
            (&json!("as logged"), &json!("A")),
            (&json!("by occurred"), &json!("B")),
            (&json!("outcome B"), &json!("B"))
        ]
    );
    let both = place.one(&["race", "Inc/1@3", "Inc/2@2"]);
    assert_eq!((&both["orders"], both["events"].as_array().unwrap().len()), (&json!(3), 3));
    place.refused(1, &["race", "Inc/1@0"]);
    place.refused(2, &["race"]);
}

#[test]
fn a_matrix_tells_which_types_may_change_places() {
    let place = closing();
    let pairs = place.json(&["race", "matrix", "Inc"]);
    let pair = |one: &str, other: &str| {
        pairs
            .iter()
            .find(|pair| pair["types"] == json!([one, other]))
            .unwrap_or_else(|| panic!("{one} {other}"))
    };
    let assigned = pair("Assigned", "Assigned");
    assert_eq!((&assigned["commute"], &assigned["fields"]), (&json!("never"), &json!(["assignee"])));
    assert_eq!(assigned["witness"], json!({ "aggregate": "Inc/1", "versions": [2, 3] }));
    let closed = pair("Assigned", "Closed");
    assert_eq!(
        (&closed["commute"], &closed["refused"]),
        (&json!("always"), &json!(2)),
        "the state is the same, the request is not"
    );
    assert_eq!(pair("Closed", "Noted")["commute"], "always");
    let text = place.ok(&["race", "matrix", "Inc"]);
    assert!(
        text.contains("Assigned × Assigned  never commute, 1 tried: assignee (such as Inc/1 v2 v3)"),
        "{text}"
    );
    assert!(text.contains("one is refused in the other order in 2 of 2"), "{text}");
    assert!(place.ok(&["race", "matrix", "Nope"]).contains("No two events"));
    place.refused(2, &["race", "matrix", "Inc/1"]);
}
