//! The demo's story has a race of each kind, where it says so, and none elsewhere.

use serde_json::{Value, json};

use crate::program::Place;

/// What the story says: kind, record, and the versions.
const STORY: [(&str, &str, &[i64]); 8] = [
    ("lost-update", "Task/251", &[13, 14]),
    ("disorder", "Subscription/26", &[2, 4]),
    // Who assigned over what he had not seen was late, too.
    ("stale", "Task/251", &[14]),
    ("stale", "Subscription/22", &[8]),
    ("edit-war", "Task/203", &[13, 14]),
    ("source", "Subscription/21", &[10]),
    ("before-cause", "Task/287", &[5]),
    ("old-reaction", "Task/271", &[4]),
];

/// The webhooks that the story has twice in a row.
fn doubled() -> usize {
    let lines: Vec<Value> = include_str!("../../../assets/demo/story.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut paid = Vec::<(&Value, &Value)>::new();
    lines
        .iter()
        .filter(|line| line["command"] == "pay_invoice")
        .filter(|line| {
            let twice = paid.contains(&(&line["to"], &line["params"]));
            paid.push((&line["to"], &line["params"]));
            twice
        })
        .count()
}

#[test]
fn each_kind_of_race_is_found_in_the_demo_where_its_story_has_it_and_none_elsewhere() {
    let races = Place::demo().json(&["races"]);
    let place = |race: &Value| {
        let versions: Vec<_> =
            race["events"].as_array().unwrap().iter().map(|event| event["version"].clone()).collect();
        json!([race["kind"], race["aggregate"], versions]).to_string()
    };
    let (doubles, others): (Vec<_>, Vec<_>) = races.iter().partition(|race| race["kind"] == "duplicate");
    let mut found: Vec<_> = others.iter().map(|race| place(race)).collect();
    let mut told: Vec<_> =
        STORY.iter().map(|(kind, name, versions)| json!([kind, name, versions]).to_string()).collect();
    found.sort_unstable();
    told.sort_unstable();
    assert_eq!(found, told);
    assert_eq!(doubles.len(), doubled());
    assert!(doubles.iter().all(|race| race["aggregate"].as_str().unwrap().starts_with("Subscription/")));
    let of = |kind: &str| others.iter().find(|race| race["kind"] == kind).unwrap()["note"].clone();
    assert_eq!(of("lost-update"), "v12 was seen; another changed the same meanwhile");
    assert_eq!(of("old-reaction"), "it answers at v2, and came behind v3; there nothing would have changed");
}
