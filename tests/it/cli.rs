//! Every verb of the command line: its JSON, its exit code, what it refuses and how it says so.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::program::{Place, fields};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const EVENT: [&str; 11] = [
    "position",
    "branch",
    "aggregate",
    "version",
    "type",
    "occurred_at",
    "recorded_at",
    "data",
    "meta",
    "hash",
    "parent",
];

/// An event as the log prints it.
fn logged() -> Vec<&'static str> {
    EVENT.into_iter().chain(["flags"]).collect()
}

/// The task of the talk, and a subscription.
fn small() -> Place {
    let place = Place::with("demo");
    for (at, actor, command) in [
        ("2019-04-01T09:00:00Z", "nina", &["create", "title=Prepare slides", "due_on=2019-04-20"][..]),
        ("2019-04-03T09:00:00Z", "nina", &["assign", "assignee=omar"]),
        ("2019-04-02T09:00:00Z", "omar", &["schedule", "due_on=2019-04-24"]),
        ("2019-04-24T12:02:11Z", "omar", &["complete", "--reason", "sent"]),
    ] {
        let mut args = vec!["fire", "Task/1"];
        args.extend(command);
        args.extend(["--at", at, "--actor", actor]);
        place.ok(&args);
    }
    place.ok(&["fire", "Subscription", "create", "plan=team", "amount:=49", "--at", "2019-04-05T00:00:00Z"]);
    place
}

#[test]
fn init_makes_a_store_once() {
    let place = Place::empty();
    assert_eq!(
        place.one(&["init", "--domain", "todo"]),
        json!({ "store": "backstory.db", "domain": "todo" })
    );
    let said = place.refused(1, &["init"]);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(place.one(&["-s", "other.db", "init"]), json!({ "store": "other.db", "domain": null }));
    let said = place.refused(1, &["-s", "third.db", "init", "--domain", "nonsense"]);
    assert!(said.contains("todo, account, subscription"), "{said}");
    assert!(!place.path("third.db").exists());
    let said = place.refused(1, &["-s", "no/such/folder/x.db", "init"]);
    assert!(said.contains("cannot be created"), "{said}");
}

#[test]
fn the_store_comes_from_the_option_the_environment_or_the_folder() {
    let place = small();
    place.ok(&["-s", "empty.db", "init"]);
    assert_eq!(place.json(&["aggregates"]).len(), 2);
    assert_eq!(place.json(&["-s", "empty.db", "aggregates"]).len(), 0);
    let lines = |args: &[&str]| {
        let output = place.command(args).env("BACKSTORY_STORE", "empty.db").output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    assert_eq!(lines(&["aggregates"]), 0);
    assert_eq!(lines(&["-s", "backstory.db", "aggregates"]), 2);
    let said = place.refused(1, &["-b", "elsewhere", "aggregates"]);
    assert!(said.contains("elsewhere"), "{said}");
}

#[test]
fn the_demo_is_the_same_on_every_machine() {
    let (one, two) = (Place::demo(), Place::demo());
    let export = one.ok(&["export"]);
    assert_eq!(export, two.ok(&["export"]));
    assert_eq!(
        one.ok(&["export", "--format", "cloudevents"]),
        two.ok(&["export", "--format", "cloudevents"])
    );
    let hash: String = Sha256::digest(&export).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hash, "755efcf03c0cb55059b2a5bda68aea207c838d4dbe6e7a6768ea63a03d85a11f",
        "the demo's story changed"
    );
    let list = one.json(&["aggregates", "--limit", "1000"]);
    let of =
        |kind: &str| list.iter().filter(|row| row["aggregate"].as_str().unwrap().starts_with(kind)).count();
    assert_eq!((of("Task/"), of("Subscription/")), (300, 40));
    let slides = one.json(&["aggregates", "--text", "Prepare slides"]);
    assert!(!slides.is_empty(), "the task of the talk is in the demo");
    one.ok(&["verify"]);
    // It is built once, and then left as it is.
    one.ok(&["fire", "Task/1", "comment", "text=kept"]);
    one.ok(&["demo", "--build-only", "--store", "backstory.db"]);
    assert_eq!(one.ok(&["export"]).lines().count(), export.lines().count() + 1);
}

