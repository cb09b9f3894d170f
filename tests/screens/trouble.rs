//! What the explorer shows of stores that are damaged, locked or not to be written to.

use crate::play::{Play, START, Start};
use backstory::session::demo;

/// A demo store at which somebody went with another program.
fn spoilt(start: &Start, statements: &str) -> Play {
    Play::store(start, |path| {
        demo::build(path).unwrap();
        let store = rusqlite::Connection::open(path).unwrap();
        store.execute_batch(statements).unwrap();
    })
}

#[test]
fn a_damaged_store_never_looks_like_an_empty_one() {
    let mut play = spoilt(&START, "UPDATE heads SET label = CAST(x'ff' AS TEXT)");
    for keys in ["", "t", "Down Down", "Esc"] {
        play.keys(keys);
        play.sees(" DAMAGED ");
        play.lacks("live");
        play.lacks("nothing");
        play.sees("a value that backstory did");
    }
    play.keys("f");
    play.sees("nothing is written to it");
    play.lacks("Fire a command");
}

#[test]
fn an_event_that_is_not_json_is_shown_as_it_is_stored() {
    let start = Start { at: Some("Task/42@2"), ..START };
    let play = spoilt(
        &start,
        "DROP TRIGGER events_are_facts_update; UPDATE events SET data = '{\"title\": Prep' WHERE version = 2
         AND aggregate = (SELECT id FROM aggregates WHERE type = 'Task' AND key = '42')",
    );
    play.sees("its data is not JSON");
    play.lacks("rule failed");
    play.sees("data  as stored, not JSON");
    play.sees("{\"title\": Prep");
}

#[test]
fn what_can_only_be_read_is_not_live() {
    let play = Play::store(&START, |path| {
        demo::build(path).unwrap();
        let mut rights = std::fs::metadata(path).unwrap().permissions();
        rights.set_readonly(true);
        std::fs::set_permissions(path, rights).unwrap();
    });
    play.sees("read-only  ");
    play.lacks("live");
}
