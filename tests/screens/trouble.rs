//! What the explorer shows of stores that are damaged, locked or not to be written to.

use crate::play::{Play, START, Start};
use backstory::session::demo;
use backstory::tui::screens::reports::Reports;

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
         AND aggregate = (SELECT id FROM aggregates WHERE type = 'Task' AND key = '42');
         CREATE TRIGGER events_are_facts_update BEFORE UPDATE ON events
         BEGIN SELECT raise(ABORT, 'the log is append-only: an event is never changed'); END",
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

/// What SQLite keeps beside a file.
#[cfg(unix)]
fn beside(path: &std::path::Path) -> [std::path::PathBuf; 2] {
    ["-wal", "-shm"].map(|ending| std::path::PathBuf::from(format!("{}{ending}", path.display())))
}

#[cfg(unix)]
fn waypoints(path: &std::path::Path) -> i64 {
    let store = rusqlite::Connection::open(path).unwrap();
    store.query_row("SELECT count(*) FROM waypoints", [], |row| row.get(0)).unwrap()
}

#[cfg(unix)]
#[test]
fn when_the_file_is_gone_nothing_is_written_and_when_it_is_back_it_goes_on() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    let before = waypoints(&play.path);
    play.keys("w \"here\"");
    let away = play.path.with_extension("away");
    std::fs::rename(&play.path, &away).unwrap();
    play.keys("Enter");
    play.sees("todo.db is gone");
    // The header says so too, from the next look on.
    play.until(" FAILED ");
    play.lacks("live");
    play.keys("f");
    play.sees("todo.db is gone");
    std::fs::rename(&away, &play.path).unwrap();
    play.until("in its place again");
    assert_eq!(waypoints(&play.path), before);
    play.keys("w \"here\" Enter");
    play.sees("live");
    assert_eq!(waypoints(&play.path), before + 1);
}

#[cfg(unix)]
#[test]
fn another_file_in_its_place_is_opened_and_never_mixed_with_the_one_before() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("w \"here\" Enter");
    let other = play.path.with_extension("other");
    drop(backstory::session::create(&crate::play::open_at(&other), None).unwrap());
    assert!(!beside(&other)[0].exists(), "the new file is whole by itself");
    let bytes = std::fs::read(&other).unwrap();
    play.keys("w \"there\"");
    std::fs::rename(&other, &play.path).unwrap();
    play.keys("Enter");
    // The pages of the one before are still there: whoever opens the new one takes them in.
    play.until("todo.db-wal is still");
    assert_eq!(std::fs::read(&play.path).unwrap(), bytes);
    for left in beside(&play.path) {
        std::fs::remove_file(left).unwrap();
    }
    play.until("it was opened anew");
    play.lacks("Task/42");
    play.lacks("FAILED");
    play.sees("live");
    assert_eq!(waypoints(&play.path), 0);
}

/// The files that this process has open in a folder, whatever became of them.
#[cfg(target_os = "linux")]
fn held_open(folder: &std::path::Path) -> usize {
    let all = std::fs::read_dir("/proc/self/fd").unwrap();
    let paths = all.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    paths.filter(|path| path.starts_with(folder)).count()
}

#[cfg(target_os = "linux")]
#[test]
fn an_explorer_that_is_left_holds_no_file() {
    let build = |path: &std::path::Path| {
        demo::build(path).unwrap();
    };
    for keys in ["", "f Esc", "/ Esc X Esc", "J Esc", "*", "G Esc"] {
        let mut play = Play::store(&START, build);
        play.keys(keys);
        let folder = play.path.parent().unwrap().to_owned();
        assert!(held_open(&folder) > 0);
        drop(play);
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while held_open(&folder) > 0 {
            assert!(std::time::Instant::now() < end, "{keys}: {} files are still open", held_open(&folder));
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// What says that an answer is still to come.
const WAITS: &[&str] = &[
    "asking …",
    "asking the domain …",
    "reading …",
    "looking …",
    "folding …",
    "searching …",
    "comparing …",
    "counting …",
    "replaying …",
    "working it out …",
    "working out what it would do …",
    "trying it out …",
];

/// Opens what the keys open: nothing there waits for an answer that does not come, and Esc closes it.
#[track_caller]
fn never_waits(play: &mut Play, keys: &str, why: &str) {
    play.keys(keys);
    for word in WAITS {
        assert!(!play.text().contains(word), "{keys}: {word}\n{}", play.text());
    }
    assert!(play.text().contains(why), "{keys}: no {why:?}\n{}", play.text());
    // The next key takes the message in the bottom line away: what is open says it by itself.
    if play.explorer.model().overlays.last().is_some() {
        play.keys("PgDn");
        assert!(play.text().contains(why), "{keys}: no {why:?} any more\n{}", play.text());
    }
    for _ in 0..3 {
        if !play.explorer.model().overlays.is_empty() {
            play.keys("Esc");
        }
    }
    assert!(play.explorer.model().overlays.is_empty(), "{keys} does not close\n{}", play.text());
}

#[test]
fn what_a_broken_domain_cannot_answer_is_said_where_it_was_asked() {
    for size in [(120, 36), (80, 24)] {
        let start = Start { at: Some("Task/42@3"), size, ..START };
        let mut play = spoilt(&start, "UPDATE domains SET source = '[[['");
        for keys in ["R", "f", "I"] {
            never_waits(&mut play, keys, "domain:1:3");
        }
    }
}

#[test]
fn whatever_is_open_says_why_its_answer_does_not_come() {
    let lost = [
        ("operations", ": \"operation log\" Enter"),
        ("jobs", "J"),
        ("events", "R"),
        ("events", "I"),
        ("events", "P"),
        ("events", "T"),
        ("events", "d"),
        ("events", "D"),
        ("events", "X"),
        ("events", "W"),
        ("events", "F \".done\" Enter"),
        ("waypoints", ": \"waypoints: \" Enter"),
        ("heads", "&"),
    ];
    let start = Start { at: Some("Task/42@3"), ..START };
    for (table, keys) in lost {
        let mut play = Play::demo(&start);
        let store = rusqlite::Connection::open(&play.path).unwrap();
        store
            .execute_batch(&format!("PRAGMA legacy_alter_table = ON; ALTER TABLE {table} RENAME TO away"))
            .unwrap();
        never_waits(&mut play, keys, table);
    }
}

#[test]
fn what_was_there_stays_where_it_cannot_be_read_anew() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("R Tab Tab");
    let before = play.explorer.model().screen::<Reports>().unwrap();
    let rows = before.page.shown().unwrap().page.rows.len();
    let store = rusqlite::Connection::open(&play.path).unwrap();
    store.execute_batch("PRAGMA legacy_alter_table = ON; ALTER TABLE events RENAME TO away").unwrap();
    play.keys("Left Left");
    play.sees(" not answered: ");
    let after = play.explorer.model().screen::<Reports>().unwrap();
    assert_eq!(after.page.shown().unwrap().page.rows.len(), rows);
    store.execute_batch("PRAGMA legacy_alter_table = ON; ALTER TABLE away RENAME TO events").unwrap();
    play.keys("Right Right");
    play.lacks(" not answered: ");
}
