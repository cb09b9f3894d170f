//! `PaperTrail`'s versions become events, from a database and from files, in YAML and in JSON; and what came in can be
//! sketched as a domain.

use crate::program::Place;
use serde_json::{Value, json};

/// A version, as its row has it.
type Row = (
    i64,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
);

/// As Rails writes them: YAML without `object_changes`, YAML with them, JSON.
const ROWS: &[Row] = &[
    // The beginning of Task 1 was not recorded.
    (
        11,
        "Task",
        "1",
        "update",
        Some("7"),
        Some(
            "---\nid: 1\ntitle: Buy milk\nprice: !ruby/object:BigDecimal 18:0.1250e2\ncreated_at: !ruby/object:ActiveSupport::TimeWithZone\n  utc: &1 2018-01-02 03:04:05.000000000 Z\n  zone: !ruby/object:ActiveSupport::TimeZone\n    name: Etc/UTC\n  time: *1\n",
        ),
        Some("---\ntitle:\n- Buy milk\n- Buy oat milk\n"),
        "2019-04-01 10:00:00.123456",
    ),
    (
        12,
        "Task",
        "2",
        "create",
        Some("mira"),
        None,
        Some("{\"id\":[null,2],\"title\":[null,\"Call Ben\"],\"done\":[null,false]}"),
        "2019-04-01 10:05:00",
    ),
    (
        13,
        "Task",
        "2",
        "update",
        None,
        Some("{\"id\":2,\"title\":\"Call Ben\",\"done\":false}"),
        Some("{\"done\":[false,true]}"),
        "2019-04-02T09:00:00.000Z",
    ),
    // No object_changes: what follows tells what changed.
    (14, "Admin::User", "u-1", "create", None, None, None, "2019-04-02 09:30:00 UTC"),
    (
        15,
        "Admin::User",
        "u-1",
        "update",
        Some("7"),
        Some("---\nname: Ben\nmail: ben@example.com\nold: true\n"),
        None,
        "2019-04-02 10:00:00+02",
    ),
    (
        16,
        "Admin::User",
        "u-1",
        "touch",
        Some("7"),
        Some("---\nname: Benjamin\nmail: ben@example.com\n"),
        None,
        "2019-04-02 11:00:00",
    ),
    (
        17,
        "Task",
        "1",
        "destroy",
        Some("7"),
        Some("---\nid: 1\ntitle: Buy oat milk\n"),
        None,
        "2019-04-03 00:00:00",
    ),
];

fn database(place: &Place) {
    let db = rusqlite::Connection::open(place.path("rails.sqlite3")).unwrap();
    db.execute_batch(
        "CREATE TABLE versions (id INTEGER PRIMARY KEY, item_type varchar, item_id varchar, event varchar,
         whodunnit varchar, object text, object_changes text, created_at datetime, transaction_id integer, ip varchar)",
    )
    .unwrap();
    for &(id, kind, item, event, who, object, changes, at) in ROWS {
        let row = (id, kind, item, event, who, object, changes, at, 5, "10.0.0.1");
        db.execute("INSERT INTO versions VALUES (?,?,?,?,?,?,?,?,?,?)", row).unwrap();
    }
}

fn lines() -> String {
    let line = |&(id, kind, item, event, who, object, changes, at): &Row| {
        let read = |text: Option<&str>| text.map(|text| serde_json::from_str(text).unwrap_or(json!(text)));
        json!({
            "id": id, "item_type": kind, "item_id": item, "event": event, "whodunnit": who,
            "object": read(object), "object_changes": read(changes), "created_at": at,
            "transaction_id": 5, "ip": "10.0.0.1",
        })
        .to_string()
    };
    // The order of a file is no order: ids are.
    ROWS.iter().rev().map(line).collect::<Vec<_>>().join("\n")
}

fn events(place: &Place) -> Vec<Value> {
    let brief = |event: &Value| {
        json!([
            event["aggregate"],
            event["type"],
            event["meta"]["actor"],
            event["occurred_at"],
            event["data"]
        ])
    };
    place.json(&["log", "--reverse"]).iter().map(brief).collect()
}

