//! Writing a rewritten history: a new branch from before the first change on, never the old one.

use serde_json::{Value, json};

use super::Rules;
use super::batch::Batch;
use super::branch::fork_in;
use super::operation::{By, note};
use super::unit::{meta_of, with_origin};
use crate::error::Result;
use crate::event::{Event, NewEvent, Position};
use crate::history::todo::Step;
use crate::store::{Branch, Store};

/// The events in the order of the steps, each naming the one that it comes from.
pub(crate) fn planned(events: &[Event], steps: &[Step]) -> Vec<NewEvent> {
    let mut planned = Vec::with_capacity(steps.len());
    for step in steps {
        planned.push(match step {
            Step::Pick(index) => {
                let event = &events[*index];
                NewEvent {
                    aggregate: event.aggregate.clone(),
                    kind: event.kind.clone(),
                    occurred_at: event.occurred_at,
                    data: event.data.clone(),
                    meta: named(event, &event.meta),
                }
            }
            Step::Change(index, new) => NewEvent { meta: named(&events[*index], &new.meta), ..new.clone() },
            Step::Insert(new) => new.clone(),
        });
    }
    planned
}

fn named(event: &Event, meta: &str) -> String {
    let meta = serde_json::from_str(meta).unwrap_or_else(|_| meta_of(event));
    Value::Object(with_origin(event, meta)).to_string()
}

/// Forks a branch at a position and appends events there, each by its rule, without further checks: one whose
/// rule refuses is kept, and its aggregate keeps its last good state.
pub fn rewrite(
    store: &Store,
    rules: &mut Rules,
    from: &Branch,
    position: Position,
    name: &str,
    events: Vec<NewEvent>,
    by: &By,
) -> Result<Branch> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let branch = fork_in(&transaction, from, position, name, by)?;
    let mut batch = Batch::new(store, Some(&transaction), &domain, &branch, by.now)?;
    for event in events {
        batch.append(event, None, false)?;
    }
    let span = batch.finish()?;
    // Undone like a fork: the branch is archived, and nothing else knows of its events.
    note(
        &transaction,
        by,
        "fork",
        branch.id,
        span,
        &json!({ "name": name, "at": position, "rewrites": from.name }),
    )?;
    transaction.commit()?;
    Ok(branch)
}
