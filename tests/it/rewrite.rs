//! Rewriting: another order or other events, as a new branch, and which of order and rules is to blame.

use std::io::Write;
use std::process::Stdio;

use crate::program::Place;
use serde_json::{Value, json};

const RULES: &str = r#"
[domain]
name = "subs"
[aggregate.Sub.event.Created]
apply = '.status = "inactive"'
[aggregate.Sub.event.Paid]
apply = '.status = "active"'
[aggregate.Sub.event.Failed]
apply = 'if .status == null then error("nothing to fail") else .status = "inactive" end'
"#;

/// The failed payment is no reason any more where a later one was made.
const CAREFUL: &str = r#"
[domain]
name = "subs"
[aggregate.Sub.event.Created]
apply = '.status = "inactive"'
[aggregate.Sub.event.Paid]
apply = '.status = "active" | .paid_at = $at'
[aggregate.Sub.event.Failed]
apply = 'if (.paid_at // "") > $at then . else .status = "inactive" end'
"#;

/// A payment failed, the next one went through, and the news arrived the other way round.
fn raced() -> Place {
    let place = Place::empty();
    let domain = place.file("subs.toml", RULES).to_owned();
    place.ok(&["init", "--domain", &domain]);
    let line = |sub: &str, kind: &str, at: &str| {
        json!({ "aggregate": sub, "type": kind, "occurred_at": at, "data": {}, "meta": {"actor": "bank"} })
            .to_string()
    };
    let lines = [
        line("Sub/1", "Created", "2019-04-01T00:00:00Z"),
        line("Sub/2", "Created", "2019-04-01T00:00:01Z"),
        line("Sub/1", "Paid", "2019-04-03T00:00:00Z"),
        line("Sub/1", "Failed", "2019-04-02T00:00:00Z"),
        line("Sub/2", "Paid", "2019-04-04T00:00:00Z"),
    ];
    let file = place.file("events.jsonl", lines.join("\n"));
    place.ok(&["import", file]);
    place
}

pub fn with_list(place: &Place, args: &[&str], list: &str) -> (i32, String, String) {
    let mut command = place.command(args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    (
        out.status.code().unwrap(),
        String::from_utf8(out.stdout).unwrap(),
        String::from_utf8(out.stderr).unwrap(),
    )
}

fn picks(place: &Place, args: &[&str]) -> Vec<String> {
    let mut all = vec!["rewrite", "main"];
    all.extend(args);
    all.push("--list");
    place.ok(&all).lines().filter(|line| line.starts_with("pick")).map(str::to_owned).collect()
}

#[test]
fn another_order_is_a_new_branch_with_the_old_one_untouched() {
    let place = raced();
    let list = picks(&place, &["--from", "Sub/1@2"]);
    assert_eq!(list.len(), 3, "{list:?}");
    let turned = [list[1].as_str(), &list[0], &list[2]].join("\n");
    let args = ["rewrite", "main", "--from", "Sub/1@2", "--json"];
    let (code, out, err) = with_list(&place, &args, &turned);
    assert_eq!(code, 0, "{err}");
    let done: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&done["branch"], &done["fork_position"]), (&json!("main-rewritten"), &json!(2)));
    assert_eq!(done["finals"][0]["original"], json!({ "status": "inactive" }));
    assert_eq!(done["finals"][0]["rewritten"], json!({ "status": "active" }));
    assert_eq!(done["finals"][0]["differs_by"], "order");
    assert_eq!(done["finals"][1]["differs_by"], "nothing");
    assert_eq!(place.one(&["state", "main:Sub/1"])["state"], json!({ "status": "inactive" }));
    assert_eq!(place.one(&["state", "main-rewritten:Sub/1"])["state"], json!({ "status": "active" }));
    let first = place.json(&["-b", "main-rewritten", "log", "--reverse"]);
    assert_eq!(first[2]["meta"]["origin"], place.one(&["show", "4"])["event"]["hash"]);
    place.ok(&["verify"]);
    place.ok(&["undo"]);
    assert_eq!(place.json(&["branch"]).len(), 1);
}

