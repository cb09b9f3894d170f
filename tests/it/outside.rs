//! Programs outside as apply rules: they run where that is allowed, compare, and become nothing that is kept.
#![cfg(unix)]

use std::io::Write as _;
use std::process::Command;

use crate::program::{Place, Ran};
use serde_json::{Value, json};

/// The rules of a task in another language. What stands at the two marks is planted by a test.
const REDUCER: &str = r#"
import json, os, sys

def reduce(state, event):
    data, meta, kind = event["data"], event["meta"], event["type"]
    if kind == "TaskCreated":
        state.update(title=data["title"], description=data.get("description"), due_on=data.get("due_on"),
                     priority="normal", tags=[], comments=[], created_at=event["at"], created_by=meta.get("actor"))
    elif kind == "TaskRetitled": state["title"] = data["title"]
    elif kind == "TaskDescribed": state["description"] = data.get("description")
    elif kind == "TaskAssigned": state["assignee"] = data["assignee"]
    elif kind == "TaskUnassigned": state["assignee"] = None
    elif kind == "TaskScheduled": state["due_on"] = data["due_on"]
    elif kind == "TaskUnscheduled": state["due_on"] = None
    elif kind == "TaskPrioritised": state["priority"] = data["priority"]
    elif kind == "TaskTagged": state["tags"].append(data["tag"])
    elif kind == "TaskUntagged": state["tags"] = [tag for tag in state["tags"] if tag != data["tag"]]
    elif kind == "TaskCommented":
        state["comments"].append({"text": data["text"], "at": event["at"], "by": event["actor"]})
    elif kind == "TaskCompleted": state.update(completed_at=event["at"], completed_by=event["actor"])
    elif kind == "TaskReopened": state.update(completed_at=None, completed_by=None)
    elif kind == "TaskDeleted": state["deleted_at"] = event["at"]
    elif kind == "TaskRestored": state["deleted_at"] = None
    else: raise ValueError(kind)
    return state

open("starts", "a").write("started\n")
for line in sys.stdin:
    request = json.loads(line)
    event = request["event"]
    #1
    answer = {"state": reduce(request["state"], event)}
    #2
    print(json.dumps(answer), flush=True)
"#;

/// Whether there is an interpreter; a test without one says so.
fn python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        // Past the capture of a test that passes.
        let _ = writeln!(std::io::stderr(), "\nSKIPPED: there is no python3 here.");
    }
    there
}

