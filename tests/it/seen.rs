//! What a requester had looked at is noted with the command, wherever a command comes from.

use std::thread;
use std::time::Duration;

use backstory::store::Store;
use serde_json::{Value, json};

use crate::program::Place;
use crate::rewrite::with_list;

fn task() -> Place {
    let place = Place::with("todo");
    place.ok(&["fire", "Task/1", "create", "title=Slides"]);
    place.ok(&["fire", "Task/2", "create", "title=Room"]);
    place
}

fn command(place: &Place, more: &[&str]) -> Value {
    let args = [&["fire", "Task/1", "comment", "text=x"], more].concat();
    place.one(&args)["meta"]["command"].clone()
}

#[test]
fn what_was_seen_is_what_is_said_and_nothing_is_guessed() {
    let place = task();
    assert_eq!(command(&place, &[]).get("seen"), None);
    assert_eq!(command(&place, &["--expect", "2"])["seen"], json!({ "Task/1": 2 }));
    let both = command(&place, &["--seen", "Task/2@1", "--expect", "3"]);
    assert_eq!(both["seen"], json!({ "Task/1": 3, "Task/2": 1 }));
    let old = command(&place, &["--seen", "Task/1@1", "--seen", "Task/9@7"]);
    assert_eq!(old["seen"], json!({ "Task/1": 1, "Task/9": 7 }), "it refuses nothing");
    place.refused(3, &["fire", "Task/1", "comment", "text=x", "--expect", "1", "--seen", "Task/1@5"]);
    for wrong in ["Task/1", "Task@1", "Task/1@-1", "Task/1@x"] {
        place.refused(2, &["fire", "Task/1", "comment", "text=x", "--seen", wrong]);
    }
    place.ok(&["verify"]);
    let copy = Place::with("todo");
    copy.ok(&["import", copy.file("all.jsonl", place.ok(&["export"]))]);
    assert_eq!(copy.ok(&["export"]), place.ok(&["export"]));
}

#[test]
fn what_was_seen_on_a_branch_goes_under_the_origin_of_what_is_carried_over() {
    let place = task();
    place.ok(&["branch", "try"]);
    place.ok(&["-b", "try", "fire", "Task/1", "comment", "text=a", "--expect", "1"]);
    let first = place.one(&["-b", "try", "show", "Task/1@2"])["event"].clone();
    let origin = json!({ "hash": first["hash"], "seen": { "Task/1": 1 } });
    let carried = |args: &[&str]| {
        let event = place.json(args)[0]["events"][0].clone();
        assert_eq!(event["meta"]["command"].get("seen"), None, "{event}");
        event["meta"]["origin"].clone()
    };
    place.ok(&["branch", "again"]);
    assert_eq!(carried(&["merge", "try"]), origin);
    assert_eq!(carried(&["cherry-pick", "Task/1@2", "--onto", "again"]), origin, "the first one stays");
    assert_eq!(place.json(&["merge", "try"])[0]["outcome"], "already there");
    assert_eq!(place.json(&["merge", "again"])[0]["outcome"], "already there");
    assert_eq!(place.one(&["diff", "main", "try"])["aggregate"], "Task/1");
    place.ok(&["-b", "try", "fire", "Task/1", "comment", "text=b"]);
    let list = place.ok(&["rewrite", "try", "--from", "Task/1@2", "--list"]);
    let picks: Vec<_> = list.lines().filter(|line| line.starts_with("pick")).collect();
    let turned = format!("{}\n{}\n", picks[1], picks[0]);
    let (code, _, err) = with_list(&place, &["rewrite", "try", "--from", "Task/1@2"], &turned);
    assert_eq!(code, 0, "{err}");
    let again = place.one(&["-b", "try-rewritten", "show", "Task/1@3"])["event"]["meta"].clone();
    assert_eq!((&again["origin"], again["command"].get("seen")), (&origin, None));
    place.ok(&["verify"]);
}

