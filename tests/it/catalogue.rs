//! What a domain declares beside what its log shows: the catalogue in every format, each read back by somebody
//! else's reader, and what is odd about it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::program::Place;
use serde_json::{Value, json};

fn entry<'a>(list: &'a Value, name: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {name} in {list}"))
}

/// A store whose log says more, and other things, than its domain.
fn strange() -> Place {
    let place = Place::empty();
    place.file(
        "shop.toml",
        r#"
        [domain]
        name = "shop"
        [aggregate.Order]
        doc = "What somebody | bought."
        [aggregate.Order.event.OrderPlaced]
        data = { total = { type = "integer", doc = "In cents." }, due = "date?", currency = 'string = "USD"' }
        apply = '.total = $data.total | .by = $meta.actor'
        revert = 'event("OrderVoided"; {})'
        [aggregate.Order.event.OrderVoided]
        [aggregate.Order.command.place]
        creates = true
        params = { total = "integer" }
        emit = 'event("OrderPlaced"; $params)'
        [projection.totals]
        on = ["Order/OrderPlaced"]
        row = '{total: $data.total}'
        [[reactor]]
        name = "tell"
        on = ["OrderPlaced"]
        notify = '"placed"'
        "#,
    );
    place.ok(&["init", "--domain", "shop.toml"]);
    let event = |id: &str, kind: &str, day: u32, data: Value| {
        json!({ "of": id, "kind": kind, "at": format!("2020-01-{day:02}T00:00:00Z"), "data": data })
            .to_string()
    };
    let log = [
        event("1", "OrderPlaced", 2, json!({ "total": 5, "colour": "red" })),
        event("2", "OrderPlaced", 1, json!({ "total": "5", "due": "2020-01-01" })),
        event("3", "OrderPlaced", 3, json!({ "colour": null, "due": "soon" })),
        event("1", "Lost {thing}/s", 4, json!({ "at": "2020-01-01T00:00:00Z", "n": 1.5 })),
    ];
    place.file("log.jsonl", log.join("\n"));
    place.file(
        "map.toml",
        "[import]\ntype = '\"Order\"'\nid = '.of'\nevent = '.kind'\nat = '.at'\ndata = '.data'\nactor = '\"ann\"'\n",
    );
    place.ok(&["import", "log.jsonl", "--map", "map.toml"]);
    place
}

#[test]
fn declared_and_seen_stand_side_by_side() {
    let place = strange();
    let catalogue = place.one(&["catalogue"]);
    assert_eq!(catalogue["seen"], json!({ "branch": "main", "events": 4 }));
    let order = entry(&catalogue["aggregates"], "Order");
    assert_eq!((&order["declared"], &order["seen"]), (&json!(true), &json!(3)));
    let placed = entry(&order["events"], "OrderPlaced");
    assert_eq!(placed["emitted_by"], json!(["place"]));
    assert_eq!((&placed["reactors"], &placed["projections"]), (&json!(["tell"]), &json!(["totals"])));
    assert_eq!(placed["seen"]["first"], "2020-01-01T00:00:00Z");
    assert_eq!(placed["seen"]["last"], "2020-01-03T00:00:00Z");
    assert_eq!(placed["seen"]["broken"], 2);
    let why: Vec<_> = placed["seen"]["breaks"].as_array().unwrap().iter().map(|b| b["why"].clone()).collect();
    assert_eq!(why, ["total \"5\" is not a whole number", "due \"soon\" is not a date (YYYY-MM-DD)"]);
    let total = entry(&placed["attributes"], "total");
    assert_eq!((&total["type"], &total["doc"]), (&json!("integer"), &json!("In cents.")));
    assert_eq!(total["seen"]["types"], json!({ "integer": 1, "string": 1 }));
    assert_eq!(placed["line"], 6);
    let colour = entry(&placed["attributes"], "colour");
    assert_eq!(colour.get("type"), None);
    assert_eq!(colour["seen"]["types"], json!({ "string": 1, "null": 1 }));
    assert_eq!(entry(&order["events"], "OrderVoided")["emitted_by"], json!(["revert of OrderPlaced"]));
    let lost = entry(&order["events"], "Lost {thing}/s");
    assert_eq!(lost["declared"], false);
    assert_eq!(entry(&lost["attributes"], "at")["seen"]["types"], json!({ "datetime": 1 }));
    let actor = entry(&catalogue["metadata"], "actor");
    assert_eq!((&actor["seen"]["events"], &actor["read_by"]), (&json!(4), &json!(["Order OrderPlaced"])));

    let markdown = place.ok(&["catalogue", "OrderPlaced"]);
    assert!(
        markdown.contains("| total | `integer` |  | In cents. | 1 string, 1 integer, 1 broken (5) |"),
        "{markdown}"
    );
    assert!(markdown.contains("| colour | no schema names it |"), "{markdown}");
    assert!(!markdown.contains("OrderVoided"), "{markdown}");
    assert!(place.refused(1, &["catalogue", "Nobody"]).contains("no Nobody"));
    // A file alone shows nothing of the log.
    let alone = place.one(&["catalogue", "--domain", "shop.toml"]);
    assert_eq!(alone.get("seen"), None);
    assert_eq!(entry(&alone["aggregates"], "Order")["events"].as_array().unwrap().len(), 2);
}