#[test]
fn a_filter_that_runs_away_is_an_error_and_not_a_silent_no() {
    let place = Place::demo();
    for args in [
        ["aggregates", "--where", "def f: f; f"],
        ["log", "--where", "[range(infinite)]"],
        ["log", "--count-by", "def f: f; f"],
    ] {
        let said = place.refused(1, &args);
        assert!(said.contains("the filter: stopped"), "{said}");
    }
}

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

#[test]
fn aggregates_lists_filters_and_sorts() {
    let place = Place::demo();
    let ids = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["aggregates"];
        all.extend(args);
        place.json(&all).iter().map(|row| row["aggregate"].as_str().unwrap().to_owned()).collect()
    };
    let first = &place.json(&["aggregates", "Task", "--limit", "1"])[0];
    let wanted =
        ["aggregate", "branch", "version", "position", "label", "status", "first_at", "last_at", "deleted"];
    assert_eq!(fields(first)[..9], wanted);
    assert_eq!(ids(&["Task", "--limit", "7"]).len(), 7);
    assert_eq!(ids(&["--limit", "1000"]).len(), 346);
    assert_eq!(ids(&["--limit", "0"]).len(), 0);
    assert_eq!(ids(&["--limit", "18446744073709551615"]).len(), 346);
    assert!(ids(&["Subscription"]).iter().all(|id| id.starts_with("Subscription/")));
    let high = place.json(&["aggregates", "Task", "--where", ".priority == \"high\"", "--limit", "1000"]);
    assert!(!high.is_empty() && high.len() < 300);
    for row in &high {
        let state = &row["columns"]["priority"];
        assert_eq!(state, "high");
    }
    let done = place.json(&["aggregates", "Task", "--status", "done", "--limit", "1000"]);
    assert!(!done.is_empty() && done.iter().all(|row| row["status"] == "done"));
    for (sort, field, rising) in [
        ("recent", "position", false),
        ("versions", "version", false),
        ("label", "label", true),
        ("status", "status", true),
        ("created", "first_at", true),
    ] {
        let rows = place.json(&["aggregates", "Task", "--sort", sort, "--limit", "1000"]);
        assert_eq!(rows.len(), 300);
        for pair in rows.windows(2) {
            let (a, b) = (&pair[0][field], &pair[1][field]);
            let ordered = match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => {
                    if rising {
                        a <= b
                    } else {
                        a >= b
                    }
                }
                _ => a.as_str().unwrap() <= b.as_str().unwrap(),
            };
            assert!(ordered, "{sort}: {a} before {b}");
        }
        let mut back = ids(&["Task", "--sort", sort, "--limit", "1000", "--reverse"]);
        back.reverse();
        let forth: Vec<_> = rows.iter().map(|row| row["aggregate"].as_str().unwrap().to_owned()).collect();
        assert_eq!(back, forth, "{sort} turned round");
    }
    place.refused(2, &["aggregates", "--sort", "colour"]);
    place.refused(2, &["aggregates", "--where", ".priority =="]);
}

#[test]
fn aggregates_at_a_point_shows_the_world_of_then() {
    let place = small();
    let row = |at: &str| -> Vec<(String, Value, Value)> {
        let rows = place.json(&["aggregates", "--at", at]);
        let name = |row: &Value| row["aggregate"].as_str().unwrap().to_owned();
        rows.iter().map(|row| (name(row), row["version"].clone(), row["status"].clone())).collect()
    };
    let task = |version: i64, status: &str| ("Task/1".to_owned(), json!(version), json!(status));
    assert_eq!(row("1"), [task(1, "open")]);
    assert_eq!(row("4"), [task(4, "done")]);
    assert_eq!(row("5").len(), 2);
    assert_eq!(row("Task/1@2"), [task(2, "open")]);
    assert_eq!(row("2019-03-01"), []);
    // The third event occurred before the second: by time they stand together.
    assert_eq!(row("2019-04-02"), [task(1, "open")]);
    assert_eq!(row("2019-04-03"), [task(3, "open")]);
    assert_eq!(row("2019-04-05").len(), 2);
}

