//! The second pass of an import: each snapshot against the one before it, aggregate by aggregate.

use serde_json::{Map, Value};

use super::super::mapping::Mapping;
use super::super::{Becomes, Phase, snapshot};
use super::{STEP, Stager, number};
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::jq::State;
use crate::store::staging::{Origin, Snapshot};

impl Stager<'_> {
    /// The second pass: what changed from each snapshot to the next, aggregate by aggregate.
    pub(super) fn compare(&mut self, mapping: &Mapping) -> Result<()> {
        self.staging.arrange_snapshots()?;
        let mut aggregate = None;
        let mut before = Value::Null;
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
                    before = if snapshot.seen { Value::Null } else { self.head(&snapshot.aggregate)? };
                    aggregate = Some(snapshot.aggregate.clone());
                }
                if snapshot.seen || self.compared(mapping, &snapshot, &before, &object)? {
                    before = object;
                }
            }
        }
    }

    /// The state that the store has of an aggregate; null where it has none.
    fn head(&self, aggregate: &AggregateId) -> Result<Value> {
        match self.known.head_state(aggregate)? {
            // A state that is null, or holds nothing any more, is an aggregate that was deleted.
            Some(state) if state.starts_with('{') && state != "{}" => read_object(&state),
            _ => Ok(Value::Null),
        }
    }

    /// Makes the event of a snapshot; `false` where the record turns out to be bad.
    fn compared(
        &mut self,
        mapping: &Mapping,
        snapshot: &Snapshot,
        before: &Value,
        object: &Value,
    ) -> Result<bool> {
        let nothing = Map::new();
        let patch =
            snapshot::patch(before.as_object().unwrap_or(&nothing), object.as_object().unwrap_or(&nothing));
        let changed: Value = patch.keys().map(|key| Value::from(key.as_str())).collect();
        let file = self.files.get(snapshot.origin.0 as usize).map_or("", String::as_str);
        let vars = [
            State::from_value(&file.into()),
            number(snapshot.origin.1),
            number(snapshot.index),
            State::from_value(before),
            State::from_value(&changed),
        ];
        let mut notices = Vec::new();
        let told =
            State::from_json(&snapshot.record).and_then(|record| mapping.tell(&record, &vars, &mut notices));
        match told {
            Ok(told) => {
                self.note(&notices, snapshot.origin);
                let data = Value::Object(patch).to_string();
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
                self.staging.remove(snapshot.sequence)?;
                let reason = self.bad(snapshot.origin.0, snapshot.origin.1 as u64, &error);
                if let Some(tried) = self.tried.iter_mut().find(|t| t.sequence == snapshot.sequence) {
                    tried.becomes = Some(Becomes::Bad(reason));
                }
                Ok(false)
            }
        }
    }
}

/// Reads an object back, or null where it is gone; null members go, since a merge patch cannot tell them from absent ones.
fn read_object(text: &str) -> Result<Value> {
    let mut object: Value = serde_json::from_str(text)
        .map_err(|error| Error::refused(format!("a snapshot cannot be read back: {error}")))?;
    if let Value::Object(object) = &mut object {
        snapshot::without_nulls(object);
    }
    Ok(object)
}
