//! Flags, `$by`, `$previous` and `$changed` beside a naive fold of this test's own, over random histories with a branch;
//! and what the verbs show of them.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::program::Place;

const RULES: &str = r#"
[domain]
name = "docs"
[aggregate.Doc.event.Tagged]
apply = '.tags = ([$data.tag] + (.tags // []))'
[aggregate.Doc.event.Untagged]
apply = 'if (.tags // []) == [] then error("no tags") else .tags |= .[1:] end'
[aggregate.Doc.event.Gone]
apply = 'null'
"#;

/// One event of a history, drawn at random.
#[derive(Clone, Debug)]
struct Drawn {
    doc: usize,
    kind: usize,
    field: usize,
    value: i64,
    actor: usize,
    /// Seconds since the event before it.
    later: i64,
    /// How far the source's number rises; none where it gives none.
    number: Option<i64>,
    /// Which of the events of the first part caused it, counted from the end; none in the first part itself.
    cause: Option<usize>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let number = prop_oneof![2 => Just(None), 4 => Just(Some(1)), 1 => Just(Some(0)), 1 => Just(Some(3)), 1 => Just(Some(-1))];
    (
        (0..2usize, prop_oneof![6 => Just(0usize), 2 => Just(1), 1 => Just(2), 1 => Just(3)]),
        (0..4usize, 0..3i64, 0..4usize),
        (prop_oneof![4 => 0..40i64, 1 => -50..0i64, 1 => 55..90i64], number),
        prop_oneof![2 => Just(None), 1 => (0..6usize).prop_map(Some)],
    )
        .prop_map(|((doc, kind), (field, value, actor), (later, number), cause)| Drawn {
            doc,
            kind,
            field,
            value,
            actor,
            later,
            number,
            cause,
        })
}

/// What of an event the test keeps.
#[derive(Clone, Debug)]
struct Told {
    position: i64,
    version: i64,
    kind: String,
    at: i64,
    time: String,
    actor: Option<String>,
    data: Value,
    meta: Value,
    hash: String,
}

impl Told {
    fn of(event: &Value) -> Self {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        Self {
            position: event["position"].as_i64().unwrap(),
            version: event["version"].as_i64().unwrap(),
            kind: text("type"),
            at: chrono::DateTime::parse_from_rfc3339(&text("occurred_at")).unwrap().timestamp(),
            time: text("occurred_at"),
            actor: event["meta"]["actor"].as_str().map(str::to_owned),
            data: event["data"].clone(),
            meta: event["meta"].clone(),
            hash: text("hash"),
        }
    }
}

