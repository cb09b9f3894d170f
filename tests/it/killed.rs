//! Writers, workers and rebuilds killed at any moment, all at once: what was acknowledged stays, nothing that reactors
//! were asked for is lost or done twice, and what was kept on the way equals a store that replays the log afresh.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::program::Place;
use serde_json::Value;

const DOMAIN: &str = r#"
[domain]
name = "shop"

[aggregate.Order]
label = '.item'
status = 'if .sent then "sent" else "open" end'
[aggregate.Order.event.Ordered]
apply = '.item = $data.item'
[aggregate.Order.event.Paid]
apply = '.paid = true'
[aggregate.Order.event.Sent]
apply = '.sent = true'
[aggregate.Order.command.order]
creates = true
params = { item = "string" }
emit = 'event("Ordered"; $params), event("Paid"; {})'
[aggregate.Order.command.send]
emit = 'event("Sent"; {})'

[aggregate.Bill.event.Billed]
apply = '.order = $data.order'
[aggregate.Bill.command.bill]
creates = true
params = { order = "string" }
emit = 'event("Billed"; $params)'

[[reactor]]
name = "send-it"
on = ["Paid"]
run = "sync"
command = { name = "send" }

[[reactor]]
name = "bill-it"
on = ["Sent"]
command = { type = "Bill", name = "bill", params = '{order: $event.aggregate}' }

[[reactor]]
name = "load"
on = ["*"]
append = { file = "warehouse", row = '$event.type' }

[projection.counts]
on = ["*"]
key = '$event.type'
fold = '.events = (.events // 0) + 1'

[projection.orders]
on = ["Order/*"]
mode = "async"
key = '$event.aggregate'
fold = '.item = ($data.item // .item) | .sent = ($event.type == "Sent")'
"#;

/// Starts a run whose answer is read at its end.
fn start(place: &Place, args: &[&str]) -> Child {
    place.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Ends a run where it is; answers the events that it had acknowledged by then.
fn strike(mut child: Child) -> Vec<Value> {
    child.kill().unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.wait().unwrap();
    out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// Everything that a store keeps of its log, by what the program shows of it.
fn kept(place: &Place) -> Vec<Vec<Value>> {
    let aggregates = place.json(&["aggregates", "--limit", "100000"]);
    let state = |row: &Value| place.one(&["state", text(row, "aggregate")]);
    let some: Vec<_> = aggregates.iter().step_by(aggregates.len() / 8 + 1).map(state).collect();
    vec![aggregates, some, place.json(&["report", "counts"]), place.json(&["report", "orders"])]
}

#[test]
fn nothing_is_lost_or_doubled_and_everything_kept_equals_a_fresh_replay() {
    let place = Place::empty();
    place.file("shop.toml", DOMAIN);
    place.ok(&["init", "--domain", "shop.toml"]);
    place.ok(&["fire", "Order", "order", "item=first"]);
    place.ok(&["work", "--once", "--consent"]);
    let (mut acknowledged, mut unacknowledged, mut struck) = (Vec::new(), 0, 0);
    for round in 0_u64..16 {
        let item = format!("item=round {round}");
        let mut runs = vec![
            start(&place, &["fire", "Order", "order", &item, "--json"]),
            start(&place, &["work", "--until-empty", "--consent"]),
        ];
        if round % 3 == 1 {
            // The same rules in another text: heads and projections are built again.
            place.file("next.toml", format!("{DOMAIN}# {round}\n"));
            runs.push(start(&place, &["replay", "--domain", "next.toml", "--apply"]));
        }
        std::thread::sleep(Duration::from_millis(8 + round * 37 % 130));
        let fired = strike(runs.remove(0));
        unacknowledged += usize::from(fired.is_empty());
        acknowledged.extend(fired);
        for run in runs {
            strike(run);
        }
        // The leases of the dead run out.
        struck += place.change_jobs("UPDATE jobs SET lease = 1 WHERE state = 'running'");
    }
    println!("{} acknowledged, {unacknowledged} commands not, {struck} jobs struck", acknowledged.len());
    place.ok(&["fire", "Order", "order", "item=last"]);
    place.ok(&["work", "--until-empty", "--consent"]);

    let log = place.json(&["export"]);
    for event in &acknowledged {
        assert_eq!(&log[event["position"].as_u64().unwrap() as usize - 1], event, "acknowledged, and gone");
    }
    let hashes = |kind: &str| -> Vec<_> {
        let of_kind = log.iter().filter(|event| event["type"] == kind);
        of_kind.map(|event| text(event, "hash")).collect()
    };
    assert_eq!(hashes("Ordered").len(), hashes("Paid").len(), "a command's events come together");

    // Each event has the jobs of its reactors, once each, all done.
    let mut jobs: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for job in place.json(&["jobs", "--limit", "100000"]) {
        assert_eq!(job["state"], "done", "{job}");
        jobs.entry(job["position"].as_i64().unwrap()).or_default().push(text(&job, "reactor").to_owned());
    }
    let mut keys = BTreeSet::new();
    for event in &log {
        let mut found = jobs.remove(&event["position"].as_i64().unwrap()).unwrap_or_default();
        found.sort();
        let expected: &[&str] = match text(event, "type") {
            "Paid" => &["load", "send-it"],
            "Sent" => &["bill-it", "load"],
            _ => &["load"],
        };
        assert_eq!(found, expected, "{event}");
        keys.insert(format!("{}/load", text(event, "hash")));
    }
    assert!(jobs.is_empty(), "jobs without an event: {jobs:?}");

    // A command came of its event exactly once; outside, each event has its line, under one key.
    let causes = |kind: &str| -> Vec<_> {
        let of_kind = log.iter().filter(|event| event["type"] == kind);
        of_kind.map(|event| text(&event["meta"], "causation_id")).collect()
    };
    assert_eq!(causes("Sent"), hashes("Paid"));
    let (mut billed, mut sent) = (causes("Billed"), hashes("Sent"));
    billed.sort_unstable();
    sent.sort_unstable();
    assert_eq!(billed, sent);
    let lines = std::fs::read_to_string(place.path("feeds/warehouse.jsonl")).unwrap();
    let whole = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    assert_eq!(whole.map(|line| text(&line, "key").to_owned()).collect::<BTreeSet<_>>(), keys);

    // What was kept on the way, and what a store keeps that takes the log in one go.
    place.ok(&["verify"]);
    assert_eq!(place.json(&["replay", "--dry-run"]).pop().unwrap()["differ"], 0);
    let fresh = Place::empty();
    fresh.file("shop.toml", DOMAIN);
    fresh.file("log.jsonl", place.ok(&["export"]));
    fresh.ok(&["init", "--domain", "shop.toml"]);
    fresh.ok(&["import", "log.jsonl"]);
    assert!(fresh.json(&["jobs"]).is_empty(), "an import asks for nothing");
    assert_eq!(kept(&place), kept(&fresh));
}
