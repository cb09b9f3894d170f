//! Events on their way into the log: each is chained, applied to its aggregate's state and written; each
//! touched head is written once, at the end.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Deserialize;

use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Hash, NewEvent, Position, Time, Version};
use crate::jq::State;
use crate::replay::{apply_or_keep, view};
use crate::store::{Branch, Chained, Head, Place, Store, Transaction, chain_hash};

/// An aggregate as the batch has left it.
pub(super) struct Working {
    row: Option<i64>,
    pub state: State,
    pub version: Version,
    pub head: Option<Head>,
    last_event: String,
    dirty: bool,
    /// Whether the store had a head for it before the batch.
    known: bool,
}

/// A row of events, written when there is a transaction, only computed when there is none.
pub(super) struct Batch<'a> {
    store: &'a Store,
    transaction: Option<&'a Transaction<'a>>,
    domain: &'a Domain,
    branch: &'a Branch,
    tip: Option<(Position, Hash)>,
    last: Position,
    recorded: Time,
    appended: i64,
    open: HashMap<AggregateId, Working>,
}

/// An actor in an event's metadata.
#[derive(Deserialize)]
struct Who {
    actor: Option<serde_json::Value>,
}

/// Who an event's metadata says did it.
pub(crate) fn actor_of(meta: &str) -> Option<String> {
    match serde_json::from_str::<Who>(meta).ok()?.actor? {
        serde_json::Value::String(actor) => Some(actor),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    }
}

impl<'a> Batch<'a> {
    pub fn new(
        store: &'a Store,
        transaction: Option<&'a Transaction<'a>>,
        domain: &'a Domain,
        branch: &'a Branch,
        now: Time,
    ) -> Result<Self> {
        let (last, recorded) = store.last()?.unwrap_or((0, now));
        Ok(Self {
            store,
            transaction,
            domain,
            branch,
            tip: tip_of(store, branch)?,
            last,
            recorded: recorded.max(now),
            appended: 0,
            open: HashMap::new(),
        })
    }

