//! Events without a command: where no domain declares any, an event of a type that the log knows is put on a branch.

use serde_json::json;

use crate::program::Place;

const MAPPING: &str =
    "[import]\ntype = '\"Box\"'\nid = '.box'\nevent = '.did'\nat = '.at'\ndata = 'del(.box, .did, .at)'\n";

fn boxes() -> Place {
    let place = Place::empty();
    let lines = [
        json!({"at": "2024-03-01T09:00:00Z", "did": "packed", "box": "B1", "hall": "north", "weight": 3}),
        json!({"at": "2024-03-01T10:00:00Z", "did": "moved", "box": "B1", "hall": "south"}),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    place.file("boxes.jsonl", text);
    place.file("boxes.toml", MAPPING);
    place.ok(&["import", "boxes.jsonl", "--map", "boxes.toml"]);
    place
}

#[test]
fn an_event_by_hand_goes_on_a_branch_and_never_on_main() {
    let place = boxes();
    let fire = ["fire", "Box/B1", "moved", "hall=east", "weight:=4", "--reason", "what if"];
    let refused = place.run(&fire);
    assert!(refused.code != 0 && refused.err.contains("goes on a branch"), "{refused:?}");
    assert_eq!(place.json(&["log"]).len(), 2);
    place.ok(&["branch", "what-if"]);
    let on_branch: Vec<_> = ["-b", "what-if"].into_iter().chain(fire).collect();
    let event = place.one(&on_branch);
    assert_eq!((&event["version"], &event["type"]), (&json!(3), &json!("moved")));
    assert_eq!(event["data"], json!({"hall": "east", "weight": 4}));
    assert_eq!(event["meta"]["reason"], "what if");
    // It is no command: nothing would decide it again.
    assert_eq!(event["meta"].get("command"), None);
    assert_eq!(place.one(&["state", "Box/B1"])["state"]["hall"], "south");
    assert_eq!(place.one(&["-b", "what-if", "state", "Box/B1"])["state"]["hall"], "east");
    // The version that was seen is held to.
    let stale = place.run(&["-b", "what-if", "fire", "Box/B1", "moved", "--expect", "2"]);
    assert!(stale.code == 3 && stale.err.contains("not at 2: moved #3"), "{stale:?}");
}

#[test]
fn a_type_of_event_that_nobody_saw_and_one_that_commands_decide_about_are_refused() {
    let place = boxes();
    place.ok(&["branch", "what-if"]);
    let typo = place.run(&["-b", "what-if", "fire", "Box/B1", "moovd"]);
    assert!(typo.code != 0 && typo.err.contains("no event of the type moovd"), "{typo:?}");
    let demo = Place::demo();
    demo.ok(&["branch", "what-if"]);
    let event = demo.run(&["-b", "what-if", "fire", "Task/1", "TaskCompleted"]);
    assert!(event.code != 0 && event.err.contains("no command TaskCompleted"), "{event:?}");
}
