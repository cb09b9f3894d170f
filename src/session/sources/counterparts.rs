//! Which event of a store that was read anew is which one of the store before.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::event::Position;
use crate::session::Session;

/// The new places of old events of main; those that are not there have no counterpart.
#[derive(Debug, Default)]
pub struct Counterparts(HashMap<Position, Position>);

impl Counterparts {
    /// Finds those of some events: by the name of their delivery, else by the record that it brought, where no other
    /// brought the same one, else by their place in the history of their aggregate, where what stands there happened
    /// at the same time.
    pub fn of(wanted: &HashSet<Position>, old: &Session, new: &Session) -> Result<Self> {
        let (mut found, mut contents) = (HashMap::new(), HashMap::new());
        let mut named = Vec::new();
        old.store.deliveries_of(wanted, &mut |position, key, content| {
            named.push((position, key.to_owned()));
            contents.insert(position, content);
        })?;
        for (position, key) in named {
            if let Some(there) = new.store.delivered_at(&new.branch, &key)? {
                found.insert(position, there);
            }
        }
        let mut with: HashMap<[u8; 32], Vec<Position>> = HashMap::new();
        new.store.delivered_with(&contents.values().copied().collect(), &mut |content, position| {
            with.entry(content).or_default().push(position);
        })?;
        for position in wanted {
            if found.contains_key(position) {
                continue;
            }
            let same = contents.get(position).and_then(|content| with.get(content));
            let there = match same.map(Vec::as_slice) {
                Some([one]) => Some(*one),
                _ => by_place(*position, old, new)?,
            };
            found.extend(there.map(|there| (*position, there)));
        }
        Ok(Self(found))
    }

    /// Where an event is now; what was before the first event is there still.
    pub fn get(&self, position: Position) -> Option<Position> {
        if position == 0 { Some(0) } else { self.0.get(&position).copied() }
    }
}

/// The event at the same place of the same aggregate.
fn by_place(position: Position, old: &Session, new: &Session) -> Result<Option<Position>> {
    let Some(event) = old.store.event_at(position)? else { return Ok(None) };
    let Some(row) = new.store.aggregate_row(&event.aggregate)? else { return Ok(None) };
    let there = new.store.event_of(&new.branch, row, event.version)?;
    Ok(there.filter(|there| there.occurred_at == event.occurred_at).map(|there| there.position))
}
