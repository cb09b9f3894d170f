//! Another order has two answers: the same events folded, and the same requests decided again.

use serde_json::{Value, json};

use crate::program::Place;
use crate::rewrite::with_list;

const RULES: &str = r#"
[domain]
name = "subs"
[aggregate.Sub.event.Opened]
apply = '.status = "active" | .failures = 0'
[aggregate.Sub.event.Paid]
apply = '.failures = 0'
[aggregate.Sub.event.Failed]
apply = '.failures += 1'
[aggregate.Sub.event.Stopped]
apply = '.status = "stopped"'
[aggregate.Sub.event.Noted]
apply = '.noted_at = $event.version'
[aggregate.Sub.command.open]
creates = true
emit = 'event("Opened"; {})'
[aggregate.Sub.command.pay]
emit = 'event("Paid"; {})'
[aggregate.Sub.command.fail]
emit = 'event("Failed"; {}), (if .failures >= 1 then event("Stopped"; {}) else empty end)'
[aggregate.Sub.command.note]
emit = 'event("Noted"; {})'
[[reactor]]
name = "note-it"
on = ["Stopped"]
run = "sync"
command = { name = "note" }
"#;

/// A second failure stops it, which is noted; the payment between both came late, and one more behind.
fn late(paid_at: &str) -> Place {
    let place = Place::empty();
    place.ok(&["init", "--domain", place.file("subs.toml", RULES)]);
    for (command, at) in [("open", "00"), ("fail", "10"), ("fail", "30"), ("pay", paid_at), ("pay", "50")] {
        place.ok(&["fire", "Sub/1", command, "--at", &format!("2024-01-01T00:00:{at}Z")]);
    }
    place
}

fn paths(changes: &Value) -> Vec<&str> {
    changes.as_array().unwrap().iter().map(|change| change["path"].as_str().unwrap()).collect()
}

#[test]
fn requests_come_to_something_else_in_the_order_in_which_they_occurred() {
    let place = late("20");
    let other = place.one(&["order", "Sub/1", "--by", "occurred"]);
    assert_eq!(
        paths(&other["changes"]),
        ["/noted_at"],
        "the same events end in the same state but for their places"
    );
    let requests = &other["requests"];
    assert_eq!(paths(&requests["changes"]), ["/status", "/noted_at"], "{requests}");
    assert_eq!((&requests["decided"], &requests["folded"]), (&json!(4), &json!(0)));
    let short = |fate: &Value| json!([fate["versions"], fate["command"], fate["outcome"], fate["says"]]);
    let otherwise: Vec<_> = requests["otherwise"].as_array().unwrap().iter().map(short).collect();
    assert_eq!(
        otherwise,
        [
            json!([[3, 4], "fail", "other events", "Failed"]),
            json!([[5, 5], "note", "withdrawn", "its cause Sub/1@4 does not come to be"]),
        ]
    );
    assert_eq!(other["reads"], json!(["Sub Noted reads version"]));
    let said = place.ok(&["order", "Sub/1", "--by", "occurred"]);
    assert!(said.contains("2 of 4 requests come to something else (--decide lists them)."), "{said}");
    let said = place.ok(&["order", "Sub/1", "--by", "occurred", "--decide"]);
    assert!(said.contains("    Sub/1 v3–v4 fail  other events: Failed\n"), "{said}");
    assert!(said.contains("the version is the new place"), "{said}");
    let races = place.json(&["races", "--kind", "disorder"]);
    assert_eq!(races.len(), 1, "{races:?}");

    let place = late("40");
    let other = place.one(&["order", "Sub/1", "--by", "recorded"]);
    assert_eq!((&other["moved"], &other["requests"]), (&json!(0), &Value::Null));
}

#[test]
fn a_disorder_by_requests_alone_is_found_and_its_twin_is_not() {
    // Without what tells versions apart.
    let rules = RULES.replace(".noted_at = $event.version", ".");
    let found = |paid_at: &str| {
        let place = late(paid_at);
        place.ok(&["domain", "set", place.file("plain.toml", &rules)]);
        let races = place.json(&["races", "--kind", "disorder"]);
        races
            .iter()
            .map(|race| (race["differs"][0]["path"].clone(), race["note"].clone()))
            .collect::<Vec<_>>()
    };
    let races = found("20");
    assert_eq!(races[0].0, "/status");
    assert!(
        races[0].1.as_str().unwrap().ends_with("and the same requests, decided again, end otherwise"),
        "{races:?}"
    );
    // Behind the second failure the payment is late to nothing.
    assert_eq!(found("35"), []);
}

fn rewritten(place: &Place, list: &[&str]) -> (Value, String) {
    let args = ["rewrite", "main", "--from", "Sub/1@2", "--dry-run"];
    let (code, text, err) = with_list(place, &args, &list.join("\n"));
    assert_eq!(code, 0, "{err}");
    let args = [&args[..], &["--json"]].concat();
    let (_, json, _) = with_list(place, &args, &list.join("\n"));
    (serde_json::from_str(&json).unwrap(), text)
}

