//! Events that a producer hands over as they are: appended as one, behind the version that the caller saw.

use super::Rules;
use super::batch::Batch;
use super::command::check_expected;
use crate::error::Result;
use crate::event::{Event, NewEvent, Time, Version};
use crate::store::{Branch, Store};

/// Appends events in one transaction. `expect` is the version of the first event's aggregate that the caller
/// saw: where another writer was faster, the answer is a conflict that names the event that won.
pub fn append(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    events: Vec<NewEvent>,
    expect: Option<Version>,
    now: Time,
) -> Result<Vec<Event>> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let mut batch = Batch::new(store, Some(&transaction), &domain, branch, now)?;
    if let Some(first) = events.first() {
        let version = batch.working(&first.aggregate)?.version;
        check_expected(store, branch, &first.aggregate, version, expect)?;
    }
    let appended = events.into_iter().map(|event| batch.append(event, None, false)).collect::<Result<_>>()?;
    batch.finish()?;
    transaction.commit()?;
    Ok(appended)
}
