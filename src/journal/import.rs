//! Events of other systems, and backstory's own export, on their way into the log: a batch at a time.

use serde_json::json;

use super::Rules;
use super::batch::Batch;
use super::operation::{By, note};
use super::react::settle;
use super::unit::ends_unit;
use crate::error::{Error, Result};
use crate::event::{Hash, NewEvent, Time};
use crate::store::{Branch, Store};

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
    /// The hash that it must have, where it comes from backstory's own export.
    pub expect_hash: Option<Hash>,
}

/// An import on its way: who brings what, and its entry in the operation log once it has one.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Who imports, and when it began.
    pub by: By,
    /// The files, as they were named.
    pub files: Vec<String>,
    /// How often reactors answered so far; `None` where they are not to.
    pub reacted: Option<usize>,
    operation: Option<i64>,
}

impl Delivery {
    /// An import that has not appended anything yet.
    pub fn new(by: By, files: Vec<String>) -> Self {
        Self { by, files, reacted: None, operation: None }
    }

    /// The same with the domain's reactors answering what is appended.
    #[must_use]
    pub fn reacting(self) -> Self {
        Self { reacted: Some(0), ..self }
    }
}

/// Appends a batch in one transaction: events, heads and the notes of what was delivered. An event delivered
/// before is skipped. Answers how many were appended.
pub fn append_imported(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    batch: Vec<Imported>,
    delivery: &mut Delivery,
    now: Time,
) -> Result<usize> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let react = delivery.reacted.is_some();
    let mut events = Batch::new(store, Some(&transaction), &domain, branch, now)?.reacting(react);
    let (mut appended, mut reacted) = (0, 0);
    for imported in batch {
        if transaction.delivered(branch, &imported.key)?.is_some() {
            continue;
        }
        let (key, content) = (&imported.key, imported.content);
        let event = events.append(imported.event, imported.recorded_at, false)?;
        transaction.note_delivery(branch.id, key, event.position, &content)?;
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
    if let Some(span) = events.finish()? {
        if let Some(operation) = operation {
            transaction.extend_operation(operation, span)?;
        } else {
            let detail = json!({ "files": delivery.files });
            operation = Some(note(&transaction, &delivery.by, "import", branch.id, Some(span), &detail)?);
        }
    }
    transaction.commit()?;
    delivery.operation = operation;
    delivery.reacted = delivery.reacted.map(|before| before + reacted);
    Ok(appended)
}