#[test]
fn two_rules_and_two_orders_tell_which_is_to_blame() {
    let place = raced();
    let list = picks(&place, &["--from", "Sub/1@2", "--only", "Sub/1"]);
    assert_eq!(list.len(), 2, "{list:?}");
    let turned = [list[1].as_str(), &list[0]].join("\n");
    let careful = place.file("careful.toml", CAREFUL).to_owned();
    let args = [
        "rewrite",
        "main",
        "--from",
        "Sub/1@2",
        "--only",
        "Sub/1",
        "--domain",
        &careful,
        "--dry-run",
        "--json",
    ];
    let (code, out, err) = with_list(&place, &args, &turned);
    assert_eq!(code, 0, "{err}");
    let done: Value = serde_json::from_str(&out).unwrap();
    let last = &done["finals"][0];
    assert_eq!(
        (&last["original"]["status"], &last["rewritten"]["status"]),
        (&json!("inactive"), &json!("active"))
    );
    let by_other = [&last["original_by_other"]["status"], &last["rewritten_by_other"]["status"]];
    assert_eq!(by_other, [&json!("active"), &json!("active")], "with these rules the order does not matter");
    assert_eq!(last["differs_by"], "order and rules");
    assert_eq!(place.json(&["branch", "--all"]).len(), 1, "a dry run makes no branch");
}

#[test]
fn what_the_other_rules_refuse_is_said() {
    let place = raced();
    let list = picks(&place, &["--from", "Sub/1@2", "--only", "Sub/1"]);
    let turned = [list[1].as_str(), &list[0]].join("\n");
    let strict = CAREFUL.replacen(
        "apply = '",
        "apply = 'if $event.type != \"\" then error(\"never\") else . end | ",
        9,
    );
    place.file("strict.toml", strict);
    let args =
        ["rewrite", "main", "--from", "Sub/1@2", "--only", "Sub/1", "--domain", "strict.toml", "--dry-run"];
    let (code, out, err) = with_list(&place, &args, &turned);
    assert_eq!(code, 0, "{err}");
    for order in ["original order", "new order"] {
        let said = format!("the other rules refuse: {order}, ");
        assert!(out.contains(&said) && out.contains("never"), "{out}");
    }
}

#[test]
fn events_are_dropped_changed_and_inserted_and_what_becomes_of_the_later_ones_is_said() {
    let place = raced();
    let list = picks(&place, &["--from", "Sub/1@1", "--only", "Sub/1"]);
    let word = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
    let text = format!(
        "drop {}\n{}\ninsert {{\"aggregate\": \"Sub/1\", \"type\": \"Paid\", \"occurred_at\": \"2019-04-01\"}}\n\
         change {} {{\"data\": {{\"amount\": 3}}}}",
        word(&list[0]),
        list[2],
        word(&list[1])
    );
    let args = ["rewrite", "main", "--from", "Sub/1@1", "--only", "Sub/1", "--as", "odd", "--json"];
    let (code, out, err) = with_list(&place, &args, &text);
    assert_eq!(code, 0, "{err}");
    let done: Value = serde_json::from_str(&out).unwrap();
    let events = done["events"].as_array().unwrap();
    assert!(events[0]["error"].as_str().unwrap().contains("nothing to fail"));
    assert_eq!((&events[1]["changes"], &events[1]["late"]), (&json!(true), &json!(true)));
    assert_eq!(events[2]["changes"], false, "it was active already");
    let log = place.json(&["-b", "odd", "log", "Sub/1", "--reverse"]);
    assert_eq!(log.len(), 3);
    assert_eq!(log[2]["data"], json!({ "amount": 3 }));
}

#[test]
fn what_cannot_be_rewritten_is_refused() {
    let place = raced();
    let list = picks(&place, &["--from", "1"]).join("\n");
    let args = ["rewrite", "main", "--from", "1"];
    let (code, _, err) = with_list(&place, &args, &list);
    assert_eq!(code, 1);
    assert!(err.contains("nothing to rewrite"), "{err}");
    let (code, _, err) = with_list(&place, &args, "pick 0123456789");
    assert_eq!(code, 2);
    assert!(err.contains("line 1 of the todo list"), "{err}");
    assert_eq!(place.json(&["branch", "--all"]).len(), 1);
}
