//! A log that is read anew by another mapping: what people put beside it is carried over, and nothing is lost.

use backstory::clock::Clock;
use backstory::session::{Source, Sources};
use serde_json::{Value, json};

use crate::program::Place;

const SOURCES: &str = ".local/share/backstory/sources";
/// Which box it is about, and the same told by halls.
const BOXES: &str =
    "[import]\ntype = '\"Box\"'\nid = '.box'\nevent = '.did'\nat = '.at'\ndata = '{n, hall}'\n";
const HALLS: &str = "[import]\ntype = '\"Hall\"'\nid = '.hall'\nevent = '.did'\nat = '.at'\ndata = '{n, box}'\n\
                     key = '.n | tostring'\n";

/// Twelve things that were done, to two boxes in two halls.
fn moves(from: usize) -> String {
    (from..12)
        .map(|n| {
            let (day, name, hall) = (n + 1, n % 2 + 1, ["north", "south"][n / 6]);
            let at = format!("2024-03-{day:02}T09:00:00Z");
            json!({ "at": at, "did": "moved", "box": format!("B-{name}"), "hall": hall, "n": n }).to_string()
                + "\n"
        })
        .collect()
}

/// The source of such a log, read by boxes.
fn source(place: &Place) -> Source {
    place.file("moves.jsonl", moves(0));
    place.file("boxes.toml", BOXES);
    place.file("halls.toml", HALLS);
    let source = Sources::within(place.path(SOURCES)).read(&[place.path("moves.jsonl")], None).unwrap();
    source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    place.ok(&["source", "moves", "--map", "boxes.toml"]);
    source
}

fn on(place: &Place, source: &Source, args: &[&str]) -> String {
    let store = source.store().display().to_string();
    place.ok(&[&["-s", &store], args].concat())
}

