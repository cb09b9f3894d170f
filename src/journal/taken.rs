//! Which event takes another one back already: taking it back once more would do it twice.

use std::collections::HashSet;

use super::unit::meta_of;
use crate::error::Result;
use crate::event::{Event, Hash, Version};
use crate::store::origin_of;
use crate::store::{Branch, Store};

/// The member of an event's metadata that names the event it takes back.
pub(super) const REVERTS: &str = "reverts";

/// The newest event of a branch that takes another one back and is not taken back itself; `fresh` are events that
/// were appended just now, and may not be written.
pub(super) fn taken_back(
    store: &Store,
    branch: &Branch,
    event: &Event,
    fresh: &[Event],
) -> Result<Option<Event>> {
    let Some(row) = store.aggregate_row(&event.aggregate)? else { return Ok(None) };
    let mut takers = Vec::new();
    store.events_of(branch, row, event.version + 1, Version::MAX, &mut |raw| {
        if raw.meta.contains("\"reverts\"") {
            takers.push(store.whole(raw)?);
        }
        Ok(true)
    })?;
    takers.extend(fresh.iter().filter(|fresh| fresh.aggregate == event.aggregate).cloned());
    let wanted = first(event);
    // Whatever takes one of them back comes later: from the newest on, what is not gone stands.
    let mut gone = HashSet::new();
    for taker in takers.into_iter().rev() {
        if gone.contains(&first(&taker)) {
            continue;
        }
        let Some(hash) = reverts(&taker) else { continue };
        let taken = first_of(store, hash)?;
        if taken == wanted {
            return Ok(Some(taker));
        }
        gone.insert(taken);
    }
    Ok(None)
}

fn reverts(event: &Event) -> Option<Hash> {
    meta_of(event).get(REVERTS)?.as_str()?.parse().ok()
}

/// An event by the hash of the one that was there first: carried over, it is still the same.
fn first(event: &Event) -> Hash {
    origin_of(&event.meta).unwrap_or(event.hash)
}

fn first_of(store: &Store, hash: Hash) -> Result<Hash> {
    let found = store.find_hash(&hash.to_string(), 1)?;
    let event = found.first().map_or(Ok(None), |(position, _)| store.event_at(*position))?;
    Ok(event.as_ref().map_or(hash, first))
}
