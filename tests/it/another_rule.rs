//! What history becomes by another rule, over the demo: fields that earlier rules did not keep, records that a hard
//! delete took, and webhooks out of order. What is expected is worked out from the log, event by event.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::Place;
use backstory::domain::with_apply;
use serde_json::{Value, json};

/// The demo by its own domain with some rules exchanged, and that domain's text.
fn demo(rules: &[(&str, &str, &str)]) -> Place {
    let place = Place::demo();
    exchanged(&place, "earlier.toml", rules);
    place.ok(&["domain", "set", "earlier.toml"]);
    place
}

/// A file with the domain in use, some rules exchanged.
fn exchanged(place: &Place, file: &str, rules: &[(&str, &str, &str)]) {
    let mut source = place.ok(&["domain", "show"]);
    for (kind, event, rule) in rules {
        source = with_apply(&source, kind, event, rule).unwrap();
    }
    place.file(file, source);
}

/// The events of each aggregate of a type, oldest first.
fn histories(place: &Place, kind: &str) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in place.json(&["log", "--reverse", "--limit", "100000"]) {
        let aggregate = event["aggregate"].as_str().unwrap().to_owned();
        if aggregate.starts_with(&format!("{kind}/")) {
            all.entry(aggregate).or_default().push(event);
        }
    }
    all
}

/// What a dry run lists: the aggregates with the version at which each parts, the causes, and the summary.
struct Dry {
    parted: BTreeMap<String, i64>,
    lines: Vec<Value>,
}

impl Dry {
    fn run(place: &Place, domain: &str) -> Self {
        let before = place.json(&["aggregates", "--limit", "100000"]);
        let lines = place.json(&["replay", "--domain", domain, "--dry-run", "--limit", "100000"]);
        assert_eq!(place.json(&["aggregates", "--limit", "100000"]), before, "a dry run writes nothing");
        let listed = lines.iter().filter(|line| line["aggregate"].is_string());
        let parted = listed
            .map(|line| (line["aggregate"].as_str().unwrap().to_owned(), line["version"].as_i64().unwrap()))
            .collect();
        Self { parted, lines }
    }

    fn causes(&self) -> Vec<(&Value, i64)> {
        let causes = self.lines.iter().filter(|line| line.get("cause").is_some());
        causes.map(|line| (&line["cause"], line["aggregates"].as_i64().unwrap())).collect()
    }

    fn summary(&self) -> &Value {
        self.lines.last().unwrap()
    }

    fn first(&self, aggregate: &str) -> &Value {
        &self.lines.iter().find(|line| line["aggregate"] == aggregate).unwrap()["first"]
    }
}

/// The first event of a type in each history that has one.
fn first_of<'a>(all: &'a BTreeMap<String, Vec<Value>>, kind: &str) -> BTreeMap<String, &'a Value> {
    let of = |events: &'a Vec<Value>| events.iter().find(|event| event["type"] == kind);
    all.iter().filter_map(|(aggregate, events)| Some((aggregate.clone(), of(events)?))).collect()
}

fn versions(events: &BTreeMap<String, &Value>) -> BTreeMap<String, i64> {
    events.iter().map(|(name, event)| (name.clone(), event["version"].as_i64().unwrap())).collect()
}

fn listed(place: &Place, kind: &str, status: &str) -> BTreeSet<String> {
    let rows = place.json(&["aggregates", kind, "--status", status, "--limit", "100000"]);
    rows.iter().map(|row| row["aggregate"].as_str().unwrap().to_owned()).collect()
}

fn state(place: &Place, aggregate: &str) -> Value {
    place.one(&["state", aggregate])["state"].clone()
}

/// What the events of a task say of it in the end: done when and by whom, whether it is put away, and its title.
fn task(events: &[Value]) -> (Value, Value, bool, Value) {
    let mut task = (Value::Null, Value::Null, false, Value::Null);
    for event in events {
        match event["type"].as_str().unwrap() {
            "TaskCreated" | "TaskRetitled" => task.3 = event["data"]["title"].clone(),
            "TaskCompleted" => {
                (task.0, task.1) = (event["occurred_at"].clone(), event["meta"]["actor"].clone());
            }
            "TaskReopened" => (task.0, task.1) = (Value::Null, Value::Null),
            "TaskDeleted" => task.2 = true,
            "TaskRestored" => task.2 = false,
            _ => {}
        }
    }
    task
}

#[test]
fn fields_that_earlier_rules_did_not_keep_are_filled_in_from_the_events() {
    let place = demo(&[("Task", "TaskCompleted", ".done = true"), ("Task", "TaskReopened", ".done = false")]);
    let tasks = histories(&place, "Task");
    let completed = first_of(&tasks, "TaskCompleted");
    assert!(completed.len() > 100);
    assert_eq!(listed(&place, "Task", "done"), BTreeSet::new(), "by the earlier rules none is done");
    exchanged(
        &place,
        "new.toml",
        &[
            ("Task", "TaskCompleted", ".done = true | .completed_at = $at | .completed_by = $meta.actor"),
            ("Task", "TaskReopened", ".done = false | .completed_at = null | .completed_by = null"),
        ],
    );
    let dry = Dry::run(&place, "new.toml");
    assert_eq!(dry.parted, versions(&completed), "each parts where it was first completed");
    let cause = json!({
        "aggregate": "Task", "event": "TaskCompleted", "paths": ["completed_at", "completed_by"], "error": null,
    });
    assert_eq!(dry.causes(), [(&cause, completed.len() as i64)]);
    assert_eq!(dry.summary()["differ"], completed.len());
    for (aggregate, event) in &completed {
        let filled = json!([
            { "op": "add", "path": "/completed_at", "old": null, "value": event["occurred_at"] },
            { "op": "add", "path": "/completed_by", "old": null, "value": event["meta"]["actor"] },
        ]);
        assert_eq!(*dry.first(aggregate), filled, "{aggregate}");
    }
    place.ok(&["replay", "--domain", "new.toml", "--apply"]);
    let mut done = BTreeSet::new();
    for aggregate in completed.keys() {
        let (at, by, deleted, _) = task(&tasks[aggregate]);
        let now = state(&place, aggregate);
        assert_eq!((&now["completed_at"], &now["completed_by"]), (&at, &by), "{aggregate}");
        if !at.is_null() && !deleted {
            done.insert(aggregate.clone());
        }
    }
    assert_eq!(listed(&place, "Task", "done"), done);
}

