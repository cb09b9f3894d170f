//! What is read: the list, the log, an event, a state, two of them beside each other.

use serde_json::{Value, json};

use super::{EVENT, small};
use crate::program::{Place, fields};

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
    let logged: Vec<_> = EVENT.into_iter().chain(["flags"]).collect();
    assert_eq!(fields(&place.json(&["log"])[0]), logged);
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
