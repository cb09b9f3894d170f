//! The current state of an aggregate on a branch: as it was written, else folded.

use super::{apply_or_keep, view};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, actor_of};
use crate::jq::State;
use crate::store::{Branch, Found, Head, Store};

/// An aggregate's head on a branch, folded where the branch's own row is not written yet; `own` tells whether
/// the branch has a row of its own.
pub fn head(store: &Store, domain: &Domain, branch: &Branch, row: i64) -> Result<Option<(Head, bool)>> {
    match store.head(branch, row)? {
        Found::Head { head, own } => Ok(Some((head.head, own))),
        Found::MovedOn => Ok(fold_head(store, domain, branch, row)?.map(|(_, head)| (head, false))),
        Found::Nowhere => Ok(None),
    }
}

/// An aggregate's head as the log and the rules make it; `None` where it has no events on the branch.
pub fn fold_head(
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    row: i64,
) -> Result<Option<(AggregateId, Head)>> {
    let aggregate = store.aggregate_of(row)?;
    let mut state = Some(State::empty());
    let mut first_at = None;
    let mut last: Option<Event> = None;
    let mut failed = None;
    store.events_of(branch, row, 1, Position::MAX, &mut |raw| {
        let event = store.whole(raw)?;
        let before = state.take().unwrap_or_else(State::empty);
        let (after, error) = apply_or_keep(domain, before, &view(domain, &event));
        state = Some(after);
        first_at = first_at.or(Some(event.occurred_at));
        failed =
            error.map(|e| format!("version {}: {}", event.version, e.message())).or_else(|| failed.take());
        last = Some(event);
        Ok(true)
    })?;
    let (Some(last), Some(state)) = (last, state) else { return Ok(None) };
    let summary = domain.summary(&aggregate.kind, &aggregate.id, &last.kind, &state);
    let head = Head {
        kind: aggregate.kind.clone(),
        version: last.version,
        position: last.position,
        first_at: first_at.unwrap_or(last.occurred_at),
        last_at: last.occurred_at,
        actor: actor_of(&last.meta),
        label: summary.label,
        status: summary.status,
        deleted: summary.deleted,
        state: state.to_json()?,
        error: failed,
    };
    Ok(Some((aggregate, head)))
}
