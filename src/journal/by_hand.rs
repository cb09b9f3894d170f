//! An event that no command emits. Where the domain declares no command for a type, nothing decides what may happen:
//! an event of a type that the log knows is appended as it is given, and on a branch only, so that main holds nothing
//! but what was recorded.

use serde_json::Value;

use super::batch::Batch;
use super::command::{Fired, Request, Target, base_meta, check_expected};
use crate::error::{Error, Result};
use crate::event::{NewEvent, Time};
use crate::store::MAIN;

/// Whether a request is for an event and not for a command.
pub(super) fn is_meant(batch: &Batch<'_>, request: &Request) -> Result<bool> {
    let Target::Aggregate(aggregate) = &request.target else { return Ok(false) };
    Ok(!batch.domain.has_commands(&aggregate.kind) && batch.store.type_row(&request.command)?.is_some())
}

/// Appends the event, with the parameters as its data.
pub(super) fn append(batch: &mut Batch<'_>, request: &Request, now: Time) -> Result<Fired> {
    let Target::Aggregate(aggregate) = &request.target else {
        return Err(Error::usage("An event is of one aggregate: name it, TYPE/ID."));
    };
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
    let event = NewEvent {
        aggregate: aggregate.clone(),
        kind: request.command.clone(),
        occurred_at: request.at.unwrap_or(now),
        data: Value::Object(request.params.clone()).to_string(),
        meta: Value::Object(base_meta(request)).to_string(),
    };
    let events = vec![batch.append(event, None, true)?];
    let state = batch.working(aggregate)?.state.clone();
    Ok(Fired { aggregate: aggregate.clone(), events, before, state, reacted: Vec::new() })
}