#[test]
fn versions_become_events_whatever_they_are_kept_in() {
    let (database_place, lines_place) = (Place::empty(), Place::empty());
    database(&database_place);
    database_place.ok(&["import", "rails.sqlite3", "--map", "papertrail"]);
    lines_place.file("versions.jsonl", lines());
    lines_place.ok(&["import", "versions.jsonl", "--map", "papertrail"]);
    let expected = [
        json!(["Task/1", "TaskFound", null, "2018-01-02T03:04:05Z",
            { "id": 1, "title": "Buy milk", "price": 12.5, "created_at": "2018-01-02T03:04:05Z" }]),
        json!(["Task/1", "TaskUpdated", "7", "2019-04-01T10:00:00.123456Z", { "title": "Buy oat milk" }]),
        json!(["Task/2", "TaskCreated", "mira", "2019-04-01T10:05:00Z", { "id": 2, "title": "Call Ben", "done": false }]),
        json!(["Task/2", "TaskUpdated", null, "2019-04-02T09:00:00Z", { "done": true }]),
        json!(["AdminUser/u-1", "AdminUserCreated", null, "2019-04-02T09:30:00Z",
            { "mail": "ben@example.com", "name": "Ben", "old": true }]),
        json!(["AdminUser/u-1", "AdminUserUpdated", "7", "2019-04-02T08:00:00Z", { "name": "Benjamin", "old": null }]),
        json!(["AdminUser/u-1", "AdminUserTouched", "7", "2019-04-02T11:00:00Z", {}]),
        json!(["Task/1", "TaskDestroyed", "7", "2019-04-03T00:00:00Z", {}]),
    ];
    for place in [&database_place, &lines_place] {
        assert_eq!(events(place), expected);
        let state = place.one(&["state", "AdminUser/u-1"]);
        assert_eq!(state["state"], json!({ "mail": "ben@example.com", "name": "Benjamin" }));
        let shown = place.one(&["show", "Task/2@1"]);
        assert_eq!(shown["event"]["meta"]["correlation_id"], "papertrail:5");
        assert!(place.one(&["show", "Task/1@1"])["event"]["meta"]["correlation_id"].is_null());
        assert_eq!(
            (&shown["event"]["meta"]["ip"], &shown["event"]["meta"]["version"]),
            (&json!("10.0.0.1"), &json!(12))
        );
    }
    // Once more brings nothing.
    let again = database_place.one(&["import", "rails.sqlite3", "--map", "papertrail"]);
    assert_eq!((&again["appended"], &again["seen"]), (&json!(0), &json!(8)));
}

#[test]
fn what_a_json_column_loses_is_gone() {
    let place = Place::empty();
    let rows = [
        json!({ "id": 1, "item_type": "Doc", "item_id": 1, "event": "create", "created_at": "2019-04-01 10:00:00",
            "object_changes": { "a": [null, { "x": 1, "y": 2 }] } }),
        json!({ "id": 2, "item_type": "Doc", "item_id": 1, "event": "update", "created_at": "2019-04-02 10:00:00",
            "object_changes": { "a": [{ "x": 1, "y": 2 }, { "x": 1 }] } }),
        json!({ "id": 3, "item_type": "Doc", "item_id": 2, "event": "update", "created_at": "2019-04-02 10:00:00",
            "object": { "a": { "x": 1, "y": { "z": 1, "w": 2 } } } }),
        json!({ "id": 4, "item_type": "Doc", "item_id": 2, "event": "destroy", "created_at": "2019-04-03 10:00:00",
            "object": { "a": { "y": { "w": 2 } } } }),
    ];
    place.file("docs.jsonl", rows.map(|row| row.to_string()).join("\n"));
    place.ok(&["import", "docs.jsonl", "--map", "papertrail"]);
    assert_eq!(place.one(&["state", "Doc/1"])["state"], json!({ "a": { "x": 1 } }));
    assert_eq!(place.one(&["state", "Doc/2"])["state"], json!({ "a": { "y": { "w": 2 } } }));
}

