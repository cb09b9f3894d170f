//! Monitors over the demo's history, and as it goes on.

use crate::program::Place;
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
    let first = time(&place.json(&["log", "--limit", "1", "--reverse"])[0]["occurred_at"]);
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
        let before = paid.iter().rev().find(|at| **at < from).unwrap_or(&first);
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

fn line(kind: &str, at: &str, data: &Value) -> String {
    let line = json!({ "aggregate": "Door/1", "type": kind, "data": data, "meta": {}, "occurred_at": at });
    format!("{line}\n")
}

fn monitored(monitor: &str, log: &str) -> Place {
    let place = Place::empty();
    place.file(
        "d.toml",
        format!("[domain]\nname = \"d\"\n[[monitor]]\nname = \"it\"\non = [\"Knocked\"]\n{monitor}\n"),
    );
    place.ok(&["init", "--domain", "d.toml"]);
    place.file("log.jsonl", log);
    place.ok(&["import", "log.jsonl"]);
    place
}

#[test]
fn what_never_came_is_missed_from_the_first_event_on() {
    let log = line("Painted", "2019-04-01T09:00:00Z", &json!({}))
        + &line("Painted", "2019-04-01T12:00:00Z", &json!({}));
    let place = monitored("at_least = 1\nwithin = \"2h\"", &log);
    let found = place.json(&["monitors"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["from"], &found[0]["position"]), (&json!("2019-04-01T11:00:00Z"), &json!(1)));
    let place = monitored("at_least = 1\nwithin = \"4h\"", &log);
    assert!(place.json(&["monitors"]).is_empty(), "the log is not so long");
    assert_eq!(place.json(&["monitors", "--now"])[0]["from"], "2019-04-01T13:00:00Z");
}

#[test]
fn what_happens_outside_the_hours_does_not_count_as_too_much() {
    // A Monday.
    let night: String =
        (0..3).map(|minute| line("Knocked", &format!("2019-04-01T03:0{minute}:00Z"), &json!({}))).collect();
    let bound = "at_most = 1\nwithin = \"1h\"\nhours = \"Mon-Fri 09:00-17:00\"";
    assert!(monitored(bound, &night).json(&["monitors"]).is_empty());
    let day = night.replace("T03", "T10");
    let place = monitored(bound, &(night + &day));
    assert_eq!(place.json(&["monitors"])[0]["from"], "2019-04-01T10:01:00Z");
    assert!(place.ok(&["monitors"]).contains("3 events"));
}

#[test]
fn a_where_that_fails_is_told() {
    let log = line("Knocked", "2019-04-01T09:00:00Z", &json!({ "how": "loud" }))
        + &line("Knocked", "2019-04-01T09:01:00Z", &json!({ "how": 3 }))
        + &line("Knocked", "2019-04-01T09:02:00Z", &json!({ "how": 4 }));
    let place = monitored("where = '$data.how | test(\"loud\")'\nat_most = 1\nwithin = \"1h\"", &log);
    let told = place.ok(&["monitors"]);
    assert!(
        told.contains(" 1 event,")
            && told.contains("`where` fails on 2 events, which do not count: Knocked #2"),
        "{told}"
    );
    assert_eq!(place.json(&["monitors"])[0]["failed"], 2);
}

#[test]
fn a_monitor_that_cannot_say_anything_is_refused() {
    let place = Place::empty();
    for (monitor, why) in [
        ("on = [\"Knocked\"]\nat_least = 0", "at_least = 0 always holds"),
        ("on = []\nat_least = 1", "the monitor it counts no event: on = "),
        ("on = [\"Knocked\"]", "the monitor it has either at_least or at_most"),
    ] {
        place.file("d.toml", format!("[[monitor]]\nname = \"it\"\nwithin = \"1h\"\n{monitor}\n"));
        let said = place.refused(1, &["domain", "check", "d.toml"]);
        assert!(said.contains("d.toml:1:1: ") && said.contains(why), "{said}");
    }
}
