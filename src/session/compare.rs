//! Two points of the whole store beside each other: which aggregates differ, where each parted, what each side
//! has that the other has not; and three states of one aggregate.

mod stores;

pub use stores::{Apart, Parted};

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Point, Session, StateAt};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position, Time, Version, actor_of};
use crate::history::{Own, Parting, part, up_to, version_at_time};
use crate::replay::{Change, ThreeWay, diff, diff_items, three_way};
use crate::store::{Branch, Placed, Store, origin_of};

/// How many positions are looked through at a time.
const WINDOW: Position = 4_096;

/// Which comparison is wanted, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareRequest {
    /// One point; an aggregate's point stands for its position.
    pub a: Point,
    /// The other point.
    pub b: Point,
    /// Go on after this position.
    pub after: Position,
    /// At most about so many aggregates; a few more where they part close to each other.
    pub limit: usize,
    /// Look at about this many positions before answering with what was found; 0 is no bound.
    pub budget: usize,
    /// Name at most so many events of each side of an aggregate; the count is of all.
    pub events: usize,
}

impl CompareRequest {
    /// All that differs between two points.
    pub fn of(a: Point, b: Point) -> Self {
        Self { a, b, after: 0, limit: usize::MAX, budget: 0, events: usize::MAX }
    }
}

/// An event that one side has and the other has not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRef {
    /// Its place in the log.
    pub position: Position,
    /// Its place in the aggregate's history.
    pub version: Version,
    /// The event type.
    pub r#type: String,
    /// When it happened.
    pub occurred_at: Time,
    /// Who did it.
    pub actor: Option<String>,
    /// Its hash.
    pub hash: Hash,
    /// The other side's event that was carried over from it, or that it was carried over from.
    pub carried: Option<Position>,
}

/// One side of an aggregate that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its newest version here; 0 where it is not there.
    pub version: Version,
    /// The first event that the other side has not.
    pub first: Option<Position>,
    /// The state; `{}` where nothing exists.
    pub state: Value,
    /// How many events the other side has not.
    pub count: i64,
    /// These events, the oldest first, as many as were asked for.
    pub only: Vec<EventRef>,
}

/// An aggregate that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareRow {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// The first version that is not the same event on both sides.
    pub version: Version,
    /// One side.
    pub a: Side,
    /// The other side.
    pub b: Side,
}

impl CompareRow {
    /// What differs, field by field, arrays index by index.
    pub fn changes(&self) -> Vec<Change> {
        diff(&self.a.state, &self.b.state)
    }

    /// What differs, field by field, with the items of arrays matched.
    pub fn changes_by_item(&self) -> Vec<Change> {
        diff_items(&self.a.state, &self.b.state)
    }
}

/// Aggregates that differ, in the order in which they parted, and how to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComparePage {
    /// The aggregates.
    pub rows: Vec<CompareRow>,
    /// Where to go on; `None` when there is no more.
    pub next: Option<Position>,
    /// How many positions were looked at.
    pub scanned: usize,
}

/// Three states of an aggregate and the paths at which they differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Three {
    /// The state at the mark.
    pub before: StateAt,
    /// The state at the cursor.
    pub here: StateAt,
    /// The newest state on the cursor's branch.
    pub head: StateAt,
    /// Each path that is not the same in all three.
    pub paths: Vec<ThreeWay>,
}

/// An aggregate whose parting was found: its row and the first version that differs.
struct Found {
    row: i64,
    version: Version,
}

impl Session {
    /// A part of what differs between two points of the whole store. Only events that one of them has and the
    /// other has not are looked at.
    pub fn compare(&mut self, request: &CompareRequest) -> Result<ComparePage> {
        self.at_once(|session| session.compare_now(request))
    }

    fn compare_now(&mut self, request: &CompareRequest) -> Result<ComparePage> {
        let (a, b) = (self.view(&request.a)?, self.view(&request.b)?);
        let parting = part(&a.branch, &b.branch);
        let (found, mut page) = match (a.time, b.time) {
            (None, None) => partings(&self.store, &parting, request)?,
            _ => partings_by_version(&self.store, &parting.common, [&a, &b], request)?,
        };
        let mut sides = Vec::with_capacity(2);
        for (point, view) in [(&request.a, &a), (&request.b, &b)] {
            let read = |session: &mut Self| {
                found
                    .iter()
                    .map(|found| session.side(view, found, request.events))
                    .collect::<Result<Vec<_>>>()
            };
            sides.push(self.on(point.branch(), read)?);
        }
        let (Some(theirs), Some(ours)) = (sides.pop(), sides.pop()) else { return Ok(page) };
        for ((found, mut a), mut b) in found.into_iter().zip(ours).zip(theirs) {
            let aggregate = self.store.aggregate_of(found.row)?;
            match_carried(&mut a, &mut b);
            page.rows.push(CompareRow { aggregate, version: found.version, a: a.side, b: b.side });
        }
        Ok(page)
    }

