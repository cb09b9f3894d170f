//! The operation log's entries, as the journal writes them beside what they tell of.

use serde_json::Value;

use crate::error::Result;
use crate::event::{Position, Time};
use crate::store::{Operation, Transaction};

/// Who does something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The actor.
    pub actor: String,
    /// The time of the store's clock.
    pub now: Time,
}

/// Notes what was done in this transaction; answers the entry's number.
pub(super) fn note(
    transaction: &Transaction<'_>,
    by: &By,
    verb: &str,
    branch: i64,
    span: Option<(Position, Position)>,
    detail: &Value,
) -> Result<i64> {
    transaction.note_operation(&Operation {
        id: 0,
        at: by.now,
        actor: by.actor.clone(),
        verb: verb.to_owned(),
        branch,
        span,
        detail: detail.to_string(),
        undoes: None,
    })
}
