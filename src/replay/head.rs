//! The current state of an aggregate on a branch: as it was written, else folded.

use std::collections::HashMap;

use super::{apply, apply_or_keep, named, view_of};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, actor_of};
use crate::jq::State;
use crate::store::{Branch, Found, Head, RawEvent, Store};

/// An aggregate's head on a branch, folded where the branch's own row is not written yet; the flag tells whether
/// the branch has a row of its own.
pub fn head(store: &Store, domain: &Domain, branch: &Branch, row: i64) -> Result<Option<(Head, bool)>> {
    match store.head(branch, row)? {
        Found::Head { head, own } => Ok(Some((head.head, own))),
        Found::MovedOn => Ok(HeadFold::new(store, domain, branch).head(row)?.map(|(_, head)| (head, false))),
        Found::Nowhere => Ok(None),
    }
}

/// Folds one aggregate of a branch after the other to its head, with the names it meets remembered.
pub struct HeadFold<'a> {
    store: &'a Store,
    domain: &'a Domain,
    branch: &'a Branch,
    types: HashMap<i64, String>,
    owners: HashMap<i64, String>,
}

impl<'a> HeadFold<'a> {
    /// Nothing folded yet.
    pub fn new(store: &'a Store, domain: &'a Domain, branch: &'a Branch) -> Self {
        Self { store, domain, branch, types: HashMap::new(), owners: HashMap::new() }
    }

    /// An aggregate's head as the log and the rules make it; `None` where it has no events on the branch.
    pub fn head(&mut self, row: i64) -> Result<Option<(AggregateId, Head)>> {
        let aggregate = self.store.aggregate_of(row)?;
        // A state is copied before each event only where a rule is known to fail.
        let head = match self.aggregate(row, &aggregate, false)? {
            Some(head) => Some(head),
            None => self.aggregate(row, &aggregate, true)?,
        };
        Ok(head.map(|head| (aggregate, head)))
    }

    /// `None` where it has no events on the branch or, unless that is asked for, a rule fails.
    fn aggregate(&mut self, row: i64, aggregate: &AggregateId, careful: bool) -> Result<Option<Head>> {
        let Self { store, domain, branch, types, owners } = self;
        let mut state = State::empty();
        let mut head: Option<Head> = None;
        let (mut meta, mut last) = (String::new(), 0);
        let mut good = true;
        store.events_of(branch, row, 1, i64::MAX, &mut |raw: &RawEvent<'_>| {
            let event = named(types, raw.kind, |row| store.type_name(row))?;
            let owner = named(owners, raw.branch, |row| store.branch_name(row))?;
            let view = view_of(aggregate, owner, domain, raw, event);
            let before = std::mem::replace(&mut state, State::null());
            let mut failed = None;
            if careful {
                (state, failed) = apply_or_keep(domain, before, &view);
            } else if let Ok(after) = apply(domain, before, &view) {
                state = after;
            } else {
                good = false;
                return Ok(false);
            }
            let head = head.get_or_insert_with(|| Head {
                kind: aggregate.kind.clone(),
                version: 0,
                position: 0,
                first_at: raw.occurred_at,
                last_at: raw.occurred_at,
                actor: None,
                label: String::new(),
                status: String::new(),
                deleted: false,
                state: String::new(),
                error: None,
            });
            (head.version, head.position, head.last_at) = (raw.version, raw.position, raw.occurred_at);
            if let Some(error) = failed {
                head.error = Some(format!("version {}: {}", raw.version, error.message()));
            }
            last = raw.kind;
            meta.clear();
            meta.push_str(raw.meta);
            Ok(true)
        })?;
        let Some(mut head) = head.filter(|_| good) else { return Ok(None) };
        let last = named(types, last, |row| store.type_name(row))?;
        let summary = domain.summary(&aggregate.kind, &aggregate.id, last, &state);
        (head.label, head.status, head.deleted) = (summary.label, summary.status, summary.deleted);
        head.actor = actor_of(&meta);
        head.state = state.to_json()?;
        Ok(Some(head))
    }
}