/// Everything at the ends of a state, by dotted path; an empty container is an end.
fn leaves(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| leaves(&below(key), value, out));
        }
        _ if path.is_empty() => {}
        _ => {
            out.insert(path.to_owned(), value.clone());
        }
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        let fields = target.as_object_mut().unwrap();
        if value.is_null() {
            fields.shift_remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What the naive fold says of an event.
#[derive(Debug, Default, PartialEq)]
struct Naive {
    flags: Vec<&'static str>,
    by: Value,
    previous: Value,
    changed: Vec<String>,
}

/// The flags of one aggregate's events, worked out as their definitions say it. Lists are no part of `$by` here: the
/// histories of [`drawn`] put their items at the front, where a naive comparison would go by places.
fn naive(events: &[Told], all: &HashMap<String, Told>) -> Vec<Naive> {
    let mut state = json!({});
    let mut setters: BTreeMap<String, Told> = BTreeMap::new();
    let mut told = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let before = &events[..index];
        let mut flags = Vec::new();
        flags.extend(before.last().filter(|last| event.at < last.at).map(|_| "late"));
        let same =
            |earlier: &Told| earlier.kind == event.kind && earlier.data.to_string() == event.data.to_string();
        flags.extend(before.iter().any(same).then_some("repeated"));
        let number = |event: &Told| event.meta["source_version"].as_i64();
        if let Some(own) = number(event) {
            let numbers: Vec<i64> = before.iter().filter_map(number).collect();
            flags.extend(numbers.iter().max().filter(|newest| own > *newest + 1).map(|_| "gap"));
            flags.extend(numbers.contains(&own).then_some("clash"));
        }
        let cause = event.meta["causation_id"].as_str().and_then(|hash| all.get(hash));
        flags.extend(
            cause
                .filter(|cause| cause.position > event.position || event.at < cause.at)
                .map(|_| "before_cause"),
        );
        let mut next = if state.is_null() { json!({}) } else { state.clone() };
        let mut failed = false;
        let tags = next["tags"].as_array().cloned().unwrap_or_default();
        match event.kind.as_str() {
            "Tagged" => {
                next["tags"] = std::iter::once(event.data["tag"].clone()).chain(tags).collect();
            }
            "Untagged" if tags.is_empty() => failed = true,
            "Untagged" => next["tags"] = tags[1..].into(),
            "Gone" => next = Value::Null,
            _ => merge(&mut next, &event.data),
        }
        if failed {
            next = state.clone();
        }
        let held = |state: &Value| if state.is_null() { json!({}) } else { state.clone() };
        if !failed && held(&state) == held(&next) {
            flags.push("nothing");
        }
        let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
        leaves("", &held(&state), &mut was);
        leaves("", &held(&next), &mut is);
        let by: Map<String, Value> = setters
            .iter()
            .filter(|(path, _)| *path != "tags")
            .map(|(path, setter)| {
                let by = json!({ "actor": setter.actor, "at": setter.time, "version": setter.version, "type": setter.kind });
                (path.clone(), by)
            })
            .collect();
        let undone =
            was.iter().filter(|(path, value)| is.get(*path) != Some(value)).filter(|(path, value)| {
                let empty = value.as_object().is_some_and(Map::is_empty);
                let filled = is.keys().any(|is| is.starts_with(&format!("{path}.")));
                *path != "tags" && !(empty && filled)
            });
        let just_before = |setter: &Told| {
            let apart = event.at - setter.at;
            (0..=60).contains(&apart)
                && setter.actor.is_some()
                && event.actor.is_some()
                && setter.actor != event.actor
                && event.meta["causation_id"] != setter.hash.as_str()
        };
        let mut undone = undone.filter_map(|(path, _)| setters.get(path));
        flags.extend(undone.any(just_before).then_some("overwrote"));
        flags.extend(failed.then_some("rejected_by_rule"));
        // A container that is empty on one side is no field where the other side has some in it.
        let filled = |there: &BTreeMap<String, Value>, path: &str| {
            there.keys().any(|key| key.starts_with(&format!("{path}.")))
        };
        let gone = was.keys().filter(|path| !is.contains_key(*path) && !filled(&is, path));
        let mut changed: Vec<String> = gone.cloned().collect();
        let differs = is.iter().filter(|(path, value)| was.get(*path) != Some(value) && !filled(&was, path));
        changed.extend(differs.map(|(path, _)| path.clone()));
        setters.retain(|path, _| is.contains_key(path));
        for (path, value) in &is {
            if was.get(path) != Some(value) {
                setters.insert(path.clone(), event.clone());
            }
        }
        let previous = before.last().map_or(Value::Null, |last| {
            json!({ "type": last.kind, "version": last.version, "actor": last.actor, "at": last.time })
        });
        changed.retain(|path| path != "tags");
        changed.sort();
        told.push(Naive { flags, by: by.into(), previous, changed });
        state = next;
    }
    told
}

/// The lines of a part of a history, as an import reads them.
fn lines(events: &[Drawn], clock: &mut i64, numbers: &mut [i64; 2], caused_by: &[String]) -> String {
    let mut text = String::new();
    for drawn in events {
        *clock += drawn.later;
        let (kind, data) = match drawn.kind {
            0 => ("Set", {
                let value = if drawn.value == 0 { Value::Null } else { json!(drawn.value) };
                [
                    json!({ "a": value }),
                    json!({ "b": value }),
                    json!({ "c": { "d": value } }),
                    json!({ "c": { "e": value } }),
                ][drawn.field]
                    .clone()
            }),
            // Tags differ, so that each is a thing of its own.
            1 => ("Tagged", json!({ "tag": format!("{}-{}", drawn.value, *clock) })),
            2 => ("Untagged", json!({})),
            _ => ("Gone", json!({})),
        };
        let mut meta = json!({});
        if let Some(actor) = ["ann", "bob", "cid"].get(drawn.actor) {
            meta["actor"] = (*actor).into();
        }
        if let Some(by) = drawn.number {
            numbers[drawn.doc] += by;
            meta["source_version"] = numbers[drawn.doc].into();
        }
        if let Some(cause) = drawn.cause.and_then(|cause| caused_by.len().checked_sub(cause + 1)) {
            meta["causation_id"] = caused_by[cause].as_str().into();
        }
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + *clock, 0).unwrap();
        let line = json!({
            "aggregate": format!("Doc/{}", drawn.doc), "type": kind, "data": data, "meta": meta,
            "occurred_at": at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        });
        text += &line.to_string();
        text.push('\n');
    }
    text
}