#[test]
fn a_mapping_says_what_was_seen() {
    let place = Place::empty();
    let mapping = "[import]\ntype = '\"Doc\"'\nid = '.id'\nevent = '\"Set\"'\nat = '.at'\ndata = '{n: .n}'\n\
                   meta = '{actor: .by, command: .asked}'\nseen = '.saw'\n";
    let row = |n: i64, more: Value| {
        let mut row = json!({ "id": "1", "at": "2024-01-01T00:00:00Z", "by": "ann", "n": n });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let rows = json!([
        row(1, json!({})),
        row(2, json!({ "saw": { "Doc/1": 0, "Room/x@2": 4 } })),
        row(3, json!({ "saw": { "Doc/1": 1 }, "asked": { "name": "set", "n": 1.50 } })),
        row(4, json!({ "saw": {} })),
        row(5, json!({ "saw": 3 })),
        row(6, json!({ "saw": { "Doc": 1 } })),
        row(7, json!({ "saw": { "Doc/1": -1 } })),
        row(8, json!({ "saw": { "Doc/1": 1 }, "asked": "set" })),
    ]);
    place.file("map.toml", mapping);
    let ran =
        place.run(&["import", place.file("rows.json", rows.to_string()), "--map", "map.toml", "--skip-bad"]);
    assert!(ran.out.contains("4 events appended, 0 seen before, 0 left out, 4 bad"), "{ran:?}");
    let log = place.json(&["log", "--reverse"]);
    let commands: Vec<_> = log.iter().map(|event| event["meta"].get("command")).collect();
    assert_eq!(commands[1], Some(&json!({ "seen": { "Doc/1": 0, "Room/x@2": 4 } })));
    assert_eq!(commands[2], Some(&json!({ "name": "set", "n": 1.5, "seen": { "Doc/1": 1 } })));
    assert_eq!((log.len(), commands[0], commands[3]), (4, None, None));
    assert!(ran.out.contains("such as {\"Order/7\": 3}"), "{ran:?}");
}

#[test]
fn who_waited_for_another_writer_fired_behind_what_that_one_wrote() {
    let place = task();
    let store = Store::open(&place.store()).unwrap();
    let held = store.write().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| place.one(&["fire", "Task/1", "comment", "text=late"]));
        thread::sleep(Duration::from_millis(1500));
        let freed = chrono::Utc::now();
        drop(held);
        let event = waiting.join().unwrap();
        let occurred: chrono::DateTime<chrono::Utc> = event["occurred_at"].as_str().unwrap().parse().unwrap();
        assert!(occurred >= freed, "{event}");
    });
}

#[test]
fn what_was_seen_and_had_moved_on_by_then_is_stale() {
    let place = task();
    let flags = |more: &[&str]| {
        let event = place.one(&[&["fire", "Task/1", "comment", "text=x"], more].concat());
        place.one(&["show", &format!("#{}", event["position"])])["flags"]["stale"].clone()
    };
    assert_eq!(flags(&["--seen", "Task/1@1"]), Value::Null);
    assert_eq!(flags(&["--seen", "Task/1@1"]), true);
    assert_eq!(flags(&["--expect", "3"]), Value::Null);
    assert_eq!(flags(&["--seen", "Task/2@1"]), Value::Null);
    place.ok(&["fire", "Task/2", "comment", "text=y"]);
    assert_eq!(flags(&["--seen", "Task/2@1"]), true);
    assert_eq!(flags(&["--seen", "Task/2@2"]), Value::Null);
    assert_eq!(flags(&[]), Value::Null, "what nobody says is not guessed");
    assert_eq!(place.json(&["log", "--where", "$flags.stale"]).len(), 2);
}

#[test]
fn a_job_that_came_too_late_to_decide_as_it_would_have_is_an_old_reaction() {
    let place = Place::empty();
    let rules = r#"
        [domain]
        name = "door"
        [aggregate.Door.command.hang]
        creates = true
        emit = 'event("Hung"; {n: 0})'
        [aggregate.Door.command.knock]
        emit = 'event("Knocked"; {})'
        [aggregate.Door.command.answer]
        emit = 'event("Answered"; {to: .n}), event("Shut"; {})'
        [aggregate.Door.event.Hung]
        [aggregate.Door.event.Knocked]
        apply = '.n += 1'
        [aggregate.Door.event.Answered]
        [aggregate.Door.event.Shut]
        [[reactor]]
        name = "answer"
        on = ["Knocked"]
        command = { name = "answer" }
    "#;
    place.ok(&["init", "--domain", place.file("rules.toml", rules)]);
    place.ok(&["fire", "Door/1", "hang"]);
    let knock = || place.ok(&["fire", "Door/1", "knock"]);
    let work = || place.ok(&["work", "--until-empty"]);
    knock();
    work();
    knock();
    knock();
    work();
    let log = place.json(&["log", "Door/1", "--reverse", "--flags"]);
    let told: Vec<_> = log
        .iter()
        .map(|event| (event["type"].as_str().unwrap(), event["data"]["to"].as_i64(), event["flags"].clone()))
        .map(|(kind, to, flags)| (kind, to, flags["stale"] == true, flags["old_reaction"] == true))
        .collect();
    let wanted = [
        ("Hung", None, false, false),
        ("Knocked", None, false, false),
        ("Answered", Some(1), false, false),
        ("Shut", None, false, false),
        ("Knocked", None, false, false),
        ("Knocked", None, false, false),
        // The first knock of the two is answered behind the second one.
        ("Answered", Some(3), true, true),
        ("Shut", None, true, false),
        // The second one's answer is late, too, and what it would have been.
        ("Answered", Some(3), true, false),
        ("Shut", None, true, false),
    ];
    assert_eq!(told, wanted);
    assert_eq!(place.json(&["log", "--where", "$flags.old_reaction"]).len(), 1);
}
