//! Two stores beside each other, and parts of a log written out.

use serde_json::{Value, json};

use crate::program::Place;

/// A store and its backup, which go on apart.
fn apart() -> Place {
    let place = Place::demo();
    place.ok(&["backup", "other.db"]);
    place.ok(&["fire", "Task/1", "comment", "text=here", "--at", "2019-06-01T00:00:00Z"]);
    place.ok(&["-s", "other.db", "fire", "Task/1", "comment", "text=there", "--at", "2019-06-01T00:00:00Z"]);
    place.ok(&["-s", "other.db", "fire", "Task", "create", "title=only there"]);
    place
}

#[test]
fn two_stores_part_at_the_first_event_that_one_lacks() {
    let place = apart();
    let events = place.ok(&["-s", "other.db", "export"]).lines().count() as i64 - 2;
    let told = place.json(&["diff", "backstory.db", "other.db"]);
    assert_eq!(told[0]["common"], events);
    let parted = &told[0]["parted"];
    assert_eq!(
        (&parted["a"]["data"]["text"], &parted["b"]["data"]["text"]),
        (&json!("here"), &json!("there"))
    );
    assert_eq!(parted["a"]["aggregate"], "Task/1");
    // As two branches would: which records, since when, how, and by whose events.
    assert_eq!(told.len(), 3, "{told:?}");
    let [one, two] = [&told[1], &told[2]];
    assert_eq!(one["aggregate"], "Task/1");
    assert_eq!(one["diverged"]["version"], one["only_a"][0]["version"]);
    let paths: Vec<_> = one["changes"].as_array().unwrap().iter().map(|change| &change["path"]).collect();
    assert!(paths.iter().all(|path| path.as_str().unwrap().starts_with("/comments/")), "{paths:?}");
    assert_eq!((one["only_a"].as_array().unwrap().len(), &two["only_a"]), (1, &json!([])));
    assert_eq!(two["diverged"]["version"], 1);
    assert_eq!(two["only_b"][0]["type"], "TaskCreated");
    // The same by --with, and in words.
    let with = place.json(&["diff", "--with", "other.db"]);
    assert_eq!(with, told);
    let said = place.ok(&["diff", "backstory.db", "other.db"]);
    assert!(
        said.contains(&format!("They have the first {events} events in common, and part at the next:")),
        "{said}"
    );
    assert!(
        said.contains("  > other.db: not there") || said.contains("  < backstory.db: not there"),
        "{said}"
    );
    assert!(
        said.contains("2 aggregates differ; events only at backstory.db: 1, only at other.db: 2."),
        "{said}"
    );
    // One record alone, each at a point of its own store.
    let alone = place.json(&["diff", "Task/1", "--with", "other.db"]);
    assert_eq!(Value::from(alone), one["changes"]);
    assert!(place.json(&["diff", "Task/1@1", "--with", "other.db"]).is_empty());
    let said = place.refused(2, &["diff", "main", "--with", "other.db"]);
    assert!(said.contains("is not a record"), "{said}");
}

#[test]
fn the_same_stores_and_empty_ones_are_said_to_be_so() {
    let place = Place::demo();
    place.ok(&["backup", "same.db"]);
    let events = place.ok(&["export"]).lines().count();
    assert_eq!(place.one(&["diff", "--with", "same.db"]), json!({ "common": events, "parted": null }));
    assert_eq!(place.ok(&["diff", "--with", "same.db"]), format!("Both have the same {events} events.\n"));
    place.ok(&["-s", "empty.db", "init"]);
    let told = place.json(&["diff", "empty.db", "same.db"]);
    assert_eq!((&told[0]["common"], &told[0]["parted"]["a"]), (&json!(0), &Value::Null));
    assert_eq!(told.len() - 1, place.json(&["aggregates", "--limit", "10000"]).len());
    let said = place.ok(&["diff", "empty.db", "same.db"]);
    assert!(said.starts_with("They part at their first event:\n  < empty.db: ends there\n"), "{said}");
    let said = place.refused(1, &["diff", "--with", "nowhere.db"]);
    assert!(said.contains("There is no store at nowhere.db"), "{said}");
    place.file("text.db", "no store");
    place.refused(1, &["diff", "--with", "text.db"]);
    assert_eq!(place.run(&["diff", "Task/1"]).code, 2);
}

#[test]
fn the_same_events_under_other_hashes_are_told_apart_from_others() {
    // What was recorded at other times has other hashes.
    let place = Place::with("todo");
    place.ok(&["-s", "anew.db", "init", "--domain", "todo"]);
    for store in ["backstory.db", "anew.db"] {
        for (at, id) in [("2019-04-01T00:00:00Z", "Task/1"), ("2019-04-02T00:00:00Z", "Task/2")] {
            place.ok(&["-s", store, "fire", id, "create", "title=x", "--at", at]);
        }
    }
    place.ok(&["-s", "anew.db", "fire", "Task/2", "retitle", "title=y", "--at", "2019-04-03T00:00:00Z"]);
    let told = place.json(&["diff", "--with", "anew.db"]);
    assert_eq!((told.len(), &told[0]["common"], &told[1]["aggregate"]), (2, &json!(0), &json!("Task/2")));
    assert_eq!((&told[1]["diverged"]["version"], &told[1]["diverged"]["a"]), (&json!(2), &Value::Null));
    let said = place.ok(&["diff", "--with", "anew.db"]);
    assert!(said.contains("1 aggregate with the same events in both, only under other hashes."), "{said}");
    assert!(
        said.contains("1 aggregate differs; events only at backstory.db: 0, only at anew.db: 1."),
        "{said}"
    );
}

#[test]
fn a_part_of_a_log_is_written_out_by_record_and_time() {
    let place = Place::demo();
    let lines = |args: &[&str]| -> Vec<Value> {
        let out = place.ok(args);
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = lines(&["export"]);
    let of = |ids: &[&str]| -> Vec<Value> {
        let taken = |event: &&Value| ids.contains(&event["aggregate"].as_str().unwrap());
        all.iter().filter(taken).cloned().collect()
    };
    assert_eq!(lines(&["export", "--only", "Task/1"]), of(&["Task/1"]));
    assert_eq!(lines(&["export", "--only", "Task/2", "Task/1"]), of(&["Task/1", "Task/2"]));
    let (since, until) = ("2019-04-10", "2019-04-20");
    let within: Vec<Value> = all
        .iter()
        .filter(|event| {
            let at = event["occurred_at"].as_str().unwrap();
            ("2019-04-10T00:00:00Z"..="2019-04-20T23:59:59.999999Z").contains(&at)
        })
        .cloned()
        .collect();
    assert!(!within.is_empty());
    assert_eq!(lines(&["export", "--since", since, "--until", until]), within);
    let both = lines(&["export", "--only", "Task/1", "--until", until, "--where", ".title != null"]);
    assert!(!both.is_empty() && both.iter().all(|event| event["aggregate"] == "Task/1"), "{both:?}");
    assert!(lines(&["export", "--since", "2100-01-01"]).is_empty());
    for (code, args, sentence) in [
        (1, &["export", "--only", "Task/none"][..], "There is no Task/none"),
        (2, &["export", "--only", "main"], "main is not a record"),
        (2, &["export", "--only", "Task/1@2"], "Task/1@2 is not a record"),
        (2, &["export", "--since", "soon"], "is not a time"),
    ] {
        let said = place.refused(code, args);
        assert!(said.contains(sentence), "{args:?}: {said}");
    }
}
