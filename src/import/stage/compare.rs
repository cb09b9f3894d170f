//! The second pass of an import: each snapshot against the one before it, aggregate by aggregate.

use super::super::Phase;
use super::super::mapping::Mapping;
use super::{STEP, Stager, number};
use crate::error::Result;
use crate::event::AggregateId;
use crate::jq::{self, State};
use crate::store::staging::{Origin, Snapshot};

impl Stager<'_> {
    /// The second pass: what changed from each snapshot to the next, aggregate by aggregate.
    pub(super) fn compare(&mut self, mapping: &Mapping) -> Result<()> {
        let mut aggregate = None;
        let mut before = State::null();
        let mut place = 0;
        loop {
            let snapshots = self.staging.snapshots(place, STEP as usize)?;
            let Some((last, _)) = snapshots.last() else { return Ok(()) };
            place = *last;
            self.tell(Phase::Comparing, place as u64, self.report.records)?;
            for (_, snapshot) in snapshots {
                let object = read_object(&snapshot.object)?;
                if aggregate.as_ref() != Some(&snapshot.aggregate) {
                    // Where the first is new, its predecessor is what the store has of the aggregate.
                    before = if snapshot.seen { State::null() } else { self.head(&snapshot.aggregate)? };
                    aggregate = Some(snapshot.aggregate.clone());
                }
                if snapshot.seen || self.compared(mapping, &snapshot, &before, &object)? {
                    before = object;
                }
            }
        }
    }

    /// The state that the store has of an aggregate; null where it has none.
    fn head(&self, aggregate: &AggregateId) -> Result<State> {
        match self.known.head_state(aggregate)? {
            // A state that is null, or holds nothing any more, is an aggregate that was deleted.
            Some(state) if state.starts_with('{') && state != "{}" => read_object(&state),
            _ => Ok(State::null()),
        }
    }

    /// Makes the event of a snapshot; `false` where the record turns out to be bad.
    fn compared(
        &mut self,
        mapping: &Mapping,
        snapshot: &Snapshot,
        before: &State,
        object: &State,
    ) -> Result<bool> {
        let patch = jq::patch(before, object);
        let file = self.files.get(snapshot.origin.0 as usize).map_or("", String::as_str);
        let vars = [
            State::from_value(&file.into()),
            number(snapshot.origin.1),
            number(snapshot.index),
            before.clone(),
            jq::keys(&patch),
        ];
        let mut notices = Vec::new();
        let told =
            State::from_json(&snapshot.record).and_then(|record| mapping.tell(&record, &vars, &mut notices));
        match told {
            Ok(told) => {
                self.note(&notices, snapshot.origin);
                let data = patch.to_json()?;
                self.staging.put_event(
                    snapshot.sequence,
                    &told.kind,
                    &data,
                    &told.meta,
                    Origin::default(),
                )?;
                Ok(true)
            }
            Err(error) => {
                self.refused((snapshot.sequence, snapshot.origin), &error)?;
                Ok(false)
            }
        }
    }
}

/// Reads an object back, or null where it is gone; null members go, since a merge patch cannot tell them from absent ones.
fn read_object(text: &str) -> Result<State> {
    let object = State::from_json(text).map_err(|error| error.at("a snapshot cannot be read back"))?;
    Ok(jq::without_nulls(object))
}
