//! Notes on events, versions and records: written, listed, shown, removed, brought back.

use serde_json::json;

use crate::program::{Place, fields};

#[test]
fn a_note_is_on_an_event_a_version_a_record_or_the_store() {
    let place = Place::demo();
    let event = place.json(&["log", "Task/42@3", "--limit", "1"]).remove(0);
    let position = event["position"].to_string();
    let written = place.one(&["note", "Task/42@3", "Who asked?\nNobody knows.", "--actor", "nina"]);
    let id = written["note"].as_i64().unwrap();
    assert_eq!(written, json!({ "note": id, "about": "Task/42@3", "branch": "main" }));
    place.ok(&["note", &position, "by its position", "--name", "asked"]);
    assert_eq!(place.ok(&["note", "Task/42", "the blue one"]).trim(), format!("note {} on Task/42", id + 3));
    place.ok(&["note", "2019-04-10", "a quiet day"]);
    let all = place.json(&["note"]);
    let about: Vec<_> = all.iter().map(|note| note["about"].as_str().unwrap()).collect();
    assert_eq!(about[..3], ["Task/42@3", "Task/42@3", "Task/42"]);
    assert!(about[3].starts_with('#'), "{about:?}");
    assert_eq!(fields(&all[0]), ["note", "about", "branch", "position", "text", "actor", "created_at"]);
    assert_eq!((&all[0]["text"], &all[0]["actor"]), (&json!("Who asked?\nNobody knows."), &json!("nina")));
    assert_eq!((&all[0]["position"], &all[2]["position"]), (&event["position"], &json!(null)));
    assert_eq!(place.json(&["waypoint"])[0]["at"], "Task/42@3");
    // Listed for what it is about, shown with its event.
    assert_eq!(place.json(&["note", "Task/42@3"]), all[..2]);
    assert_eq!(place.json(&["note", "Task/42"]), all[2..3]);
    assert_eq!(place.one(&["show", "Task/42@3"])["notes"], json!(all[..3]));
    assert_eq!(place.one(&["show", "Task/42@2"])["notes"], json!(all[2..3]));
    assert!(place.ok(&["show", "Task/42@3"]).contains("      Nobody knows.  by nina  "));
    let log = place.json(&["log", "Task/42@3"]);
    assert_eq!(log[0]["notes"], json!(all[..2]));
    assert!(log[1].get("notes").is_none());
    assert!(place.ok(&["log", "Task/42@3"]).contains("        by its position  by tester  "));
    // It stands beside the log: what is exported has no word of it, and all of it is whole.
    assert!(!place.ok(&["export"]).contains("Nobody knows"));
    place.ok(&["verify", "--all"]);
}

#[test]
fn a_note_is_removed_and_brought_back_with_who_wrote_it() {
    let place = Place::demo();
    place.ok(&["note", "Task/42@3", "first", "--actor", "nina"]);
    let all = place.json(&["note"]);
    let id = all[0]["note"].to_string();
    place.ok(&["note", "--remove", &id]);
    assert!(place.json(&["note"]).is_empty());
    let said = place.refused(1, &["note", "--remove", &id]);
    assert!(said.contains(&format!("There is no note {id}.")), "{said}");
    // The next one has another number, so that the first can come back.
    place.ok(&["note", "Task/42@1", "second"]);
    place.ok(&["undo"]);
    assert!(place.json(&["note"]).is_empty());
    assert!(place.ok(&["undo"]).contains(&format!("brings the note {id} back")));
    assert_eq!(place.json(&["note"]), all);
    assert!(place.ok(&["redo"]).contains(&format!("removes the note {id}")));
    assert!(place.json(&["note"]).is_empty());
    assert!(place.ok(&["undo", "--actor", "nina"]).contains("removes the note"), "nina takes hers back");
    let verbs: Vec<_> = place.json(&["op", "log"]).iter().map(|op| op["verb"].clone()).collect();
    assert!(verbs.contains(&json!("note")) && verbs.contains(&json!("remove note")), "{verbs:?}");
    place.ok(&["verify", "--all"]);
    for (code, args, sentence) in [
        (2, &["note", "Task/42@3", "  "][..], "without words"),
        (1, &["note", "Task/none", "x"], "There is no Task/none"),
        (1, &["note", "Task/42@3", &"x".repeat(10_001)], "at most 10000 characters"),
    ] {
        let said = place.refused(code, args);
        assert!(said.contains(sentence), "{said}");
    }
    // Where the name is taken, nothing is written.
    place.ok(&["waypoint", "taken", "Task/42@1"]);
    place.refused(1, &["note", "Task/42@3", "text", "--name", "taken"]);
    assert!(place.json(&["note"]).is_empty());
}

#[test]
fn a_note_that_was_altered_is_found() {
    let place = Place::demo();
    place.ok(&["note", "Task/42@3", "as it was"]);
    place.ok(&["verify"]);
    place.sql().execute("UPDATE notes SET text = 'another'", []).unwrap();
    let said = place.refused(4, &["verify"]);
    assert!(said.contains("table notes"), "{said}");
}
