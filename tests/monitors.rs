//! Monitors over the demo's history, and as it goes on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/program.rs"]
mod program;

use program::Place;
use serde_json::{Value, json};

const MINUTE: i64 = 60_000_000;

fn time(text: &Value) -> i64 {
    backstory::event::Time::parse(text.as_str().unwrap()).unwrap().0
}

#[test]
fn the_demos_payments_come_too_seldom_where_a_walk_over_the_minutes_says_so() {
    let place = Place::demo();
    let found = place.json(&["monitors", "payments"]);
    let paid: Vec<_> = place.json(&["log", "--type", "InvoicePaid", "--limit", "10000", "--reverse"]);
    let mut paid: Vec<i64> = paid.iter().map(|event| time(&event["occurred_at"])).collect();
    paid.sort_unstable();
    assert!(!found.is_empty());
    // Business minutes up to a time: 9 to 17 o'clock UTC, Monday to Friday; 1970-01-05 was a Monday.
    let business = |at: i64| {
        let minutes = at / MINUTE - 4 * 24 * 60;
        let (week, rest) = (minutes.div_euclid(7 * 24 * 60), minutes.rem_euclid(7 * 24 * 60));
        let (day, minute) = (rest / (24 * 60), rest % (24 * 60));
        week * 5 * 480 + day.min(5) * 480 + if day < 5 { (minute - 9 * 60).clamp(0, 480) } else { 0 }
    };
    for violation in &found {
        let lasts = violation["to"].is_null();
        let (from, to) = (time(&violation["from"]), if lasts { i64::MAX } else { time(&violation["to"]) });
        let before = paid.iter().rev().find(|at| **at < from).unwrap();
        assert!(business(from) - business(*before) >= 59, "{violation}");
        assert!(lasts || paid.contains(&to), "it ends with a payment: {violation}");
        assert!(!paid.iter().any(|at| *at > *before && *at < to), "{violation}");
    }
    // And every longer pause of the log is among them.
    let pauses = paid.windows(2).filter(|pair| business(pair[1]) - business(pair[0]) > 61).count();
    assert!(found.len() >= pauses, "{} of {pauses}", found.len());
}

#[test]
fn what_goes_wrong_from_here_on_is_a_notice_of_the_worker_once() {
    let place = Place::empty();
    let domain = "[domain]\nname = \"d\"\n[aggregate.Door.event.Knocked]\napply = '.'\n\
                  [aggregate.Door.command.knock]\ncreates = true\nemit = 'event(\"Knocked\"; {})'\n\
                  [[monitor]]\nname = \"knocking\"\non = [\"Knocked\"]\nat_most = 2\nwithin = \"1h\"\n";
    place.file("d.toml", domain);
    place.ok(&["init", "--domain", "d.toml"]);
    for _ in 0..2 {
        place.ok(&["fire", "Door", "knock"]);
    }
    place.ok(&["work", "--until-empty"]);
    assert!(place.json(&["jobs"]).is_empty());
    for _ in 0..2 {
        place.ok(&["fire", "Door", "knock"]);
    }
    for _ in 0..2 {
        place.ok(&["work", "--until-empty"]);
    }
    let jobs = place.json(&["jobs"]);
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!((&jobs[0]["reactor"], &jobs[0]["position"]), (&json!("knocking"), &json!(3)));
    assert!(jobs[0]["effect"]["notify"].as_str().unwrap().contains("wanted at most 2 within 1h"), "{jobs:?}");
    let listed = place.ok(&["monitors"]);
    assert!(listed.contains("knocking: at most 2 within 1h, 4 events, 1 violation"), "{listed}");
    place.refused(1, &["monitors", "other"]);
    place.file("wrong.toml", domain.replace("\"1h\"", "\"soon\""));
    assert!(place.refused(1, &["domain", "check", "wrong.toml"]).contains("a time is written"));
}