#[test]
fn log_shows_filters_and_counts() {
    let place = small();
    let positions = |args: &[&str]| -> Vec<i64> {
        let mut all = vec!["log"];
        all.extend(args);
        place.json(&all).iter().map(|row| row["position"].as_i64().unwrap()).collect()
    };
    assert_eq!(fields(&place.json(&["log"])[0]), logged());
    assert_eq!(positions(&[]), [5, 4, 3, 2, 1]);
    assert_eq!(positions(&["--reverse"]), [1, 2, 3, 4, 5]);
    assert_eq!(positions(&["--limit", "2"]), [5, 4]);
    assert_eq!(positions(&["Task/1"]), [4, 3, 2, 1]);
    assert_eq!(positions(&["Task/1@2"]), [2, 1]);
    assert_eq!(positions(&["3"]), [3, 2, 1]);
    assert_eq!(positions(&["--actor", "omar"]), [4, 3]);
    assert_eq!(positions(&["--type", "TaskAssigned"]), [2]);
    assert_eq!(positions(&["--since", "2019-04-03"]), [5, 4, 2]);
    assert_eq!(positions(&["--until", "2019-04-03"]), [3, 2, 1]);
    assert_eq!(positions(&["--since", "2019-04-03T09:00:01Z", "--until", "2019-04-05"]), [5]);
    assert_eq!(positions(&["--where", "$event.meta.reason == \"sent\""]), [4]);
    assert_eq!(positions(&["--where", ".assignee == \"omar\""]), [4, 3, 2]);
    assert_eq!(positions(&["--where", "$before == null"]), [5, 1]);
    assert_eq!(
        positions(&["--where", "$before.due_on == \"2019-04-20\" and .due_on != $before.due_on"]),
        [3]
    );
    assert_eq!(positions(&["--where", "any($changed[]; . == \"due_on\")"]), [3, 1]);
    let counts = place.json(&["log", "--count-by", "$event.meta.actor"]);
    assert_eq!(fields(&counts[0]), ["value", "count"]);
    let mut counts: Vec<_> =
        counts.iter().map(|c| (c["value"].as_str().unwrap(), c["count"].as_i64().unwrap())).collect();
    counts.sort_unstable();
    assert_eq!(counts, [("nina", 2), ("omar", 2), ("tester", 1)]);
    let one = place.one(&["log", "Task/1", "--count-by", ".due_on", "--limit", "1"]);
    assert_eq!(one["count"], 2);
    place.refused(1, &["log", "Task/99"]);
    place.refused(2, &["log", "--since", "yesterday"]);
    place.refused(2, &["log", "--where", "("]);
    place.refused(2, &["log", "???"]);
}

#[test]
fn show_tells_what_an_event_changed_and_by_which_rule() {
    let place = small();
    let shown = place.one(&["show", "Task/1@3"]);
    assert_eq!(fields(&shown), ["event", "who", "changes", "rule", "error", "flags", "reactions"]);
    assert_eq!(fields(&shown["event"]), EVENT);
    assert_eq!(
        shown["changes"],
        json!([{ "op": "replace", "path": "/due_on", "old": "2019-04-20", "value": "2019-04-24" }])
    );
    assert_eq!(
        (&shown["rule"], &shown["flags"]),
        (&json!(".due_on = $data.due_on"), &json!({ "late": true }))
    );
    let hash = shown["event"]["hash"].as_str().unwrap();
    for rev in ["3", "#3", "Task/1@-1", hash, &format!("h:{}", &hash[..12])] {
        assert_eq!(place.one(&["show", rev]), shown, "{rev}");
    }
    place.refused(1, &["show", "Task/1@0"]);
    place.refused(1, &["show", "99"]);
    place.refused(2, &["show", "2019-04-03"]);
}

