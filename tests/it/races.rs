//! Races: for each kind a store in which it is found, and a twin with one detail different in which it is not.

mod demo;
mod planted;

use serde_json::{Value, json};

use crate::program::Place;

const RULES: &str = r#"
[domain]
name = "incidents"
[aggregate.Inc]
quiet = ["touched"]
[aggregate.Inc.event.Opened]
[aggregate.Inc.event.Assigned]
[aggregate.Inc.event.Closed]
[aggregate.Inc.event.Counted]
[aggregate.Inc.event.Added]
apply = '.sum = (.sum // 0) + $data.by'
[aggregate.Inc.command.open]
creates = true
emit = 'event("Opened"; {n: 0, state: "new"})'
[aggregate.Inc.command.assign]
params = { to = "string" }
emit = 'event("Assigned"; {assignee: $params.to})'
[aggregate.Inc.command.close]
emit = 'if .state == "closed" then error("it is closed") else event("Closed"; {state: "closed"}) end'
[aggregate.Inc.command.count]
emit = 'event("Counted"; {n: (.n + 1)})'
[aggregate.Inc.command.note]
emit = 'event("Counted"; {seen_n: .n})'
"#;

fn place() -> Place {
    let place = Place::empty();
    place.ok(&["init", "--domain", place.file("rules.toml", RULES)]);
    place
}

/// Events of one incident as an import reads them: second, actor, type, data, and more metadata.
fn imported(events: &[(i64, &str, &str, Value, Value)]) -> Place {
    let place = place();
    let line = |(second, actor, kind, data, more): &(i64, &str, &str, Value, Value)| {
        let mut meta = more.clone();
        meta["actor"] = (*actor).into();
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap();
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        json!({ "aggregate": "Inc/1", "type": kind, "data": data, "meta": meta, "occurred_at": at })
            .to_string()
    };
    let lines: Vec<_> = events.iter().map(line).collect();
    place.ok(&["import", place.file("events.jsonl", lines.join("\n"))]);
    place
}

fn fire(place: &Place, actor: &str, command: &[&str]) {
    let args = [&["fire", "Inc/1"], command, &["--actor", actor]].concat();
    place.ok(&args);
}

/// The races of a kind, as `v2/v3 end`.
fn races(place: &Place, kind: &str) -> Vec<String> {
    place.json(&["races", "--kind", kind]).iter().map(brief).collect()
}

fn brief(race: &Value) -> String {
    let versions: Vec<_> =
        race["events"].as_array().unwrap().iter().map(|event| format!("v{}", event["version"])).collect();
    format!("{} {}", versions.join("/"), race["weight"].as_str().unwrap())
}

const NONE: [&str; 0] = [];

#[test]
fn who_assigns_over_what_he_had_not_seen_loses_an_update() {
    for (seen, found) in [("Inc/1@1", vec!["v2/v3 end"]), ("Inc/1@2", vec![])] {
        let place = place();
        fire(&place, "ann", &["open"]);
        fire(&place, "ann", &["assign", "to=ann", "--seen", "Inc/1@1"]);
        fire(&place, "bob", &["assign", "to=bob", "--seen", seen]);
        assert_eq!(races(&place, "lost-update"), found);
        if let Some(race) = place.json(&["races", "--kind", "lost-update"]).first() {
            assert_eq!(race["fields"], json!([{ "path": "assignee", "values": [null, "ann", "bob"] }]));
            assert_eq!(race["differs"][0]["value"], "ann", "{race}");
        }
        // What comes to the same again was another state for some time only.
        fire(&place, "cat", &["assign", "to=cat", "--seen", "Inc/1@3"]);
        let later: Vec<_> = found.iter().map(|race| race.replace("end", "meanwhile")).collect();
        assert_eq!(races(&place, "lost-update"), later);
    }
}

#[test]
fn without_what_was_seen_the_version_that_explains_a_decision_tells() {
    let counted = |n: i64| {
        let command = json!({ "command": { "name": "count", "params": {}, "part": 1, "of": 1 } });
        imported(&[
            (0, "ann", "Opened", json!({ "n": 0 }), json!({})),
            (5, "ann", "Counted", json!({ "n": 1 }), command.clone()),
            (9, "bob", "Counted", json!({ "n": n }), command),
        ])
    };
    let lost = counted(1).json(&["races", "--kind", "lost-update"]);
    assert_eq!(lost.iter().map(brief).collect::<Vec<_>>(), ["v2/v3 end"], "both would have counted");
    assert!(lost[0]["note"].as_str().unwrap().contains("decides so on v1, and not on v2"), "{lost:?}");
    assert_eq!(races(&counted(2), "lost-update"), NONE);
}

