//! The links between events: causes, effects, operations, and their lanes.

use serde_json::json;

use super::append;
use crate::program::{Place, fields};

/// A store in which the second event causes two others, one of which causes a third.
fn caused() -> Place {
    let place = Place::with("");
    let hash = |position: usize| {
        place.one(&["show", &position.to_string()])["event"]["hash"].as_str().unwrap().to_owned()
    };
    let mut meta = json!({"actor": "eve"});
    for (at, (aggregate, cause)) in [
        ("Doc/1", None),
        ("Doc/2", None),
        ("Doc/1", Some(2)),
        ("Doc/3", Some(2)),
        ("Doc/3", None),
        ("Mail/1", Some(3)),
    ]
    .into_iter()
    .enumerate()
    {
        meta["actor"] = if at == 4 { "bob".into() } else { "eve".into() };
        if let Some(cause) = cause {
            meta["causation_id"] = hash(cause).into();
            meta["correlation_id"] = hash(2).into();
        }
        let meta = if cause.is_some() { meta.clone() } else { json!({"actor": meta["actor"]}) };
        let kind = if aggregate == "Mail/1" { "Sent" } else { "Set" };
        append(&place, at, &[(aggregate, kind, json!({"n": at}), meta)]);
    }
    place
}

#[test]
fn links_lead_from_an_event_to_its_kin() {
    let place = caused();
    let links = |args: &[&str]| {
        let args: Vec<&str> = ["links"].iter().chain(args).copied().collect();
        let lines = place.json(&args);
        lines
            .iter()
            .map(|line| format!("{} {}", line["link"].as_str().unwrap(), line["position"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        links(&["3"]),
        [
            "cause 2",
            "effect 6",
            "previous operation 2",
            "next operation 4",
            "previous actor 2",
            "next actor 4",
            "previous type 2",
            "next type 4"
        ]
    );
    // The first event of an operation does not name it: its own hash does.
    assert_eq!(links(&["2"])[..3], ["effect 3", "effect 4", "next operation 3"]);
    assert_eq!(links(&["5"]), ["previous type 4"]);
    assert_eq!(links(&["3", "--here"]), ["cause 2", "effect 6", "previous actor 1", "previous type 1"]);
    let line = place.json(&["links", "6"]).remove(0);
    assert_eq!(fields(&line)[..4], ["link", "position", "branch", "aggregate"]);
    assert!(place.ok(&["links", "6"]).starts_with("cause              #3 "));
    assert!(place.refused(1, &["links", "Doc/1@0"]).contains("before the first event"));
    // A command's events are one operation.
    place.ok(&["branch", "b", "--at", "3"]);
    assert!(!links(&["-b", "b", "3"]).iter().any(|link| link == "next operation 4"), "not seen from here");
}

#[test]
fn trace_prints_the_tree_from_its_root() {
    let place = caused();
    let tree = |rev: &str| {
        let lines = place.json(&["trace", rev]);
        lines
            .iter()
            .map(|l| (l["depth"].as_i64().unwrap(), l["position"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    let whole = [(0, 2), (1, 3), (2, 6), (1, 4)];
    for rev in ["2", "3", "4", "6"] {
        assert_eq!(tree(rev), whole);
    }
    assert_eq!(tree("1"), [(0, 1)]);
    let text = place.ok(&["trace", "3"]);
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with("  #2 ") && lines[1].starts_with("▸   #3 ") && lines[2].starts_with("      #6 ")
    );
}

#[test]
fn trace_draws_the_operation_as_lanes() {
    let place = caused();
    let text = place.ok(&["trace", "3", "--lanes"]);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("operation ") && lines[0].ends_with(", 4 events, 4 lanes"), "{text}");
    let drawn: Vec<_> = lines[1..5].iter().map(|line| line.split(" #").next().unwrap().trim_end()).collect();
    assert_eq!(drawn, ["  ●", "▸ ├─▸●", "  ╰──┼─▸●", "     ╰────▸●"], "{text}");
    assert_eq!(lines[6], "at #3");
    let said: Vec<_> = lines[7..].iter().filter(|line| !line.starts_with("     ")).collect();
    assert_eq!(
        said,
        [
            &"  Doc/2  v1",
            &"  Doc/1  v2",
            &"  Doc/3  before its first event",
            &"  Mail/1  before its first event"
        ],
        "{text}"
    );
    assert!(place.ok(&["trace", "3", "--lanes", "--ascii"]).contains("> +->*"));
    // Rows first, and then the lanes' states.
    let rows = place.json(&["trace", "6", "--lanes"]);
    let of = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("lane"), [0, 1, 2, 3, 0, 1, 2, 3]);
    assert_eq!(of("cause")[..4], [json!(null), json!(2), json!(2), json!(3)]);
    assert_eq!(of("at")[3..], [json!(null), json!(6), json!(6), json!(6), json!(6)]);
    assert_eq!(of("moved")[4..], [true, true, true, true]);
    assert!(rows[5]["state"].is_object() && rows[5]["changes"].is_array());
    // What is part of no operation, and what another branch has.
    assert!(place.ok(&["trace", "1", "--lanes"]).starts_with("no operation: causes and effects alone"));
    place.ok(&["branch", "b", "--at", "3"]);
    let text = place.ok(&["-b", "b", "trace", "3", "--lanes"]);
    assert!(text.contains("2 events, 2 lanes, 2 more on other branches"), "{text}");
}
