//! Every verb of the command line: its JSON, its exit code, what it refuses and how it says so.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

mod copies;
mod reading;
mod rules;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::program::{Place, fields};

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
        hash, "af136d9deb2823d4900c12213d6a52285db42efff20e4ddcf6cd203dc87377c2",
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
fn the_tour_makes_its_own_store_and_needs_a_terminal() {
    let place = Place::with("todo");
    let said = place.refused(1, &["demo", "--tour", "--store", "backstory.db"]);
    assert!(said.contains("is there already"), "{said}");
    let said = place.refused(2, &["demo", "--tour", "--store", "other.db"]);
    assert!(said.contains("terminal"), "{said}");
    assert!(!place.path("other.db").exists());
}
