//! What the verbs show of flags, and the one vocabulary of filters over events.

mod drawn;
mod naive;

use backstory::clock::Clock;
use backstory::event::AggregateId;
use backstory::replay::Flag;
use backstory::session::{Mark, Open, Session};
use serde_json::{Value, json};

use crate::program::Place;
use crate::tampered::tamper;

/// One document, set by two people within a minute, and once more by the first.
fn contested() -> Place {
    let place = Place::with("");
    let set = |at: &str, actor: &str, data: Value| {
        json!({ "aggregate": "Doc/1", "type": "Set", "data": data, "meta": { "actor": actor }, "occurred_at": at }).to_string()
    };
    let lines = [
        set("2024-01-01T10:00:00Z", "ann", json!({ "title": "a", "n": 1 })),
        set("2024-01-01T10:00:30Z", "bob", json!({ "title": "b" })),
        set("2024-01-01T10:00:40Z", "bob", json!({ "title": "b" })),
        set("2024-01-01T10:05:00Z", "ann", json!({ "title": "c" })),
        set("2024-01-01T10:04:00Z", "ann", json!({ "n": 1 })),
    ];
    place.ok(&["import", place.file("events.jsonl", lines.join("\n"))]);
    place
}

#[test]
fn flags_are_shown_wherever_an_event_is() {
    let place = contested();
    let flags = |args: &[&str]| -> Vec<String> {
        place.json(args).iter().map(|event| event["flags"].to_string()).collect()
    };
    let near = ["{\"late\":true}", "{}", "{\"repeated\":true}", "{}", "{}"];
    assert_eq!(flags(&["log"]), near);
    assert_eq!(flags(&["log", "Doc/1"]), near);
    let all = [
        "{\"late\":true,\"nothing\":true}",
        "{}",
        "{\"repeated\":true,\"nothing\":true}",
        "{\"overwrote\":true}",
        "{}",
    ];
    assert_eq!(flags(&["log", "--flags"]), all);
    let within = flags(&["log", "--flags", "--within", "5m"]);
    assert_eq!(within[1], "{\"overwrote\":true}", "bob set it 290 seconds before");
    assert_eq!(place.json(&["log", "--where", "$flags.overwrote", "--within", "29s"]).len(), 0);
    assert_eq!(place.one(&["show", "2"])["flags"], json!({ "overwrote": true }));
    let text = place.ok(&["log"]);
    assert!(text.lines().next().unwrap().ends_with("[late]"), "{text}");
    assert!(text.contains("  [repeated]\n") && !text.contains("nothing"), "{text}");
    assert!(place.ok(&["show", "2"]).contains("flag  overwrote: it set a field, to another value"));
    assert_eq!(place.json(&["find", "--event", "$flags.overwrote"])[0]["version"], 2);
    assert_eq!(place.json(&["find", "--event", "$flags.overwrote", "--within", "5m"]).len(), 2);
    place.refused(2, &["log", "--within", "soon"]);
}

#[test]
fn what_a_domain_calls_quiet_is_never_overwritten() {
    let place = Place::empty();
    place.file("rules.toml", "[domain]\nname = \"docs\"\n[aggregate.Doc]\nquiet = [\"n\", \"sync\"]\n");
    place.ok(&["init", "--domain", "rules.toml"]);
    let line = |at: u32, actor: &str, data: Value| {
        json!({
            "aggregate": "Doc/1", "type": "Set", "data": data, "meta": { "actor": actor },
            "occurred_at": format!("2024-01-01T10:00:{at:02}Z"),
        })
        .to_string()
    };
    let lines = [
        line(0, "ann", json!({ "n": 1, "sync": { "at": 1 }, "title": "a" })),
        line(1, "bob", json!({ "n": 2, "sync": { "at": 2 } })),
        line(2, "ann", json!({ "n": 3, "title": "b" })),
        line(3, "bob", json!({ "n": 4, "title": "c" })),
    ];
    place.ok(&["import", place.file("events.jsonl", lines.join("\n"))]);
    let found = place.json(&["log", "--where", "$flags.overwrote"]);
    assert_eq!(found.iter().map(|event| &event["version"]).collect::<Vec<_>>(), [4]);
}

