//! How many rows there are: of each type, status and actor.

use std::collections::HashMap;

use crate::error::Result;
use crate::session::Session;

/// How many rows each value has, the most frequent first, at most a hundred of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Of events, by their type.
    pub events: Vec<(String, i64)>,
    /// By aggregate type.
    pub types: Vec<(String, i64)>,
    /// By status, in the chosen type.
    pub statuses: Vec<(String, i64)>,
    /// By actor: of events, or of the newest event of each row of the chosen type.
    pub actors: Vec<(String, i64)>,
}

impl Session {
    pub(super) fn count(&mut self, kind: Option<&str>) -> Result<i64> {
        if let Some(kind) = kind {
            return self.count_type(kind);
        }
        let kinds = self.store.head_types(&self.branch)?;
        kinds.iter().map(|kind| self.count_type(kind)).sum()
    }

    /// How many aggregates of a type there are; counted again only after something was appended.
    pub(in crate::session) fn count_type(&mut self, kind: &str) -> Result<i64> {
        let tail = self.tail()?;
        if self.counts.0 != tail {
            self.counts = (tail, HashMap::new());
        }
        if let Some(count) = self.counts.1.get(kind) {
            return Ok(*count);
        }
        let count = self.store.count_heads(&self.branch, kind)?;
        self.counts.1.insert(kind.to_owned(), count);
        Ok(count)
    }

    /// Counts by type, status and actor, at the head.
    pub fn facets(&mut self, kind: Option<&str>) -> Result<Facets> {
        let mut types = Vec::new();
        for name in self.store.head_types(&self.branch)? {
            let count = self.count_type(&name)?;
            types.push((name, count));
        }
        types.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(Facets {
            events: Vec::new(),
            types,
            statuses: self.store.count_heads_by(&self.branch, kind, false)?,
            actors: self.store.count_heads_by(&self.branch, kind, true)?,
        })
    }
}