    /// The branch of a point as it was right there.
    fn view(&mut self, point: &Point) -> Result<View> {
        let branch = self.store.branch(point.branch())?;
        if let Point::Store { time: Some(time), .. } = point {
            return Ok(View { branch, time: Some(*time) });
        }
        Ok(View { branch: up_to(&branch, self.position_of(point)?), time: None })
    }

    /// What a view of this branch has of an aggregate from a version on.
    fn side(&mut self, view: &View, found: &Found, events: usize) -> Result<Told> {
        let domain = self.domain()?;
        let version = view.version(&self.store, found.row)?;
        let state = if version == 0 {
            json!({})
        } else {
            let aggregate = self.store.aggregate_of(found.row)?;
            self.state(&aggregate, version)?.state
        };
        let (mut only, mut origins) = (Vec::new(), Vec::new());
        let store = &self.store;
        if events > 0 {
            let kind = store.aggregate_of(found.row)?.kind;
            store.events_of(&view.branch, found.row, found.version, version, &mut |raw| {
                origins.push(origin_of(raw.meta).unwrap_or(raw.hash));
                only.push(EventRef {
                    position: raw.position,
                    version: raw.version,
                    r#type: domain.current_name(&kind, &store.type_name(raw.kind)?).to_owned(),
                    occurred_at: raw.occurred_at,
                    actor: actor_of(raw.meta),
                    hash: raw.hash,
                    carried: None,
                });
                Ok(only.len() < events)
            })?;
        }
        // Of a time the branch is not cut off: what happened later is there, too.
        let first = if found.version <= version {
            store.position_of(&view.branch, found.row, found.version)?
        } else {
            None
        };
        let count = version - found.version + 1;
        Ok(Told { side: Side { version, first, state, count, only }, origins })
    }

    /// An aggregate at the point where another point stands: on its branch, right after its position.
    pub fn at_point(&mut self, aggregate: &AggregateId, point: &Point) -> Result<Point> {
        let view = self.view(point)?;
        self.on(point.branch(), |session| {
            let (row, head) = session.known(aggregate)?;
            let version = view.version(&session.store, row)?;
            Ok(session.point(aggregate.clone(), version, head))
        })
    }

    /// An aggregate at a mark, at the cursor and at the head of the cursor's branch.
    pub fn three_way(&mut self, mark: &Point, cursor: &Point) -> Result<Three> {
        self.at_once(|session| {
            let mut at = |point: &Point, newest: bool| {
                let Point::Aggregate { aggregate, version, head, .. } = point else {
                    return Err(Error::usage("Three states are compared at two points of aggregates.")
                        .hint("Write Task/42@3 Task/42@5."));
                };
                let version = if newest { *head } else { *version };
                session.on(point.branch(), |session| session.state(aggregate, version))
            };
            let (before, here, head) = (at(mark, false)?, at(cursor, false)?, at(cursor, true)?);
            let paths = three_way(&before.state, &here.state, &head.state);
            Ok(Three { before, here, head, paths })
        })
    }
}

/// A branch as it was at a point: cut off behind a position, or with each aggregate as it was at a time.
struct View {
    branch: Branch,
    time: Option<Time>,
}

impl View {
    /// The newest version of an aggregate there; 0 where it is not there.
    fn version(&self, store: &Store, row: i64) -> Result<Version> {
        match self.time {
            Some(time) => version_at_time(store, &self.branch, row, time),
            None => store.version_at(&self.branch, row, Position::MAX),
        }
    }
}

/// A side with the hash that each of its events was first written with.
struct Told {
    side: Side,
    origins: Vec<Hash>,
}

