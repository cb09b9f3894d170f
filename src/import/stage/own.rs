//! A record of backstory's own export: it keeps its hash, or says why it cannot.

use super::super::own::{self, Exported};
use super::{Failure, Stager, Taken};
use crate::error::Error;
use crate::event::Time;
use crate::store::staging::Place;

impl Stager<'_> {
    /// An event that another store exported; its hash there is its key.
    pub(super) fn own(
        &mut self,
        exported: Exported,
        numbered: String,
        origin: (i64, i64),
    ) -> Result<Taken, Failure> {
        let Exported { mut event, origin: mut from, content } = exported;
        let key = from.hash.map_or(numbered, |hash| format!("event:{hash}"));
        if self.seen(&key, content)? {
            return Ok(Taken::Seen);
        }
        if let Some(recorded) = from.recorded_at {
            if recorded >= self.recorded && (from.hash.is_some() || recorded <= self.known.now()) {
                self.recorded = recorded;
            } else if from.hash.is_some() {
                return Err(Failure::Bad(late(recorded, self.recorded)));
            } else {
                from.recorded_at = None;
                event.meta = own::with_recorded(&event.meta, recorded);
            }
        }
        let place = Place {
            sequence: self.sequence,
            aggregate: &event.aggregate,
            at: event.occurred_at,
            order: &[],
            version: None,
            rank: self.sequence,
            key: &key,
            content,
            origin,
            seen: false,
        };
        if !self.put(&place)? {
            return Ok(Taken::Seen);
        }
        self.event(&place, (event.kind, event.data, event.meta), from).map_err(Failure::Fatal)?;
        Ok(Taken::Event)
    }
}

fn late(recorded: Time, newest: Time) -> Error {
    Error::refused(format!(
        "it was recorded at {recorded}, before the event that it follows ({newest}), so it cannot keep its hash"
    ))
    .hint("without `hash` it is recorded now, and the old time goes to `meta.recorded_at`")
}