#[test]
fn rows_in_csv_are_the_same_rows() {
    let place = Place::empty();
    // Ids are texts there, and nothing is an empty one; the order of a file is no order.
    place.file(
        "versions.csv",
        "id,item_type,item_id,event,whodunnit,object,object_changes,created_at,transaction_id\n\
         10,Doc,1,update,7,\"{\"\"a\"\":1}\",\"{\"\"a\"\":[1,2]}\",2019-04-02 10:00:00,\n\
         9,Doc,1,create,,,\"{\"\"a\"\":[null,1]}\",2019-04-01 10:00:00,\n",
    );
    place.ok(&["import", "versions.csv", "--map", "papertrail"]);
    let expected = [
        json!(["Doc/1", "DocCreated", null, "2019-04-01T10:00:00Z", { "a": 1 }]),
        json!(["Doc/1", "DocUpdated", "7", "2019-04-02T10:00:00Z", { "a": 2 }]),
    ];
    assert_eq!(events(&place), expected);
}

#[test]
fn a_table_that_has_grown_says_what_was_not_known_before() {
    let place = Place::empty();
    let create =
        r#"{"id":1,"item_type":"Doc","item_id":1,"event":"create","created_at":"2019-04-01 10:00:00"}"#;
    let update = r#"{"id":2,"item_type":"Doc","item_id":1,"event":"update","whodunnit":"7","object":{"a":1},"created_at":"2019-04-02 10:00:00"}"#;
    let destroy = r#"{"id":3,"item_type":"Doc","item_id":1,"event":"destroy","object":{"a":2},"created_at":"2019-04-03 10:00:00"}"#;
    for (rows, appended) in [([create].join("\n"), 1), ([create, update].join("\n"), 2)] {
        place.file("docs.jsonl", rows);
        let answer = place.one(&["import", "docs.jsonl", "--map", "papertrail"]);
        assert_eq!(answer["appended"], appended);
    }
    assert_eq!(place.one(&["state", "Doc/1"])["state"], json!({ "a": 1 }));
    place.file("docs.jsonl", [create, update, destroy].join("\n"));
    assert_eq!(place.one(&["import", "docs.jsonl", "--map", "papertrail"])["appended"], 2);
    assert_eq!(place.one(&["state", "Doc/1"])["state"], json!({ "a": 2 }));
    assert_eq!(place.one(&["import", "docs.jsonl", "--map", "papertrail"])["appended"], 0);
}

#[test]
fn what_is_no_version_is_named() {
    let place = Place::empty();
    place.file("bad.jsonl", "{\"id\":1,\"item_type\":\"Task\",\"item_id\":1,\"event\":\"create\",\"object_changes\":\"---\\na: [\",\"created_at\":\"2019-01-01\"}\n7\n");
    let said = place.refused(1, &["import", "bad.jsonl", "--map", "papertrail"]);
    assert!(said.contains("bad.jsonl:2") && said.contains("bad.jsonl:1"), "{said}");
    rusqlite::Connection::open(place.path("other.db")).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let said = place.refused(1, &["import", "other.db", "--map", "papertrail"]);
    assert!(said.contains("no table versions"), "{said}");
}