#[test]
fn without_commands_what_was_overwritten_tells_and_is_said_to_be_weaker() {
    let set = |second: i64, field: &str| {
        imported(&[
            (0, "ann", "Opened", json!({ "p": 1 }), json!({})),
            (second, "bob", "Opened", json!({ field: 2 }), json!({})),
        ])
    };
    let lost = set(60, "p").json(&["races", "--kind", "lost-update"]);
    assert_eq!(lost.iter().map(brief).collect::<Vec<_>>(), ["v1/v2 end"]);
    assert!(lost[0]["note"].as_str().unwrap().starts_with("weaker: "), "{lost:?}");
    assert_eq!(races(&set(61, "p"), "lost-update"), NONE);
    assert_eq!(races(&set(60, "q"), "lost-update"), NONE);
    assert_eq!(races(&set(60, "touched"), "lost-update"), NONE);
    assert_eq!(set(61, "p").json(&["races", "--within", "61s", "--kind", "lost-update"]).len(), 1);
}

#[test]
fn what_comes_twice_and_counts_twice_is_a_duplicate() {
    let twice = |kind: &str, second: i64, by: i64| {
        imported(&[
            (0, "ann", "Opened", json!({}), json!({})),
            (10, "hook", kind, json!({ "by": 2 }), json!({})),
            (second, "hook", kind, json!({ "by": by }), json!({})),
        ])
    };
    assert_eq!(races(&twice("Added", 10, 2), "duplicate"), ["v2/v3 end"], "at the same time");
    assert_eq!(races(&twice("Added", 40, 2), "duplicate"), ["v2/v3 end"], "shortly after");
    assert_eq!(races(&twice("Added", 10, 3), "duplicate"), NONE);
    assert_eq!(races(&twice("Added", 4000, 2), "duplicate"), NONE, "once more, and not twice");
    assert_eq!(races(&twice("Counted", 10, 2), "duplicate"), NONE, "it changes nothing");
}

#[test]
fn an_end_that_hangs_on_the_order_is_a_disorder() {
    let sets = |second: i64, field: &str| {
        imported(&[
            (10, "ann", "Opened", json!({ "p": 1 }), json!({})),
            (second, "bob", "Opened", json!({ field: 2 }), json!({})),
        ])
    };
    assert_eq!(races(&sets(5, "p"), "disorder"), ["v1/v2 end"]);
    assert_eq!(races(&sets(15, "p"), "disorder"), NONE);
    assert_eq!(races(&sets(5, "q"), "disorder"), NONE, "they commute");
    let received = json!([{ "path": "p", "values": [2, 1] }]);
    assert_eq!(sets(5, "p").one(&["races", "--kind", "disorder"])["fields"], received);
}

#[test]
fn what_was_seen_and_had_moved_on_is_decided_again_on_what_was_seen() {
    for (command, seen, found) in [
        ("note", "Inc/1@1", vec!["v3 end"]),
        ("note", "Inc/1@2", vec![]),
        ("close", "Inc/1@1", vec!["v3 nothing"]),
    ] {
        let place = place();
        fire(&place, "ann", &["open"]);
        fire(&place, "ann", &["count"]);
        fire(&place, "bob", &[command, "--seen", seen]);
        assert_eq!(races(&place, "stale"), found, "{command} {seen}");
    }
}

#[test]
fn there_and_back_by_two_actors_is_an_edit_war() {
    let sets = |actor: &str, value: i64, second: i64| {
        imported(&[
            (0, "ann", "Opened", json!({ "p": 3 }), json!({})),
            (100, "cat", "Opened", json!({ "p": 1 }), json!({})),
            (second, actor, "Opened", json!({ "p": value }), json!({})),
        ])
    };
    let war = sets("ann", 3, 122).json(&["races", "--kind", "edit-war"]);
    assert_eq!(war.iter().map(brief).collect::<Vec<_>>(), ["v2/v3 end"]);
    assert_eq!(war[0]["fields"], json!([{ "path": "p", "values": [3, 1, 3] }]));
    assert_eq!(war[0]["apart"], 22.0);
    assert_eq!(races(&sets("cat", 3, 122), "edit-war"), NONE);
    assert_eq!(races(&sets("ann", 4, 122), "edit-war"), NONE);
    assert_eq!(races(&sets("ann", 3, 161), "edit-war"), NONE);
}

