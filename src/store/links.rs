//! Links between events, as their metadata names them: causes and operations.

use memchr::memmem;
use rusqlite::Connection;
use serde::Deserialize;

use super::{Branch, Store};
use crate::error::Result;
use crate::event::{Hash, Position};

/// Among how many events of the same hash the one of a branch is looked for.
const TWINS: usize = 8;

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

/// What an event's metadata names as its causes, and as its operation: hashes, or ids of the system that it came from.
pub(crate) fn links_of(meta: &str) -> (Vec<String>, Option<String>) {
    // An event that names nothing costs a look at its metadata.
    if memmem::find(meta.as_bytes(), b"ation_id\"").is_none() {
        return (Vec::new(), None);
    }
    let named = serde_json::from_str::<Named>(meta).unwrap_or_default();
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let mut causes: Vec<String> = match named.causation_id {
        Some(serde_json::Value::Array(causes)) => causes.into_iter().filter_map(text).collect(),
        cause => cause.and_then(text).into_iter().collect(),
    };
    let mut seen = std::collections::HashSet::new();
    causes.retain(|cause| !cause.is_empty() && seen.insert(cause.clone()));
    (causes, named.correlation_id.and_then(text))
}

/// Writes the rows of what an event names.
pub(super) fn note_links(connection: &Connection, position: Position, meta: &str) -> Result<()> {
    let (causes, operation) = links_of(meta);
    let causes = causes.into_iter().map(|cause| (Link::Cause, cause));
    for (link, target) in causes.chain(operation.map(|operation| (Link::Operation, operation))) {
        connection
            .prepare_cached("INSERT INTO links (kind, target, position) VALUES (?1, ?2, ?3)")?
            .execute((link as i64, target, position))?;
    }
    Ok(())
}

impl Store {
    /// Where the event stands that something names: by its hash, or by its id in the system that it came from.
    pub fn named_event(&self, branch: &Branch, name: &str) -> Result<Option<Position>> {
        match self.event_of_hash(branch, name)? {
            None => self.delivered_at(branch, name),
            found => Ok(found),
        }
    }

    /// Where the event of a hash stands; branches that began alike have it more than once, and this one's is meant.
    pub fn event_of_hash(&self, branch: &Branch, hash: &str) -> Result<Option<Position>> {
        if hash.parse::<Hash>().is_err() {
            return Ok(None);
        }
        let found = self.find_hash(hash, TWINS)?;
        for &(position, _) in &found {
            if branch.sees(self.owner_of(position)?, position) {
                return Ok(Some(position));
            }
        }
        Ok(found.first().map(|(position, _)| *position))
    }

    /// The positions behind (or before) a position of the events that name one of these, of any branch, the nearest
    /// first, until `each` answers false.
    pub fn linked(
        &self,
        link: Link,
        names: &[String],
        from: Position,
        forwards: bool,
        each: &mut dyn FnMut(Position) -> Result<bool>,
    ) -> Result<()> {
        let (than, order) = if forwards { (">", "ASC") } else { ("<", "DESC") };
        // One name is walked in order; of several all rows are found and sorted.
        let (these, name) = match names {
            [name] => ("= ?2", name.clone()),
            names => ("IN (SELECT value FROM json_each(?2))", serde_json::Value::from(names).to_string()),
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT DISTINCT position FROM links WHERE kind = ?1 AND target {these} AND position {than} ?3 \
             ORDER BY position {order}"
        ))?;
        let mut rows = statement.query((link as i64, name, from))?;
        while let Some(row) = rows.next()? {
            if !each(row.get(0)?)? {
                break;
            }
        }
        Ok(())
    }
}