#[test]
fn a_sketch_is_a_domain_that_reads_the_log_as_before() {
    let place = Place::empty();
    database(&place);
    place.ok(&["import", "rails.sqlite3", "--map", "papertrail"]);
    let sketch = place.ok(&["domain", "sketch", "--name", "rails"]);
    place.file("sketch.toml", &sketch);
    let checked = place.one(&["domain", "check", "sketch.toml"]);
    assert_eq!((&checked["aggregates"], &checked["events"]), (&json!(2), &json!(7)), "{sketch}");
    assert!(sketch.contains("label = \".title\""), "{sketch}");
    assert!(
        sketch.contains("data = { \"id\" = \"integer\", \"title\" = \"string\", \"done\" = \"boolean\" }"),
        "{sketch}"
    );
    assert!(sketch.contains("\"old\" = \"any?\""), "{sketch}");
    // Nothing is read otherwise than before, but that what was destroyed is put away.
    place.ok(&["domain", "set", "sketch.toml"]);
    assert_eq!(
        place.one(&["state", "Task/2"])["state"],
        json!({ "id": 2, "title": "Call Ben", "done": true })
    );
    let list = place.json(&["aggregates", "Task"]);
    let labels: Vec<_> = list.iter().map(|row| (row["label"].clone(), row["deleted"].clone())).collect();
    assert!(labels.contains(&(json!("Buy oat milk"), json!(true))), "{labels:?}");
    assert_eq!(place.one(&["catalogue", "TaskCreated"])["aggregates"][0]["events"][0]["seen"]["broken"], 0);
}

#[test]
fn the_demo_can_be_sketched_too() {
    let place = Place::demo();
    let sketch = place.ok(&["domain", "sketch"]);
    place.file("sketch.toml", &sketch);
    place.ok(&["domain", "check", "sketch.toml"]);
    assert!(sketch.contains("data = { \"priority\" = \"enum("), "{sketch}");
    assert!(sketch.contains("apply = \".priority = $data.priority\""), "{sketch}");
    // How the records are listed is the domain's own say.
    assert!(sketch.contains("status = \"if .deleted_at then"), "{sketch}");
}

#[test]
fn a_row_of_a_database_that_is_too_large_is_named_and_never_read() {
    let place = Place::with("");
    let database = rusqlite::Connection::open(place.path("app.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE versions (id INTEGER PRIMARY KEY, item_type TEXT, item_id TEXT, event TEXT,
                 object BLOB, \"size\" INTEGER, created_at TEXT);
             INSERT INTO versions VALUES (1, 'Task', '1', 'create', NULL, 7, '2019-04-01 10:00:00'),
                 (2, 'Task', '1', 'update', zeroblob(900000000), 7, '2019-04-01 10:01:00'),
                 (3, 'Task', '1', 'update', '{\"title\":\"a\"}', 7, '2019-04-01 10:02:00');",
        )
        .unwrap();
    drop(database);
    let said = place.refused(1, &["import", "app.db", "--map", "papertrail"]);
    assert!(said.contains("app.db:2: is larger than 64 MB"), "{said}");
    place.ok(&["import", "app.db", "--map", "papertrail", "--skip-bad"]);
    assert_eq!(place.one(&["verify"])["events"], 2);
}

/// A database as Rails leaves it, without `object_changes`: a task that was made, changed and touched.
fn with_its_tasks(place: &Place) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(place.path("rails.sqlite3")).unwrap();
    db.execute_batch(
        "CREATE TABLE tasks (id integer PRIMARY KEY, updated_at datetime(6), title varchar, price decimal(10,2),
             done boolean, due datetime(6));
         CREATE TABLE notes (id integer PRIMARY KEY, title varchar);
         CREATE TABLE versions (id integer PRIMARY KEY, item_type varchar, item_id bigint, event varchar,
             whodunnit varchar, object text, created_at datetime);
         INSERT INTO tasks VALUES (1, '2026-11-26 20:00:02.000002', 'Talk', 12.5, 1, '2026-03-01 10:00:00.500000'),
             (2, '2026-11-26 20:00:09.000000', 'Milk', 13, 0, NULL);
         INSERT INTO versions VALUES (1, 'Task', 1, 'create', '42', NULL, '2026-11-26 20:00:01.000001'),
             (2, 'Task', 1, 'update', 'mira', '---
id: 1
title: Talk
price: !ruby/object:BigDecimal 27:0.125e2
done: false
due:
updated_at: 2026-11-26 20:00:01.000001000 Z
', '2026-11-26 20:00:02.000002'),
             (3, 'Task', 2, 'create', 'mira', NULL, '2026-11-26 20:00:03.000000');",
    )
    .unwrap();
    db
}

