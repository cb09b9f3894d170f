//! The current state of an aggregate on a branch: as it was written, else folded.

use super::Fold;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version, actor_of};
use crate::jq::State;
use crate::store::{Branch, Found, Head, Store};

/// An aggregate's head on a branch, folded where the branch's own row is not written yet; the flag tells whether
/// the branch has a row of its own.
pub fn head(store: &Store, domain: &Domain, branch: &Branch, row: i64) -> Result<Option<(Head, bool)>> {
    match store.head(branch, row)? {
        Found::Head { head, own } => Ok(Some((head.head, own))),
        Found::MovedOn => Ok(HeadFold::new(store, domain, branch).head(row)?.map(|(_, head)| (head, false))),
        Found::Nowhere => Ok(None),
    }
}

/// How it is said which event a rule refused.
pub(crate) fn failed_at(version: Version, error: &Error) -> String {
    format!("version {version}: {}", error.message())
}

/// Folds one aggregate of a branch after the other to its head, with the names it meets remembered.
pub struct HeadFold<'a> {
    store: &'a Store,
    domain: &'a Domain,
    fold: Fold,
}

impl<'a> HeadFold<'a> {
    /// Nothing folded yet.
    pub fn new(store: &'a Store, domain: &'a Domain, branch: &'a Branch) -> Self {
        Self { store, domain, fold: Fold::over(branch.clone()) }
    }

    /// An aggregate's head as the log and the rules make it; `None` where it has no events on the branch.
    pub fn head(&mut self, row: i64) -> Result<Option<(AggregateId, Head)>> {
        let Self { store, domain, fold } = self;
        let aggregate = store.aggregate_of(row)?;
        fold.go_to(aggregate.clone(), row);
        let mut head: Option<Head> = None;
        let (mut meta, mut last) = (String::new(), 0);
        let start = State::empty().into();
        let seen = fold.fold(store, *domain, start, (0, i64::MAX), &mut |event, seen| {
            let raw = event.raw;
            let head = head.get_or_insert_with(|| Head::before_first(&aggregate.kind, raw.occurred_at));
            (head.version, head.position, head.last_at) = (raw.version, raw.position, raw.occurred_at);
            if let Some(error) = &seen.error {
                head.error = Some(failed_at(raw.version, error));
            }
            last = raw.kind;
            meta.clear();
            meta.push_str(raw.meta);
            Ok(true)
        })?;
        let Some(mut head) = head else { return Ok(None) };
        let last = fold.names().event(store, last)?;
        let summary = domain.summary(&aggregate.kind, &aggregate.id, last, &seen.state);
        (head.label, head.status, head.deleted) = (summary.label, summary.status, summary.deleted);
        head.actor = actor_of(&meta);
        head.state = seen.state.to_json()?;
        Ok(Some((aggregate, head)))
    }
}
