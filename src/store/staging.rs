//! The temporary database in which an import sorts what it read, so that a file may be larger than memory.

mod snapshots;
mod whole;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{links_of, origin_of};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, NewEvent, Time};

pub use snapshots::Snapshot;
pub use whole::Numbered;

/// One record's place: what is known of it before its event is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its number in this run, from 1, in the order it was read.
    pub sequence: i64,
    /// What it is about.
    pub aggregate: &'a AggregateId,
    /// When it happened.
    pub at: Time,
    /// Sorts inside its aggregate, before the rank.
    pub order: &'a [u8],
    /// The number that its source gives to it.
    pub version: Option<i64>,
    /// Sorts where everything else is equal.
    pub rank: i64,
    /// Names its delivery.
    pub key: &'a str,
    /// SHA-256 of the record as read.
    pub content: [u8; 32],
    /// Which of the run's files it is from, and the line there.
    pub origin: (i64, i64),
    /// The store has it: it is only here to be the next record's predecessor.
    pub seen: bool,
}

/// An event as it will be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Its record's number in this run.
    pub sequence: i64,
    /// Which of the run's files it is from, and the line there.
    pub origin: (i64, i64),
    /// The event.
    pub event: NewEvent,
    /// Names its delivery.
    pub key: String,
    /// SHA-256 of the record as read.
    pub content: [u8; 32],
    /// When another store took it, where that is kept.
    pub recorded_at: Option<Time>,
    /// The hash it had there.
    pub hash: Option<Hash>,
}

/// What another store said of an event that it exported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// When it took the event.
    pub recorded_at: Option<Time>,
    /// The event's hash there; it vouches for the parent too.
    pub hash: Option<Hash>,
}

/// A private database in the system's folder for temporary files; it goes away by itself.
pub struct Staging {
    db: Connection,
    aggregates: HashMap<AggregateId, i64>,
    /// Whether there is an index by keys.
    keyed: bool,
}

/// The rows of so many aggregates are kept at hand.
const AT_HAND: usize = 1 << 17;

const SCHEMA: &str = "
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -32000;
CREATE TABLE aggregates(id INTEGER PRIMARY KEY, type TEXT, key TEXT, UNIQUE(type, key));
CREATE TABLE records(sequence INTEGER PRIMARY KEY, aggregate INTEGER, at INTEGER, ord BLOB, version INTEGER, rank INTEGER,
    key TEXT, content BLOB, file INTEGER, line INTEGER, seen INTEGER) STRICT;
CREATE TABLE snapshots(sequence INTEGER PRIMARY KEY, number INTEGER, record TEXT, object TEXT) STRICT;
CREATE TABLE newest(aggregate INTEGER PRIMARY KEY, object TEXT) STRICT;
CREATE TABLE events(sequence INTEGER PRIMARY KEY, type TEXT, data TEXT, meta TEXT, recorded_at INTEGER,
    hash BLOB) STRICT;
CREATE TABLE named(target TEXT, sequence INTEGER, file INTEGER, line INTEGER) STRICT;
CREATE INDEX named_by ON named(sequence);
CREATE TABLE unknown(target TEXT) STRICT;
CREATE TABLE walk(place INTEGER PRIMARY KEY, sequence INTEGER) STRICT;
CREATE TABLE final(place INTEGER PRIMARY KEY, sequence INTEGER) STRICT;
BEGIN;
";

const READY: &str = "SELECT e.sequence, r.file, r.line, a.type, a.key, e.type, r.at, e.data, e.meta, r.key, r.content,
    e.recorded_at, e.hash FROM events e JOIN records r USING (sequence) JOIN aggregates a ON a.id = r.aggregate";

impl Staging {
    /// An empty one.
    pub fn open() -> Result<Self> {
        // An empty name is SQLite's word for a private file without a name, gone when it is closed or killed.
        let db = Connection::open("").map_err(failed)?;
        db.set_prepared_statement_cache_capacity(32);
        db.execute_batch(SCHEMA).map_err(failed)?;
        Ok(Self { db, aggregates: HashMap::new(), keyed: false })
    }

    /// The content of the record that was put down with a key. The first who asks pays for an index.
    pub(crate) fn content_of(&mut self, key: &str) -> Result<Option<[u8; 32]>> {
        if !self.keyed {
            self.db.execute_batch("CREATE INDEX records_by_key ON records(key)").map_err(failed)?;
            self.keyed = true;
        }
        self.db
            .prepare_cached("SELECT content FROM records WHERE key = ?")
            .and_then(|mut select| select.query_row([key], |row| row.get(0)).optional())
            .map_err(failed)
    }