#[test]
fn the_application_s_own_table_says_what_the_newest_version_changed() {
    let place = Place::empty();
    let db = with_its_tasks(&place);
    let import = || place.one(&["import", "rails.sqlite3", "--map", "papertrail"]);
    assert_eq!(import()["appended"], 3);
    let data = |place: &Place| -> Vec<Value> { events(place).iter().map(|event| event[4].clone()).collect() };
    let changed = json!({ "done": true, "due": "2026-03-01T10:00:00.500Z", "updated_at": "2026-11-26T20:00:02.000002Z" });
    let made = json!({ "id": 1, "title": "Talk", "price": 12.5, "done": false, "updated_at": "2026-11-26T20:00:01.000001Z" });
    // The row of Task 2 was changed since its only version, past PaperTrail: that version made something else.
    assert_eq!(data(&place), [made.clone(), changed.clone(), json!({})]);
    assert_eq!(place.one(&["state", "Task/1"])["state"]["done"], true);
    assert_eq!((&import()["appended"], &import()["seen"]), (&json!(0), &json!(3)));

    // The table grows, and the next version tells the same of the one before it.
    db.execute_batch(
        "UPDATE tasks SET title = 'Speak', updated_at = '2026-11-26 20:00:05.000000' WHERE id = 1;
         INSERT INTO versions VALUES (4, 'Task', 1, 'update', 'ben', '---
id: 1
title: Talk
price: !ruby/object:BigDecimal 27:0.125e2
done: true
due: 2026-03-01 10:00:00.500000000 Z
updated_at: 2026-11-26 20:00:02.000002000 Z
', '2026-11-26 20:00:05.000000');",
    )
    .unwrap();
    let grown = import();
    assert_eq!((&grown["appended"], &grown["seen"]), (&json!(1), &json!(3)));
    let last = json!({ "title": "Speak", "updated_at": "2026-11-26T20:00:05Z" });
    assert_eq!(data(&place), [made, changed, json!({}), last]);

    // A row that is gone tells nothing.
    db.execute_batch("DELETE FROM tasks").unwrap();
    let other = Place::empty();
    std::fs::copy(place.path("rails.sqlite3"), other.path("rails.sqlite3")).unwrap();
    other.ok(&["import", "rails.sqlite3", "--map", "papertrail"]);
    assert_eq!(data(&other)[3], json!({}));
    let reason = &other.json(&["log", "--reverse"])[3]["meta"]["reason"];
    assert!(reason.as_str().is_some_and(|reason| reason.contains("not known")), "{reason}");
}

#[test]
fn a_touch_holds_the_time_that_it_set() {
    let place = Place::empty();
    let version = |id: i64, event: &str, updated: &str, at: &str| {
        let object = json!({ "id": 1, "title": "Talk", "updated_at": updated });
        json!({ "id": id, "item_type": "Task", "item_id": 1, "event": event, "whodunnit": "7", "object": object,
            "created_at": at })
        .to_string()
    };
    // PaperTrail records the object as the touch left it, mostly as an update.
    let rows = [
        version(1, "update", "2019-04-01T10:00:00.123Z", "2019-04-01 10:00:00.123456"),
        version(2, "touch", "2019-04-02T10:00:00.000Z", "2019-04-02 10:00:00"),
        version(3, "destroy", "2019-04-02T10:00:00.000Z", "2019-04-03 10:00:00"),
    ];
    place.file("versions.jsonl", rows.join("\n"));
    place.ok(&["import", "versions.jsonl", "--map", "papertrail"]);
    let told: Vec<Value> = events(&place).iter().skip(1).map(|event| json!([event[1], event[4]])).collect();
    assert_eq!(
        told,
        [
            json!(["TaskUpdated", { "updated_at": "2019-04-02T10:00:00.000Z" }]),
            json!(["TaskTouched", { "updated_at": "2019-04-02T10:00:00.000Z" }]),
            json!(["TaskDestroyed", {}]),
        ]
    );
}
