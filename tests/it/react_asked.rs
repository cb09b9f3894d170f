//! Reactors answer an import or a carry-over only where somebody asks for it, and then as if it were fired there.

use crate::program::Place;
use serde_json::{Value, json};

const SHOP: &str = include_str!("../data/shop.toml");

const REACTORS: &str = r#"
[[reactor]]
name = "send-it"
on = ["Paid"]
run = "sync"
command = { name = "send" }

[[reactor]]
name = "load"
on = ["Sent"]
append = { file = "sent", row = '.item' }
"#;

fn shop() -> Place {
    let place = Place::empty();
    // What was sent is not sent once more, and says nothing of it.
    let shop = SHOP.replace("else event(\"Sent\"", "elif .sent then empty else event(\"Sent\"");
    place.file("shop.toml", format!("{shop}{REACTORS}"));
    place.ok(&["init", "--domain", "shop.toml"]);
    place
}

/// Lines of a log in backstory's own form, without commands.
fn lines(events: &[(&str, &str, Value)]) -> String {
    let line = |(at, (aggregate, kind, data)): (usize, &(&str, &str, Value))| {
        let meta = json!({ "actor": "mira" });
        let at = format!("2019-04-01T09:00:{at:02}Z");
        let line =
            json!({ "aggregate": aggregate, "type": kind, "data": data, "meta": meta, "occurred_at": at });
        format!("{line}\n")
    };
    events.iter().enumerate().map(line).collect()
}

fn types(place: &Place, branch: &str) -> Vec<String> {
    let log = place.json(&["-b", branch, "log", "--reverse"]);
    let name = |event: &Value| {
        format!("{} {}", event["aggregate"].as_str().unwrap(), event["type"].as_str().unwrap())
    };
    log.iter().map(name).collect()
}

fn jobs(place: &Place) -> Vec<(String, String)> {
    let mut jobs = place.json(&["jobs"]);
    jobs.reverse();
    let text = |job: &Value, name: &str| job[name].as_str().unwrap().to_owned();
    jobs.iter().map(|job| (text(job, "reactor"), text(job, "state"))).collect()
}

fn pair(reactor: &str, state: &str) -> (String, String) {
    (reactor.to_owned(), state.to_owned())
}

#[test]
fn an_import_with_react_is_answered_event_by_event_and_once() {
    let place = shop();
    let ordered = |id: &str| lines(&[(id, "Ordered", json!({ "item": "book" })), (id, "Paid", json!({}))]);
    place.file("a.jsonl", ordered("Order/7"));
    place.ok(&["import", "a.jsonl"]);
    assert!(jobs(&place).is_empty(), "nobody asked");
    place.file("b.jsonl", ordered("Order/8") + &ordered("Order/9"));
    let told = place.ok(&["import", "b.jsonl", "--react"]);
    assert!(told.contains("Reactors answered 4 times."), "{told}");
    let of = |id: &str, names: &[&str]| names.iter().map(|name| format!("{id} {name}")).collect::<Vec<_>>();
    let mut expected = of("Order/7", &["Ordered", "Paid"]);
    expected.extend(of("Order/8", &["Ordered", "Paid", "Sent"]));
    expected.extend(of("Order/9", &["Ordered", "Paid", "Sent"]));
    let mut found = types(&place, "main");
    found.sort();
    assert_eq!(found, expected);
    let log = place.json(&["log", "Order/8"]);
    let (sent, paid) = (&log[0], &log[1]);
    assert_eq!(sent["meta"]["causation_id"], paid["hash"]);
    assert_eq!(sent["occurred_at"], paid["occurred_at"], "a synchronous command is part of its event");
    let [sent, loaded] = [pair("send-it", "done"), pair("load", "waiting")];
    assert_eq!(jobs(&place), [sent.clone(), loaded.clone(), sent, loaded]);

    // What is there already is not answered again.
    let again = place.one(&["import", "b.jsonl", "--react"]);
    assert_eq!((&again["appended"], &again["seen"], &again["reacted"]), (&json!(0), &json!(4), &json!(0)));
    assert_eq!(place.one(&["import", "a.jsonl"])["reacted"], Value::Null);
    assert_eq!(jobs(&place).len(), 4);
    assert_eq!(place.run(&["import", "a.jsonl", "--react", "--try", "1"]).code, 2);
    place.ok(&["work", "--until-empty", "--consent"]);
    assert_eq!(std::fs::read_to_string(place.path("feeds/sent.jsonl")).unwrap().lines().count(), 2);
    place.ok(&["verify"]);
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);
}

