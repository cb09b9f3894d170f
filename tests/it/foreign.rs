//! SQLite databases of strangers: what asks for endless work is named, and what reads them can be stopped.

use std::path::PathBuf;

use backstory::clock::Clock;
use backstory::import::guess::{Reading, Sample};
use backstory::import::{LARGEST_RECORD, Mapping, Options, Rows};
use backstory::session::{Open, Sources, import_into};

use crate::program::Place;

/// A view that never gives a row, and never ends.
const ENDLESS: &str = "AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT i AS id, i AS ocel_type, i AS ocel_type_map, i AS at, i AS event FROM n WHERE i < 0";
const AUDIT: &str = "CREATE TABLE audit (id TEXT, at TEXT, event TEXT);
    INSERT INTO audit VALUES ('a', '2024-01-01T00:00:00Z', 'made'), ('a', '2024-01-02T00:00:00Z', 'sent'),
        ('b', '2024-01-03T00:00:00Z', 'made');";

fn database(place: &Place, name: &str, sql: &str) -> PathBuf {
    let path = place.path(name);
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

fn sample(path: &PathBuf, rows: Option<&Rows>) -> backstory::error::Result<Sample> {
    Sample::read(std::slice::from_ref(path), rows, LARGEST_RECORD)
}

#[test]
fn an_endless_view_is_passed_over_or_named() {
    let place = Place::empty();
    let alone = database(&place, "alone.db", &format!("CREATE VIEW v {ENDLESS}"));
    let error = sample(&alone, None).err().unwrap();
    assert!(error.message().contains("too much to look at"), "{error}");
    assert!(error.hint_text().unwrap().contains("--table NAME, or --query SQL"), "{error}");
    let error = sample(&alone, Some(&Rows::Of("v".to_owned()))).err().unwrap();
    assert!(error.message().contains("too much to look at"), "{error}");
    // Many of them are not looked at one after the other for ever.
    let views: String = (0..40).map(|n| format!("CREATE VIEW v{n} {ENDLESS};")).collect();
    let many = database(&place, "many.db", &format!("{views}{AUDIT}"));
    assert_eq!(sample(&many, None).unwrap().rows, Some(Rows::Of("audit".to_owned())));
    // What tells an object-centric log from others may be endless, too.
    let names = ["event", "object", "event_object", "object_map_type", "event_map_type"];
    let ocel: String = names.iter().map(|name| format!("CREATE VIEW {name} {ENDLESS};")).collect();
    let error = sample(&database(&place, "ocel.db", &ocel), None).err().unwrap();
    assert!(error.message().contains("too much to look at"), "{error}");
}

#[test]
fn an_endless_read_is_stopped_and_leaves_nothing() {
    let place = Place::empty();
    let versions = "CREATE TABLE versions (id INTEGER, item_type TEXT, item_id INTEGER, event TEXT, object TEXT,
        created_at TEXT); INSERT INTO versions VALUES (1, 'Task', 1, 'update', '{\"id\":1}', '2024-01-01T00:00:00Z');";
    let view = database(&place, "view.db", &format!("CREATE VIEW v {ENDLESS}"));
    // It ends, but gives rows for ever before.
    let rows = ENDLESS.replace("WHERE i < 0", "");
    let full = database(&place, "full.db", &format!("CREATE VIEW v {rows}"));
    let beside = database(&place, "beside.db", &format!("{versions}CREATE VIEW tasks {ENDLESS}"));
    let map = "[import]\ntype = '\"T\"'\nid = '.id | tostring'\nevent = '\"E\"'\nat = '0'\n";
    for (file, rows, mapping) in [
        (view, Some(Rows::Of("v".to_owned())), Mapping::parse("m", map).unwrap()),
        (full, Some(Rows::Of("v".to_owned())), Mapping::parse("m", map).unwrap()),
        (beside, None, Mapping::load("papertrail").unwrap()),
    ] {
        let open = Open { path: place.store(), branch: "main".into(), clock: Clock::System };
        let options = Options { files: vec![file], rows, mapping: Some(mapping), ..Options::default() };
        let mut asked = 0;
        let error = import_into(&open, &options, &mut |_| {
            asked += 1;
            asked < 3
        });
        assert!(error.unwrap_err().message().contains("stopped"));
        assert!(!place.store().exists());
    }
}

