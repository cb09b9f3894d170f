//! Writing notes about points of history, and removing them.

use serde_json::{Value, json};

use super::operation::{By, note};
use crate::error::{Error, Result};
use crate::event::Time;
use crate::store::{Note, Operation, Store, Transaction};

/// How many characters a note may have.
const LONGEST: usize = 10_000;

/// Writes a note about a point, or about a record (`place` is `None`); answers its number.
pub(crate) fn write_note(
    store: &Store,
    text: &str,
    (branch, aggregate, place): (i64, Option<i64>, Option<i64>),
    by: &By,
) -> Result<i64> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::refused("A note without words says nothing."));
    }
    if text.chars().count() > LONGEST {
        return Err(Error::refused(format!("A note has at most {LONGEST} characters.")));
    }
    let transaction = store.write()?;
    let id = put_note(&transaction, text, (branch, aggregate, place), by)?;
    transaction.commit()?;
    Ok(id)
}

/// Writes a note as a part of a larger write; it has the number of its operation, which no other one gets.
pub(super) fn put_note(
    transaction: &Transaction<'_>,
    text: &str,
    (branch, aggregate, place): (i64, Option<i64>, Option<i64>),
    by: &By,
) -> Result<i64> {
    let detail = json!({ "text": text, "aggregate": aggregate, "place": place });
    let id = note(transaction, by, "note", branch, None, &detail)?;
    let (text, actor, created_at) = (text.to_owned(), by.actor.clone(), by.now);
    transaction.put_note(&Note { id, branch, aggregate, place, text, actor, created_at })?;
    Ok(id)
}

/// Removes a note. Who wrote it and when stays in the log of operations, so that it can come back.
pub(crate) fn remove_note(store: &Store, id: i64, by: &By) -> Result<()> {
    let transaction = store.write()?;
    let there = transaction.note(id)?.ok_or_else(|| {
        Error::refused(format!("There is no note {id}.")).hint("`backstory note` lists them.")
    })?;
    transaction.remove_note(id)?;
    let detail = json!({
        "note": id, "text": there.text, "aggregate": there.aggregate, "place": there.place,
        "actor": there.actor, "created_at": there.created_at.0,
    });
    note(&transaction, by, "remove note", there.branch, None, &detail)?;
    transaction.commit()
}

/// Takes back that a note was written or removed, or does it `again`; says what that means.
pub(super) fn take_note_back(transaction: &Transaction<'_>, what: &Operation, again: bool) -> Result<String> {
    let detail: Value = serde_json::from_str(&what.detail).unwrap_or_default();
    let written = what.verb == "note";
    let id = if written { what.id } else { detail["note"].as_i64().unwrap_or_default() };
    if written != again {
        transaction.remove_note(id)?;
        return Ok(format!("removes the note {id}"));
    }
    let (actor, at) = if written {
        (what.actor.clone(), what.at)
    } else {
        (
            detail["actor"].as_str().unwrap_or_default().to_owned(),
            Time(detail["created_at"].as_i64().unwrap_or_default()),
        )
    };
    transaction.put_note(&Note {
        id,
        branch: what.branch,
        aggregate: detail["aggregate"].as_i64(),
        place: detail["place"].as_i64(),
        text: detail["text"].as_str().unwrap_or_default().to_owned(),
        actor,
        created_at: at,
    })?;
    Ok(format!("brings the note {id} back"))
}
