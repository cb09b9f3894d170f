//! Who set what, and when did it become so: blame, find, grep, and the links between events.

mod links;

use serde_json::{Value, json};

use crate::program::{Place, fields};

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
                "occurred_at": format!("2024-01-01T{:02}:{:02}:{:02}Z", (from + at) / 3600, (from + at) / 60 % 60, (from + at) % 60),
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

    let events = place.json(&["find", "--event", r#"$event.meta.actor == "eve""#]);
    assert_eq!((events.len(), &events[0]["position"]), (1, &json!(8)));
    assert_eq!(events[0], place.one(&["show", "8"])["event"]);
    let same = place.json(&["find", "--event", "$before.n == .n", "Doc"]);
    assert_eq!(column(&same, "position"), [7]);
    assert_eq!(place.json(&["find", "--event", "$event.data.n == 9", "--first"]).len(), 1);

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

#[test]
fn grep_looks_through_data_and_metadata_newest_first() {
    let place = plain(&[
        ("Doc/1", "Set", json!({"n": "needle in data"}), json!({"actor": "eve"})),
        ("Doc/2", "Needle", json!({"n": "nothing"}), json!({"actor": "eve"})),
        ("Doc/1", "Set", json!({"n": "say \"hé\""}), json!({"actor": "eve"})),
        (
            "Doc/2",
            "Set",
            json!({"n": "x".repeat(200) + "needle" + &"y".repeat(200)}),
            json!({"actor": "bob"}),
        ),
        ("Doc/3", "Set", json!({"n": "none"}), json!({"actor": "needlewoman"})),
    ]);
    let grep = |args: &[&str]| {
        let args: Vec<&str> = ["log", "--grep"].iter().chain(args).copied().collect();
        place.json(&args).iter().map(|event| event["position"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(grep(&["needle"]), [5, 4, 1]);
    assert_eq!(grep(&["needle", "--reverse"]), [1, 4, 5]);
    assert_eq!(grep(&["needle", "--limit", "2"]), [5, 4]);
    assert_eq!(grep(&["needle", "Doc/1"]), [1]);
    assert_eq!(grep(&["needle", "4"]), [4], "up to a position, of its aggregate");
    assert_eq!(grep(&["needle", "--actor", "eve"]), [1]);
    assert_eq!(grep(&["needle", "--where", ".n | startswith(\"x\")"]), [4]);
    assert_eq!(grep(&["say \"hé\""]), [3]);
    assert!(grep(&["Needle"]).is_empty(), "the type is neither data nor metadata");
    // One event, printed as an event of any log is.
    let mut shown = place.one(&["show", "3"])["event"].clone();
    shown["flags"] = json!({});
    assert_eq!(place.json(&["log", "--grep", "hé"])[0], shown);
    let text = place.ok(&["log", "--grep", "needle"]);
    assert!(text.contains(&format!("data …{}needle{}…", "x".repeat(40), "y".repeat(40))), "{text}");
    assert!(text.contains(r#"meta {"actor":"needlewoman"}"#), "{text}");
    // The same sieve serves the actor and the type.
    assert_eq!(place.json(&["log", "--actor", "bob"]).len(), 1);
    assert_eq!(place.json(&["log", "--type", "Needle"]).len(), 1);
    assert!(place.json(&["log", "--type", "Nothing"]).is_empty());
    place.ok(&["branch", "b", "--at", "3"]);
    assert_eq!(place.json(&["-b", "b", "log", "--grep", "needle"]).len(), 1);
}

#[test]
fn grep_goes_past_a_page_of_hits() {
    let lines: Vec<_> = (0..700)
        .map(|n| {
            ("Doc/1", "Set", json!({"n": n, "odd": if n % 2 == 1 { "needle" } else { "hay" }}), json!({}))
        })
        .collect();
    let place = plain(&lines);
    let found = place.json(&["log", "--grep", "needle"]);
    assert_eq!(found.len(), 350);
    assert_eq!((&found[0]["position"], &found[349]["position"]), (&json!(700), &json!(2)));
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_says_how_far_it_came() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let none = json!({});
    let lines: Vec<_> = (0..20_000).map(|n| ("Doc/1", "Set", json!({"n": n % 2}), none.clone())).collect();
    let place = plain(&lines);
    // It waits at a full pipe until the signal is there.
    let mut child = place
        .command(&["find", ".n == 1", "Doc/1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("▴ #2 "), "{line}");
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with('\n') && rest.lines().count() < 19_999);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains("Stopped after ") && said.contains(" of 20000 versions"), "{said}");
}
