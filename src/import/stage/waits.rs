//! Events that wait for their predecessors while a log is followed: put down again with each look, and kept back until those
//! came, or until they have waited long enough.

use std::sync::Arc;

use super::{Failure, Stager};
use crate::error::Result;
use crate::event::{AggregateId, Time};
use crate::import::mapping::{Mapping, Mode, Repeats};
use crate::import::order;
use crate::import::waiting::{Happened, Waiting};
use crate::store::staging::{Numbered, Origin, Place};

/// So many wait at the most: a log that has gaps everywhere is taken as it comes.
const MOST: usize = 10_000;

/// Those of one aggregate.
#[derive(Default)]
pub(super) struct Held {
    /// One waits, and so does what comes after it.
    any: bool,
    /// The numbers of those that have waited before, and when they came.
    before: Vec<(i64, Time)>,
}

impl Stager<'_> {
    /// Puts down what waited when the files were looked at last.
    pub(super) fn again(&mut self) -> Result<()> {
        let options = self.options;
        for waiting in &options.waiting {
            self.sequence += 1;
            self.report.records += 1;
            if self.files.last().is_none_or(|last| **last != *waiting.file) {
                self.files.push(Arc::from(waiting.file.as_str()));
            }
            let origin = (self.files.len() as i64 - 1, waiting.line);
            match self.put_again(waiting, origin) {
                Ok(true) => {}
                Ok(false) => self.report.seen += 1,
                Err(Failure::Bad(error)) => drop(self.bad(origin.0, origin.1 as u64, &error)),
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Puts one down; `false` where it came in meanwhile.
    fn put_again(&mut self, waiting: &Waiting, origin: (i64, i64)) -> Result<bool, Failure> {
        let (aggregate, order) = (waiting.aggregate(), order::number(waiting.version));
        let place = Place {
            sequence: self.sequence,
            aggregate: &aggregate,
            at: waiting.at(),
            order: &order,
            version: Some(waiting.version),
            rank: self.sequence,
            key: &waiting.key,
            content: waiting.content,
            origin,
            seen: false,
        };
        if self.put_down(place, false, Repeats::Skip)?.is_none() {
            return Ok(false);
        }
        match &waiting.happened {
            Happened::Event(kind, data, meta) => {
                self.event(&place, (kind.clone(), data.clone(), meta.clone()), Origin::default())
            }
            Happened::Snapshot(index, record, object) => {
                self.staging.put_snapshot(self.sequence, *index, record, object)
            }
        }
        .map_err(Failure::Fatal)?;
        Ok(true)
    }

    /// What has waited of an aggregate before.
    pub(super) fn held(&self, aggregate: &AggregateId) -> Held {
        let of = self.options.waiting.iter().filter(|waiting| waiting.aggregate() == *aggregate);
        Held { any: false, before: of.map(|waiting| (waiting.version, waiting.since())).collect() }
    }

    /// Keeps an event back whose predecessor is missing, or waits itself; `false` where it is to be taken.
    pub(super) fn keeps_back(&mut self, mapping: &Mapping, one: &Numbered, held: &mut Held) -> Result<bool> {
        let options = self.options;
        if !options.wait || (!held.any && self.report.waiting.len() >= MOST) {
            return Ok(false);
        }
        let now = self.known.now();
        let own = options.waiting.get(one.sequence as usize - 1).map_or(now, Waiting::since);
        // What is to stand before one that has waited long enough waits no longer, either.
        let after =
            held.before.iter().filter(|(version, _)| *version >= one.version).map(|(_, since)| *since);
        let since = after.chain([own]).min().unwrap_or(own);
        if now.0 - since.0 >= mapping.wait {
            return Ok(false);
        }
        let Some(waiting) = self.taken_back(mapping, one, own)? else { return Ok(false) };
        self.staging.remove(one.sequence)?;
        self.report.records -= 1;
        self.report.waiting.push(waiting);
        held.any = true;
        Ok(true)
    }

    /// A record as it was put down.
    fn taken_back(&self, mapping: &Mapping, one: &Numbered, since: Time) -> Result<Option<Waiting>> {
        let snapshot = match mapping.mode {
            Mode::Snapshots => self.staging.snapshot_of(one.sequence)?,
            Mode::Events => None,
        };
        let Some(ready) = self.staging.record_of(one.sequence)? else { return Ok(None) };
        let happened = snapshot.map_or_else(
            || Happened::Event(ready.event.kind.clone(), ready.event.data.clone(), ready.event.meta.clone()),
            |(index, record, object)| Happened::Snapshot(index, record, object),
        );
        let file = super::named(&self.files, one.origin.0);
        Ok(Some(Waiting::new(since, one.version, file, ready, happened)))
    }
}
