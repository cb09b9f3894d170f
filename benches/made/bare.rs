//! What rusqlite alone takes to keep the same events.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::path::Path;

use backstory::event::NewEvent;
use rusqlite::{Connection, params};

/// A database of its own, as durable as a store.
pub fn open(path: &Path, schema: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;")
        .unwrap();
    connection.execute_batch(schema).unwrap();
    connection
}

/// Events with everything as text.
pub const PLAIN: &str = "CREATE TABLE events(position INTEGER PRIMARY KEY, branch TEXT NOT NULL, aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, data TEXT NOT NULL, meta TEXT NOT NULL, UNIQUE (branch, aggregate_type, aggregate_id, version))";

/// Inserts events into [`PLAIN`] in one transaction.
pub fn insert_plain(connection: &mut Connection, events: &[NewEvent], version: &mut i64) {
    let transaction = connection.transaction().unwrap();
    for event in events {
        *version += 1;
        transaction
            .prepare_cached("INSERT INTO events (branch, aggregate_type, aggregate_id, version, type, occurred_at, recorded_at, data, meta) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
            .unwrap()
            .execute(params!["main", event.aggregate.kind, event.aggregate.id, *version, event.kind, event.occurred_at.0, event.occurred_at.0, event.data, event.meta])
            .unwrap();
    }
    transaction.commit().unwrap();
}

/// The tables of a store.
pub const SCHEMA: &str = include_str!("../../src/store/schema.sql");

/// Inserts events into [`SCHEMA`] in one transaction: no chain, no heads.
pub fn insert_same(connection: &mut Connection, events: &[NewEvent], version: &mut i64) {
    let transaction = connection.transaction().unwrap();
    for event in events {
        *version += 1;
        let aggregate: i64 = event.aggregate.id.parse().unwrap();
        transaction
            .prepare_cached("INSERT INTO events (branch, aggregate, version, type, occurred_at, recorded_at, data, meta, parent, hash) VALUES (1, ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?7)")
            .unwrap()
            .execute(params![aggregate, *version, event.occurred_at.0, event.occurred_at.0, event.data, event.meta, [*version as u8; 32]])
            .unwrap();
    }
    transaction.commit().unwrap();
}
