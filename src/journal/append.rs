//! Events that a producer hands over as they are: appended as one, behind the version that the caller saw.

use serde_json::json;

use super::Rules;
use super::batch::Batch;
use super::command::check_expected;
use super::operation::{By, note};
use super::react::settle;
use crate::error::Result;
use crate::event::{Event, NewEvent, Time, Version, actor_of};
use crate::store::{Branch, Store};

/// Appends events in one transaction. `expect` is the version of the first event's aggregate that the caller
/// saw: where another writer was faster, the answer is a conflict that names the event that won. With `react` the
/// domain's reactors answer them, and what they append stands behind these.
pub fn append(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    events: Vec<NewEvent>,
    expect: Option<Version>,
    react: bool,
    now: Time,
) -> Result<Vec<Event>> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let mut batch = Batch::new(store, Some(&transaction), &domain, branch, now)?.reacting(react);
    if let Some(first) = events.first() {
        let version = batch.working(&first.aggregate)?.version;
        check_expected(store, branch, &first.aggregate, version, expect)?;
    }
    let appended: Vec<_> =
        events.into_iter().map(|event| batch.append(event, None, false)).collect::<Result<_>>()?;
    settle(&mut batch, Some(&transaction), rules.id(), now)?;
    if let Some(span) = batch.finish()? {
        let actor = appended.first().and_then(|event: &Event| actor_of(&event.meta));
        let by = By { actor: actor.unwrap_or_else(|| "unknown".to_owned()), now };
        note(&transaction, &by, "append", branch.id, Some(span), &json!({}))?;
    }
    transaction.commit()?;
    Ok(appended)
}
