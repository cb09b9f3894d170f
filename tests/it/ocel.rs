//! OCEL 2.0 in a SQLite database: the tables of all types are one log.

use crate::program::Place;
use backstory::import::LARGEST_RECORD;
use backstory::import::guess::{Reading, Sample};
use serde_json::{Value, json};

fn log(place: &Place) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(place.path("log.sqlite")).unwrap();
    db.execute_batch(
        "CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
         CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
         CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
         CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
         CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
         CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
         CREATE TABLE event_Load (ocel_id TEXT, ocel_time TEXT, \"Net 'weight'\" REAL);
         CREATE TABLE event_Depart (ocel_id TEXT, ocel_time TEXT);
         CREATE TABLE object_Container (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT, \"Amount of Units\" REAL, Status TEXT);
         CREATE TABLE object_Truck (ocel_id TEXT, ocel_time TEXT, ocel_changed_field REAL);
         INSERT INTO event_map_type VALUES ('Load Truck', 'Load'), ('Depart', 'Depart');
         INSERT INTO object_map_type VALUES ('Container', 'Container'), ('Truck', 'Truck');
         INSERT INTO event VALUES ('e1', 'Load Truck'), ('e2', 'Depart'), ('e3', 'Depart');
         INSERT INTO event_Load VALUES ('e1', '2023-05-30 09:00:00', 2.5);
         INSERT INTO event_Depart VALUES ('e2', '2023-05-30 11:00:00'), ('e3', '2023-05-31 11:00:00');
         INSERT INTO object VALUES ('c1', 'Container'), ('t1', 'Truck');
         INSERT INTO event_object VALUES ('e1', 'c1', 'loaded'), ('e1', 't1', 'truck'), ('e1', 'hu9', NULL), ('e2', 't1', 'truck');
         INSERT INTO object_Container VALUES ('c1', '1970-01-01 01:00:00', NULL, 3.0, NULL),
             ('c1', '2023-05-30 10:00:00', 'Status', NULL, 'full');",
    )
    .unwrap();
    db
}

fn told(place: &Place) -> Vec<Value> {
    let brief = |event: &Value| {
        json!([
            event["aggregate"],
            event["type"],
            event["occurred_at"],
            event["data"],
            event["meta"]["correlation_id"]
        ])
    };
    place.json(&["log", "--reverse"]).iter().map(brief).collect()
}

#[test]
fn an_event_is_told_of_each_object_that_it_names() {
    let place = Place::empty();
    let db = log(&place);
    let sample = Sample::read(&[place.path("log.sqlite")], None, LARGEST_RECORD).unwrap();
    assert_eq!(Reading::of("log", &sample).unwrap(), Reading::BuiltIn("ocel"));
    let done = place.one(&["import", "log.sqlite", "--map", "ocel"]);
    assert_eq!((&done["records"], &done["appended"]), (&json!(7), &json!(7)));
    let load = |own: &str, others: [&str; 2]| {
        let mut data = json!({ "Net 'weight'": 2.5, "ocel_objects": others });
        if !own.is_empty() {
            data["ocel_qualifier"] = own.into();
        }
        data
    };
    let at = "2023-05-30T09:00:00Z";
    let mut expected = vec![
        json!(["Container/c1", "ObjectFound", "unknown", { "Amount of Units": 3.0 }, null]),
        json!(["Container/c1", "Load Truck", at, load("loaded", ["t1", "hu9"]), "ocel:e1"]),
        // The log has no such object.
        json!(["Object/hu9", "Load Truck", at, load("", ["c1", "t1"]), "ocel:e1"]),
        json!(["Truck/t1", "Load Truck", at, load("truck", ["c1", "hu9"]), "ocel:e1"]),
        json!(["Container/c1", "ObjectChanged", "2023-05-30T10:00:00Z", { "Status": "full" }, null]),
        json!(["Truck/t1", "Depart", "2023-05-30T11:00:00Z", { "ocel_qualifier": "truck" }, "ocel:e2"]),
        json!(["Event/e3", "Depart", "2023-05-31T11:00:00Z", {}, "ocel:e3"]),
    ];
    assert_eq!(told(&place), expected);
    assert_eq!(place.one(&["state", "Container/c1"])["state"]["Status"], "full");

    // What came later is all that a second import brings.
    db.execute_batch(
        "INSERT INTO event VALUES ('e4', 'Depart'); INSERT INTO event_Depart VALUES ('e4', '2023-06-01 11:00:00');
         INSERT INTO event_object VALUES ('e4', 't1', NULL);",
    )
    .unwrap();
    let done = place.one(&["import", "log.sqlite", "--map", "ocel"]);
    assert_eq!((&done["appended"], &done["seen"]), (&json!(1), &json!(7)));
    expected.push(json!(["Truck/t1", "Depart", "2023-06-01T11:00:00Z", {}, "ocel:e4"]));
    assert_eq!(told(&place), expected);
}

#[test]
fn what_the_tables_of_types_do_not_have_is_named() {
    let place = Place::empty();
    let db = log(&place);
    db.execute_batch("INSERT INTO event VALUES ('e5', 'Depart'), ('e6', 'Arrive')").unwrap();
    let done = place.one(&["import", "log.sqlite", "--map", "ocel", "--skip-bad"]);
    assert_eq!((&done["records"], &done["appended"], &done["bad"]), (&json!(9), &json!(7), &json!(2)));
    place.file("other.jsonl", "{}");
    let said = place.refused(1, &["import", "other.jsonl", "--map", "ocel"]);
    assert!(said.contains("no SQLite database with the tables of OCEL 2.0"), "{said}");
}
