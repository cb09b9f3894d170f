//! Events of other systems, and backstory's own export, on their way into the log: a batch at a time.

use super::Rules;
use super::batch::Batch;
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

/// Appends a batch in one transaction: events, heads and the notes of what was delivered. An event delivered
/// before is skipped. Answers how many were appended.
pub fn append_imported(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    batch: Vec<Imported>,
    now: Time,
) -> Result<usize> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let mut events = Batch::new(store, Some(&transaction), &domain, branch, now)?;
    let mut appended = 0;
    for imported in batch {
        if transaction.seen(&imported.key)?.is_some() {
            continue;
        }
        transaction.note_seen(&imported.key, &imported.content)?;
        let event = events.append(imported.event, imported.recorded_at, false)?;
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
    }
    events.finish()?;
    transaction.commit()?;
    Ok(appended)
}