/// A store, with its domain's tasks made by a program.
fn with_program(place: Place, first: &str, second: &str) -> Place {
    let domain = place.ok(&["domain", "show"]);
    program(&place, "reducer", first, second);
    place.file("exec.toml", with_exec(&domain, r#"["python3", "reducer.py"]"#));
    place
}

/// Eight tasks of five events each.
fn tasks(first: &str, second: &str) -> Place {
    let place = Place::with("todo");
    let mut lines = String::new();
    for id in 1..=8 {
        let actor = if id % 2 == 0 { "mira" } else { "omar" };
        for (kind, data) in [
            ("TaskCreated", json!({ "title": format!("Task {id}") })),
            ("TaskTagged", json!({ "tag": "a" })),
            ("TaskAssigned", json!({ "assignee": actor })),
            ("TaskCompleted", json!({})),
            ("TaskRetitled", json!({ "title": format!("Was {id}") })),
        ] {
            let line = json!({ "aggregate": format!("Task/{id}"), "type": kind, "data": data,
                               "meta": { "actor": actor }, "occurred_at": "2019-04-01T09:00:00Z" });
            lines += &format!("{line}\n");
        }
    }
    place.file("tasks.jsonl", lines);
    place.ok(&["import", "tasks.jsonl"]);
    with_program(place, first, second)
}

fn with_exec(domain: &str, exec: &str) -> String {
    let task = "[aggregate.Task]\n";
    assert!(domain.contains(task));
    domain.replace(task, &format!("{task}exec = {exec}\n"))
}

fn program(place: &Place, name: &str, first: &str, second: &str) {
    place.file(&format!("{name}.py"), REDUCER.replace("#1", first).replace("#2", second));
}

fn compare(place: &Place, more: &[&str]) -> Ran {
    let mut args = vec!["replay", "--domain", "exec.toml", "--dry-run", "--json"];
    args.extend(more);
    place.run(&args)
}

fn compared(place: &Place, more: &[&str]) -> Vec<Value> {
    let mut args = vec!["--allow-exec"];
    args.extend(more);
    let ran = compare(place, &args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn starts(place: &Place) -> usize {
    std::fs::read_to_string(place.path("starts")).unwrap_or_default().lines().count()
}

/// The causes alone.
fn causes(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["cause"].is_object()).collect()
}

#[test]
fn a_program_that_agrees_differs_nowhere_and_is_started_once() {
    if !python() {
        return;
    }
    let place = with_program(Place::demo(), "", "");
    let lines = compared(&place, &[]);
    let last = &lines[0];
    assert_eq!((lines.len(), &last["differ"], &last["errors"]), (1, &json!(0), &json!(0)), "{lines:?}");
    assert_eq!((&last["unverified"], &last["written"]), (&json!(true), &json!(false)));
    assert!(last["aggregates"].as_i64().unwrap() > 100);
    assert_eq!(starts(&place), 1);
}

#[test]
fn a_planted_difference_is_found_and_marked() {
    if !python() {
        return;
    }
    let plant = "if event['type'] == 'TaskCompleted' and event['actor'] != 'mira': answer['state']['completed_by'] = 'mira'";
    let place = tasks("", plant);
    let lines = compared(&place, &["--limit", "1"]);
    let causes = causes(&lines);
    assert_eq!(causes.len(), 1, "{lines:?}");
    let cause = &causes[0]["cause"];
    assert_eq!((&cause["event"], &cause["paths"]), (&json!("TaskCompleted"), &json!(["completed_by"])));
    assert_eq!((&lines[0]["unverified"], &causes[0]["unverified"]), (&json!(true), &json!(true)));
    let one = lines[0]["aggregate"].as_str().unwrap();
    assert_eq!(lines[0]["first"][0]["value"], "mira");
    let told = place.ok(&["replay", "--domain", "exec.toml", "--dry-run", "--allow-exec"]);
    assert!(told.contains(one) && told.contains(", unverified)"), "{told}");
    assert!(told.contains("unverified: states were made by a program outside"), "{told}");

    // The same program as the old side and as the new one agree; two that do not are told apart.
    let own = compared(&place, &["--against", "exec.toml"]);
    assert_eq!((own.len(), &own[0]["differ"]), (1, &json!(0)));
    program(&place, "older", "", "");
    let older = std::fs::read_to_string(place.path("exec.toml")).unwrap().replace("reducer.py", "older.py");
    place.file("older.toml", older);
    let both = compared(&place, &["--against", "older.toml", "--limit", "1"]);
    assert_eq!(both, lines, "the older program does what the rules do");
    place.refused(1, &["replay", "--domain", "todo", "--against", "older.toml"]);
}

#[test]
fn a_program_that_dies_is_started_again_and_goes_on() {
    if !python() {
        return;
    }
    // By itself, at every fifteenth event: nothing is lost by that.
    let dies = "reduce.n = getattr(reduce, 'n', 0) + 1\n    if reduce.n == 15: os._exit(7)";
    let place = tasks(dies, "");
    let lines = compared(&place, &[]);
    assert_eq!((lines.len(), &lines[0]["differ"], &lines[0]["errors"]), (1, &json!(0), &json!(0)));
    assert_eq!(starts(&place), 3);

    // Because of an event: that one fails, as with a rule.
    let place = tasks("if event['id'] == '3' and event['version'] == 2: os._exit(7)", "");
    let lines = compared(&place, &[]);
    let causes = causes(&lines);
    assert_eq!((causes.len(), &causes[0]["aggregates"]), (1, &json!(1)), "{lines:?}");
    let error = causes[0]["cause"]["error"].as_str().unwrap();
    assert!(error.starts_with("python3 reducer.py: it ended without an answer (exit status: 7)"), "{error}");
    assert_eq!(lines[0]["aggregate"], "Task/3");
    assert_eq!(starts(&place), 3, "once, once more for the event, and once to go on");
}

#[test]
fn a_program_that_hangs_is_stopped_at_the_time_limit() {
    if !python() {
        return;
    }
    let place = tasks("if event['id'] == '3' and event['version'] == 2: import time; time.sleep(600)", "");
    let lines = compared(&place, &["--exec-timeout", "4"]);
    let causes = causes(&lines);
    assert_eq!((causes.len(), &causes[0]["aggregates"]), (1, &json!(1)), "{lines:?}");
    let error = causes[0]["cause"]["error"].as_str().unwrap();
    assert!(error.contains("no answer within 4s"), "{error}");
    // One that always hangs is given up, and nothing that was found until then is told.
    program(&place, "reducer", "import time; time.sleep(600)", "");
    let ran = compare(&place, &["--allow-exec", "--exec-timeout", "0.1"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("never answered as it should (no answer within 100ms)"), "{}", ran.err);
}

#[test]
fn answers_that_are_none_fail_for_their_event_alone() {
    if !python() {
        return;
    }
    for (answer, said) in [
        ("print('{nonsense'); continue", "neither {\"state\": …} nor {\"error\": \"…\"}: {nonsense"),
        ("print(line.strip()); continue", "neither"),
        ("print('{\"state\": 7}', flush=True); continue", "must be an object or null"),
        ("print('{\"error\": \"not on a Sunday\"}', flush=True); continue", "reducer.py: not on a Sunday"),
        ("sys.stdout.write('{\"state\": {}}\\n{\"state\": {}}\\n'); continue", "more than one line"),
    ] {
        let answer = answer.replace("; continue", "; sys.stdout.flush(); continue");
        let place = tasks(&format!("if event['id'] == '3' and event['version'] == 2: {answer}"), "");
        let lines = compared(&place, &[]);
        let causes = causes(&lines);
        assert_eq!((causes.len(), &causes[0]["aggregates"]), (1, &json!(1)), "{said}: {lines:?}");
        let error = causes[0]["cause"]["error"].as_str().unwrap();
        assert!(error.contains(said), "{error}");
        assert_eq!(lines.last().unwrap()["errors"], 1);
    }
}

#[test]
fn a_program_that_nobody_allowed_is_never_started() {
    let place = Place::demo();
    let domain = place.ok(&["domain", "show"]);
    place.file("exec.toml", with_exec(&domain, r#"["sh", "-c", "touch started; cat"]"#));
    let before = std::fs::read(place.store()).unwrap();
    let ran = compare(&place, &[]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("nobody has allowed that to run") && ran.err.contains("--allow-exec"),
        "{}",
        ran.err
    );
    let list = place.ok(&["rewrite", "main", "--from", "Task/3@2", "--only", "Task/3", "--list"]);
    let rewrite = |allow: &[&str]| {
        let mut args = vec![
            "rewrite",
            "main",
            "--from",
            "Task/3@2",
            "--only",
            "Task/3",
            "--domain",
            "exec.toml",
            "--dry-run",
        ];
        args.extend(allow);
        let dropped: Vec<_> =
            list.lines().enumerate().filter(|(at, _)| *at != 0).map(|(_, line)| line).collect();
        place.file("list.txt", dropped.join("\n"));
        let mut command = place.command(&args);
        command.stdin(std::fs::File::open(place.path("list.txt")).unwrap()).output().unwrap()
    };
    let refused = rewrite(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--allow-exec"));
    // What it makes is never kept, allowed or not.
    for args in [
        &["replay", "--domain", "exec.toml", "--apply"][..],
        &["replay", "--domain", "exec.toml", "--apply", "--allow-exec"],
        &["domain", "set", "exec.toml"],
        &["-s", "new.db", "init", "--domain", "exec.toml"],
    ] {
        let said = place.refused(1, args);
        assert!(said.contains("never become heads"), "{args:?}: {said}");
    }
    assert!(!place.path("new.db").exists());
    place.ok(&["domain", "check", "exec.toml"]);
    assert!(!place.path("started").exists());
    assert_eq!(place.ok(&["domain", "show"]), domain);
    assert_eq!(std::fs::read(place.store()).unwrap(), before);
    // Allowed, it runs: the file above is no accident. It answers nonsense, and is given up or told so.
    compare(&place, &["--allow-exec"]);
    assert!(place.path("started").exists());
    // One that is not there is one sentence, not an error at every event.
    place.file("exec.toml", with_exec(&domain, r#"["./no-such-program"]"#));
    let ran = compare(&place, &["--allow-exec"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("./no-such-program: it cannot be started"), "{}", ran.err);
    place.file("exec.toml", with_exec(&domain, r#"["false"]"#));
    let ran = compare(&place, &["--allow-exec"]);
    assert!(
        ran.code == 1 && ran.err.contains("started 4 times and never answered as it should (exit status: 1)"),
        "{}",
        ran.err
    );
    place.file("bad.toml", "[domain]\nexec = []\n");
    assert!(place.refused(1, &["domain", "check", "bad.toml"]).contains("bad.toml:2:8: a program is a list"));
}

#[test]
fn a_rewrite_shows_what_the_program_makes_of_both_orders() {
    if !python() {
        return;
    }
    let place = tasks("", "if event['type'] == 'TaskCompleted': answer['state']['completed_by'] = 'nobody'");
    place.ok(&["fire", "Task", "create", "title=One"]);
    let task = place.json(&["log", "--limit", "1"])[0]["aggregate"].as_str().unwrap().to_owned();
    for command in [&["tag", "tag=a"][..], &["complete"], &["tag", "tag=b"]] {
        let mut args = vec!["fire", &task];
        args.extend(command);
        place.ok(&args);
    }
    let from = format!("{task}@3");
    let base = ["rewrite", "main", "--from", &from, "--only", &task];
    let list = place.ok(&[&base[..], &["--list"]].concat());
    let mut picks: Vec<_> = list.lines().filter(|line| line.starts_with("pick")).collect();
    assert_eq!(picks.len(), 2, "{list}");
    picks.pop();
    place.file("list.txt", picks.join("\n") + "\n");
    let run = |more: &[&str]| {
        let args = [&base[..], &["--domain", "exec.toml", "--dry-run", "--allow-exec"], more].concat();
        let list = std::fs::File::open(place.path("list.txt")).unwrap();
        let output = place.command(&args).stdin(list).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let answer: Value = serde_json::from_str(&run(&["--json"])).unwrap();
    let last = &answer["finals"][0];
    assert_eq!(last["unverified"], true);
    assert_eq!(
        (&last["original"]["completed_by"], &last["original"]["tags"]),
        (&json!("tester"), &json!(["a", "b"]))
    );
    let other = &last["original_by_other"];
    assert_eq!((&other["completed_by"], &other["tags"]), (&json!("nobody"), &json!(["a", "b"])));
    let other = &last["rewritten_by_other"];
    assert_eq!((&other["completed_by"], &other["tags"]), (&json!("nobody"), &json!(["a"])));
    assert_eq!(last["differs_by"], "events and rules");
    let told = run(&[]);
    assert_eq!(told.matches("(unverified)").count(), 2, "{told}");
}

#[test]
fn a_program_that_logs_among_its_answers_is_told_so() {
    if !python() {
        return;
    }
    let place = tasks("print('debug', flush=True)", "");
    let ran = compare(&place, &["--allow-exec"]);
    let said = ran.out + &ran.err;
    assert!(said.contains("more than one line") || said.contains("neither"), "{said}");
    assert!(!said.contains("()"), "{said}");
}
