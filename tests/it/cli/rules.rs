//! Domains and their rules: building again, taking another one, mistakes, what runs away.

use serde_json::{Value, json};

use super::small;
use crate::program::{Place, fields};

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
fn the_user_s_configuration_says_who_acts_and_which_store_is_opened() {
    let place = Place::with("demo");
    let config = |text: &str| {
        std::fs::create_dir_all(place.path("config")).unwrap();
        place.file("config/config.toml", text);
    };
    let store = place.store();
    std::fs::rename(&store, place.path("team.db")).unwrap();
    let team = place.path("team.db").display().to_string();
    config(&format!("actor = \"nina\"\nstore = {team:?}\n"));
    let program = |args: &[&str]| {
        let mut command = place.command(args);
        command.env_remove("BACKSTORY_STORE").env_remove("BACKSTORY_ACTOR");
        let output = command.output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (done, said, error) = program(&["--json", "fire", "Task", "create", "title=Mine"]);
    assert!(done, "{said} {error}");
    let event: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(event["meta"]["actor"], "nina");
    // A mistake in it is named with its line, and keeps nobody from reading.
    config(&format!("store = {team:?}\n[explorer]\nthem = \"light\"\n"));
    let (_, _, error) = program(&["-s", &team, "aggregates"]);
    assert!(!error.contains("them"), "what reads asks for nothing of it: {error}");
    let (done, _, error) = program(&["-s", &team, "fire", "Task", "create", "title=Yours"]);
    assert!(done && error.contains("config.toml: line 3") && error.contains("them"), "{error}");
}