#[test]
fn state_answers_at_every_point() {
    let place = small();
    let head = place.one(&["state", "Task/1"]);
    assert_eq!(fields(&head)[..6], ["aggregate", "branch", "version", "position", "exists", "state"]);
    assert_eq!((&head["version"], &head["position"], &head["exists"]), (&json!(4), &json!(4), &json!(true)));
    assert_eq!(head["state"]["completed_by"], "omar");
    let version = |rev: &str| place.one(&["state", rev])["version"].clone();
    for (rev, wanted) in [
        ("Task/1@3", 3),
        ("Task/1@-2", 2),
        ("Task/1@2019-04-02", 1),
        ("Task/1@2019-04-03T09:00Z", 3),
        ("Task/1@2019-04-03T08:59:59Z", 1),
        ("2", 2),
        ("Task/1@2018-01-01", 0),
        ("Task/1@", 4),
    ] {
        assert_eq!(version(rev), json!(wanted), "{rev}");
    }
    let before = place.one(&["state", "Task/1@0"]);
    assert_eq!(
        (&before["exists"], &before["state"], &before["position"], &before["version"]),
        (&json!(false), &json!({}), &Value::Null, &json!(0))
    );
    let said = place.refused(1, &["state", "Task/99"]);
    assert!(said.contains("There is no Task/99"), "{said}");
    place.refused(1, &["state", "Task/99@0"]);
    place.refused(2, &["state", "2019-04-03"]);
}

#[test]
fn diff_compares_two_points() {
    let place = small();
    let changes = place.json(&["diff", "Task/1@1", "Task/1@3"]);
    assert_eq!(
        changes,
        [
            json!({ "op": "replace", "path": "/due_on", "old": "2019-04-20", "value": "2019-04-24" }),
            json!({ "op": "add", "path": "/assignee", "old": null, "value": "omar" }),
        ]
    );
    assert_eq!(place.json(&["diff", "Task/1@1", "@3"]), changes);
    assert_eq!(place.json(&["diff", "1", "3"]), changes);
    let back = place.json(&["diff", "Task/1@3", "Task/1@1"]);
    assert_eq!(back.last().unwrap()["op"], "remove");
    assert!(place.json(&["diff", "Task/1", "Task/1@4"]).is_empty());
    assert!(place.ok(&["diff", "Task/1@1", "@3"]).contains("~ due_on  2019-04-20 → 2019-04-24"));
}