fn log(place: &Place, source: &Source, branch: &str, rev: &str) -> Vec<Value> {
    let args = ["-b", branch, "log", rev, "--reverse", "--json"];
    let lines = on(place, source, &args);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn branches_and_waypoints_stand_at_the_same_records_and_what_has_none_keeps_the_store() {
    let place = Place::empty();
    let source = source(&place);
    let on = |args: &[&str]| on(&place, &source, args);
    assert!(!place.ok(&["source"]).contains('~'), "nothing was beside it");
    // At the sixth move of all, which is the third of B-2; then beside it, and on from there.
    on(&["branch", "what-if", "--at", "Box/B-2@3"]);
    on(&["-b", "what-if", "fire", "Box/B-2", "moved", "n=99"]);
    on(&["branch", "deeper", "--at", "what-if:Box/B-2@4"]);
    on(&["-b", "deeper", "fire", "Box/B-1", "moved", "n=100"]);
    on(&["branch", "--archive", "deeper"]);
    on(&["waypoint", "third", "Box/B-2@3"]);
    on(&["waypoint", "dropped", "what-if:Box/B-2@4"]);
    on(&["waypoint", "all", "7"]);
    let done = place.one(&["source", "moves", "--map", "halls.toml"]);
    let carried = json!({
        "branches": ["what-if", "deeper"], "events": 2, "waypoints": ["all", "dropped", "third"], "lost": [],
        "kept_as": [],
    });
    assert_eq!((&done["carried_over"], &done["appended"]), (&carried, &json!(12)));
    let north = log(&place, &source, "what-if", "Hall/north");
    assert_eq!((north.len(), &north[6]["type"], &north[6]["data"]["n"]), (7, &json!("moved"), &json!("99")));
    assert_eq!(north[6]["meta"]["actor"], "tester");
    let north = log(&place, &source, "deeper", "Hall/north");
    assert_eq!((north.len(), &north[7]["data"]["n"]), (8, &json!("100")));
    let show = |rev: &str| serde_json::from_str::<Value>(&on(&["show", rev, "--json"])).unwrap();
    assert_eq!(show("%third")["event"]["data"]["n"], 5);
    assert_eq!(show("%dropped")["event"]["data"]["n"], "99");
    assert!(on(&["waypoint"]).contains("all"));
    assert!(!place.ok(&["source"]).contains('~'));
    on(&["verify", "--all"]);

    // Where the record is left out, what stood at it has no place, and the store stays as it was.
    place.file("fewer.toml", format!("{BOXES}skip = '.n == 5'\n"));
    let said = place.ok(&["source", "moves", "--map", "fewer.toml"]);
    assert!(said.contains("Carried over: 1 waypoint."), "{said}");
    for lost in ["the branch what-if with 1 event,", "the branch deeper", "the waypoint %third", "moves~1"] {
        assert!(said.contains(lost), "{lost}: {said}");
    }
    let kept = place.one(&["source", "moves~1"]);
    assert_eq!(kept["events"], 12);
    let store = kept["store"].as_str().unwrap();
    assert!(place.ok(&["-s", store, "branch"]).contains("what-if"));
    assert_eq!(place.one(&["source", "moves"])["events"], 11);
    // The files still open the source itself.
    let sources = Sources::within(place.path(SOURCES));
    assert_eq!(sources.of_files(&[place.path("moves.jsonl")], None).unwrap().unwrap().name, "moves");
}

#[test]
fn what_is_not_in_the_log_any_more_or_never_was_keeps_the_store() {
    let place = Place::empty();
    let source = source(&place);
    // It was rotated away.
    place.file("moves.jsonl", moves(4));
    let said = place.ok(&["source", "moves", "--map", "halls.toml"]);
    assert!(
        said.contains("4 records that are not in the log any more") && said.contains("moves~1"),
        "{said}"
    );
    place.file(
        "halls-domain.toml",
        "[domain]\nname = \"halls\"\n[aggregate.Hall.event.swept]\napply = '.'\n\
         [aggregate.Hall.command.sweep]\nemit = 'event(\"swept\"; {})'\n",
    );
    on(&place, &source, &["domain", "set", "halls-domain.toml"]);
    on(&place, &source, &["fire", "Hall/north", "sweep"]);
    let said = place.ok(&["source", "moves", "--map", "boxes.toml"]);
    assert!(said.contains("1 event that somebody appended to main") && said.contains("moves~2"), "{said}");
    assert_eq!(place.json(&["source"]).len(), 3);
}

#[test]
fn a_reading_that_was_cut_off_carries_over_when_it_is_done() {
    let place = Place::empty();
    let source = source(&place);
    on(&place, &source, &["branch", "what-if", "--at", "Box/B-1@2"]);
    let sources = Sources::within(place.path(SOURCES));
    let mut moves = sources.named("moves").unwrap();
    moves.read_by(HALLS, "by halls".to_owned()).unwrap();
    assert!(moves.take_new(Clock::System, "tester", &mut |_| false).is_err());
    // And another mapping is chosen before it was done.
    moves.read_by(BOXES, "by boxes".to_owned()).unwrap();
    assert!(sources.named("moves~1").is_ok());
    let taken = sources.named("moves").unwrap().take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!(taken.carried_over.unwrap().branches, ["what-if"]);
    assert!(on(&place, &source, &["branch"]).contains("what-if"));
    assert_eq!(sources.list().unwrap().len(), 1);
}

#[test]
fn a_store_that_somebody_has_open_is_not_set_aside_and_one_that_was_not_moved_is_forgotten() {
    let place = Place::empty();
    let source = source(&place);
    on(&place, &source, &["branch", "what-if", "--at", "Box/B-1@2"]);
    let names = || -> Vec<String> {
        let folders = std::fs::read_dir(place.path(SOURCES)).unwrap();
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect()
    };
    let other = rusqlite::Connection::open(source.store()).unwrap();
    let events = || other.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(events(), 12);
    let said = place.refused(1, &["source", "moves", "--map", "halls.toml"]);
    assert!(said.contains("Another program has") && said.contains("try again"), "{said}");
    assert_eq!((names(), events()), (vec!["moves".to_owned()], 12));
    drop(other);
    // Killed before the store was moved.
    let folder = |name: &str| place.path(SOURCES).join(name);
    std::fs::create_dir(folder("moves~1")).unwrap();
    std::fs::copy(folder("moves").join("source.toml"), folder("moves~1").join("source.toml")).unwrap();
    std::fs::write(folder("moves").join("before.txt"), "moves~1\n").unwrap();
    let said = place.ok(&["source", "moves", "--map", "halls.toml"]);
    assert!(said.contains("Carried over: 1 branch"), "{said}");
    assert_eq!(names(), ["moves"]);
}