#[test]
fn the_demo_is_counted_as_the_log_counts_it() {
    let place = Place::demo();
    let catalogue = place.one(&["catalogue"]);
    for counted in place.json(&["log", "--count-by", "$event.type"]) {
        let (name, count) = (counted["value"].as_str().unwrap(), &counted["count"]);
        let aggregates = catalogue["aggregates"].as_array().unwrap();
        let events = aggregates.iter().flat_map(|a| a["events"].as_array().unwrap());
        let seen: Vec<_> =
            events.filter(|e| e["name"] == name).map(|e| e["seen"]["events"].clone()).collect();
        assert_eq!(seen, std::slice::from_ref(count), "{name}");
    }
}

#[test]
fn yaml_says_what_json_says() {
    let place = strange();
    let yaml: Value = serde_saphyr::from_str(&place.ok(&["catalogue", "--format", "yaml"])).unwrap();
    assert_eq!(yaml, place.one(&["catalogue"]));
}

#[test]
fn the_schema_is_one_and_takes_what_is_exported() {
    let place = Place::demo();
    let schema: Value = serde_json::from_str(&place.ok(&["catalogue", "--format", "jsonschema"])).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let exported = place.ok(&["export"]);
    let mut taken = 0;
    for line in exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        schema.validate(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        taken += 1;
    }
    assert!(taken > 1_000);
    let event = |data: Value| json!({ "aggregate": "Task/1", "type": "TaskScheduled", "data": data });
    assert!(schema.is_valid(&event(json!({ "due_on": "2019-04-24" }))));
    assert!(!schema.is_valid(&event(json!({ "due_on": "soon" }))));
    assert!(!schema.is_valid(&event(json!({}))));
    // Another type's event of that name is another event.
    assert!(schema.is_valid(&json!({ "aggregate": "Tasks/1", "type": "TaskScheduled", "data": {} })));
    let strange: Value =
        serde_json::from_str(&strange().ok(&["catalogue", "--format", "jsonschema"])).unwrap();
    jsonschema::meta::validate(&strange).unwrap();
}

#[test]
fn asyncapis_own_parser_takes_the_document() {
    if std::env::var_os("BACKSTORY_ASYNCAPI").is_none() {
        println!("skipped: BACKSTORY_ASYNCAPI names no folder with @asyncapi/parser");
        return;
    }
    for (place, counts) in [(Place::demo(), None), (strange(), Some("2 2 4"))] {
        let document = place.ok(&["catalogue", "--format", "asyncapi"]);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/asyncapi.mjs");
        let mut node =
            Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        node.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
        let output = node.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        if let Some(counts) = counts {
            assert_eq!(said.trim(), counts);
        }
    }
}

