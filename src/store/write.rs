//! One write: `BEGIN IMMEDIATE`, primitives, commit. What is not committed never was.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use super::heads::Head;
use super::links::note_links;
use super::sums::{DELIVERIES, DOMAINS, Pending};
use super::{Branch, Chained, Store, chain_hash};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, NewEvent, Position, Time, Version};

/// Where a new event goes in the log.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The next free position.
    pub position: Position,
    /// The row of the branch that owns it.
    pub branch: i64,
    /// The aggregate's row.
    pub aggregate: i64,
    /// The version after the aggregate's newest.
    pub version: Version,
    /// When it is taken; never earlier than its parent.
    pub recorded_at: Time,
    /// The hash of the branch's newest event.
    pub parent: Option<Hash>,
}

/// A write transaction; it holds the store's only write lock until it is committed or dropped.
pub struct Transaction<'a> {
    store: &'a Store,
    inner: rusqlite::Transaction<'a>,
    types: RefCell<HashMap<String, i64>>,
    /// The generation of heads that is shown.
    shown: i64,
    pub(super) sums: Pending,
}

impl Store {
    /// Takes the write lock, and waits some 20 seconds for other writers. Refused where the store can only be read, and where
    /// they take longer.
    pub fn write(&self) -> Result<Transaction<'_>> {
        if let Some(why) = self.read_only() {
            return Err(Error::refused(format!("The store can only be read: {why}"))
                .hint("Copy it to a place where you may write: backstory backup FILE."));
        }
        let inner = self.lock()?;
        let shown = inner.query_row("SELECT shown FROM generations", [], |row| row.get(0))?;
        Ok(Transaction { store: self, inner, types: RefCell::default(), shown, sums: Pending::default() })
    }
}

impl Deref for Transaction<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store
    }
}