    /// Puts down a record's place; no other one has its key.
    pub fn put(&mut self, place: &Place<'_>) -> Result<()> {
        let aggregate = self.intern(place.aggregate)?;
        self.db
            .prepare_cached("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .and_then(|mut insert| {
                insert.execute(params![
                    place.sequence,
                    aggregate,
                    place.at.0,
                    place.order,
                    place.version,
                    place.rank,
                    place.key,
                    place.content,
                    place.origin.0,
                    place.origin.1,
                    place.seen
                ])
            })
            .map_err(failed)?;
        Ok(())
    }

    /// Puts down the event of a record: its type, data and metadata.
    pub(crate) fn put_event(
        &mut self,
        sequence: i64,
        (kind, data, meta): (&str, &str, &str),
        origin: Origin,
    ) -> Result<()> {
        self.db
            .prepare_cached("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)")
            .and_then(|mut insert| {
                insert.execute(params![
                    sequence,
                    kind,
                    data,
                    meta,
                    origin.recorded_at.map(|t| t.0),
                    origin.hash.map(|h| h.0)
                ])
            })
            .map_err(failed)?;
        Ok(())
    }

    /// Puts down what an event names as its causes and its origin.
    pub(crate) fn put_named(&mut self, sequence: i64, (file, line): (i64, i64), meta: &str) -> Result<()> {
        if !meta.contains("\"causation_id\"") && !meta.contains("\"origin\"") {
            return Ok(());
        }
        let origin = origin_of(meta).map(|origin| origin.to_string());
        for cause in links_of(meta).0.into_iter().chain(origin) {
            self.db
                .prepare_cached("INSERT INTO named VALUES (?, ?, ?, ?)")
                .and_then(|mut insert| insert.execute(params![cause, sequence, file, line]))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Takes a record's place away again: it turned out to be bad.
    pub fn remove(&mut self, sequence: i64) -> Result<()> {
        for table in ["records", "named"] {
            self.db
                .prepare_cached(&format!("DELETE FROM {table} WHERE sequence = ?"))
                .and_then(|mut delete| delete.execute([sequence]))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Fixes the order in which [`Staging::snapshots`] and [`Staging::numbered`] give them: aggregate by aggregate, each in its own order.
    pub(crate) fn arrange(&mut self) -> Result<()> {
        self.db
            .execute_batch(
                "INSERT INTO walk(sequence) SELECT sequence FROM records ORDER BY aggregate, ord, rank",
            )
            .map_err(failed)
    }

    /// Fixes the order in which [`Staging::ready`] gives the events: as they were read.
    pub(crate) fn arrange_as_read(&mut self) -> Result<()> {
        self.db
            .execute_batch(
                "INSERT INTO final(sequence) SELECT sequence FROM records WHERE NOT seen ORDER BY sequence",
            )
            .map_err(failed)
    }

    /// Fixes the order in which [`Staging::ready`] gives the events: by effective time, which is the running
    /// maximum inside an aggregate, so that no aggregate's own order is ever broken. What is equal there stands as it
    /// was read, or, where `order` is one across aggregates, by that.
    pub(crate) fn arrange_by_time(&mut self, across: bool) -> Result<()> {
        let tie = if across { "ord, rank" } else { "latest, ord, rank" };
        self.db
            .execute_batch(&format!(
                "INSERT INTO final(sequence) SELECT sequence FROM (
                   SELECT sequence, ord, rank, seen, max(at) OVER place AS effective, max(rank) OVER place AS latest
                   FROM records WINDOW place AS (PARTITION BY aggregate ORDER BY ord, rank ROWS UNBOUNDED PRECEDING))
                 WHERE NOT seen ORDER BY effective, {tie}"
            ))
            .map_err(failed)
    }

    /// The next `count` events after a place in the log order (0: from the start).
    pub(crate) fn ready(&self, after: i64, count: usize) -> Result<Vec<Ready>> {
        self.db
            .prepare_cached(&format!(
                "{READY} JOIN final f USING (sequence) WHERE f.place > ? AND f.place <= ? ORDER BY f.place"
            ))
            .and_then(|mut select| select.query_map(params![after, after + count as i64], ready)?.collect())
            .map_err(failed)
    }

    /// The event that a record became.
    pub(crate) fn event_of(&self, sequence: i64) -> Result<Option<Ready>> {
        self.db
            .prepare_cached(&format!("{READY} WHERE e.sequence = ?"))
            .and_then(|mut select| select.query_row([sequence], ready).optional())
            .map_err(failed)
    }

    /// A record in its place, with the event that it became; without one that is empty.
    pub(crate) fn record_of(&self, sequence: i64) -> Result<Option<Ready>> {
        self.db
            .prepare_cached(
                "SELECT r.sequence, r.file, r.line, a.type, a.key, ifnull(e.type, ''), r.at, ifnull(e.data, ''),
                 ifnull(e.meta, ''), r.key, r.content, e.recorded_at, e.hash FROM records r
                 JOIN aggregates a ON a.id = r.aggregate LEFT JOIN events e USING (sequence) WHERE r.sequence = ?",
            )
            .and_then(|mut select| select.query_row([sequence], ready).optional())
            .map_err(failed)
    }

    fn intern(&mut self, aggregate: &AggregateId) -> Result<i64> {
        if let Some(id) = self.aggregates.get(aggregate) {
            return Ok(*id);
        }
        let known: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM aggregates WHERE type = ? AND key = ?")
            .and_then(|mut select| {
                select.query_row([&aggregate.kind, &aggregate.id], |row| row.get(0)).optional()
            })
            .map_err(failed)?;
        let id = match known {
            Some(id) => id,
            None => self
                .db
                .prepare_cached("INSERT INTO aggregates(type, key) VALUES (?, ?)")
                .and_then(|mut insert| insert.insert([&aggregate.kind, &aggregate.id]))
                .map_err(failed)?,
        };
        if self.aggregates.len() == AT_HAND {
            self.aggregates.clear();
        }
        self.aggregates.insert(aggregate.clone(), id);
        Ok(id)
    }
}

fn ready(row: &Row<'_>) -> rusqlite::Result<Ready> {
    Ok(Ready {
        sequence: row.get(0)?,
        origin: (row.get(1)?, row.get(2)?),
        event: NewEvent {
            aggregate: AggregateId::new(row.get::<_, String>(3)?, row.get::<_, String>(4)?),
            kind: row.get(5)?,
            occurred_at: Time(row.get(6)?),
            data: row.get(7)?,
            meta: row.get(8)?,
        },
        key: row.get(9)?,
        content: row.get(10)?,
        recorded_at: row.get::<_, Option<i64>>(11)?.map(Time),
        hash: row.get::<_, Option<[u8; 32]>>(12)?.map(Hash),
    })
}

#[allow(clippy::needless_pass_by_value)]
fn failed(error: rusqlite::Error) -> Error {
    Error::refused(format!("the import could not be sorted: {error}"))
        .hint("it needs room for about twice the data in /var/tmp, or where SQLITE_TMPDIR says")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(staging: &mut Staging, sequence: i64, id: &str, at: i64) {
        let aggregate = AggregateId::new("T", id);
        let place = Place {
            sequence,
            aggregate: &aggregate,
            at: Time(at),
            order: &[],
            version: None,
            rank: sequence,
            key: &sequence.to_string(),
            content: [sequence as u8; 32],
            origin: (0, sequence),
            seen: false,
        };
        staging.put(&place).unwrap();
        staging.put_event(sequence, ("E", "{}", "{}"), Origin::default()).unwrap();
    }

    #[test]
    fn an_aggregate_keeps_its_order_when_its_clock_runs_backwards() {
        let mut staging = Staging::open().unwrap();
        for (sequence, id, at) in [(1, "a", 50), (2, "b", 20), (3, "a", 10), (4, "b", 60), (5, "c", 55)] {
            put(&mut staging, sequence, id, at);
        }
        staging.arrange_by_time(false).unwrap();
        let order: Vec<i64> = staging.ready(0, 10).unwrap().iter().map(|e| e.sequence).collect();
        assert_eq!(order, [2, 1, 3, 5, 4]);
        assert_eq!(staging.ready(3, 1).unwrap()[0].sequence, 5);
    }

    #[test]
    fn a_key_is_found_again() {
        let mut staging = Staging::open().unwrap();
        for sequence in 1..4 {
            put(&mut staging, sequence, "a", 1);
            assert_eq!(staging.content_of(&sequence.to_string()).unwrap(), Some([sequence as u8; 32]));
        }
        assert_eq!(staging.content_of("4").unwrap(), None);
    }
}