#[test]
fn fire_appends_previews_and_expects() {
    let place = small();
    let before = place.ok(&["export"]);
    let preview =
        place.json(&["fire", "Subscription/1", "pay_invoice", "invoice=I-1", "amount:=49.5", "--dry-run"]);
    assert_eq!(preview.len(), 2);
    assert_eq!(place.ok(&["export"]), before, "a dry run writes nothing");
    let args = [
        "fire",
        "Subscription/1",
        "pay_invoice",
        "invoice=I-1",
        "amount:=49.5",
        "--reason",
        "paid",
        "--at",
        "2019-04-06T10:00:00Z",
        "--actor",
        "hook",
        "--expect",
        "1",
    ];
    let events = place.json(&args);
    assert_eq!(fields(&events[0]), EVENT);
    assert_eq!(
        (&events[0]["data"]["amount"], &events[0]["occurred_at"]),
        (&json!(49.5), &json!("2019-04-06T10:00:00Z"))
    );
    assert_eq!((&events[1]["meta"]["actor"], &events[1]["meta"]["reason"]), (&json!("hook"), &json!("paid")));
    assert_eq!(place.json(&["log", "--limit", "2", "--reverse", "Subscription/1@3"])[0]["version"], 1);
    place.refused(3, &args);
    // The actor is the option's, else the environment's.
    assert_eq!(place.one(&["fire", "Task", "create", "title=x"])["meta"]["actor"], "tester");
    // Nothing to do is no failure; for people it is said.
    assert!(place.json(&["fire", "Task/1", "complete"]).is_empty());
    assert!(place.ok(&["fire", "Task/1", "complete"]).contains("Nothing changes"));
    assert!(place.ok(&["fire", "Task/1", "reopen", "--dry-run"]).contains("nothing was written"));
    // A name or the next number.
    assert_eq!(place.one(&["fire", "Task/own-name", "create", "title=x"])["aggregate"], "Task/own-name");
    assert_eq!(place.one(&["fire", "Task", "create", "title=x"])["aggregate"], "Task/3");
    for (code, args, sentence) in [
        (1, &["fire", "Task/1", "retitle", "title="][..], "a title must not be empty"),
        (1, &["fire", "Task/1", "fly"], "It has create, retitle"),
        (1, &["fire", "Robot/1", "create"], "It declares Task, Subscription"),
        (1, &["fire", "Task/99", "complete"], "There is no Task/99"),
        (1, &["fire", "Task/1", "create", "title=x"], "exists already"),
        (1, &["fire", "Subscription", "create", "plan=x", "amount=5"], "amount:=JSON"),
        (2, &["fire", "Task", "complete"], "Name it: Task/ID"),
        (2, &["fire", "Task/1", "retitle", "title"], "is not KEY=VALUE"),
        (2, &["fire", "Task/1", "retitle", "title:=oops"], "title is not JSON"),
        (2, &["fire", "Task/1", "retitle", "title=a", "title=b"], "given twice"),
        (2, &["fire", "Task/1", "complete", "--at", "noon"], "is not a time"),
    ] {
        let said = place.refused(code, args);
        assert!(said.contains(sentence), "{args:?}: {said}");
    }
}

#[test]
fn replay_builds_again_or_lists_what_another_domain_would_make() {
    let place = small();
    let answer = place.one(&["replay"]);
    assert_eq!(answer, json!({ "aggregates": 2, "events": 5, "differ": 0, "errors": 0, "written": true }));
    assert_eq!(place.one(&["replay", "--dry-run"])["written"], false);
    place.file(
        "other.toml",
        "[domain]\nname = \"other\"\n[aggregate.Task.event.TaskAssigned]\napply = '.who = $data.assignee'\n",
    );
    let lines = place.json(&["replay", "--domain", "other.toml"]);
    let (summary, lines) = lines.split_last().unwrap();
    assert_eq!((&summary["differ"], &summary["written"]), (&json!(2), &json!(false)));
    let task = lines.iter().find(|line| line["aggregate"] == "Task/1").unwrap();
    let names = ["aggregate", "branch", "version", "position", "event", "first", "error", "changes"];
    assert_eq!(fields(task), names);
    let who = json!({ "op": "add", "path": "/who", "old": null, "value": "omar" });
    assert!(task["changes"].as_array().unwrap().contains(&who), "{task}");
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0, "the store is as it was");
    assert_eq!(place.one(&["state", "Task/1"])["state"]["assignee"], "omar");
}

#[test]
fn the_domain_is_shown_set_and_checked() {
    let place = Place::with("");
    assert_eq!(place.one(&["domain", "show"])["source"], Value::Null);
    place.refused(1, &["domain", "show"]);
    let line = json!({ "aggregate": "Task/1", "type": "TaskCreated", "occurred_at": "2019-01-01T00:00:00Z", "data": { "title": "t" } });
    place.file("one.jsonl", line.to_string());
    place.ok(&["import", "one.jsonl"]);
    assert_eq!(place.one(&["state", "Task/1"])["state"], json!({ "title": "t" }));
    let answer = place.one(&["domain", "set", "todo"]);
    assert_eq!(answer, json!({ "domain": "todo", "aggregates": 1, "differ": 1, "errors": 0 }));
    assert_eq!(place.one(&["state", "Task/1"])["state"]["priority"], "normal");
    assert!(place.ok(&["domain", "show"]).contains("[aggregate.Task.command.create]"));
    let ok = json!({ "ok": true, "domain": "todo", "aggregates": 1, "events": 15, "commands": 15 });
    assert_eq!(place.one(&["domain", "check", "todo"]), ok);
    // What a store shows is a whole domain again, includes and all.
    place.ok(&["domain", "set", "demo"]);
    place.file("shown.toml", place.ok(&["domain", "show"]));
    assert_eq!(place.one(&["domain", "check", "shown.toml"])["aggregates"], 3);
}