#[test]
fn what_a_synchronous_reactor_refuses_is_not_imported() {
    let place = shop();
    let bomb = [("Order/1", "Ordered", json!({ "item": "bomb" })), ("Order/1", "Paid", json!({}))];
    place.file("bomb.jsonl", lines(&bomb));
    let said = place.refused(1, &["import", "bomb.jsonl", "--react"]);
    assert!(said.contains("send-it refuses Paid of Order/1") && said.contains("cannot be sent"), "{said}");
    assert!(types(&place, "main").is_empty() && jobs(&place).is_empty());
    place.ok(&["import", "bomb.jsonl"]);
    assert_eq!(types(&place, "main").len(), 2);
}

#[test]
fn the_events_of_one_command_stay_together() {
    let place = shop();
    let part = |kind: &str, data: Value, part: i64| {
        let meta = json!({ "command": { "name": "order-and-pay", "params": {}, "part": part, "of": 3 } });
        let line = json!({ "aggregate": "Order/1", "type": kind, "data": data, "meta": meta,
                           "occurred_at": "2019-04-01T09:00:00Z" });
        format!("{line}\n")
    };
    let ordered = part("Ordered", json!({ "item": "book" }), 1);
    place.file(
        "unit.jsonl",
        ordered + &part("Paid", json!({}), 2) + &part("Wrapped", json!({ "paper": "red" }), 3),
    );
    place.ok(&["import", "unit.jsonl", "--react"]);
    assert_eq!(types(&place, "main"), ["Ordered", "Paid", "Wrapped", "Sent"].map(|n| format!("Order/1 {n}")));
}

#[test]
fn a_carry_over_with_react_is_answered_where_it_lands() {
    let place = shop();
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Order/1", "pay"]);
    assert_eq!(types(&place, "what-if"), ["Order/1 Ordered", "Order/1 Paid"]);
    let told = place.ok(&["cherry-pick", "what-if:Order/1", "--react", "--dry-run"]);
    assert!(told.contains("→ send-it: command, done") && told.contains("Sent"), "{told}");
    assert!(jobs(&place).is_empty() && types(&place, "main").len() == 1, "a dry run writes nothing");
    let carried = place.json(&["cherry-pick", "what-if:Order/1", "--react"]);
    assert_eq!(carried[0]["reacted"][0]["events"][0]["type"], "Sent");
    assert_eq!(types(&place, "main"), ["Order/1 Ordered", "Order/1 Paid", "Order/1 Sent"]);
    assert_eq!(jobs(&place), [pair("send-it", "done"), pair("load", "waiting")]);

    // A rebase takes the branch's own events to a new branch, and answers there only where that is asked for.
    place.ok(&["fire", "Order", "order", "item=pen", "--no-react"]);
    place.ok(&["branch", "aside"]);
    place.ok(&["-b", "aside", "fire", "Order/2", "pay"]);
    place.ok(&["fire", "Order", "order", "item=cup"]);
    place.ok(&["rebase", "aside"]);
    assert_eq!(jobs(&place).len(), 2, "nobody asked");
    place.ok(&["rebase", "aside", "--react"]);
    assert_eq!(types(&place, "aside").pop().unwrap(), "Order/2 Sent");
    assert_eq!(jobs(&place).len(), 4);
    assert!(!types(&place, "main").contains(&"Order/2 Paid".to_owned()));

    // What its reactor did there already comes along as the command it was, and finds nothing to do.
    place.ok(&["merge", "aside", "--react"]);
    let sent = types(&place, "main").iter().filter(|event| *event == "Order/2 Sent").count();
    assert_eq!(sent, 1);
    place.ok(&["verify"]);
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);
}

#[test]
fn a_unit_that_a_synchronous_reactor_refuses_is_rejected_with_what_it_began() {
    let place = shop();
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order", "order", "item=bomb"]);
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Order/2", "pay"]);
    place.ok(&["-b", "what-if", "fire", "Order/1", "pay"]);
    let ran = place.run(&["merge", "what-if", "--react"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("rejected") && ran.out.contains("that cannot be sent"), "{}", ran.out);
    assert_eq!(types(&place, "main").len(), 2, "all or none");
    place.ok(&["merge", "what-if", "--react", "--skip"]);
    assert_eq!(types(&place, "main")[2..], ["Order/1 Paid", "Order/1 Sent"]);
    assert_eq!(jobs(&place), [pair("send-it", "done"), pair("load", "waiting")]);
    assert_eq!(place.one(&["state", "Order/2"])["state"]["paid"], Value::Null);
    place.ok(&["verify"]);
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);
}
