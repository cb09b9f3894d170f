//! What is read is what stands in the source: each record becomes what it says, is counted, or is named with its line.

mod causes;
mod edited;
mod idle;
mod lenient;
mod snapshots;
mod tables;
mod times;

use serde_json::Value;

use crate::program::Place;

/// A place with a mapping in it: the four fields that must be there, and what a test adds.
fn mapped(more: &str) -> Place {
    let place = Place::empty();
    let given =
        |field: &str| more.lines().any(|line| line.split('=').next().is_some_and(|key| key.trim() == field));
    let mut mapping = "[import]\n".to_owned();
    for (field, rule) in [("type", "'\"T\"'"), ("id", "'.id'"), ("event", "'.ev // \"E\"'"), ("at", "'.t'")] {
        if !given(field) {
            mapping.push_str(&format!("{field} = {rule}\n"));
        }
    }
    place.file("map.toml", mapping + more);
    place
}

/// What an import answers. Every record is an event, was there before, is left out, or is bad.
#[track_caller]
fn import(place: &Place, file: &str, more: &[&str]) -> Value {
    let mut args = vec!["import", file, "--map", "map.toml"];
    args.extend(more);
    let answer = place.one(&args);
    let count = |name: &str| answer[name].as_u64().unwrap();
    assert_eq!(
        count("records"),
        count("appended") + count("seen") + count("left_out") + count("bad"),
        "{answer}"
    );
    answer
}

/// The data of every event, in the order of the log.
fn data(place: &Place) -> Vec<Value> {
    place.json(&["log", "--reverse"]).iter().map(|event| event["data"].clone()).collect()
}