#[test]
fn numbers_of_the_source_and_causes_tell_by_themselves() {
    let numbered = |number: i64| {
        imported(&[
            (0, "ann", "Opened", json!({ "p": 1 }), json!({ "source_version": 1 })),
            (1, "ann", "Opened", json!({ "p": 2 }), json!({ "source_version": number })),
        ])
    };
    assert_eq!(races(&numbered(1), "source"), ["v2 end"]);
    assert_eq!(races(&numbered(3), "source"), ["v2 nothing"]);
    assert_eq!(races(&numbered(2), "source"), NONE);
    for (second, found) in [(-5, vec!["v2 nothing"]), (5, vec![])] {
        let place = imported(&[(0, "ann", "Opened", json!({ "p": 1 }), json!({}))]);
        let cause = place.json(&["log"])[0]["hash"].clone();
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap().to_rfc3339();
        let line = json!({ "aggregate": "Inc/1", "type": "Opened", "data": { "q": 1 }, "occurred_at": at,
                           "meta": { "causation_id": cause } });
        place.ok(&["import", place.file("more.jsonl", line.to_string())]);
        assert_eq!(races(&place, "before-cause"), found);
    }
}

#[test]
fn a_job_that_answers_late_and_otherwise_is_an_old_reaction() {
    for (work_between, found) in [(false, vec!["v4 meanwhile"]), (true, vec![])] {
        let place = Place::empty();
        let reactor = "[[reactor]]\nname = \"note\"\non = [\"Counted\"]\nwhen = '.n != $before.n'\ncommand = { name = \"note\" }\n";
        place.ok(&["init", "--domain", place.file("rules.toml", format!("{RULES}{reactor}"))]);
        let work = || place.ok(&["work", "--until-empty"]);
        fire(&place, "ann", &["open"]);
        fire(&place, "ann", &["count"]);
        if work_between {
            work();
        }
        fire(&place, "ann", &["count"]);
        work();
        assert_eq!(races(&place, "old-reaction"), found, "{}", place.ok(&["races"]));
    }
}

#[test]
fn the_worst_stands_first_and_what_is_asked_for_narrows() {
    let place = imported(&[
        (0, "ann", "Opened", json!({ "p": 3, "s": "a" }), json!({})),
        (20, "cat", "Opened", json!({ "p": 1 }), json!({})),
        (30, "ann", "Opened", json!({ "p": 3 }), json!({})),
        (1000, "ann", "Opened", json!({ "p": 9 }), json!({})),
        (2000, "dan", "Opened", json!({ "s": "b" }), json!({ "source_version": 1 })),
        (2010, "eve", "Opened", json!({ "s": "c" }), json!({ "source_version": 9 })),
    ]);
    let all = place.json(&["races"]);
    let weights: Vec<_> = all.iter().map(|race| race["weight"].as_str().unwrap()).collect();
    assert_eq!(weights, ["end", "meanwhile", "meanwhile", "meanwhile", "nothing"], "{all:?}");
    let count = |args: &[&str]| place.json(&[&["races"], args].concat()).len();
    assert_eq!((count(&["Inc"]), count(&["Inc/1"]), count(&["Doc"]), count(&["Inc/1@2"])), (5, 5, 0, 1));
    assert_eq!(count(&["--kind", "source,edit-war"]), 2);
    assert_eq!(count(&["--where", "$meta.actor == \"eve\""]), 2);
    assert_eq!(count(&["--since", "2023-11-14T22:40:00Z"]), 2);
    assert_eq!(count(&["--until", "2023-11-14T22:40:00Z"]), 3);
    assert_eq!(count(&["--limit", "1"]), 1);
    let text = place.ok(&["races"]);
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("! Inc/1 v5/v6  lost-update  dan·eve  10s  s a→b→c  the end differs"),
        "{text}"
    );
    assert!(text.lines().last().unwrap().starts_with("lost-update 3  edit-war 1  source 1"), "{text}");
    let failed = place.refused(1, &["races", "--fail-on", "edit-war"]);
    assert!(failed.contains("1 of the kind edit-war"), "{failed}");
    place.ok(&["races", "--fail-on", "duplicate"]);
    place.refused(2, &["races", "--kind", "lost"]);
    assert_eq!(place.ok(&["races", "Doc"]), "No races were found.\n");
}
