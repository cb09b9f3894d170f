//! Who set what, and when did it become so: blame, find, grep, and the links between events.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/program.rs"]
mod program;

use program::{Place, fields};
use serde_json::{Value, json};

/// A store with one task: created, assigned, scheduled, assigned again, completed.
fn slides() -> Place {
    let place = Place::with("demo");
    for (at, actor, command) in [
        ("2019-04-01T09:00:00Z", "nina", &["create", "title=Prepare slides", "due_on=2019-04-20"][..]),
        ("2019-04-03T09:00:00Z", "nina", &["assign", "assignee=omar"]),
        ("2019-04-04T09:00:00Z", "omar", &["schedule", "due_on=2019-04-24", "--reason", "too early"]),
        ("2019-04-05T09:00:00Z", "nina", &["assign", "assignee=mira"]),
        ("2019-04-24T12:02:11Z", "mira", &["complete"]),
    ] {
        let mut args = vec!["fire", "Task/1"];
        args.extend(command);
        args.extend(["--at", at, "--actor", actor]);
        place.ok(&args);
    }
    place
}

/// A store without a domain: each line is an event, `aggregate type data [meta]`, a second after the one before.
fn plain(lines: &[(&str, &str, Value, Value)]) -> Place {
    let place = Place::with("");
    append(&place, 0, lines);
    place
}

fn append(place: &Place, from: usize, lines: &[(&str, &str, Value, Value)]) {
    let text: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(at, (aggregate, kind, data, meta))| {
            json!({
                "aggregate": aggregate, "type": kind, "data": data, "meta": meta,
                "occurred_at": format!("2024-01-01T00:{:02}:{:02}Z", (from + at) / 60, (from + at) % 60),
            })
            .to_string()
        })
        .collect();
    place.ok(&["import", place.file("events.jsonl", text.join("\n"))]);
}

fn column<'a>(lines: &'a [Value], name: &str) -> Vec<&'a Value> {
    lines.iter().map(|line| &line[name]).collect()
}

