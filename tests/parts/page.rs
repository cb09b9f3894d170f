//! A page in a real browser: what its script does with keys, the mouse and the slider, and what it asks the network for.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::part;
use crate::program::Place;

/// At most so many places of a page change with one step.
const TOUCHED: i64 = 60;

/// What a browser did with a page, and what it showed.
fn looked(page: &Path) -> Value {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parts/page.mjs");
    let output = Command::new("node").arg(driver).arg(part("CHROMIUM")).arg(page).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// A task with so many events, whose first title would like to be markup.
fn task(place: &Place, events: usize) {
    let mut log = String::new();
    for at in 0..events {
        let (kind, data) = match at {
            0 => (
                "TaskCreated",
                json!({ "title": "</script><script>window.broken=1</script><img src=x onerror=window.broken=2>" }),
            ),
            _ if at % 3 == 0 => {
                ("TaskCommented", json!({ "text": format!("comment number {at}, of some length") }))
            }
            _ => (
                "TaskRetitled",
                json!({ "title": format!("A title that changes again, for the {at}th time") }),
            ),
        };
        let event = json!({
            "aggregate": "Task/1", "type": kind, "data": data, "meta": { "actor": "<b>mira</b>" },
            "occurred_at": format!("2019-04-{:02}T{:02}:{:02}:00Z", 1 + at / 100, at / 10 % 10, at % 60),
        });
        let _ = writeln!(log, "{event}");
    }
    place.file("log.jsonl", log);
    place.ok(&["import", "log.jsonl"]);
}

#[test]
#[ignore = "needs a browser: .ci/parts brings one"]
fn a_page_of_a_thousand_events_is_driven_by_keys_and_mouse_and_answers_at_once() {
    let place = Place::with("todo");
    task(&place, 1_000);
    place.ok(&["page", "write", "task.html", "Task/1@1"]);
    let told = looked(&place.path("task.html"));
    let at = |version: i64| json!(format!("v{version} of 1000, #{version}"));
    assert_eq!(told["opened"], at(1));
    // The title is what it says, and nothing of it ran.
    let text = told["first"].as_str().unwrap();
    assert!(text.contains("</script><script>window.broken=1</script><img src=x"), "{text}");
    assert!(told["text"].as_str().unwrap().contains("<b>mira</b>"));
    assert_eq!((&told["broken"], &told["markup"]), (&json!("undefined"), &json!(0)));
    let before = json!("before the first event");
    let keys = json!([
        ["End", at(1000)],
        ["ArrowLeft", at(999)],
        ["ArrowLeft", at(998)],
        ["ArrowRight", at(999)],
        ["Home", before],
        ["ArrowRight", at(1)],
    ]);
    assert_eq!(told["keys"], keys);
    let slider = json!([["End", at(1000)], ["ArrowLeft", at(999)], ["Home", before], ["ArrowRight", at(1)]]);
    assert_eq!(told["slider"], slider, "the slider itself has the focus");
    assert_eq!((&told["mouse"], &told["line"]), (&at(500), &at(2)));
    let nothing = json!([]);
    assert_eq!((&told["requests"], &told["wrong"]), (&nothing, &nothing));
    assert_ne!(told["light"], told["dark"]);
    assert!(told["printed"].as_i64().unwrap() > 10_000);
    let times: Vec<f64> = told["times"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    let (middle, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("the slider over 1,000 events answers within {middle} ms, at worst {worst} ms");
    // A step writes what differs alone, however many events there are: that is why it answers at once on any machine.
    let touched = told["touched"].as_i64().unwrap();
    assert!((1..=TOUCHED).contains(&touched), "{touched}");
}

#[test]
#[ignore = "needs a browser: .ci/parts brings one"]
fn what_a_browser_shows_of_a_record_is_what_the_verbs_say() {
    let place = Place::demo();
    for record in ["Task/42@4", "Subscription/23@5", "Account/tomas"] {
        place.ok(&["page", "write", "page.html", record]);
        let told = looked(&place.path("page.html"));
        let state = place.one(&["state", record]);
        let text = told["first"].as_str().unwrap();
        for (name, value) in state["state"].as_object().unwrap() {
            if let Value::String(value) = value {
                assert!(text.contains(&format!("{name}\n{value}\n")), "{record}: {name} {value} in {text}");
            }
        }
        assert!(
            told["opened"].as_str().unwrap().starts_with(&format!("v{} of ", state["version"])),
            "{record}"
        );
        std::fs::remove_file(place.path("page.html")).unwrap();
    }
}