fn outcomes(done: &Value) -> Vec<Value> {
    done["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fate| json!([fate["versions"][0], fate["outcome"]]))
        .collect()
}

#[test]
fn a_rewritten_order_is_folded_and_decided_and_a_command_that_is_cut_is_asked_for_as_a_whole() {
    let place = late("20");
    let list = place.ok(&["rewrite", "main", "--from", "Sub/1@2", "--list"]);
    let picks: Vec<&str> = list.lines().filter(|line| line.starts_with("pick")).collect();
    let [fail, again, stopped, noted, paid, last] = picks[..] else { panic!("{list}") };

    let (done, text) = rewritten(&place, &[fail, paid, again, stopped, noted, last]);
    let ends = &done["finals"][0];
    assert_eq!((&ends["rewritten"]["status"], &ends["differs_by"]), (&json!("stopped"), &json!("order")));
    assert_eq!(ends["requests"]["original"], ends["original"]);
    assert_eq!(ends["requests"]["rewritten"], json!({ "status": "active", "failures": 0 }));
    assert!(text.contains("decided again: Sub/1 v3–v4 fail  other events: Failed"), "{text}");
    assert!(text.contains("the same requests, decided again: the order makes the difference"), "{text}");

    let (done, _) = rewritten(&place, &[fail, again, paid, stopped, noted, last]);
    // The payment stands between the two events of a command: the events are folded so, and the request is made as a whole.
    let ends = [json!([3, "applied"]), json!([6, "applied"]), json!([5, "applied"]), json!([7, "applied"])];
    assert_eq!(outcomes(&done), ends);
    assert_eq!(done["finals"][0]["requests"]["rewritten"]["status"], "stopped");
    // Without its second event, or its first, the request would come to it again; with another one it is no request.
    for (left, status) in
        [(vec![fail, again, paid, last], "active"), (vec![fail, stopped, paid, last], "stopped")]
    {
        let (done, _) = rewritten(&place, &left);
        assert_eq!(outcomes(&done)[0], json!([3, "applied"]));
        assert_eq!(done["finals"][0]["rewritten"]["status"], status);
        assert_eq!(done["finals"][0]["requests"]["rewritten"]["status"], "stopped");
    }
    let changed = format!("change {} {{\"data\": {{\"x\": 1}}}}", stopped.split(' ').nth(1).unwrap());
    let (done, _) = rewritten(&place, &[fail, again, &changed, noted, paid, last]);
    assert_eq!(outcomes(&done)[..2], [json!([3, "folded"]), json!([4, "folded"])]);

    let (done, _) = rewritten(&place, &[noted, fail, again, stopped, paid, last]);
    assert_eq!(outcomes(&done)[0], json!([5, "withdrawn"]));
    assert_eq!(done["requests"][0]["says"], "its cause Sub/1@4 stands behind it");

    let (done, text) = rewritten(&place, &[fail, paid, last]);
    assert_eq!(done["finals"][0]["differs_by"], "events");
    assert!(text.contains("without these events it ends otherwise"), "{text}");
    assert!(!text.contains("the order"), "{text}");
}

#[test]
fn by_other_rules_the_same_requests_have_other_ends() {
    let place = late("20");
    let list = place.ok(&["rewrite", "main", "--from", "Sub/1@2", "--list"]);
    let picks: Vec<&str> = list.lines().filter(|line| line.starts_with("pick")).collect();
    let strict = RULES.replace(".failures >= 1", "true");
    let file = place.file("strict.toml", strict).to_owned();
    let args = ["rewrite", "main", "--from", "Sub/1@2", "--dry-run", "--domain", &file, "--json"];
    let list = [picks[0], picks[4], picks[1], picks[2], picks[3], picks[5]].join("\n");
    let (code, out, err) = with_list(&place, &args, &list);
    assert_eq!(code, 0, "{err}");
    let done: Value = serde_json::from_str(&out).unwrap();
    let ends = &done["finals"][0];
    assert_eq!(ends["original_by_other"], ends["original"], "how events are applied is the same");
    let requests = &ends["requests"];
    assert_eq!(requests["rewritten"]["status"], "active");
    assert_eq!(requests["rewritten_by_other"]["status"], "stopped", "{requests}");
    assert_eq!(requests["differs_by"], "order");
}

#[test]
fn a_list_that_begins_inside_a_command_asks_for_it_as_a_whole() {
    let place = late("20");
    let args = ["rewrite", "main", "--from", "Sub/1@4", "--list"];
    let list = place.ok(&args);
    let picks: Vec<&str> = list.lines().filter(|line| line.starts_with("pick")).collect();
    let [stopped, noted, paid, last] = picks[..] else { panic!("{list}") };
    let args = ["rewrite", "main", "--from", "Sub/1@4", "--dry-run", "--json"];
    let done = |list: &[&str]| -> Value {
        let (code, out, err) = with_list(&place, &args, &list.join("\n"));
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    };
    let without = done(&[paid, last]);
    let ends = [json!([3, "applied"]), json!([6, "applied"]), json!([7, "applied"])];
    assert_eq!(outcomes(&without), ends, "its first event stands before the list");
    let status = |answer: &Value| answer["rewritten"]["status"].clone();
    let last_of = &without["finals"][0];
    assert_eq!((status(last_of), status(&last_of["requests"])), (json!("active"), json!("stopped")));
    let behind = done(&[paid, stopped, noted, last]);
    assert_eq!(outcomes(&behind)[..2], [json!([3, "applied"]), json!([6, "applied"])], "{behind}");
}