/// Notes which events of the two sides are the same one, carried over.
fn match_carried(a: &mut Told, b: &mut Told) {
    let places = |told: &Told| -> HashMap<Hash, Position> {
        told.origins.iter().copied().zip(told.side.only.iter().map(|event| event.position)).collect()
    };
    let (in_a, in_b) = (places(a), places(b));
    for (told, other) in [(a, &in_b), (b, &in_a)] {
        for (event, origin) in told.side.only.iter_mut().zip(&told.origins) {
            event.carried = other.get(origin).copied();
        }
    }
}

/// The next aggregates that part, in the order of the first event that one side lacks.
fn partings(store: &Store, parting: &Parting, request: &CompareRequest) -> Result<(Vec<Found>, ComparePage)> {
    let mut page = ComparePage::default();
    let (mut found, mut after) = (Vec::new(), request.after);
    // The first event of an aggregate that one side lacks is met before all others of it.
    let mut met = HashSet::new();
    while let Some(start) = next_own(store, parting, after)? {
        let end = start.saturating_add(WINDOW - 1);
        let mut places = Vec::new();
        for own in parting.only_a.iter().chain(&parting.only_b) {
            if let Some(range) = within(own, start, end) {
                store.own_places(own.owner, &range, &mut |placed| places.push(placed))?;
            }
        }
        places.sort_unstable_by_key(|placed| placed.position);
        for placed in &places {
            if met.insert(placed.aggregate)
                && let Some(version) = first_apart(store, parting, placed, request.after)?
            {
                found.push(Found { row: placed.aggregate, version });
            }
        }
        after = end;
        page.scanned += WINDOW as usize;
        let spent = request.budget > 0 && page.scanned >= request.budget;
        if found.len() >= request.limit || spent {
            page.next = next_own(store, parting, after)?.map(|_| after);
            break;
        }
    }
    Ok((found, page))
}

/// The same where one of the points is a time: every aggregate is looked at, `after` and `next` are rows, and the order
/// is that of a part alone.
fn partings_by_version(
    store: &Store,
    common: &Branch,
    [a, b]: [&View; 2],
    request: &CompareRequest,
) -> Result<(Vec<Found>, ComparePage)> {
    let (mut page, mut found, mut last) = (ComparePage::default(), Vec::new(), request.after);
    while let Some(row) = store.aggregate_after(last)? {
        let spent = request.budget > 0 && page.scanned >= request.budget;
        if found.len() >= request.limit || spent {
            page.next = Some(last);
            break;
        }
        last = row;
        page.scanned += 1;
        let (in_a, in_b) = (a.version(store, row)?, b.version(store, row)?);
        let same = in_a.min(in_b).min(store.version_at(common, row, Position::MAX)?);
        if same < in_a.max(in_b) {
            let first = |view: &View, version: Version| {
                if version > same { store.position_of(&view.branch, row, same + 1) } else { Ok(None) }
            };
            let parted = [first(a, in_a)?, first(b, in_b)?].into_iter().flatten().min();
            found.push((parted, Found { row, version: same + 1 }));
        }
    }
    found.sort_by_key(|(parted, _)| *parted);
    Ok((found.into_iter().map(|(_, found)| found).collect(), page))
}

/// The first version at which an aggregate parts, where that is not in an earlier part of the comparison.
fn first_apart(
    store: &Store,
    parting: &Parting,
    placed: &Placed,
    after: Position,
) -> Result<Option<Version>> {
    let common = store.version_at(&parting.common, placed.aggregate, Position::MAX)?;
    for own in parting.only_a.iter().chain(&parting.only_b) {
        let alone =
            Branch { id: own.owner, name: String::new(), segments: vec![(own.owner, *own.range.end())] };
        let first = store.position_of(&alone, placed.aggregate, common + 1)?;
        if first.is_some_and(|first| own.range.contains(&first) && first <= after) {
            return Ok(None);
        }
    }
    Ok(Some(common + 1))
}

/// From where on something is to be looked at behind a position.
fn next_own(store: &Store, parting: &Parting, after: Position) -> Result<Option<Position>> {
    let mut next: Option<Position> = None;
    for own in parting.only_a.iter().chain(&parting.only_b) {
        if let Some(range) = within(own, after.saturating_add(1), Position::MAX)
            && let Some(from) = store.own_from(own.owner, &range)?
        {
            next = Some(next.map_or(from, |next| next.min(from)));
        }
    }
    Ok(next)
}

fn within(own: &Own, from: Position, to: Position) -> Option<RangeInclusive<Position>> {
    let (from, to) = (from.max(*own.range.start()), to.min(*own.range.end()));
    (from <= to).then_some(from..=to)
}
