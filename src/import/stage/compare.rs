//! Each snapshot against the one before it: at once where they stand in the order of the source, else in a second pass,
//! aggregate by aggregate.

use super::super::Phase;
use super::super::mapping::Mapping;
use super::super::record::Told;
use super::read::Untold;
use super::{Failure, STEP, Stager, number};
use crate::error::Result;
use crate::event::AggregateId;
use crate::jq::{self, State};
use crate::store::staging::{Origin, Place, Snapshot};

/// The newest objects of so many aggregates are at hand.
const AT_HAND: usize = 2048;

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
        let place = (snapshot.sequence, snapshot.origin, snapshot.index);
        let untold = Untold { text: snapshot.record.clone(), meta: None };
        match self.changed(mapping, place, untold, (before, object)) {
            Ok(()) => Ok(true),
            Err(Failure::Bad(error)) => {
                self.refused((snapshot.sequence, snapshot.origin), &error)?;
                Ok(false)
            }
            Err(Failure::Fatal(error)) => Err(error),
        }
    }

    /// Puts down what changed from one object to the next, and what is told of that with the record, which stands at a
    /// place.
    fn changed(
        &mut self,
        mapping: &Mapping,
        (sequence, origin, index): (i64, (i64, i64), i64),
        untold: Untold,
        (before, object): (&State, &State),
    ) -> Result<(), Failure> {
        let patch = jq::patch(before, object);
        let file = self.files.get(origin.0 as usize).map_or("", |file| file);
        let vars = [
            State::from_value(&file.into()),
            number(origin.1),
            number(index),
            before.clone(),
            jq::keys(&patch),
        ];
        let Untold { text, meta } = untold;
        let record = if text.is_empty() { Ok(State::null()) } else { State::from_stored(&text) };
        let told = record.and_then(|record| {
            let mut notices = Vec::new();
            match meta {
                None => Ok((mapping.tell(&record, &vars, &mut notices)?, notices)),
                Some(meta) => {
                    let kind = mapping.event_of(&record, &vars)?;
                    meta.map(|(meta, notices)| (Told { kind, meta }, notices))
                }
            }
        });
        let (told, notices) = told.map_err(Failure::Bad)?;
        self.note(&notices, origin);
        let data = patch.to_json().map_err(Failure::Fatal)?;
        let put = self.staging.put_event(sequence, (&told.kind, &data, &told.meta), Origin::default());
        put.and_then(|()| self.staging.put_named(sequence, origin, &told.meta)).map_err(Failure::Fatal)
    }

    /// Compares a snapshot at once, where those of an aggregate come in its own order.
    pub(super) fn compare_now(
        &mut self,
        mapping: &Mapping,
        place: &Place<'_>,
        index: i64,
        (untold, object): (Untold, &str),
    ) -> Result<(), Failure> {
        let object = read_object(object).map_err(Failure::Fatal)?;
        let before = self.before(place).map_err(Failure::Fatal)?;
        let place_of = (place.sequence, place.origin, index);
        let outcome =
            if place.seen { Ok(()) } else { self.changed(mapping, place_of, untold, (&before, &object)) };
        if matches!(outcome, Err(Failure::Bad(_))) {
            self.staging.remove(place.sequence).map_err(Failure::Fatal)?;
        }
        let newest = if outcome.is_ok() { object } else { before };
        self.keep(place.aggregate, newest).map_err(Failure::Fatal)?;
        outcome
    }

    /// What an aggregate was before a snapshot.
    fn before(&mut self, place: &Place<'_>) -> Result<State> {
        if let Some(newest) = self.newest.remove(place.aggregate) {
            return Ok(newest);
        }
        match self.staging.newest(place.aggregate)? {
            Some(newest) => State::from_stored(&newest),
            None if place.seen => Ok(State::null()),
            None => self.head(place.aggregate),
        }
    }

    /// Keeps the newest object of an aggregate; those of few are at hand.
    fn keep(&mut self, aggregate: &AggregateId, newest: State) -> Result<()> {
        if self.newest.len() >= AT_HAND {
            for (aggregate, newest) in self.newest.drain() {
                self.staging.put_newest(&aggregate, &newest.to_json()?)?;
            }
        }
        self.newest.insert(aggregate.clone(), newest);
        Ok(())
    }
}

/// Reads an object back, or null where it is gone; null members go, since a merge patch cannot tell them from absent ones.
fn read_object(text: &str) -> Result<State> {
    State::from_stored(text).map(jq::without_nulls)
}