#[test]
fn what_is_odd_is_named_with_its_file_and_line() {
    let place = Place::empty();
    place.file(
        "parts.toml",
        "[domain]\nname = \"parts\"\n\n[aggregate.Part]\nlabel = '.name'\n\n[aggregate.Part.event.PartUpdate]\napply = '.'\n",
    );
    place.file(
        "box.toml",
        r#"[domain]
name = "box"
include = [
  "parts.toml",
]
[aggregate.Box.event.BoxMade]
apply = '.open = false'
[aggregate.Box.event.BoxOpened]
apply = '.open = true'
[aggregate.Box.event.BoxLost]
apply = '.lost = true'
[aggregate.Box.command.make]
creates = true
emit = 'event("BoxMade"; {})'
[aggregate.Box.command.open]
emit = 'event("BoxOpened"; {})'
"#,
    );
    let ran = place.run(&["domain", "lint", "box.toml", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("1 mistake among 4 findings"), "{}", ran.err);
    let found: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let brief: Vec<_> = found
        .iter()
        .map(|f| {
            let text = |key: &str| f[key].as_str().unwrap().to_owned();
            format!("{} {} {}:{} {}", text("weight"), text("check"), text("file"), f["line"], text("subject"))
        })
        .collect();
    let expected = [
        "wrong no-op box.toml:16 Box open",
        "note never-emitted box.toml:10 Box BoxLost",
        "note changes-nothing parts.toml:7 Part PartUpdate",
        "note tense parts.toml:7 Part PartUpdate",
    ];
    assert_eq!(brief, expected);
    place.file("clock.toml", "[aggregate.A.event.Opened]\napply = '.at = now'\n");
    let ran = place.run(&["domain", "lint", "clock.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("clock.toml:2:") && ran.out.contains("no clock but the event's"), "{}", ran.out);
}

#[test]
fn the_log_shows_what_changed_nothing() {
    let place = Place::demo();
    // What comes with the program is in order, by its text and by its log.
    for domain in ["todo", "subscription", "demo"] {
        place.ok(&["domain", "lint", domain]);
    }
    let counted =
        place.json(&["log", "--where", "$before != null and $changed == []", "--count-by", "$event.type"]);
    let lint = place.run(&["domain", "lint", "--json"]);
    assert_eq!(lint.code, 0, "{}{}", lint.out, lint.err);
    for count in &counted {
        let says = format!("{} of ", count["count"]);
        let kind = format!(" {}\"", count["value"].as_str().unwrap());
        let lines: Vec<_> = lint.out.lines().filter(|line| line.contains(&kind)).collect();
        assert!(lines.iter().any(|line| line.contains(&says)), "{count}: {lines:?}");
    }
    place.file(
        "loose.toml",
        r#"
        [aggregate.Task.event.TaskCompleted]
        apply = '.done = true'
        [aggregate.Task.event.TaskDeleted]
        apply = '.title = .title'
        [aggregate.Task.command.complete]
        emit = 'event("TaskCompleted"; {})'
        "#,
    );
    let ran = place.run(&["domain", "lint", "loose.toml", "--log"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("loose.toml:7: Task complete: fired once more, it emits TaskCompleted"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("(tried again after #"), "{}", ran.out);
}

#[test]
fn events_that_their_rule_refuses_are_told_from_those_that_change_nothing() {
    let place = Place::empty();
    place.file("acc.toml", "[aggregate.Acc.event.Opened]\napply = '.open = true'\n[aggregate.Acc.event.Failed]\napply = 'error(\"boo\")'\n");
    place.ok(&["init", "--domain", "acc.toml"]);
    let event = |kind: &str| {
        format!(
            "{{\"aggregate\":\"Acc/1\",\"type\":\"{kind}\",\"data\":{{}},\"occurred_at\":\"2024-06-01T00:00:00Z\"}}\n"
        )
    };
    place.file("log.jsonl", ["Opened", "Opened", "Failed"].map(event).concat());
    place.ok(&["import", "log.jsonl"]);
    let ran = place.run(&["domain", "lint"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("its rule refuses 1 of 1 in the log, the first at #3: "), "{}", ran.out);
    assert!(ran.out.contains("1 of 2 in the log changed nothing, the first at #2"), "{}", ran.out);
    assert!(!ran.out.contains("1 of 1 in the log changed nothing"), "{}", ran.out);
}

#[test]
fn a_line_of_an_older_shape_fits_the_schema_of_lines() {
    let place = Place::empty();
    place.file(
        "acc.toml",
        "[aggregate.Acc.event.Named]\nschema = 2\nupcast = 'if $schema == null then {name: .title} else . end'\n\
         data = { name = \"string\" }\n",
    );
    place.ok(&["init", "--domain", "acc.toml"]);
    let old =
        r#"{"aggregate":"Acc/1","type":"Named","data":{"title":"a"},"occurred_at":"2024-06-01T00:00:00Z"}"#;
    let new = r#"{"aggregate":"Acc/1","type":"Named","data":{"name":"b"},"meta":{"schema":2},"occurred_at":"2024-06-01T00:00:00Z"}"#;
    let bad = r#"{"aggregate":"Acc/1","type":"Named","data":{},"meta":{"schema":2},"occurred_at":"2024-06-01T00:00:00Z"}"#;
    place.file("log.jsonl", [old, new, bad].join("\n"));
    place.ok(&["import", "log.jsonl"]);
    let schema: Value = serde_json::from_str(&place.ok(&["catalogue", "--format", "jsonschema"])).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let fits: Vec<_> = place.json(&["export"]).iter().map(|line| schema.is_valid(line)).collect();
    assert_eq!(fits, [true, true, false]);
}
