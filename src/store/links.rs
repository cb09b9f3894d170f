//! Links between events, as their metadata names them: causes and operations.

use memchr::memmem;
use rusqlite::Connection;
use serde::Deserialize;

use super::Store;
use crate::error::Result;
use crate::event::Position;

/// What an event's metadata names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The event that caused it (`causation_id`).
    Cause = 1,
    /// The operation that it is part of (`correlation_id`).
    Operation = 2,
}

/// The links in an event's metadata.
#[derive(Debug, Default, Deserialize)]
struct Named {
    causation_id: Option<serde_json::Value>,
    correlation_id: Option<serde_json::Value>,
}

/// What an event's metadata names as its cause and as its operation.
pub fn links_of(meta: &str) -> (Option<String>, Option<String>) {
    let named = serde_json::from_str::<Named>(meta).unwrap_or_default();
    let text = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    (text(named.causation_id), text(named.correlation_id))
}

/// Writes the rows of what an event names; an event that names nothing costs a look at its metadata.
pub(super) fn note_links(connection: &Connection, position: Position, meta: &str) -> Result<()> {
    if memmem::find(meta.as_bytes(), b"ation_id\"").is_none() {
        return Ok(());
    }
    let (cause, operation) = links_of(meta);
    for (link, target) in [(Link::Cause, cause), (Link::Operation, operation)] {
        if let Some(target) = target {
            connection
                .prepare_cached("INSERT INTO links (kind, target, position) VALUES (?1, ?2, ?3)")?
                .execute((link as i64, target, position))?;
        }
    }
    Ok(())
}

impl Store {
    /// The positions behind (or before) a position of the events that name a target, of any branch, the nearest
    /// first, until `each` answers false.
    pub fn linked(
        &self,
        link: Link,
        target: &str,
        from: Position,
        forwards: bool,
        each: &mut dyn FnMut(Position) -> Result<bool>,
    ) -> Result<()> {
        let (than, order) = if forwards { (">", "ASC") } else { ("<", "DESC") };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT position FROM links WHERE kind = ?1 AND target = ?2 AND position {than} ?3 \
             ORDER BY position {order}"
        ))?;
        let mut rows = statement.query((link as i64, target, from))?;
        while let Some(row) = rows.next()? {
            if !each(row.get(0)?)? {
                break;
            }
        }
        Ok(())
    }
}