#[test]
fn a_mistake_in_a_domain_says_where_and_what_was_expected() {
    let place = Place::with("");
    let cases = [
        ("[domain]\nname = \"x\"\n[aggregate.T.event.E]\napply = '.a = '\n", "bad.toml:4:", ""),
        ("[domain]\nname = \"x\"\n[aggregate.T.event.E]\napply = '.a = nosuch'\n", "bad.toml:4:15", "nosuch"),
        ("[domain]\nname = \"x\"\n[aggregate.T.event.E]\napply = '.a = $dta.x'\n", "bad.toml:4:15", "$dta"),
        ("[domain]\nname = \"x\"\n[aggregate.T.event.E]\napply = '.a = now'\n", "bad.toml:4:15", "now"),
        (
            "[domain]\nname = \"x\"\n[aggregate.T.event.E]\ndata = { a = \"strng\" }\n",
            "bad.toml:4:14",
            "expected string, integer",
        ),
        ("[domain]\nname = \"x\"\n[aggregate.T.event.E]\naply = '.'\n", "bad.toml:4:1", "expected"),
        ("[domain]\nname = \"x\"\n[agregate.T]\n", "bad.toml:3:2", "expected"),
        ("[domain]\nname = \"x\"\n[aggregate.T]\nlabel = 5\n", "bad.toml:4:9", "expected a string"),
        ("[domain\n", "bad.toml:1:", ""),
        ("[domain]\nname = \"x\"\ninclude = [\"nothing.toml\"]\n", "bad.toml:3:12", "nothing.toml"),
        (
            "[domain]\nname = \"x\"\n[aggregate.T.command.c]\nparams = { a = \"string\" }\n",
            "bad.toml:3:",
            "emit",
        ),
    ];
    for (text, at, what) in cases {
        place.file("bad.toml", text);
        let said = place.refused(1, &["domain", "check", "bad.toml"]);
        assert!(said.contains(at) && said.contains(what), "{text}\n{at} {what}\n{said}");
        place.refused(1, &["domain", "set", "bad.toml"]);
        assert_eq!(place.one(&["domain", "show"])["source"], Value::Null, "the store is as it was");
    }
}