#[test]
fn rows_that_are_named_are_a_source_of_their_own() {
    let place = Place::empty();
    let sources = Sources::within(place.path("sources"));
    let people = "CREATE TABLE people (id TEXT, born TEXT, did TEXT);
        INSERT INTO people VALUES ('x', '2001-01-01', 'born'), ('y', '2002-01-01', 'born');";
    let file = [database(&place, "app.db", &format!("{AUDIT}{people}"))];
    let asked = Rows::Asked("SELECT id, at, event FROM audit WHERE id = 'a'".to_owned());
    let people = Rows::Of("people".to_owned());
    let mut read = Vec::new();
    for rows in [None, Some(&asked), Some(&people)] {
        let source = sources.read(&file, rows).unwrap();
        let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
        read.push((source.name, taken.appended));
    }
    let said: Vec<_> = read.iter().map(|(name, events)| (name.as_str(), *events)).collect();
    assert_eq!(said, [("app", 3), ("app-2", 2), ("app-people", 2)]);
    // Each is found again by the same words, and takes what is new.
    let sql = "INSERT INTO audit VALUES ('a', '2024-01-04T00:00:00Z', 'sent')";
    rusqlite::Connection::open(&file[0]).unwrap().execute(sql, []).unwrap();
    for (rows, (name, _), new) in
        [(None, &read[0], 1), (Some(&asked), &read[1], 1), (Some(&people), &read[2], 0)]
    {
        let source = sources.of_files(&file, rows).unwrap().unwrap();
        assert_eq!(source.name, *name);
        let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
        assert_eq!((taken.appended, taken.report.bad_count), (new, 0), "{name}");
    }
    let other = [place.path("lines.jsonl")];
    std::fs::write(&other[0], "{\"id\":\"a\",\"at\":\"2024-01-01T00:00:00Z\"}\n").unwrap();
    for rows in [&asked, &people] {
        let error = sources.read(&other, Some(rows)).err().unwrap();
        assert!(error.message().contains("is no SQLite database"), "{error}");
    }
    let error = sources.read(&file, Some(&Rows::Of("nope".to_owned()))).err().unwrap();
    assert!(error.message().contains("has no table nope"), "{error}");
    let map = place.ok(&["map", "app.db", "--query", "SELECT id AS who, at AS day, event AS did FROM audit"]);
    assert!(map.contains(".day") && map.contains(".did"), "{map}");
}

#[test]
fn an_event_of_very_many_objects_takes_room_for_each_only_once() {
    let place = Place::empty();
    let tables = "CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
        CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
        CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
        CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
        CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
        CREATE TABLE event_Ship (ocel_id TEXT, ocel_time TEXT);
        INSERT INTO event_map_type VALUES ('Ship', 'Ship');
        INSERT INTO event VALUES ('e1', 'Ship'), ('e2', 'Ship');
        INSERT INTO event_Ship VALUES ('e1', '2024-01-01 00:00:00'), ('e2', '2024-01-02 00:00:00');
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO event_object SELECT 'e1', 'box-' || i, NULL FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO event_object SELECT 'e2', 'box-' || i, NULL FROM n;";
    let log = database(&place, "log.sqlite", tables);
    assert_eq!(Reading::of("log", &sample(&log, None).unwrap()).unwrap(), Reading::BuiltIn("ocel"));
    let done = place.one(&["import", "log.sqlite", "--map", "ocel"]);
    assert_eq!((&done["records"], &done["appended"], &done["bad"]), (&3101.into(), &3101.into(), &0.into()));
    let many = place.json(&["log", "Object/box-7", "--reverse"]);
    assert_eq!(many[0]["data"], serde_json::json!({ "ocel_object_count": 3000 }));
    assert_eq!(many[1]["data"]["ocel_objects"].as_array().unwrap().len(), 99);
    let whole = place.json(&["log", "Event/e1"]);
    assert_eq!(whole[0]["data"]["ocel_objects"].as_array().unwrap().len(), 3000);
    let bytes: i64 =
        place.sql().query_row("SELECT sum(length(data)) FROM events", [], |row| row.get(0)).unwrap();
    assert!(bytes < 400_000, "{bytes}");
}
