//! Questions that can be asked in more than one way have one answer, and what cannot be answered is said.

use serde_json::{Value, json};

use crate::program::Place;

/// A store over lines of JSON.
fn imported(lines: &[Value]) -> Place {
    let place = Place::with("");
    place.file("log.jsonl", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    place.ok(&["import", "log.jsonl"]);
    place
}

#[allow(clippy::needless_pass_by_value, reason = "it is written in place")]
fn event(aggregate: &str, day: &str, data: Value) -> Value {
    json!({ "aggregate": aggregate, "type": "Put", "data": data, "occurred_at": format!("{day}T00:00:00Z") })
}

#[test]
fn a_position_of_another_branch_is_no_view_of_this_one() {
    let place = Place::with("todo");
    place.ok(&["fire", "Task", "create", "title=one"]);
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Task/1", "comment", "text=there"]);
    for args in [
        &["report", "feed", "--at", "2"][..],
        &["aggregates", "--at", "2"],
        &["log", "2"],
        &["find", ".", "#2"],
    ] {
        let said = place.refused(1, args);
        assert!(said.contains("Event #2 is on what-if, not on main"), "{args:?}: {said}");
        let there = [&["-b", "what-if"], args].concat();
        place.ok(&there);
    }
    // The way that the hint names.
    assert_eq!(place.json(&["log", "what-if:2"]).len(), 2);
    // One event is found wherever it stands.
    assert_eq!(place.one(&["state", "2"])["branch"], "what-if");
}

#[test]
fn ids_that_look_like_points_and_points_in_every_spelling_are_found() {
    let place = imported(&[
        event("T/a", "2020-01-01", json!({ "n": 1 })),
        event("T/a", "2020-01-02", json!({ "n": 2 })),
        event("T/a@2", "2020-01-03", json!({ "n": 3 })),
        event("T/a ", "2020-01-04", json!({ "n": 4 })),
        event("U/INC0001675", "2020-01-05", json!({ "n": 5 })),
        event("T/both", "2020-01-06", json!({ "n": 6 })),
        event("U/both", "2020-01-07", json!({ "n": 7 })),
    ]);
    let n = |rev: &str| place.one(&["state", rev])["state"]["n"].clone();
    for (rev, wanted) in [
        ("T/a", 2),
        ("T/a@1", 1),
        ("T/a@v2", 2),
        ("T/a@2", 3),
        ("T/a@2@1", 3),
        ("T/a ", 4),
        (" T/a", 2),
        ("T/a@2020-01-01T01:00+01:00", 1),
        ("T/a@2020-01-02 00:00Z", 2),
        ("T/a@2020-01-01T23:59:59-00:01", 2),
        ("@INC0001675", 5),
        ("INC0001675", 5),
    ] {
        assert_eq!(n(rev), wanted, "{rev}");
    }
    let said = place.refused(1, &["state", "@both"]);
    assert!(said.contains("more than one type: T, U") && said.contains("T/both"), "{said}");
    place.refused(2, &["state", "@nobody"]);
}

#[test]
fn a_text_is_found_however_it_was_stored() {
    let place = Place::with("");
    let line = r#"{"aggregate":"T/1","type":"Put","occurred_at":"2020-01-01T00:00:00Z","data":{"cl\u00e9":"a \u0026 b https:\/\/x.y"},"meta":{"actor":"zo\u00EB"}}"#;
    place.file("log.jsonl", format!("{line}\n"));
    place.ok(&["import", "log.jsonl"]);
    for text in ["a & b", "https://x.y", "clé"] {
        assert_eq!(place.json(&["log", "--grep", text]).len(), 1, "{text}");
    }
    assert_eq!(place.json(&["log", "--actor", "zoë"]).len(), 1);
    assert!(place.ok(&["log", "--grep", "a & b"]).contains("T/1"));
}

#[test]
fn a_filter_that_fails_says_so() {
    let place = imported(&[
        event("T/1", "2020-01-01", json!({ "n": 1, "tags": ["x"] })),
        event("T/2", "2020-01-02", json!({ "n": "one" })),
    ]);
    for args in [
        &["aggregates", "--where", ".n.x"][..],
        &["log", "--where", ".n.x"],
        &["log", "--count-by", ".n.x"],
        &["find", ".n.x"],
        &["find", "--event", "$data.n.x"],
    ] {
        let said = place.refused(1, args);
        assert!(said.contains("fails on all"), "{args:?}: {said}");
    }
    let ran = place.run(&["aggregates", "--where", ".n + 1 > 1", "--json"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1), "{}", ran.err);
    assert!(ran.err.contains("fails on 1 of 2"), "{}", ran.err);
    // What holds for none is an answer.
    let ran = place.run(&["aggregates", "--where", ".n == 77"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
}

#[test]
fn the_list_has_one_order_at_the_head_and_in_the_past() {
    let rows: Vec<_> = ["T/c", "U/b", "T/b", "T/a", "U/a"]
        .iter()
        .map(|id| event(id, "2020-01-01", json!({ "n": 1 })))
        .collect();
    let place = imported(&rows);
    for sort in ["recent", "label", "status", "id", "created", "versions"] {
        for reverse in [&[][..], &["--reverse"]] {
            let list = |at: &[&str]| -> Vec<Value> {
                let args = [&["aggregates", "--sort", sort], reverse, at].concat();
                place.json(&args).iter().map(|row| row["aggregate"].clone()).collect()
            };
            let now = list(&[]);
            assert_eq!(now.len(), 5);
            assert_eq!(list(&["--at", "5"]), now, "{sort} {reverse:?} at a position");
            assert_eq!(list(&["--at", "2021-01-01"]), now, "{sort} {reverse:?} at a time");
        }
    }
}

#[test]
fn a_refusal_in_the_past_is_told_where_it_counts_and_not_before() {
    let place = Place::empty();
    let rule = "[domain]\nname = \"d\"\n[aggregate.T.event.Put]\napply = 'if $data.n == 2 then error(\"two\") else .n = $data.n end'\n";
    place.file("d.toml", rule);
    place.ok(&["init", "--domain", "d.toml"]);
    let lines: Vec<_> = (1..=4).map(|n| event("T/1", "2020-01-01", json!({ "n": n }))).collect();
    place.file("log.jsonl", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    place.ok(&["import", "log.jsonl"]);
    for version in 1..=4 {
        let state = place.one(&["state", &format!("T/1@{version}")])["error"].clone();
        let listed = place.json(&["aggregates", "--at", &version.to_string()])[0]["error"].clone();
        assert_eq!(state, listed, "version {version}");
        assert_eq!(state.is_null(), version == 1, "version {version}: {state}");
    }
}

#[test]
fn a_domain_that_drops_how_a_mapping_lists_says_so() {
    let place = Place::with("");
    let csv = include_str!("../data/incidents.csv");
    place.file("incidents.csv", csv);
    place.ok(&["import", "incidents.csv", "--map", "servicenow"]);
    place.file("d.toml", "[domain]\nname = \"d\"\n[aggregate.Other]\nlabel = '.x'\n");
    let said = place.ok(&["domain", "set", "d.toml"]);
    assert!(said.contains("does not say how Incident is listed"), "{said}");
}

/// What happened in 2030 was written down between two events of 2020.
#[test]
fn at_a_time_each_aggregate_stands_at_its_own_event_whoever_asks() {
    let place = Place::empty();
    let rules = "[domain]\nname = \"d\"\n[aggregate.T.event.Put]\napply = '.n = $data.n'\n\
                 [projection.all]\non = [\"Put\"]\nkey = '$event.aggregate'\nrow = '{n: $data.n}'\n\
                 [projection.each]\non = [\"Put\"]\nrow = '{n: $data.n}'\n";
    place.file("d.toml", rules);
    place.ok(&["init", "--domain", "d.toml"]);
    let lines = [
        event("T/a", "2020-01-01", json!({ "n": 1 })),
        event("T/b", "2030-01-01", json!({ "n": 2 })),
        event("T/c", "2020-02-01", json!({ "n": 3 })),
        event("T/a", "2030-02-01", json!({ "n": 4 })),
        // It happened before what stands before it.
        event("T/a", "2020-03-01", json!({ "n": 5 })),
    ];
    place.file("log.jsonl", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    place.ok(&["import", "log.jsonl"]);
    let then = "2021-01-01";
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    let of = |args: &[&str], field: &str| {
        sorted(
            place.json(args).iter().map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect(),
        )
    };
    assert_eq!(of(&["aggregates", "--at", then], "aggregate"), ["T/a", "T/c"]);
    assert_eq!(of(&["log", then], "aggregate"), ["T/a", "T/c"]);
    assert_eq!(of(&["report", "all", "--at", then], "key"), ["T/a", "T/c"]);
    let listed = place.json(&["report", "each", "--at", then]);
    assert_eq!(listed.iter().map(|row| row["row"]["n"].clone()).collect::<Vec<_>>(), [json!(3), json!(1)]);
    assert_eq!(place.one(&["state", &format!("T/a@{then}")])["state"]["n"], 1);
    let differ = place.json(&["diff", then, "2030-01-15"]);
    assert_eq!(differ.iter().map(|row| row["aggregate"].clone()).collect::<Vec<_>>(), ["T/b"]);
    let differ = place.json(&["diff", then, "main"]);
    assert_eq!(differ.iter().map(|row| row["aggregate"].clone()).collect::<Vec<_>>(), ["T/b", "T/a"]);
    assert_eq!(differ[1]["changes"][0]["old"], 1);
    assert_eq!(differ[1]["changes"][0]["value"], 5);
    assert_eq!(place.json(&["diff", then, then]), [] as [Value; 0]);
    // So on another branch, seen from this one.
    place.ok(&["branch", "other"]);
    let there = format!("other:{then}");
    assert_eq!(of(&["aggregates", "--at", &there], "aggregate"), ["T/a", "T/c"]);
    assert_eq!(of(&["log", &there], "aggregate"), ["T/a", "T/c"]);
    assert_eq!(of(&["report", "all", "--at", &there], "key"), ["T/a", "T/c"]);
    // A position has to stand for it: what that leaves out is said.
    for args in [&["waypoint", "w", then][..], &["branch", "x", "--at", then]] {
        let said = place.ok(args);
        assert!(said.contains("1 of the events that had happened by then stand behind #1"), "{said}");
        assert!(said.contains("from #3 on"), "{said}");
    }
}

#[test]
fn who_set_an_item_and_what_an_event_changed_follow_one_matching() {
    let place = imported(&[
        event("T/1", "2020-01-01", json!({ "list": ["x", "y"] })),
        event("T/1", "2020-01-02", json!({ "list": ["y"] })),
    ]);
    let shown = place.one(&["show", "T/1@2"]);
    assert_eq!(shown["changes"], json!([{ "op": "remove", "path": "/list/0", "old": "x", "value": null }]));
    let blamed = place.json(&["blame", "T/1"]);
    let item = blamed.iter().find(|field| field["path"] == "/list/0").unwrap();
    assert_eq!((&item["value"], &item["version"]), (&json!("y"), &json!(1)));
}
