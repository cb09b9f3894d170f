//! Event stores in `PostgreSQL` as `psql` gives their rows: known by their columns, and read to the row. The rows beside
//! `tests/data/stores` are what the queries of the manual gave of stores that were written by the libraries' own SQL and code.

use std::path::{Path, PathBuf};

use backstory::import::LARGEST_RECORD;
use backstory::import::guess::{Reading, Sample};
use serde_json::{Value, json};

use crate::program::Place;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/stores/rows").join(format!("{name}.jsonl"))
}

fn rows(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Reads a file of rows by its mapping, and checks that it is known by itself.
fn read(name: &str, mapping: &'static str) -> Vec<Value> {
    let file = path(name);
    let sample = Sample::read(std::slice::from_ref(&file), None, LARGEST_RECORD).unwrap();
    assert_eq!(Reading::of("log", &sample).unwrap(), Reading::BuiltIn(mapping), "{name}");
    let place = Place::empty();
    place.ok(&["import", file.to_str().unwrap(), "--map", mapping]);
    place.json(&["export"])
}

/// What events have of these columns of their rows: id, version, order, type and data.
fn same(events: &[Value], rows: &[&Value], [id, version, order, kind, data]: [&str; 5]) {
    assert_eq!(events.len(), rows.len());
    for (event, row) in events.iter().zip(rows) {
        let source = json!({ "id": row[id], "version": row[version], "order": row[order] });
        assert_eq!(event["meta"]["source"], source, "{row}");
        assert_eq!(event["type"].as_str(), row[kind].as_str().unwrap().split('.').next_back(), "{row}");
        if row[data].is_object() && event["data"].get("bytes").is_none() {
            assert_eq!(event["data"], row[data]);
        }
    }
}

#[test]
fn message_db_leaves_out_commands_positions_and_snapshots() {
    let rows = rows("message_db");
    let own = |row: &&Value| !row["stream_name"].as_str().unwrap().contains(':');
    let wanted: Vec<&Value> = rows.iter().filter(own).collect();
    let events = read("message_db", "message_db");
    same(&events, &wanted, ["id", "position", "global_position", "type", "data"]);
    assert_eq!(
        (&events[0]["aggregate"], &events[3]["aggregate"]),
        (&json!("account/123"), &json!("account/*"))
    );
    assert_eq!(events[0]["meta"]["causation_id"], "signup:command-77@0");
    assert_eq!(events[0]["occurred_at"], "2026-11-26T20:34:08.102812Z");
}

#[test]
fn marten_and_emmett_have_the_order_of_their_stores() {
    let quests = rows("marten");
    let wanted: Vec<&Value> = quests.iter().collect();
    let events = read("marten", "marten");
    same(&events, &wanted, ["id", "version", "seq_id", "type", "data"]);
    assert_eq!(events[2]["data"], json!({ "bytes": "\\x93a3" }));
    let causes: Vec<_> = events.iter().map(|event| &event["meta"]["causation_id"]).collect();
    assert_eq!(causes[3], &wanted[1]["id"]);
    let carts = rows("emmett_postgres");
    let wanted: Vec<&Value> = carts.iter().collect();
    let events = read("emmett_postgres", "emmett_postgres");
    same(
        &events,
        &wanted,
        ["message_id", "stream_position", "global_position", "message_type", "message_data"],
    );
    assert_eq!(
        (&events[0]["aggregate"], &events[0]["meta"]["actor"]),
        (&json!("shopping_cart/cart-1"), &json!("mira"))
    );
}

#[test]
fn commanded_is_read_from_json_and_bytes_and_its_terms_are_named() {
    for kind in ["jsonb", "bytea", "term"] {
        let name = format!("commanded-{kind}");
        let rows = rows(&name);
        let wanted: Vec<&Value> = rows.iter().collect();
        let events = read(&name, "commanded");
        same(&events, &wanted, ["event_id", "original_stream_version", "place", "event_type", "data"]);
        assert_eq!(events[0]["aggregate"], "account/123");
        let data = json!({ "owner": "Mira 🌍", "number": "123", "balance": 0 });
        let term = json!({ "erlang_term": rows[0]["data"] });
        assert_eq!(events[0]["data"], if kind == "term" { term } else { data }, "{kind}");
    }
}

#[test]
fn eventsourcing_is_read_from_bytes() {
    let rows = rows("eventsourcing_postgres");
    let events = read("eventsourcing_postgres", "eventsourcing_postgres");
    assert_eq!(events.len(), rows.len());
    for (event, row) in events.iter().zip(&rows) {
        let source = &event["meta"]["source"];
        assert_eq!(
            (&source["version"], &source["order"]),
            (&row["originator_version"], &row["notification_id"])
        );
    }
    assert_eq!(events[2]["data"], json!({ "amount": "11.10", "note": "héllo 🌍" }));
    assert_eq!(events[2]["occurred_at"], "2026-11-26T20:35:35.904615Z");
}
