//! Two stores beside each other: the first event at which their logs part, and the records that differ from there on.

use std::collections::HashSet;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{CompareRow, Found, Side, Told, View, match_carried};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Hash, Position, Version};
use crate::session::{Point, Session, StateAt};
use crate::store::{Branch, Store};

/// How many events of each are read at a time.
const TOGETHER: usize = 4_096;

/// Where two logs part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// How many events they begin with in common.
    pub common: i64,
    /// The first event of one behind these; `None` where it ends there.
    pub a: Option<Event>,
    /// The first event of the other.
    pub b: Option<Event>,
}

/// Two stores, as far as they were compared: where they part, and which records have events behind that.
#[derive(Clone, Debug)]
pub struct Apart {
    /// Where they part; `None` where they are the same.
    pub parted: Option<Parted>,
    /// How many events both have.
    pub common: i64,
    /// Records with events behind that, in the order of the first of these events: the ones of one store, then what
    /// only the other has.
    pub records: Vec<AggregateId>,
    /// The last position of each that both have.
    at: (Position, Position),
}

impl Session {
    /// Looks for the first event at which this branch and another store's part. Events are the same where their hashes
    /// are. `progress` gets how many are the same so far; false stops.
    pub fn apart(&mut self, other: &mut Self, progress: &mut dyn FnMut(i64) -> bool) -> Result<Apart> {
        self.at_once(|a| other.at_once(|b| apart(a, b, progress)))
    }

    /// How a record differs between two stores; `None` where it has the same events in both, only under other hashes.
    pub fn record_apart(
        &mut self,
        other: &mut Self,
        apart: &Apart,
        aggregate: &AggregateId,
    ) -> Result<Option<CompareRow>> {
        let one = self.rest_of(aggregate, apart.at.0)?;
        let two = other.rest_of(aggregate, apart.at.1)?;
        let same = one.contents.iter().zip(&two.contents).take_while(|(one, two)| one == two).count();
        if same == one.contents.len() && same == two.contents.len() {
            return Ok(None);
        }
        let version = one.common + same as Version + 1;
        let side = |session: &mut Self, row: Option<i64>| {
            // A record without a row has no events.
            let found = Found { row: row.unwrap_or(0), version };
            let view = View { branch: session.branch.clone(), time: None };
            if row.is_some() { session.side(&view, &found, usize::MAX).map(Some) } else { Ok(None) }
        };
        let (one, two) = (side(self, one.row)?, side(other, two.row)?);
        let (mut a, mut b) = (one.unwrap_or_else(not_there), two.unwrap_or_else(not_there));
        match_carried(&mut a, &mut b);
        Ok(Some(CompareRow { aggregate: aggregate.clone(), version, a: a.side, b: b.side }))
    }

    /// The state of a record at a point of this store.
    pub fn state_at(&mut self, revision: &str) -> Result<StateAt> {
        let point = self.resolve(revision, None)?;
        let Point::Aggregate { aggregate, version, .. } = &point else {
            return Err(Error::usage(format!("{revision} is not a record."))
                .hint("Write Task/42 or Task/42@3; without a record the whole stores are compared."));
        };
        self.on(point.branch(), |session| session.state(aggregate, *version))
    }

    /// A record's events behind a position, as their contents.
    fn rest_of(&self, aggregate: &AggregateId, after: Position) -> Result<Rest> {
        let Some(row) = self.store.aggregate_row(aggregate)? else { return Ok(Rest::default()) };
        let common = self.store.version_at(&self.branch, row, after)?;
        let mut rest = Rest { row: Some(row), common, contents: Vec::new() };
        self.store.events_of(&self.branch, row, common + 1, Version::MAX, &mut |raw| {
            let mut hasher = Sha256::new();
            let name = self.store.type_name(raw.kind)?;
            for part in [&name, &raw.occurred_at.to_string(), raw.data, raw.meta] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
            rest.contents.push(hasher.finalize().into());
            Ok(true)
        })?;
        Ok(rest)
    }
}

/// A side that does not know the record.
fn not_there() -> Told {
    let side = Side { version: 0, first: None, state: json!({}), count: 0, only: Vec::new() };
    Told { side, origins: Vec::new() }
}

/// What a record has behind where two stores part.
#[derive(Default)]
struct Rest {
    row: Option<i64>,
    /// Its version there.
    common: Version,
    contents: Vec<[u8; 32]>,
}

fn apart(a: &Session, b: &Session, progress: &mut dyn FnMut(i64) -> bool) -> Result<Apart> {
    let (mut at, mut common) = ((0, 0), 0);
    let ended = loop {
        let (one, two) = (hashes(&a.store, &a.branch, at.0)?, hashes(&b.store, &b.branch, at.1)?);
        let same = one.iter().zip(&two).take_while(|(one, two)| one.1 == two.1).count();
        if same > 0 {
            at = (one[same - 1].0, two[same - 1].0);
            common += same as i64;
        }
        // One that has fewer than were asked for ends there.
        if same < one.len().max(two.len()) {
            break false;
        }
        if one.is_empty() && two.is_empty() {
            break true;
        }
        if !progress(common) {
            return Err(Error::refused(format!("Stopped; so far {common} events are the same.")));
        }
    };
    if ended {
        return Ok(Apart { parted: None, common, records: Vec::new(), at });
    }
    let first = |session: &Session, after: Position| -> Result<Option<Event>> {
        let mut first: Option<Event> = None;
        session.store.events_between(&session.branch, (after + 1, Position::MAX), false, &mut |raw| {
            first = Some(session.store.whole(raw)?);
            Ok(false)
        })?;
        Ok(first)
    };
    let parted = Parted { common, a: first(a, at.0)?, b: first(b, at.1)? };
    let mut records = behind(&a.store, &a.branch, at.0)?;
    let known: HashSet<_> = records.iter().cloned().collect();
    let others = behind(&b.store, &b.branch, at.1)?;
    records.extend(others.into_iter().filter(|aggregate| !known.contains(aggregate)));
    Ok(Apart { parted: Some(parted), common, records, at })
}

/// The next events' positions and hashes.
fn hashes(store: &Store, branch: &Branch, after: Position) -> Result<Vec<(Position, Hash)>> {
    let mut found = Vec::with_capacity(TOGETHER);
    store.events_between(branch, (after + 1, Position::MAX), false, &mut |raw| {
        found.push((raw.position, raw.hash));
        Ok(found.len() < TOGETHER)
    })?;
    Ok(found)
}

/// The records with events behind a position, each once.
fn behind(store: &Store, branch: &Branch, after: Position) -> Result<Vec<AggregateId>> {
    let (mut met, mut found) = (HashSet::new(), Vec::new());
    store.places_between(branch, (after + 1, Position::MAX), false, &mut |(_, row, _)| {
        if met.insert(row) {
            found.push(store.aggregate_of(row)?);
        }
        Ok(true)
    })?;
    Ok(found)
}