#[test]
fn blame_names_the_event_that_last_set_each_field() {
    let place = slides();
    let lines = place.json(&["blame", "Task/1"]);
    assert_eq!(
        fields(&lines[0]),
        ["path", "value", "version", "position", "hash", "occurred_at", "actor", "reason"]
    );
    let of = |path: &str| lines.iter().find(|line| line["path"] == path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!((&of("/title")["version"], &of("/due_on")["version"]), (&json!(1), &json!(3)));
    assert_eq!((&of("/due_on")["reason"], &of("/due_on")["actor"]), (&json!("too early"), &json!("omar")));
    assert_eq!(of("/assignee")["version"], 4);
    assert_eq!(of("/completed_at")["hash"], place.one(&["show", "5"])["event"]["hash"]);
    // At a point of the past, on a branch.
    let then = place.json(&["blame", "Task/1@2"]);
    assert!(column(&then, "version").iter().all(|version| version.as_i64() <= Some(2)));
    place.ok(&["branch", "what-if", "--at", "Task/1@2"]);
    place.ok(&["-b", "what-if", "fire", "Task/1", "assign", "assignee=eve", "--actor", "eve"]);
    let there = place.json(&["blame", "what-if:Task/1"]);
    let assignee = there.iter().find(|line| line["path"] == "/assignee").unwrap();
    assert_eq!((&assignee["version"], &assignee["actor"]), (&json!(3), &json!("eve")));
    assert!(place.json(&["blame", "Task/1@0"]).is_empty());
    assert!(place.refused(2, &["blame", "2019-04-03"]).contains("whole store"));
    assert_eq!(place.json(&["blame", "Task/1", "--limit", "2"]).len(), 2);
    let text = place.ok(&["blame", "Task/1"]);
    assert!(text.lines().any(|line| line.starts_with("due_on ") && line.contains("by omar  \"too early\"")));
}

#[test]
fn blame_lists_all_writers_of_one_path() {
    let place = slides();
    let writers = place.json(&["blame", "Task/1", "--path", "assignee"]);
    assert_eq!(column(&writers, "version"), [4, 2]);
    assert_eq!(
        (&writers[0]["old"], &writers[0]["value"], &writers[0]["op"]),
        (&json!("omar"), &json!("mira"), &json!("replace"))
    );
    assert_eq!(place.json(&["blame", "Task/1@3", "--path", "/assignee"]).len(), 1);
    assert_eq!(place.json(&["blame", "Task/1", "--path", "assignee", "--limit", "1"]).len(), 1);
    assert!(place.ok(&["blame", "Task/1", "--path", "assignee"]).contains("~ assignee  omar → mira"));
    assert!(place.refused(1, &["blame", "Task/1", "--path", "nothing"]).contains("never had anything"));

    let none = json!({});
    let place = plain(&[
        ("Doc/1", "Set", json!({"tags": ["a"], "n": {"x/y": 1}}), none.clone()),
        ("Doc/1", "Set", json!({"tags": ["z", "a"]}), none.clone()),
        ("Doc/1", "Set", json!({"n": {"x/y": null}}), none.clone()),
        ("Doc/1", "Set", json!({"n": {"x/y": 1}}), none.clone()),
    ]);
    let ops = place.json(&["blame", "Doc/1", "--path", "/n/x~1y"]);
    assert_eq!(column(&ops, "op"), ["add", "remove", "add"]);
    assert_eq!(column(&ops, "version"), [4, 3, 1]);
    // The item that moved is the one that the first event brought.
    let moved = place.json(&["blame", "Doc/1", "--path", "tags.1"]);
    assert_eq!(
        (column(&moved, "version"), column(&moved, "path")),
        (vec![&json!(1)], vec![&json!("/tags/0")])
    );
    let blamed = place.json(&["blame", "Doc/1"]);
    let tags: Vec<_> =
        blamed.iter().filter(|line| line["path"].as_str().unwrap().starts_with("/tags")).collect();
    assert_eq!(tags.iter().map(|line| &line["version"]).collect::<Vec<_>>(), [2, 1]);
}

/// What a search printed: aggregate, version, and what it turned to.
fn turns(lines: &[Value]) -> Vec<(&str, i64, Option<bool>)> {
    lines
        .iter()
        .map(|line| {
            (line["aggregate"].as_str().unwrap(), line["version"].as_i64().unwrap(), line["turned"].as_bool())
        })
        .collect()
}

#[test]
fn find_shows_every_turn_in_log_order() {
    let none = json!({});
    let n = |n: i64| json!({ "n": n });
    let place = plain(&[
        ("Doc/1", "Set", n(1), none.clone()),
        ("Doc/2", "Set", n(9), none.clone()),
        ("Doc/1", "Set", n(7), none.clone()),
        ("Other/1", "Set", n(8), none.clone()),
        ("Doc/1", "Set", n(6), none.clone()),
        ("Doc/1", "Set", n(2), none.clone()),
        ("Doc/2", "Touched", n(9), none.clone()),
        ("Doc/1", "Set", n(8), json!({"actor": "eve"})),
    ]);
    let found = place.json(&["find", ".n > 5"]);
    assert_eq!(
        fields(&found[0]),
        ["aggregate", "branch", "version", "position", "occurred_at", "turned", "hash"]
    );
    assert_eq!(
        turns(&found),
        [
            ("Doc/2", 1, Some(true)),
            ("Doc/1", 2, Some(true)),
            ("Other/1", 1, Some(true)),
            ("Doc/1", 4, Some(false)),
            ("Doc/1", 5, Some(true)),
        ]
    );
    assert_eq!(found[1]["hash"], place.one(&["show", "3"])["event"]["hash"]);
    assert_eq!(turns(&place.json(&["find", ".n > 5", "Other"])).len(), 1);
    assert_eq!(turns(&place.json(&["find", ".n > 5", "Doc/1"])).len(), 3);
    assert_eq!(turns(&place.json(&["find", ".n > 5", "Doc/1@4"])).len(), 2);
    assert_eq!(
        turns(&place.json(&["find", ".n > 5", "--first", "Doc"])),
        [("Doc/2", 1, Some(true)), ("Doc/1", 2, Some(true))]
    );
    assert_eq!(place.json(&["find", ".n > 5", "--limit", "2"]).len(), 2);
    // Nothing exists before the first event: what holds of nothing turns true there.
    assert_eq!(turns(&place.json(&["find", ".gone == null", "Doc/2"])), [("Doc/2", 1, Some(true))]);
    assert!(place.json(&["find", ".n > 99"]).is_empty());
    assert!(place.ok(&["find", ".n > 5", "Doc/1"]).starts_with("▴ #3 "));
    assert!(place.refused(2, &["find", ".n >"]).contains("not jq"));
    assert!(place.refused(1, &["find", ".n", "Doc/9"]).contains("no Doc/9"));
    assert!(place.refused(1, &["find", "def f: f; f"]).contains("stopped"));

    let events = place.json(&["find", "--event", r#".meta.actor == "eve""#]);
    assert_eq!((events.len(), &events[0]["position"]), (1, &json!(8)));
    assert_eq!(events[0], place.one(&["show", "8"])["event"]);
    let same = place.json(&["find", "--event", "$before.n == $after.n", "Doc"]);
    assert_eq!(column(&same, "position"), [7]);
    assert_eq!(place.json(&["find", "--event", ".data.n == 9", "--first"]).len(), 1);

    // A branch sees its ancestors' turns, and its own.
    place.ok(&["branch", "b", "--at", "5"]);
    assert_eq!(turns(&place.json(&["-b", "b", "find", ".n > 5"])).len(), 3);
    assert_eq!(place.json(&["-b", "b", "find", ".n > 5"])[0]["branch"], "b");
}

#[test]
fn find_goes_on_behind_a_rule_that_fails() {
    let place = Place::empty();
    let file = place
        .file("d.toml", "[domain]\nname = \"d\"\n[aggregate.Sum.event.Added]\napply = '.n += $data.n'\n");
    place.ok(&["init", "--domain", file]);
    let none = json!({});
    append(
        &place,
        0,
        &[
            ("Sum/1", "Added", json!({"n": 3}), none.clone()),
            ("Sum/1", "Added", json!({"n": "x"}), none.clone()),
            ("Sum/1", "Added", json!({"n": 3}), none.clone()),
        ],
    );
    assert_eq!(turns(&place.json(&["find", ".n > 5"])), [("Sum/1", 3, Some(true))]);
}