#[test]
fn what_a_hard_delete_took_comes_back_when_the_delete_is_a_soft_one() {
    let place = demo(&[("Task", "TaskDeleted", "null")]);
    let tasks = histories(&place, "Task");
    let deleted = first_of(&tasks, "TaskDeleted");
    assert!(deleted.len() > 5);
    // By the earlier rule they are gone: nothing of them is left to look at.
    let away: BTreeSet<_> = deleted.keys().filter(|aggregate| task(&tasks[*aggregate]).2).cloned().collect();
    for aggregate in &away {
        assert_eq!(place.one(&["state", aggregate])["exists"], false, "{aggregate}");
    }
    assert_eq!(listed(&place, "Task", "deleted"), BTreeSet::new());
    let dry = Dry::run(&place, "demo");
    assert_eq!(dry.parted, versions(&deleted));
    assert!(dry.causes().iter().all(|(cause, _)| cause["event"] == "TaskDeleted"));
    assert_eq!(dry.causes().iter().map(|(_, count)| count).sum::<i64>(), deleted.len() as i64);
    place.ok(&["replay", "--domain", "demo", "--apply"]);
    assert_eq!(listed(&place, "Task", "deleted"), away, "the list shows them again");
    for aggregate in deleted.keys() {
        let (.., title) = task(&tasks[aggregate]);
        let now = place.one(&["state", aggregate]);
        assert_eq!((&now["exists"], &now["state"]["title"]), (&json!(true), &title), "{aggregate}");
        let row = place.json(&["aggregates", "Task", "--limit", "100000"]);
        let row = row.iter().find(|row| row["aggregate"] == **aggregate).unwrap();
        assert_eq!((&row["label"], &row["deleted"]), (&title, &json!(away.contains(aggregate))));
    }
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);
}

/// What a subscription says of its payments, by a rule for failures that takes the order of arrival for granted, or by
/// one that does not count a failure from before the last payment.
fn payments(events: &[Value], in_order: bool) -> (Value, Option<i64>) {
    let mut state =
        json!({ "failures": null, "last_invoice": null, "last_failure": null, "last_failed_at": null });
    let (mut failures, mut paid_at, mut parts) = (0, String::new(), None);
    for event in events {
        let at = event["occurred_at"].as_str().unwrap();
        match event["type"].as_str().unwrap() {
            "InvoicePaid" => {
                (failures, paid_at) = (0, at.to_owned());
                state["last_invoice"] = event["data"]["invoice"].clone();
            }
            "InvoiceFailed" => {
                if at < paid_at.as_str() {
                    parts = parts.or(event["version"].as_i64());
                    if !in_order {
                        continue;
                    }
                }
                failures += 1;
                state["last_invoice"] = event["data"]["invoice"].clone();
                state["last_failure"] = event["data"]["reason"].clone();
                state["last_failed_at"] = at.into();
            }
            _ => {}
        }
    }
    state["failures"] = failures.into();
    (state, parts)
}

#[test]
fn a_rule_that_took_webhooks_to_come_in_order_is_put_right_and_so_are_its_subscriptions() {
    const FIXED: &str = "if .last_paid_at != null and $at < .last_paid_at then .\n\
        else .failures += 1 | .last_invoice = $data.invoice | .last_failure = $data.reason | .last_failed_at = $at end";
    let place = Place::demo();
    let subscriptions = histories(&place, "Subscription");
    let late: BTreeMap<_, _> = subscriptions
        .iter()
        .filter_map(|(name, events)| Some((name.clone(), payments(events, true).1?)))
        .collect();
    assert!(late.len() > 3, "the demo's webhooks come out of order");
    exchanged(&place, "fixed.toml", &[("Subscription", "InvoiceFailed", FIXED)]);
    let dry = Dry::run(&place, "fixed.toml");
    assert_eq!(dry.parted, late, "each parts where a failure comes in from before the last payment");
    assert!(dry.causes().iter().all(|(cause, _)| cause["event"] == "InvoiceFailed"));
    let kept = |state: &Value| {
        let mut kept = json!({});
        for field in ["failures", "last_invoice", "last_failure", "last_failed_at"] {
            kept[field] = state.get(field).cloned().unwrap_or_default();
        }
        kept
    };
    let mut right = BTreeSet::new();
    for (name, events) in &subscriptions {
        let (by_arrival, by_time) = (payments(events, true).0, payments(events, false).0);
        assert_eq!(kept(&state(&place, name)), by_arrival, "{name}");
        if by_arrival != by_time {
            right.insert(name.clone());
        }
    }
    assert_eq!(dry.summary()["differ"], right.len());
    assert_eq!(dry.summary()["met_again"], late.len() - right.len());
    place.ok(&["replay", "--domain", "fixed.toml", "--apply"]);
    for (name, events) in &subscriptions {
        assert_eq!(kept(&state(&place, name)), payments(events, false).0, "{name}");
    }
}