#[test]
fn a_rule_that_runs_away_is_stopped_and_named() {
    let rules = [
        ("recursion", "def f: f; f"),
        ("endless", "[range(infinite)]"),
        ("text", "\"x\" * 100000000000"),
        ("doubling", "reduce range(60) as $i ([0]; . + .)"),
        ("nesting", "reduce range(1000000) as $i (0; [.])"),
        ("outputs", "range(infinite)"),
    ];
    let mut domain = "[domain]\nname = \"wild\"\n[aggregate.T.event.Fine]\napply = '.ok = true'\n\
         [aggregate.T.command.fine]\ncreates = true\nemit = 'event(\"Fine\"; {})'\n"
        .to_owned();
    for (name, rule) in rules {
        domain += &format!("[aggregate.T.event.E{name}]\napply = '''.x = ({rule})'''\n");
        domain += &format!("[aggregate.T.command.apply_{name}]\nemit = 'event(\"E{name}\"; {{}})'\n");
        domain +=
            &format!("[aggregate.T.command.emit_{name}]\nemit = '''event(\"Fine\"; {{a: ({rule})}})'''\n");
    }
    let place = Place::empty();
    place.file("wild.toml", domain);
    place.ok(&["init", "--domain", "wild.toml"]);
    place.ok(&["fire", "T/1", "fine"]);
    for (name, _) in rules {
        for what in ["apply", "emit"] {
            let said = place.refused(1, &["fire", "T/1", &format!("{what}_{name}")]);
            let rule = if what == "apply" { format!("E{name}") } else { format!("emit_{name}") };
            assert!(said.contains(&rule), "{what} {name} is not named: {said}");
        }
    }
    assert_eq!(place.one(&["verify"])["events"], 1, "nothing was written");
    // From an import it is kept, with the error beside the last good state.
    let line = json!({ "aggregate": "T/1", "type": "Erecursion", "occurred_at": "2019-01-01T00:00:00Z", "data": {} });
    place.file("one.jsonl", line.to_string());
    place.ok(&["import", "one.jsonl"]);
    let state = place.one(&["state", "T/1"]);
    assert_eq!((&state["version"], &state["state"]), (&json!(2), &json!({ "ok": true })));
    assert!(state["error"].as_str().unwrap().contains("Erecursion"), "{state}");
    assert!(place.one(&["show", "T/1@2"])["error"].is_string());
    assert!(place.json(&["aggregates"])[0]["error"].is_string());
    assert!(place.ok(&["log"]).contains("stopped"));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::demo();
    for args in [&["export"][..], &["log"], &["log", "--json"], &["aggregates", "--limit", "1000"]] {
        let mut child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn completions_help_and_usage() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.ok(&["completions", shell]);
        assert!(script.contains("aggregates") && script.contains("count-by"), "{shell}");
    }
    let help = place.ok(&["--help"]);
    for verb in [
        "open",
        "demo",
        "init",
        "import",
        "export",
        "backup",
        "aggregates",
        "log",
        "show",
        "state",
        "diff",
        "fire",
        "verify",
        "replay",
        "domain",
        "completions",
    ] {
        assert!(help.contains(&format!("  {verb} ")), "{verb} is not in the help");
    }
    assert_eq!(place.run(&["fly"]).code, 2);
    assert_eq!(place.run(&["log", "--limit", "many"]).code, 2);
    // With no terminal the explorer says so.
    place.ok(&["init"]);
    assert!(place.refused(2, &["open"]).contains("needs a terminal"));
    assert!(place.refused(2, &[]).contains("needs a terminal"));
}

#[test]
fn an_event_tells_who_it_was_though_the_account_is_closed() {
    let place = Place::demo();
    let account = place.one(&["state", "Account/yuki"]);
    assert!(account["state"]["closed_at"].is_string(), "{account}");
    let log = place.json(&["log", "--actor", "yuki", "--until", "2019-04-10", "--limit", "1"]);
    let position = log[0]["position"].to_string();
    let who =
        json!({ "aggregate": "Account/yuki", "label": "Yuki Tanaka", "status": "closed", "deleted": true });
    assert_eq!(place.one(&["show", &position])["who"], who);
    assert!(place.ok(&["show", &position]).contains("by    Yuki Tanaka (closed)"));
    // Who has no account is no person of ours.
    let log = place.json(&["log", "--actor", "billing", "--limit", "1"]);
    assert_eq!(place.one(&["show", &log[0]["position"].to_string()])["who"], json!(null));
    place.file("t.toml", "[domain]\nactors = \"User\"\n[aggregate.A]\n");
    assert!(
        place.refused(1, &["domain", "check", "t.toml"]).contains("t.toml:2:10: actors are accounts of User")
    );
}

#[test]
fn the_tour_makes_its_own_store_and_needs_a_terminal() {
    let place = Place::with("todo");
    let said = place.refused(1, &["demo", "--tour", "--store", "backstory.db"]);
    assert!(said.contains("is there already"), "{said}");
    let said = place.refused(2, &["demo", "--tour", "--store", "other.db"]);
    assert!(said.contains("terminal"), "{said}");
    assert!(!place.path("other.db").exists());
}
