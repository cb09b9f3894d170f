//! What comes out of a store and goes into one: exports, imports, backups.

use serde_json::{Value, json};

use super::{EVENT, small};
use crate::program::{Place, fields};

#[test]
fn an_export_comes_back_with_the_same_hashes() {
    let place = Place::demo();
    let export = place.ok(&["export"]);
    place.file("demo.jsonl", &export);
    let answer = place.one(&["-s", "copy.db", "import", "demo.jsonl"]);
    let events = export.lines().count();
    assert_eq!(fields(&answer), ["records", "appended", "seen", "left_out", "bad", "bad_records", "notes"]);
    assert_eq!((&answer["records"], &answer["appended"]), (&json!(events), &json!(events)));
    assert_eq!(place.ok(&["-s", "copy.db", "export"]), export);
    assert_eq!(place.one(&["-s", "copy.db", "verify"]), place.one(&["verify"]));
    // Twice adds nothing.
    let answer = place.one(&["-s", "copy.db", "import", "demo.jsonl"]);
    assert_eq!((&answer["appended"], &answer["seen"]), (&json!(0), &json!(events)));
    assert_eq!(place.ok(&["-s", "copy.db", "export"]), export);
    // What was appended since goes on from there.
    place.ok(&["fire", "Task/1", "comment", "text=more"]);
    let longer = place.ok(&["export"]);
    let more = longer.lines().last().unwrap();
    place.file("more.jsonl", more);
    place.ok(&["-s", "copy.db", "import", "more.jsonl"]);
    assert_eq!(place.ok(&["-s", "copy.db", "export"]), longer);
    // Anywhere else it is refused, and the store stays as it was.
    let other = small();
    let before = other.ok(&["export"]);
    other.file("more.jsonl", more);
    let said = other.refused(1, &["import", "more.jsonl"]);
    assert!(
        said.contains("more.jsonl:1: it was recorded at") && said.contains("cannot keep its hash"),
        "{said}"
    );
    assert_eq!(other.ok(&["export"]), before);
    // So is one that was changed on the way.
    let line = export.lines().next().unwrap().replace("\"amount\":49", "\"amount\":48");
    other.file("changed.jsonl", line);
    let said = other.refused(1, &["-s", "new.db", "import", "changed.jsonl"]);
    assert!(said.contains("comes back unchanged"), "{said}");
}

#[test]
fn import_tries_skips_and_refuses() {
    let place = Place::empty();
    let good =
        json!({ "aggregate": "T/1", "type": "E", "occurred_at": "2019-01-01T00:00:00Z", "data": { "a": 1 } });
    place.file("some.jsonl", format!("{good}\n{{\"broken\n{{}}\n"));
    let tried = place.json(&["import", "some.jsonl", "--try", "5"]);
    assert_eq!(fields(&tried[0]), ["file", "line", "becomes", "event", "reason"]);
    assert_eq!((&tried[0]["becomes"], &tried[0]["event"]["data"]), (&json!("event"), &json!({ "a": 1 })));
    assert!(tried[1..].iter().all(|row| row["becomes"] == "bad" && row["reason"].is_string()), "{tried:?}");
    assert!(!place.store().exists(), "trying makes nothing");
    let said = place.refused(1, &["import", "some.jsonl"]);
    assert!(said.contains("some.jsonl:2"), "{said}");
    assert!(!place.store().exists());
    let answer = place.one(&["import", "some.jsonl", "--skip-bad"]);
    assert_eq!((&answer["appended"], &answer["bad"]), (&json!(1), &json!(2)));
    assert_eq!(answer["bad_records"][0]["line"], 2);
    place.refused(1, &["import", "absent.jsonl"]);
    assert_eq!(place.run(&["import"]).code, 2);
}

#[test]
fn export_speaks_cloudevents() {
    let place = small();
    let events = place.json(&["export", "--format", "cloudevents"]);
    let log = place.json(&["export"]);
    assert_eq!((events.len(), fields(&log[0])), (5, EVENT.to_vec()));
    for (event, own) in events.iter().zip(&log) {
        assert_eq!(event["specversion"], "1.0");
        for (name, own_name) in [
            ("id", "hash"),
            ("type", "type"),
            ("subject", "aggregate"),
            ("time", "occurred_at"),
            ("data", "data"),
        ] {
            assert_eq!(event[name], own[own_name], "{name}");
        }
        assert_eq!(event["actor"], own["meta"]["actor"]);
        assert_eq!(serde_json::from_str::<Value>(event["meta"].as_str().unwrap()).unwrap(), own["meta"]);
        let attributes = fields(event);
        assert!(
            attributes.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        );
    }
}

#[test]
fn backup_copies_and_never_overwrites() {
    let place = small();
    assert_eq!(place.one(&["backup", "copy.db"]), json!({ "backup": "copy.db" }));
    assert_eq!(place.ok(&["-s", "copy.db", "export"]), place.ok(&["export"]));
    place.ok(&["-s", "copy.db", "verify"]);
    let said = place.refused(1, &["backup", "copy.db"]);
    assert!(said.contains("exists already"), "{said}");
}