#[test]
fn rules_about_events_see_what_filters_see() {
    let place = Place::empty();
    let rules = r#"
        [domain]
        name = "docs"
        [aggregate.Doc.event.Set]
        [[monitor]]
        name = "fought over"
        on = ["Set"]
        where = '$flags.overwrote and $by.title.actor == "ann" and $previous.type == "Set"'
        at_most = 0
        within = "1h"
        [projection.taken]
        on = ["Set"]
        row = '{ from: $by.title.actor, by: $meta.actor, changed: $changed, late: ($flags.late // false) }'
        [[reactor]]
        name = "tell"
        on = ["Set"]
        run = "sync"
        when = '$flags.overwrote'
        notify = '"\($meta.actor) overwrote \($by.title.actor)"'
    "#;
    place.ok(&["init", "--domain", place.file("rules.toml", rules)]);
    let set = |at: &str, actor: &str, title: &str| {
        json!({
            "aggregate": "Doc/1", "type": "Set", "data": { "title": title }, "meta": { "actor": actor },
            "occurred_at": at,
        })
        .to_string()
    };
    let lines = [
        set("2024-01-01T10:00:00Z", "ann", "a"),
        set("2024-01-01T10:00:30Z", "bob", "b"),
        set("2024-01-01T10:09:00Z", "ann", "c"),
    ];
    place.ok(&["import", place.file("events.jsonl", lines.join("\n"))]);
    let monitors = place.one(&["monitors"]);
    assert_eq!((&monitors["position"], &monitors["count"]), (&json!(2), &json!(1)), "{monitors}");
    let rows = place.json(&["report", "taken"]);
    let told: Vec<_> = rows
        .iter()
        .map(|row| &row["row"])
        .map(|row| (row["from"].clone(), row["by"].clone(), row["changed"].clone()))
        .collect();
    let changed = json!(["title"]);
    for wanted in [
        (Value::Null, json!("ann"), changed.clone()),
        (json!("ann"), json!("bob"), changed.clone()),
        (json!("bob"), json!("ann"), changed.clone()),
    ] {
        assert!(told.contains(&wanted), "{wanted:?} in {rows:?}");
    }
    let would = place.one(&["show", "2"])["reactions"][0]["would"].clone();
    assert_eq!(would["notify"], "bob overwrote ann");
    assert_eq!(place.one(&["show", "3"])["reactions"][0]["would"], Value::Null);
}

#[test]
fn every_filter_over_events_has_the_same_variables() {
    let place = contested();
    for (filter, positions) in [
        ("$previous == null", vec![1]),
        ("$previous.actor != $meta.actor", vec![2, 4, 1]),
        ("$by.title.actor == \"ann\" and $meta.actor == \"bob\"", vec![2]),
        ("$by | has(\"n\") and .title.version > 1", vec![3, 4, 5]),
        ("$at < $previous.at", vec![5]),
        ("$data.title == \"b\" and $event.data.title == .title", vec![2, 3]),
        ("$changed == [] and ($flags | has(\"nothing\"))", vec![3, 5]),
        ("$previous.changed == [\"title\"]", vec![3, 5]),
        ("$before == null", vec![1]),
        ("$day == \"2024-01-01\" and $flags.late", vec![5]),
    ] {
        let mut wanted = positions;
        wanted.sort_unstable();
        let of = |args: &[&str]| -> Vec<i64> {
            place.json(args).iter().map(|event| event["position"].as_i64().unwrap()).collect()
        };
        assert_eq!(of(&["log", "--reverse", "--where", filter]), wanted, "{filter}");
        assert_eq!(of(&["find", "--event", filter]), wanted, "{filter}");
        let exported = place.ok(&["export", "--where", filter]);
        let exported =
            exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["position"].clone());
        assert_eq!(exported.filter_map(|position| position.as_i64()).collect::<Vec<_>>(), wanted, "{filter}");
        let counted = place.json(&["log", "--count-by", "$event.position", "--where", filter]);
        assert_eq!(counted.len(), wanted.len(), "{filter}");
    }
}

