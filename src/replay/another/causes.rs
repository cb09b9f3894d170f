//! Which steps of an order caused which.

use std::collections::HashMap;

use crate::error::Result;
use crate::event::{Event, Unit};
use crate::store::{Branch, Store, links_of};

/// So many events that are not among the steps are followed back from an effect.
const FOLLOWED: usize = 32;

/// An event among the steps of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Which step.
    pub deed: usize,
    /// Which of its events, from 0.
    pub part: usize,
}

/// The causes of each step that are among the steps, directly or by way of events that are not.
pub fn causes(store: &Store, branch: &Branch, units: &[Unit]) -> Result<Vec<Vec<Cause>>> {
    let mut at = HashMap::new();
    for (deed, unit) in units.iter().enumerate() {
        at.extend(unit.events.iter().enumerate().map(|(part, event)| (event.position, Cause { deed, part })));
    }
    let mut all = Vec::with_capacity(units.len());
    for (deed, unit) in units.iter().enumerate() {
        let names = unit.events.iter().flat_map(|event| links_of(&event.meta).0).collect();
        let mut causes = reached(store, branch, names, &|event| at.get(&event.position).copied())?;
        causes.retain(|cause: &Cause| cause.deed != deed);
        all.push(causes);
    }
    Ok(all)
}

/// What is reached from these names, going back by causes until `known` knows an event. What the branch does not see is no cause.
pub fn reached<T: PartialEq>(
    store: &Store,
    branch: &Branch,
    mut names: Vec<String>,
    known: &dyn Fn(&Event) -> Option<T>,
) -> Result<Vec<T>> {
    let (mut found, mut met) = (Vec::new(), Vec::new());
    while let Some(name) = names.pop() {
        let Some(position) = store.named_event(branch, &name)?.filter(|position| !met.contains(position))
        else {
            continue;
        };
        met.push(position);
        if !branch.sees(store.owner_of(position)?, position) {
            continue;
        }
        let Some(event) = store.event_at(position)? else { continue };
        match known(&event) {
            Some(cause) if found.contains(&cause) => {}
            Some(cause) => found.push(cause),
            None if met.len() <= FOLLOWED => names.extend(links_of(&event.meta).0),
            None => {}
        }
    }
    Ok(found)
}