    /// The aggregate as it stands now, this batch's events included.
    pub fn working(&mut self, aggregate: &AggregateId) -> Result<&mut Working> {
        match self.open.entry(aggregate.clone()) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let row = match self.transaction {
                    Some(transaction) => Some(transaction.intern_aggregate(aggregate)?),
                    None => self.store.aggregate_row(aggregate)?,
                };
                let head = row.map_or(Ok(None), |row| self.store.head(self.branch.id, row))?;
                let state = match &head {
                    Some(found) => State::from_json(&found.head.state)?,
                    None => State::empty(),
                };
                let head = head.map(|found| found.head);
                let version = head.as_ref().map_or(0, |head| head.version);
                Ok(entry.insert(Working {
                    row,
                    state,
                    version,
                    head,
                    last_event: String::new(),
                    dirty: false,
                    known: version > 0,
                }))
            }
        }
    }

    /// Events from here on are recorded no earlier than this.
    pub fn recorded_from(&mut self, now: Time) {
        self.recorded = self.recorded.max(now);
    }

    /// The chain's end on this branch, this batch's events included.
    pub fn tip(&self) -> Option<Hash> {
        self.tip.map(|(_, hash)| hash)
    }

    /// The next free number of a type, where nothing says otherwise.
    pub fn next_id(&self, kind: &str) -> Result<i64> {
        self.store.next_id(kind)
    }

    /// Puts one event behind the others. With `strict` an event whose rule fails is refused; without, it is
    /// kept and the aggregate keeps its last good state and the error.
    pub fn append(&mut self, event: NewEvent, recorded_at: Option<Time>, strict: bool) -> Result<Event> {
        if let Some(at) = recorded_at {
            self.recorded = self.recorded.max(at);
        }
        let recorded = recorded_at.unwrap_or(self.recorded);
        let (position, parent) = (self.last + 1, self.tip());
        let (transaction, branch) = (self.transaction, self.branch);
        let domain = self.domain;
        let working = self.working(&event.aggregate)?;
        let version = working.version + 1;
        let hash = match (transaction, working.row) {
            (Some(transaction), Some(row)) => {
                let place = Place {
                    position,
                    branch: branch.id,
                    aggregate: row,
                    version,
                    recorded_at: recorded,
                    parent,
                };
                transaction.insert_event(&event, &place)?
            }
            _ => chain_hash(
                parent,
                &Chained {
                    kind: &event.aggregate.kind,
                    id: &event.aggregate.id,
                    version,
                    event: &event.kind,
                    occurred_at: event.occurred_at,
                    recorded_at: recorded,
                    data: &event.data,
                    meta: &event.meta,
                },
            ),
        };
        let event = Event {
            position,
            branch: branch.name.clone(),
            aggregate: event.aggregate,
            version,
            kind: event.kind,
            occurred_at: event.occurred_at,
            recorded_at: recorded,
            data: event.data,
            meta: event.meta,
            parent,
            hash,
        };
        working.take(domain, &event, strict)?;
        self.last = position;
        self.tip = Some((position, hash));
        self.appended += 1;
        Ok(event)
    }

    /// Writes the heads and the branch's tip.
    pub fn finish(self) -> Result<()> {
        let (Some(transaction), Some(tip)) = (self.transaction, self.tip) else { return Ok(()) };
        if self.appended == 0 {
            return Ok(());
        }
        for (aggregate, working) in self.open {
            let (Some(row), Some(mut head), true) = (working.row, working.head, working.dirty) else {
                continue;
            };
            let summary =
                self.domain.summary(&aggregate.kind, &aggregate.id, &working.last_event, &working.state);
            let named = working.known && (&head.label, &head.status) == (&summary.label, &summary.status);
            (head.label, head.status, head.deleted) = (summary.label, summary.status, summary.deleted);
            head.state = working.state.to_json()?;
            if named {
                transaction.advance_head(self.branch.id, row, &head)?;
            } else {
                transaction.put_head(self.branch.id, row, &head)?;
            }
        }
        transaction.set_tip(self.branch.id, tip, self.appended)
    }
}

impl Working {
    fn take(&mut self, domain: &Domain, event: &Event, strict: bool) -> Result<()> {
        let state = std::mem::replace(&mut self.state, State::null());
        let (state, error) = apply_or_keep(domain, state, &view(domain, event));
        if let (true, Some(error)) = (strict, &error) {
            return Err(error.clone().at(format!("{} cannot be applied", event.kind)));
        }
        self.state = state;
        self.version = event.version;
        self.dirty = true;
        self.last_event.clone_from(&event.kind);
        let head = self.head.get_or_insert_with(|| Head {
            kind: event.aggregate.kind.clone(),
            version: 0,
            position: 0,
            first_at: event.occurred_at,
            last_at: event.occurred_at,
            actor: None,
            label: String::new(),
            status: String::new(),
            deleted: false,
            state: String::new(),
            error: None,
        });
        head.version = event.version;
        head.position = event.position;
        head.last_at = event.occurred_at;
        head.actor = actor_of(&event.meta);
        if let Some(error) = error {
            head.error = Some(format!("version {}: {}", event.version, error.message()));
        }
        Ok(())
    }
}

/// The newest event that a branch sees: its own, else the one it forked at.
fn tip_of(store: &Store, branch: &Branch) -> Result<Option<(Position, Hash)>> {
    if let (Some(tip), _) = store.tip(branch.id)? {
        return Ok(Some(tip));
    }
    let above = branch.segments.iter().rev().nth(1);
    let Some(&(_, fork)) = above else { return Ok(None) };
    let event = store.event_at(fork)?;
    event.map(|event| Some((event.position, event.hash))).ok_or_else(|| {
        Error::damaged(format!("The event at position {fork}, where {} forks, is gone.", branch.name))
    })
}