/// `Set` and tags never meet in one field: what lists do is left to the tests of blame.
fn compare(place: &Place, branch: &str) {
    let log = |args: &[&str]| {
        let mut all = vec!["-b", branch, "log"];
        all.extend(args);
        place.json(&all)
    };
    let events = log(&["--reverse", "--flags"]);
    let all: HashMap<String, Told> =
        events.iter().map(|event| (event["hash"].as_str().unwrap().to_owned(), Told::of(event))).collect();
    let mut wanted: BTreeMap<i64, Naive> = BTreeMap::new();
    for doc in ["Doc/0", "Doc/1"] {
        let own: Vec<Told> = events.iter().filter(|event| event["aggregate"] == doc).map(Told::of).collect();
        wanted.extend(own.iter().map(|event| event.position).zip(naive(&own, &all)));
    }
    let names = |event: &Value| event["flags"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let near = |names: &[&str]| -> Vec<String> {
        let near = ["late", "repeated", "gap", "clash", "before_cause"];
        names.iter().filter(|name| near.contains(name)).map(|name| (*name).to_owned()).collect()
    };
    for event in &events {
        let wanted = &wanted[&event["position"].as_i64().unwrap()];
        // What befalls the tags is not followed here.
        let mut seen = names(event);
        if event["type"] != "Set" {
            seen.retain(|name| name != "overwrote" || wanted.flags.contains(&"overwrote"));
        }
        assert_eq!(seen, wanted.flags, "{event} on {branch}");
    }
    for event in log(&[]) {
        let wanted = &wanted[&event["position"].as_i64().unwrap()];
        assert_eq!(names(&event), near(&wanted.flags), "{event} on {branch}");
    }
    // The same by a filter, whichever way the log runs, of all and of one.
    for flag in
        ["late", "overwrote", "nothing", "rejected_by_rule", "clash", "gap", "before_cause", "repeated"]
    {
        let filter = format!("$flags.{flag}");
        let flagged = |doc: Option<&str>| -> Vec<i64> {
            let of = events.iter().filter(|event| doc.is_none_or(|doc| event["aggregate"] == doc));
            let is = of.filter(|event| event["flags"][flag] == true);
            is.map(|event| event["position"].as_i64().unwrap()).collect()
        };
        for doc in [None, Some("Doc/0")] {
            if doc.is_some_and(|doc| events.iter().all(|event| event["aggregate"] != doc)) {
                continue;
            }
            let mut args = vec!["--where", &filter];
            args.extend(doc);
            let positions = |events: &[Value]| -> Vec<i64> {
                events.iter().map(|event| event["position"].as_i64().unwrap()).collect()
            };
            let mut down = positions(&log(&args));
            down.reverse();
            args.push("--reverse");
            let up = positions(&log(&args));
            assert_eq!((&up, &down), (&flagged(doc), &flagged(doc)), "{filter} of {doc:?} on {branch}");
        }
    }
    let shown = log(&[
        "--count-by",
        "{at: $event.position, by: $by, one: $by[\"c.d\"], previous: $previous, changed: $changed, last: $previous.version}",
    ]);
    assert_eq!(shown.len(), events.len());
    for shown in shown {
        let shown = &shown["value"];
        let wanted = &wanted[&shown["at"].as_i64().unwrap()];
        let by: Map<String, Value> = shown["by"].as_object().unwrap().clone();
        let by: Map<String, Value> = by.into_iter().filter(|(path, _)| !path.starts_with("tags")).collect();
        assert_eq!(sorted(&by), sorted(wanted.by.as_object().unwrap()), "{shown} on {branch}");
        assert_eq!(shown["one"], wanted.by.get("c.d").cloned().unwrap_or_default());
        for name in ["type", "version", "actor", "at"] {
            assert_eq!(shown["previous"][name], wanted.previous[name], "{name} in {shown}");
        }
        assert_eq!(shown["last"], wanted.previous["version"]);
        let mut changed: Vec<&str> =
            shown["changed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        changed.retain(|path| !path.starts_with("tags"));
        changed.sort_unstable();
        assert_eq!(changed, wanted.changed, "{shown} on {branch}");
    }
}

fn sorted(fields: &Map<String, Value>) -> BTreeMap<&String, &Value> {
    fields.iter().collect()
}

#[test]
fn flags_and_who_set_what_agree_with_a_naive_fold() {
    let mut runner = TestRunner::new(Config { cases: 12, max_shrink_iters: 20, ..Config::default() });
    let parts = (
        prop::collection::vec(drawn(), 1..25),
        prop::collection::vec(drawn(), 1..25),
        prop::collection::vec(drawn(), 1..12),
        any::<prop::sample::Index>(),
    );
    runner
        .run(&parts, |(first, second, own, at)| {
            let place = Place::empty();
            place.file("rules.toml", RULES);
            place.ok(&["init", "--domain", "rules.toml"]);
            let (mut clock, mut numbers) = (0, [0, 0]);
            place.ok(&["import", place.file("first.jsonl", lines(&first, &mut clock, &mut numbers, &[]))]);
            let hashes = |branch: &str| -> Vec<String> {
                let events = place.json(&["-b", branch, "log", "--reverse"]);
                events.iter().map(|event| event["hash"].as_str().unwrap().to_owned()).collect()
            };
            let known = hashes("main");
            place.ok(&[
                "import",
                place.file("second.jsonl", lines(&second, &mut clock, &mut numbers, &known)),
            ]);
            let fork = (at.index(first.len() + second.len()) + 1).to_string();
            place.ok(&["branch", "other", "--at", &format!("#{fork}")]);
            let text = lines(&own, &mut clock, &mut numbers, &hashes("other"));
            place.ok(&["-b", "other", "import", place.file("own.jsonl", text)]);
            compare(&place, "main");
            compare(&place, "other");
            Ok(())
        })
        .unwrap();
}

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