#[test]
fn the_list_is_filtered_by_its_newest_events_and_by_who_set_what() {
    let place = contested();
    for (filter, holds) in [
        ("$event.type == \"Set\" and $event.meta.actor == \"ann\"", true),
        ("$event.version == 4", false),
        ("$by.title.version == 4 and $by.n.version == 1", true),
        ("$by.title.actor == \"bob\"", false),
    ] {
        assert_eq!(!place.json(&["aggregates", "--where", filter]).is_empty(), holds, "{filter}");
    }
    assert_eq!(place.json(&["aggregates", "--at", "3", "--where", "$by.title.actor == \"bob\""]).len(), 1);
    assert!(place.refused(2, &["aggregates", "--where", "$event.actor"]).contains("`.meta.actor`"));
}

#[test]
fn a_name_that_no_event_has_is_said() {
    let place = contested();
    for (filter, said) in [
        ("$event.at", "No event has `.at`."),
        ("$event.at", "You may mean `.occurred_at`"),
        ("$event.actor == \"ann\"", "You may mean `.meta.actor`"),
        ("$event.verison > 1", "You may mean `.version`"),
        ("$flags.latee", "You may mean `.late`"),
        ("$previous.kind", "You may mean `.type`"),
        ("$after.n == 1", "$previous"),
    ] {
        for args in
            [&["log", "--where", filter][..], &["log", "--count-by", filter], &["find", "--event", filter]]
        {
            let answer = place.refused(2, args);
            assert!(answer.contains(said), "{args:?}: {answer}");
        }
    }
}

#[test]
fn at_the_end_of_a_long_history_each_flag_stands_at_its_event() {
    let place = Place::with("");
    let long = 45_000;
    let lines: String = (1..=long)
        .map(|n| {
            let at = if n == long - 10 { 5 } else { n };
            let line = json!({
                "aggregate": "Doc/1", "type": "Set", "data": { "n": n }, "meta": {},
                "occurred_at": format!("2024-01-01T{:02}:{:02}:{:02}Z", at / 3_600, at / 60 % 60, at % 60),
            });
            format!("{line}\n")
        })
        .collect();
    place.ok(&["import", place.file("events.jsonl", lines)]);
    let open = Open { path: place.store(), branch: "main".to_owned(), clock: Clock::System };
    let mut session = Session::open(&open).unwrap();
    let window = session.window(&AggregateId::new("Doc", "1"), (long - 300, long), 1, 100).unwrap();
    let late = |mark: &&Mark| mark.flags.has(Flag::Late);
    let late: Vec<_> = window.marks.iter().filter(late).map(|mark| mark.version).collect();
    assert_eq!((window.marks.len(), late), (301, vec![long - 10]));
}

#[test]
fn where_somebody_took_events_out_of_a_history_its_flags_come_to_an_end() {
    let place = contested();
    let whole = std::fs::read(place.store()).unwrap();
    for statement in [
        "DELETE FROM events WHERE version IN (2, 3)",
        "DELETE FROM events WHERE version = 5",
        "UPDATE events SET version = 9 WHERE version = 5",
        "UPDATE events SET version = 900000000000 WHERE version = 5",
        "UPDATE events SET position = 900000000000 WHERE position = 5",
        "UPDATE heads SET version = 900000000000",
    ] {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", place.store().display()));
        }
        std::fs::write(place.store(), &whole).unwrap();
        assert!(tamper(&place.sql(), statement), "{statement}");
        for args in [
            &["show", "Doc/1"][..],
            &["show", "Doc/1@5"],
            &["log", "--flags"],
            &["log", "Doc/1", "--flags"],
            &["log", "--where", "$flags.late or $event.version > 0"],
        ] {
            let ran = place.run(args);
            assert!((0..=4).contains(&ran.code) && !ran.err.contains("panicked"), "{statement}: {ran:?}");
        }
    }
}