impl Transaction<'_> {
    /// Makes all of it durable: when this answers, a power cut takes nothing of it.
    pub fn commit(self) -> Result<()> {
        self.write_sums()?;
        Ok(self.inner.commit()?)
    }

    /// Names an aggregate that has no row yet, and answers its row.
    pub(crate) fn add_aggregate(&self, aggregate: &AggregateId) -> Result<i64> {
        self.inner
            .prepare_cached("INSERT INTO aggregates (type, key) VALUES (?1, ?2)")?
            .execute([&aggregate.kind, &aggregate.id])?;
        Ok(self.inner.last_insert_rowid())
    }

    /// The row of an event type, new where it has none.
    pub(crate) fn intern_type(&self, name: &str) -> Result<i64> {
        if let Some(&row) = self.types.borrow().get(name) {
            return Ok(row);
        }
        let row = if let Some(row) = self.type_row(name)? {
            row
        } else {
            self.inner.prepare_cached("INSERT INTO types (name) VALUES (?1)")?.execute([name])?;
            self.inner.last_insert_rowid()
        };
        self.types.borrow_mut().insert(name.to_owned(), row);
        Ok(row)
    }

    /// Writes one event at its place and answers its hash.
    pub(crate) fn insert_event(&self, event: &NewEvent, place: &Place) -> Result<Hash> {
        let &Place { position, branch, aggregate, version, recorded_at, parent } = place;
        let hash = chain_hash(
            parent,
            &Chained {
                kind: &event.aggregate.kind,
                id: &event.aggregate.id,
                version,
                event: &event.kind,
                occurred_at: event.occurred_at,
                recorded_at,
                data: &event.data,
                meta: &event.meta,
            },
        );
        let kind = self.intern_type(&event.kind)?;
        self.inner
            .prepare_cached(
                "INSERT INTO events (position, branch, aggregate, version, type, occurred_at, recorded_at, \
                 data, meta, parent, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute((
                position,
                branch,
                aggregate,
                version,
                kind,
                event.occurred_at.0,
                recorded_at.0,
                &event.data,
                &event.meta,
                parent.map(|p| p.0),
                hash.0,
            ))?;
        note_links(&self.inner, position, &event.meta)?;
        Ok(hash)
    }

    /// Notes the newest event that a branch owns, and how many more it owns.
    pub(crate) fn set_tip(&self, branch: i64, tip: (Position, Hash), more: i64) -> Result<()> {
        self.inner
            .prepare_cached(
                "UPDATE branches SET tip_position = ?2, tip_hash = ?3, events = events + ?4 WHERE id = ?1",
            )?
            .execute((branch, tip.0, tip.1.0, more))?;
        Ok(())
    }

    /// Writes an aggregate's current state; its place follows with the batch's ([`Transaction::index_batch`]).
    pub(crate) fn put_head(&self, branch: i64, aggregate: i64, head: &Head) -> Result<()> {
        self.write_head(self.shown, branch, aggregate, head)
    }

    /// The same for an aggregate whose label is what it was: its index is left alone, and that of the status where that
    /// is `None`.
    pub(crate) fn advance_head(
        &self,
        branch: i64,
        aggregate: i64,
        head: &Head,
        status: Option<&str>,
    ) -> Result<()> {
        self.inner
            .prepare_cached(
                "UPDATE heads SET version = ?4, position = ?5, last_at = ?6, actor = ?7, deleted = ?8, \
                 state = ?9, error = ?10 WHERE generation = ?1 AND branch = ?2 AND aggregate = ?3",
            )?
            .execute(rusqlite::params![
                self.shown,
                branch,
                aggregate,
                head.version,
                head.position,
                head.last_at.0,
                head.actor,
                head.deleted,
                head.state,
                head.error,
            ])?;
        if let Some(status) = status {
            self.inner
                .prepare_cached(
                    "UPDATE heads SET status = ?4 WHERE generation = ?1 AND branch = ?2 AND aggregate = ?3",
                )?
                .execute((self.shown, branch, aggregate, status))?;
        }
        Ok(())
    }

    /// Writes an aggregate's state in one generation, and where it stands.
    pub(crate) fn put_head_in(
        &self,
        generation: i64,
        branch: i64,
        aggregate: i64,
        head: &Head,
    ) -> Result<()> {
        self.write_head(generation, branch, aggregate, head)?;
        self.inner
            .prepare_cached(
                "INSERT INTO places (generation, branch, aggregate, type, version, position) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET version = ?5, position = ?6",
            )?
            .execute((generation, branch, aggregate, &head.kind, head.version, head.position))?;
        Ok(())
    }

    fn write_head(&self, generation: i64, branch: i64, aggregate: i64, head: &Head) -> Result<()> {
        self.inner
            .prepare_cached(
                "INSERT INTO heads (generation, branch, aggregate, type, version, position, first_at, last_at, \
                 actor, label, status, deleted, state, error) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
                 ON CONFLICT DO UPDATE SET version = ?5, position = ?6, last_at = ?8, actor = ?9, label = ?10, \
                 status = ?11, deleted = ?12, state = ?13, error = ?14",
            )?
            .execute(rusqlite::params![
                generation,
                branch,
                aggregate,
                head.kind,
                head.version,
                head.position,
                head.first_at.0,
                head.last_at.0,
                head.actor,
                head.label,
                head.status,
                head.deleted,
                head.state,
                head.error,
            ])?;
        Ok(())
    }

    /// Writes a head that a branch lacks; one that it has stays.
    pub(crate) fn add_head(&self, branch: i64, aggregate: i64, head: &Head) -> Result<()> {
        let there = self
            .inner
            .prepare_cached("SELECT 1 FROM heads WHERE generation = ?1 AND branch = ?2 AND aggregate = ?3")?
            .exists((self.shown, branch, aggregate))?;
        if there { Ok(()) } else { self.put_head_in(self.shown, branch, aggregate, head) }
    }

    /// Makes the index of deliveries by event, unless indexes wait. Keys that are longer were made of a file's hash: no
    /// system knows them.
    pub(crate) fn index_deliveries(&self) -> Result<()> {
        if self.rest_waits() {
            return Ok(());
        }
        self.inner.execute_batch(
            "CREATE INDEX IF NOT EXISTS deliveries_by_position ON deliveries (position) WHERE length(key) < 65",
        )?;
        Ok(())
    }

    /// Notes that an import delivered this to a branch, and which event it is about to become; false where it, or a
    /// branch before it, has the delivery.
    pub(crate) fn note_delivery(
        &self,
        on: &Branch,
        key: &str,
        position: Position,
        content: &[u8; 32],
    ) -> Result<bool> {
        if on.segments.len() > 1 && self.delivered(on, key)?.is_some() {
            return Ok(false);
        }
        let branch = on.id;
        let noted = if self.deliveries_wait.get() {
            self.inner
                .prepare_cached("INSERT INTO temp.waiting (key, position, content) VALUES (?1, ?2, ?3)")?
                .execute((key, position, content))?
        } else {
            self.inner
                .prepare_cached(
                    "INSERT OR IGNORE INTO deliveries (branch, key, position, content) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((branch, key, position, content))?
        };
        if noted == 0 {
            return Ok(false);
        }
        let row = [
            ValueRef::Integer(branch),
            ValueRef::Text(key.as_bytes()),
            ValueRef::Integer(position),
            ValueRef::Blob(content),
        ];
        self.toggle_values(DELIVERIES, row);
        Ok(true)
    }

    /// Takes a version of the domain into use.
    pub fn add_domain(&self, source: &str, now: Time) -> Result<i64> {
        let hash: [u8; 32] = Sha256::digest(source).into();
        self.inner
            .prepare_cached("INSERT INTO domains (source, hash, added_at) VALUES (?1, ?2, ?3)")?
            .execute((source, hash, now.0))?;
        let id = self.inner.last_insert_rowid();
        self.toggle(DOMAINS, [id])?;
        Ok(id)
    }
}
