//! An event that no command emits. Where the domain declares no command for a type, nothing decides what may happen:
//! an event of a type that the log knows is appended as it is given, and on a branch only, so that main holds nothing
//! but what was recorded.

use serde_json::Value;

use super::batch::Batch;
use super::command::{Fired, Request, Target, base_meta, check_expected, note_seen};
use crate::error::{Error, Result};
use crate::event::{AggregateId, NewEvent, Time};
use crate::store::MAIN;

/// The aggregate that gets an event, where a request is for one and not for a command.
pub(super) fn meant(batch: &Batch<'_>, request: &Request) -> Result<Option<AggregateId>> {
    let Target::Aggregate(aggregate) = &request.target else { return Ok(None) };
    let decided = batch.domain.has_commands(&aggregate.kind);
    let known = !decided && batch.store.type_row(&request.command)?.is_some();
    Ok(known.then(|| aggregate.clone()))
}

/// Appends the event, with the parameters as its data.
pub(super) fn append(
    batch: &mut Batch<'_>,
    aggregate: &AggregateId,
    request: &Request,
    now: Time,
) -> Result<Fired> {
    if batch.branch.id == MAIN {
        let message =
            format!("No command decides about {aggregate}, so {} goes on a branch.", request.command);
        return Err(Error::refused(message).hint(
            "`backstory branch what-if` forks one; with `-b what-if` before `fire` it is appended there.",
        ));
    }
    let (before, version) = {
        let working = batch.working(aggregate)?;
        (working.state.clone(), working.version)
    };
    check_expected(batch.store, batch.branch, aggregate, version, request.expect)?;
    let mut meta = base_meta(request);
    note_seen(&mut meta, request, aggregate);
    let event = NewEvent {
        aggregate: aggregate.clone(),
        kind: request.command.clone(),
        occurred_at: request.at.unwrap_or(now),
        data: Value::Object(request.params.clone()).to_string(),
        meta: Value::Object(meta).to_string(),
    };
    let events = vec![batch.append(event, None, true)?];
    let state = batch.working(aggregate)?.state.clone();
    Ok(Fired { aggregate: aggregate.clone(), events, before, state, reacted: Vec::new() })
}
