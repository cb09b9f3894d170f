//! Other programs' event stores: each is recognised by its columns, opened as it is, and read event by event as a reader in
//! Python reads it, `tests/data/stores/read.py`, whose answers lie beside the stores.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backstory::clock::Clock;
use backstory::import::Rows;
use backstory::import::adapter::Adapter;
use backstory::session::{Source, Sources};
use serde_json::{Value, json};

use crate::program::Place;

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/stores").join(name)
}

/// Makes the database of a dump.
pub fn database(place: &Place, name: &str) -> PathBuf {
    let path = place.path(&format!("{name}.db"));
    let dump = std::fs::read_to_string(data(&format!("{name}.sql"))).unwrap();
    let sql = rusqlite::Connection::open(&path).unwrap();
    sql.execute_batch(&format!("PRAGMA foreign_keys = OFF; {dump}")).unwrap();
    path
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(data("")).unwrap().map(|file| file.unwrap().file_name());
    let names = files.filter_map(|name| name.to_str()?.strip_suffix(".sql").map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names.len(), 19);
    names
}

/// What the other reader answers.
fn expected(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(data(&format!("{name}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An exported event as the other reader tells it.
fn told(event: &Value) -> Value {
    let meta = &event["meta"];
    json!({
        "aggregate": event["aggregate"], "type": event["type"], "at": event["occurred_at"], "data": event["data"],
        "actor": meta["actor"], "cause": meta["causation_id"], "correlation": meta["correlation_id"],
        "source": meta["source"],
    })
}

/// Opens a file as `backstory FILE` does, and reads it.
pub fn opened(place: &Place, path: &Path) -> Source {
    let sources = Sources::within(place.path("sources"));
    let source = sources.read(&[path.to_owned()], None).unwrap();
    let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!(taken.report.bad, [], "{}", path.display());
    source
}

pub fn events(place: &Place, source: &Source) -> Vec<Value> {
    place.json(&["-s", source.store().to_str().unwrap(), "export"])
}

/// The files of a folder with what they hold.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.is_file()).map(|file| (file.clone(), std::fs::read(&file).unwrap())).collect()
}

#[test]
fn every_store_is_recognised_and_read_to_the_row() {
    let mut wrong = Vec::new();
    for name in names() {
        let place = Place::empty();
        let path = database(&place, &name);
        let before = files(&place.path("."));
        let source = opened(&place, &path);
        let adapter = name.split('-').next().unwrap();
        assert_eq!(source.adapter(), Some(adapter), "{name}: {}", source.told());
        assert!(
            source.told().starts_with('a') && source.told().ends_with(", reading only"),
            "{}",
            source.told()
        );
        let found: Vec<Value> = events(&place, &source).iter().map(told).collect();
        let wanted = expected(&name);
        for (at, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let mut found = found.clone();
            if wanted["data"].is_null() {
                found["data"] = Value::Null;
            }
            if found != *wanted {
                wrong.push(format!("{name} {at}:\n  {found}\n  {wanted}"));
            }
        }
        if found.len() != wanted.len() {
            wrong.push(format!("{name}: {} events of {}", found.len(), wanted.len()));
        }
        assert_eq!(files(&place.path(".")), before, "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Changes a database past what made it.
pub fn change(path: &Path, sql: &str) {
    let sql = format!("PRAGMA foreign_keys = OFF; {sql}");
    rusqlite::Connection::open(path).unwrap().execute_batch(&sql).unwrap();
}

#[test]
fn a_renamed_table_is_still_what_it_is() {
    for (name, tables) in [
        ("rails_event_store-yaml", &["event_store_events", "event_store_events_in_streams"][..]),
        ("emmett", &["emt_messages", "emt_streams"]),
        ("audited-json", &["audits"]),
        ("papertrail-yaml", &["versions"]),
        ("spatie", &["stored_events"]),
        ("eventsourcing", &["stored_events"]),
    ] {
        let place = Place::empty();
        let path = database(&place, name);
        for (at, table) in tables.iter().enumerate() {
            change(
                &path,
                &format!("ALTER TABLE \"{table}\" RENAME TO \"it's {at} \"\"of\"\" {{events}}; --\""),
            );
        }
        let source = opened(&place, &path);
        assert_eq!(source.adapter(), name.split('-').next(), "{}", source.told());
        assert_eq!(events(&place, &source).len(), expected(name).len(), "{name}");
    }
}

#[test]
fn a_table_of_snapshots_is_not_taken_for_the_events() {
    let place = Place::empty();
    let path = database(&place, "eventsourcing");
    // Of the same columns, before it in every order, and with numbers of rows.
    change(
        &path,
        "CREATE TABLE aa_snapshots AS SELECT * FROM stored_snapshots; ALTER TABLE stored_events RENAME TO zz",
    );
    let source = opened(&place, &path);
    assert_eq!(source.adapter(), Some("eventsourcing"));
    assert_eq!(events(&place, &source).len(), 6);
    // Alone it is no store of events.
    change(&path, "DROP TABLE zz");
    let sources = Sources::within(place.path("others"));
    let told =
        sources.read(&[path], None).map_or_else(|error| error.to_string(), |other| other.told().to_owned());
    assert!(!told.contains("a database of"), "{told}");
}

#[test]
fn two_tables_of_one_kind_are_named_and_each_can_be_read() {
    let place = Place::empty();
    let path = database(&place, "eventsourcing");
    change(
        &path,
        "CREATE TABLE dog_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB);
         INSERT INTO dog_events SELECT * FROM stored_events WHERE topic LIKE '%Dog%'",
    );
    let source = opened(&place, &path);
    assert!(source.told().ends_with("--table reads another one like it: stored_events"), "{}", source.told());
    assert_eq!(events(&place, &source).len(), 2);
    let sources = Sources::within(place.path("sources"));
    let table = Rows::Of("stored_events".to_owned());
    let other = sources.read(std::slice::from_ref(&path), Some(&table)).unwrap();
    other.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((other.adapter(), events(&place, &other).len()), (Some("eventsourcing"), 6));
    let again = sources.of_files(&[path], Some(&table)).unwrap().unwrap();
    assert_eq!(again.name, other.name);
}

#[test]
fn a_store_with_a_log_beside_it_is_read_whole_and_nothing_comes_to_lie_there() {
    let place = Place::empty();
    let path = database(&place, "emmett");
    let more = "INSERT INTO emt_messages SELECT stream_id, 6, partition, message_kind, message_data, message_metadata,
        message_schema_version, message_type, 'm-8', is_archived, 8, created FROM emt_messages WHERE global_position = 6";
    change(&path, "PRAGMA journal_mode = WAL");
    let names = || files(&place.path(".")).into_keys().collect::<Vec<_>>();
    let (before, alone) = (files(&place.path(".")), names());
    let source = opened(&place, &path);
    assert_eq!(events(&place, &source).len(), 7);
    assert_eq!(files(&place.path(".")), before);
    // Somebody has it open, and the newest row is in the log only.
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch(more).unwrap();
    let beside = files(&place.path("."));
    assert_eq!(beside.len(), 3);
    let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((taken.appended, taken.report.records), (1, 1));
    assert_eq!(
        files(&place.path(".")).into_keys().collect::<Vec<_>>(),
        beside.keys().cloned().collect::<Vec<_>>()
    );
    // A program that was cut off left the log, and nobody has it open.
    let left = Place::empty();
    for end in ["", "-wal"] {
        let name = format!("emmett.db{end}");
        std::fs::copy(place.path(&name), left.path(&name)).unwrap();
    }
    let before = files(&left.path("."));
    let source = opened(&left, &left.path("emmett.db"));
    assert_eq!(events(&left, &source).len(), 8);
    assert_eq!(files(&left.path(".")), before);
    drop(writer);
    assert_eq!(names(), alone);
}

#[test]
fn what_a_store_holds_does_nothing() {
    let place = Place::empty();
    let path = database(&place, "rails_event_store-json");
    change(
        &path,
        "CREATE VIEW versions AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
           SELECT i AS id, i AS item_type, i AS item_id, i AS event, i AS object, i AS created_at FROM n WHERE i < 0;
         CREATE TABLE \"a'b\"\"; DROP TABLE event_store_events; --\" (\"id'\"\";\" TEXT);
         INSERT INTO event_store_events VALUES (6, 'e6', 'Odd', x'ff00', x'80fe', '2026-11-27 00:00:00', NULL),
           (7, 'e7', X'1b5d303b6f1b', 'no: [yaml', '{\"a\": 1', 'no time', NULL),
           (8, 'e8', 'Deep', NULL, '{}', '2026-11-27 00:00:00', NULL);
         CREATE TRIGGER t AFTER INSERT ON event_store_events BEGIN DELETE FROM event_store_events; END;",
    );
    let before = files(&place.path("."));
    let sources = Sources::within(place.path("sources"));
    let source = sources.read(&[path], None).unwrap();
    assert_eq!(source.adapter(), Some("rails_event_store"));
    let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((taken.appended, taken.report.bad_count), (7, 1));
    assert!(taken.report.bad[0].reason.contains("no time"), "{:?}", taken.report.bad);
    let odd = &events(&place, &source)[5];
    assert_eq!(odd["aggregate"], "Stream/e6");
    assert_eq!(odd["data"], json!({ "bytes": "\\x80fe" }));
    assert_eq!(files(&place.path(".")), before);
    assert!(place.run(&["import", "rails_event_store-json.db", "--skip-bad"]).code == 0);
}

const TICKETS: &str = include_str!("../../assets/manual/adapters.md");

#[test]
fn a_team_brings_an_adapter_of_its_own() {
    let place = Place::empty();
    let (_, adapter) = TICKETS.split_once("```toml tickets.toml\n").unwrap();
    let adapter = adapter.split_once("```").unwrap().0;
    place.file("tickets.toml", adapter);
    let tables = "CREATE TABLE log (nr INTEGER PRIMARY KEY, ticket BLOB, verb TEXT, body BLOB, person INTEGER, happened INTEGER);
        CREATE TABLE staff (id INTEGER, login TEXT); INSERT INTO staff VALUES (1, 'ann');
        INSERT INTO log VALUES (1, x'fb83d239f99d4f1cbcc820c256342199', 'opened', '{\"a\":1}', 1, 1700000000000),
          (2, x'fb83d239f99d4f1cbcc820c256342199', 'closed', '{}', NULL, 1700000001000);";
    change(&place.path("desk.db"), tables);
    let adapter = Adapter::load(&place.path("tickets.toml")).unwrap();
    let sources = Sources::within(place.path("sources"));
    let file = [place.path("desk.db")];
    let source = sources.by_adapter(&file, None, &adapter).unwrap();
    source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((source.adapter(), source.told()), (Some("tickets"), "our ticket system, reading only"));
    let found = events(&place, &source);
    assert_eq!(found[0]["aggregate"], "Ticket/fb83d239-f99d-4f1c-bcc8-20c256342199");
    assert_eq!((&found[0]["meta"]["actor"], &found[0]["data"]), (&json!("ann"), &json!({ "a": 1 })));
    assert_eq!(sources.by_adapter(&file, None, &adapter).unwrap().name, source.name);
    place.ok(&["-s", "own.db", "import", "desk.db", "--map", "tickets.toml"]);
    // Of another file, and of one that says nothing of a store.
    let error = sources.by_adapter(&[database(&place, "spatie")], None, &adapter).err().unwrap();
    assert!(error.message().contains("is no store that tickets knows"), "{error}");
    place.file("plain.toml", "[import]\ntype = '.a'\nid = '.a'\nevent = '.a'\nat = '.a'\n");
    let error = Adapter::load(&place.path("plain.toml")).err().unwrap();
    assert!(error.message().contains("has no [store]"), "{error}");
    let said = place.refused(2, &["--adapter", "tickets.toml"]);
    assert!(said.contains("none is named"), "{said}");
}

#[test]
fn verbs_read_a_known_store_without_being_told_how() {
    let place = Place::empty();
    database(&place, "audited-yaml");
    let said = place.ok(&["-s", "own.db", "import", "audited-yaml.db"]);
    assert!(said.contains("6 records: 6 events appended"), "{said}");
    let said = place.ok(&["-s", "own.db", "import", "audited-yaml.db", "--map", "audited"]);
    assert!(said.contains("0 events appended, 6 seen before"), "{said}");
    assert!(place.ok(&["map", "audited-yaml.db"]).contains("[store.tables.audits]"));
    assert_eq!(place.one(&["map", "audited-yaml.db"])["built_in"], "audited");
}

const RULES: &str = r#"
[domain]
name = "carts"

[aggregate.shopping_cart.event.NoteAdded]
apply = '.note = $data.note'
[aggregate.shopping_cart.command.note]
params = { note = "string" }
emit = 'event("NoteAdded"; $params)'

[[reactor]]
name = "tell"
on = ["NoteAdded"]
append = { file = "notes", row = '{type: $event.type}' }
"#;

#[test]
fn main_is_the_source_s_and_a_branch_is_one_s_own() {
    let place = Place::empty();
    let path = database(&place, "emmett");
    let source = opened(&place, &path);
    let store = source.store().display().to_string();
    place.file("rules.toml", RULES);
    place.ok(&["-s", &store, "domain", "set", "rules.toml"]);
    let fire = ["fire", "shopping_cart/cart-1", "note", "note=late"];
    let on = |branch: &str, more: &[&str]| {
        let before = ["-s", &store, "-b", branch];
        before.into_iter().chain(fire).chain(more.iter().copied()).map(str::to_owned).collect::<Vec<_>>()
    };
    let refused = |args: &[String]| place.refused(1, &args.iter().map(String::as_str).collect::<Vec<_>>());
    for more in [&[][..], &["--dry-run"], &["--react"]] {
        let said = refused(&on("main", more));
        assert!(said.contains("main holds what emmett.db (emmett) says, and nothing else."), "{said}");
        assert!(said.contains("backstory branch what-if"), "{said}");
    }
    place.ok(&["-s", &store, "branch", "what-if"]);
    for more in [&[][..], &["--react"]] {
        let args = on("what-if", more);
        place.ok(&args.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let state = place.one(&["-s", &store, "-b", "what-if", "state", "shopping_cart/cart-1"]);
    assert!(state.to_string().contains("late"), "{state}");
    // Nobody's job came of it, and nothing of it goes to main.
    assert_eq!(place.json(&["-s", &store, "jobs"]), Vec::<Value>::new());
    let said = place.refused(1, &["-s", &store, "merge", "what-if"]);
    assert!(said.contains("and nothing else"), "{said}");
    assert_eq!(events(&place, &source).len(), 7);
    // What the program writes comes to main as ever.
    change(
        &path,
        "INSERT INTO emt_messages SELECT stream_id, 6, partition, message_kind, message_data, message_metadata,
         message_schema_version, message_type, 'm-8', is_archived, 8, created FROM emt_messages WHERE global_position = 6",
    );
    let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((taken.appended, taken.report.bad_count), (1, 0));
    assert!(taken.behind.is_some());
    assert_eq!(events(&place, &source).len(), 8);
}
