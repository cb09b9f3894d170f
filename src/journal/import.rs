//! Events of other systems, and backstory's own export, on their way into the log: a batch at a time.

use indexmap::IndexMap;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Rules;
use super::batch::{Batch, ORIGIN, Open};
use super::operation::{By, note};
use super::react::settle;
use super::taken::REVERTS;
use super::unit::ends_unit;
use crate::error::{Error, Result};
use crate::event::{Hash, NewEvent, Time};
use crate::store::{Branch, Store, Transaction};

/// One event read from another system, ready to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The event.
    pub event: NewEvent,
    /// What names its delivery.
    pub key: String,
    /// SHA-256 of the record as it was read.
    pub content: [u8; 32],
    /// When it was recorded; `None` is now.
    pub recorded_at: Option<Time>,
    /// Its key, and what its metadata names, are hashes in another store.
    pub carried: bool,
    /// The hash that it must have, where it comes from backstory's own export.
    pub expect_hash: Option<Hash>,
}

/// An import on its way: who brings what, and its entry in the operation log once it has one.
pub struct Delivery {
    /// Who imports, and when it began.
    pub by: By,
    /// The files, as they were named.
    pub files: Vec<String>,
    /// How often reactors answered so far; `None` where they are not to.
    pub reacted: Option<usize>,
    operation: Option<i64>,
    /// The aggregates that it touched last, and what the store said of the writes of others then.
    open: Option<(i64, Open)>,
}

impl Delivery {
    /// An import that has not appended anything yet.
    pub fn new(by: By, files: Vec<String>) -> Self {
        Self { by, files, reacted: None, operation: None, open: None }
    }

    /// The same with the domain's reactors answering what is appended.
    #[must_use]
    pub(crate) fn reacting(self) -> Self {
        Self { reacted: Some(0), ..self }
    }
}

/// Appends a batch in one transaction: events, heads and the notes of what was delivered. An event delivered
/// before is skipped. Answers how many were appended.
pub(crate) fn append_imported(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    batch: Vec<Imported>,
    delivery: &mut Delivery,
    now: Time,
) -> Result<usize> {
    let transaction = begin(store, &batch)?;
    let domain = rules.current(&transaction)?;
    let react = delivery.reacted.is_some();
    let mut events = Batch::delivered(store, Some(&transaction), &domain, branch, now)?.reacting(react);
    let others = store.data_version()?;
    if let Some((_, open)) = delivery.open.take().filter(|(then, _)| *then == others) {
        events = events.going_on(open);
    }
    let (mut appended, mut reacted) = (0, 0);
    for imported in batch {
        if !transaction.note_delivery(branch, &imported.key, events.next(), &imported.content)? {
            continue;
        }
        let mut new = imported.event;
        if imported.carried {
            new.meta = carried(store, branch, &new.meta)?;
        }
        let event = events.append(new, imported.recorded_at, false)?;
        if imported.expect_hash.is_some_and(|hash| hash != event.hash) {
            return Err(Error::refused(format!(
                "{}@{} would get another hash than the one it was exported with.",
                event.aggregate, event.version
            ))
            .hint(format!(
                "An export comes back unchanged, and only where its first event's parent is {}'s newest event.",
                branch.name
            )));
        }
        appended += 1;
        // The events of one command stay together.
        if react && ends_unit(&event) {
            reacted += settle(&mut events, Some(&transaction), rules.id(), now)?.len();
        }
    }
    // A batch may end inside a command's events.
    reacted += settle(&mut events, Some(&transaction), rules.id(), now)?.len();
    let mut operation = delivery.operation;
    let (span, open) = events.finish_for_more()?;
    if let Some(span) = span {
        if let Some(operation) = operation {
            transaction.extend_operation(operation, span)?;
        } else {
            let detail = json!({ "files": delivery.files });
            operation = Some(note(&transaction, &delivery.by, "import", branch.id, Some(span), &detail)?);
        }
    }
    transaction.commit()?;
    (delivery.operation, delivery.open) = (operation, Some((others, open)));
    delivery.reacted = delivery.reacted.map(|before| before + reacted);
    Ok(appended)
}

/// Begins the write of a batch; events that name others by their hashes in another store look up what was delivered.
fn begin<'s>(store: &'s Store, batch: &[Imported]) -> Result<Transaction<'s>> {
    if batch.iter().any(|imported| imported.carried) {
        store.sort_deliveries()?;
    }
    let transaction = store.write()?;
    transaction.index_deliveries()?;
    Ok(transaction)
}

/// Metadata that names events by the hashes which they have here, where they came in from the other store before.
fn carried(store: &Store, branch: &Branch, meta: &str) -> Result<String> {
    let Ok(mut members) = serde_json::from_str::<IndexMap<String, Box<RawValue>>>(meta) else {
        return Ok(meta.to_owned());
    };
    for name in ["causation_id", "correlation_id", ORIGIN, REVERTS] {
        let Some(written) = members.get_mut(name) else { continue };
        let Ok(mut value) = serde_json::from_str::<Value>(written.get()) else { continue };
        let one = match &mut value {
            Value::Array(many) => many.as_mut_slice(),
            Value::Object(origin) => origin.get_mut("hash").map_or(&mut [][..], std::slice::from_mut),
            one => std::slice::from_mut(one),
        };
        for hash in one {
            let here = match hash.as_str() {
                Some(there) => store.delivered_at(branch, there)?,
                None => None,
            };
            if let Some(event) = here.map_or(Ok(None), |position| store.event_at(position))? {
                *hash = event.hash.to_string().into();
            }
        }
        if let Ok(value) = serde_json::value::to_raw_value(&value) {
            *written = value;
        }
    }
    Ok(serde_json::to_string(&members).unwrap_or_else(|_| meta.to_owned()))
}
