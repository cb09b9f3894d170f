//! The log: events with what they changed, newest or oldest first, filtered.

mod brief;
mod counted;
mod facets;
mod filtered;
mod sifted;
mod wanted;

use std::collections::{HashMap, VecDeque};

use super::Session;
use super::as_of::AsOf;
use super::chip::Chip;
use super::grep::Sieve;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Time, Version};
use crate::replay::{Change, Flag, Flags, Names, WITHIN, changes, quiet_last};
use crate::store::{RawEvent, Store};
pub use facets::{EventCounts, FlagCounts};
pub(super) use sifted::Sifted;
pub use wanted::Among;
pub(super) use wanted::{Gathered, Rows};
use wanted::{Seen, Wanted};

/// Which events are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct LogRequest {
    /// Only this aggregate.
    pub aggregate: Option<AggregateId>,
    /// Only aggregates of this type.
    pub kind: Option<String>,
    /// Nothing after this version (needs an aggregate).
    pub up_to_version: Option<Version>,
    /// Nothing after this position.
    pub up_to_position: Option<Position>,
    /// Only what had happened by this time: of each aggregate the events up to its own last one by then.
    pub as_of: Option<Time>,
    /// Only events that occurred at or after.
    pub since: Option<Time>,
    /// Only events that occurred at or before.
    pub until: Option<Time>,
    /// Only events by this actor.
    pub actor: Option<String>,
    /// Only this event type.
    pub event: Option<String>,
    /// A jq predicate: `.` is the state after, beside it what every filter over events has.
    pub filter: Option<String>,
    /// Within which time before an event somebody else may have set what it overwrote, in microseconds; without it a
    /// minute.
    pub within: Option<i64>,
    /// Which flags the rows have: the folded ones take a fold of their own.
    pub flags: Flags,
    /// Text that the event's data, metadata or type contains.
    pub text: String,
    /// The text is looked for whatever its case; over several aggregates also in their ids and labels.
    pub any_case: bool,
    /// What else it has to be.
    pub chips: Vec<Chip>,
    /// Only events of these aggregates.
    pub among: Option<Among>,
    /// The events are counted, and there are no rows.
    pub count: bool,
    /// The text is not looked for in the type.
    pub content_only: bool,
    /// Leave out what the events changed: nothing is folded for a row then, unless a filter or a flag asks.
    pub bare: bool,
    /// Events as they are stored, under the name and in the shape in which they were written.
    pub stored: bool,
    /// Of what is long leave a part, as much as a line of a list shows; and nothing of the data.
    pub brief: bool,
    /// Oldest first.
    pub oldest_first: bool,
    /// Go on after this version (with an aggregate) or position (without one).
    pub after: Option<i64>,
    /// At most so many rows.
    pub limit: usize,
    /// Look at no more than this many events before answering with what was found; 0 is no bound.
    pub budget: usize,
}

/// One event with what it changed.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// The event.
    pub event: Event,
    /// Every field it changed, old and new.
    pub changes: Vec<Change>,
    /// What is special about it, of the flags that were asked for.
    pub flags: Flags,
    /// Why its rule failed.
    pub error: Option<String>,
}

/// Rows, and how to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    /// The rows, in the asked order.
    pub rows: Vec<LogRow>,
    /// How many events were found, where they are counted.
    pub found: usize,
    /// Where to go on; `None` when there is no more.
    pub next: Option<i64>,
    /// How many events were looked at.
    pub scanned: usize,
}

/// How many events are read at a time, and how many bytes of them.
const CHUNK: usize = 256;
const CHUNK_BYTES: usize = 4 << 20;

/// Events to look at: read already, or where they are.
enum Next {
    Event(Box<Event>),
    At(Position),
}

impl LogRequest {
    /// Within which time before an event somebody else may have set what it overwrote.
    pub fn within(&self) -> i64 {
        self.within.unwrap_or(WITHIN)
    }
}

impl Session {
    /// A page of the log.
    pub fn log(&mut self, request: &LogRequest) -> Result<LogPage> {
        self.at_once(|session| {
            let domain = session.domain()?;
            let request = Session::without_chips(request.clone(), &domain)?;
            let (gathered, scanned) = session.gather(&request, request.budget)?;
            if !gathered {
                let start = if request.oldest_first { 0 } else { Position::MAX };
                let next = Some(request.after.unwrap_or(start));
                return Ok(LogPage { next, scanned, ..LogPage::default() });
            }
            match request.filter.clone() {
                Some(filter) => session.filtered_log(&domain, &request, &filter),
                None => session.plain_log(&domain, &request),
            }
        })
    }

    /// A page of the log that no filter narrows.
    fn plain_log(&mut self, domain: &Domain, request: &LogRequest) -> Result<LogPage> {
        // What a whole branch is searched for is looked for in the rows themselves.
        let wanted = self.tests(request)?;
        let sieve = self.sieve(domain, request)?;
        let mut page = LogPage::default();
        let mut as_of = request.as_of.map(AsOf::new);
        let mut place = request.after;
        let budget = if request.budget == 0 { usize::MAX } else { request.budget };
        let mut whole = Whole::default();
        loop {
            let (events, next) = if let Some(sieve) = &sieve {
                let range = positions(request, place);
                let sifted = self.sift(request, sieve, range, budget.saturating_sub(page.scanned))?;
                page.scanned += sifted.looked;
                (sifted.places.into_iter().map(Next::At).collect::<Vec<_>>(), sifted.place)
            } else {
                let (events, more) = self.log_chunk(request, place, &mut whole)?;
                let last = events.last().filter(|_| more);
                let next = last.map(|event| place_of(request, event));
                (events.into_iter().map(|event| Next::Event(Box::new(event))).collect(), next)
            };
            for event in events {
                let event = match event {
                    Next::Event(event) => *event,
                    Next::At(position) => match self.store.event_at(position)? {
                        Some(event) => event,
                        None => continue,
                    },
                };
                page.scanned += usize::from(sieve.is_none());
                place = Some(place_of(request, &event));
                if self.is_wanted(&wanted, domain, &event)? && self.had_happened(as_of.as_mut(), &event)? {
                    if request.count {
                        page.found += 1;
                    } else {
                        page.rows.push(self.log_row(event, request, None)?);
                    }
                }
                if page.rows.len() >= request.limit || sieve.is_none() && page.scanned >= budget {
                    page.next = place;
                    return Ok(page);
                }
            }
            if next.is_none() || page.scanned >= budget {
                page.next = next;
                return Ok(page);
            }
            place = next;
        }
    }

    /// What a request over a whole branch is looked for in the rows themselves with.
    fn sieve(&mut self, domain: &Domain, request: &LogRequest) -> Result<Option<Sieve>> {
        let rows = (self.named(request)?, self.among(request));
        Sieve::of(&self.store, domain, request, rows)
    }

    fn is_wanted(&self, wanted: &Wanted, domain: &Domain, event: &Event) -> Result<bool> {
        let today = domain.read_otherwise(event);
        let row = if wanted.needs_rows() { self.store.aggregate_row(&event.aggregate)? } else { None };
        Ok(wanted.takes(&Seen::read(event, today.as_ref(), row.unwrap_or_default())))
    }

    /// The place to go on from, oldest first, for what stands behind a position.
    pub fn log_place(&self, request: &LogRequest, position: Position) -> Result<i64> {
        let Some(aggregate) = &request.aggregate else { return Ok(position) };
        let row = self.store.aggregate_row(aggregate)?;
        row.map_or(Ok(0), |row| self.store.version_at(&self.branch, row, position))
    }

    /// The events behind a place, and whether there may be more.
    fn log_chunk(
        &mut self,
        request: &LogRequest,
        place: Option<i64>,
        whole: &mut Whole,
    ) -> Result<(Vec<Event>, bool)> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        let store = &self.store;
        let mut take = |raw: &RawEvent<'_>| {
            events.push(whole.event(store, raw)?);
            bytes += raw.data.len() + raw.meta.len();
            Ok(events.len() < CHUNK && bytes < CHUNK_BYTES)
        };
        let Some(aggregate) = &request.aggregate else {
            store.events_between(
                &self.branch,
                positions(request, place),
                !request.oldest_first,
                &mut take,
            )?;
            let more = is_full(&events, bytes);
            return Ok((events, more));
        };
        let (row, to) = self.last_version(request, aggregate)?;
        if request.oldest_first {
            store.events_of(&self.branch, row, place.map_or(1, |place| place + 1), to, &mut take)?;
            let more = is_full(&events, bytes);
            return Ok((events, more));
        }
        let to = place.map_or(to, |place| to.min(place - 1));
        let from = (to - CHUNK as i64 + 1).max(1);
        // Of the newest, as they are read oldest first.
        let (mut newest, mut bytes) = (VecDeque::new(), 0);
        store.events_of(&self.branch, row, from, to, &mut |raw| {
            newest.push_back(whole.event(store, raw)?);
            bytes += raw.data.len() + raw.meta.len();
            while bytes > CHUNK_BYTES && newest.len() > 1 {
                bytes -= newest.pop_front().map_or(0, |event| event.data.len() + event.meta.len());
            }
            Ok(true)
        })?;
        let more = newest.front().is_some_and(|event| event.version > 1);
        Ok((newest.into_iter().rev().collect(), more))
    }

    fn had_happened(&self, as_of: Option<&mut AsOf>, event: &Event) -> Result<bool> {
        let Some(as_of) = as_of else { return Ok(true) };
        let Some(row) = self.store.aggregate_row(&event.aggregate)? else { return Ok(false) };
        as_of.has(&self.store, &self.branch, (row, event.version))
    }

    /// An aggregate's row, and the last of its versions that a request is about.
    fn last_version(&self, request: &LogRequest, aggregate: &AggregateId) -> Result<(i64, Version)> {
        let (row, head) = self.known(aggregate)?;
        let to = request.up_to_version.unwrap_or(head).min(head);
        Ok(match request.up_to_position {
            Some(position) => (row, to.min(self.store.version_at(&self.branch, row, position)?)),
            None => (row, to),
        })
    }

    /// The event with what it changed, and its flags, which may be known.
    fn log_row(&mut self, event: Event, request: &LogRequest, known: Option<Flags>) -> Result<LogRow> {
        let read = |session: &Self, event| if request.stored { event } else { session.as_read(event) };
        let mut row = LogRow { event, changes: Vec::new(), flags: Flags::default(), error: None };
        let (aggregate, version) = (row.event.aggregate.clone(), row.event.version);
        let folded = request.flags.only(Flags::near()) != request.flags;
        if !request.bare {
            let (id, head) = self.known(&aggregate)?;
            let (before, after) = self.seek(&aggregate, id, head, version)?;
            row.changes = changes(&before.state, &after.state)?;
            quiet_last(self.domain()?.quiet(&aggregate.kind), &mut row.changes);
            row.error = after.error.map(|error| error.message().to_owned());
            row.flags = Flags::default()
                .with(Flag::RejectedByRule, row.error.is_some())
                .with(Flag::Nothing, row.error.is_none() && row.changes.is_empty());
        }
        if let Some(known) = known {
            row.flags = row.flags.and(known);
        } else if folded {
            let (id, _) = self.known(&aggregate)?;
            let wanted = (request.flags, request.within());
            let flags = self.flags_of((&aggregate, id), version, wanted, Version::MAX)?;
            row.flags = flags.unwrap_or_default();
        } else if !request.flags.is_empty() {
            row.flags = row.flags.and(self.near_flags(&aggregate, version)?.only(request.flags));
        }
        row.event = read(self, row.event);
        if request.brief {
            brief::shorten(&mut row, request);
        }
        Ok(row)
    }

    /// One event by its position.
    pub fn event(&self, position: Position) -> Result<Option<Event>> {
        Ok(self.store.event_at(position)?.map(|event| self.as_read(event)))
    }

    /// The branch's event at a position, or where it has none there the nearest one behind it (`forward`) or before.
    pub fn event_near(&mut self, position: Position, forward: bool) -> Result<Option<Event>> {
        let range = if forward { (position, Position::MAX) } else { (1, position) };
        let mut near = None;
        self.store.events_between(&self.branch, range, !forward, &mut |raw| {
            near = Some(self.as_read(self.store.whole(raw)?));
            Ok(false)
        })?;
        Ok(near)
    }

    /// One event by its position, with what it changed.
    pub fn event_row(&mut self, position: Position) -> Result<Option<LogRow>> {
        let Some(event) = self.store.event_at(position)? else { return Ok(None) };
        let request = LogRequest { flags: Flags::near(), ..LogRequest::default() };
        self.log_row(event, &request, None).map(Some)
    }
}

/// The names of events, each looked up once in a walk.
#[derive(Default)]
struct Whole {
    names: Names,
    aggregates: HashMap<i64, AggregateId>,
}

impl Whole {
    fn event(&mut self, store: &Store, raw: &RawEvent<'_>) -> Result<Event> {
        let Self { names, aggregates } = self;
        if !aggregates.contains_key(&raw.aggregate) {
            if aggregates.len() >= CHUNK {
                aggregates.clear();
            }
            aggregates.insert(raw.aggregate, store.aggregate_of(raw.aggregate)?);
        }
        Ok(names.stored(store, &aggregates[&raw.aggregate], raw)?.to_event())
    }
}

fn is_full(events: &[Event], bytes: usize) -> bool {
    events.len() >= CHUNK || bytes >= CHUNK_BYTES
}

/// Where to go on behind an event.
fn place_of(request: &LogRequest, event: &Event) -> i64 {
    if request.aggregate.is_some() { event.version } else { event.position }
}

/// The positions that a request over a whole branch has not looked at yet.
fn positions(request: &LogRequest, place: Option<Position>) -> (Position, Position) {
    let (mut from, mut to) = (1, request.up_to_position.unwrap_or(Position::MAX));
    match place {
        Some(place) if request.oldest_first => from = place + 1,
        Some(place) => to = to.min(place - 1),
        None => {}
    }
    (from, to)
}

impl Session {
    /// Gives every event of the branch to `each`, in log order, on one unchanging picture of the store.
    pub fn each_event(&mut self, each: &mut dyn FnMut(&Event) -> Result<()>) -> Result<()> {
        let (store, branch) = (&self.store, &self.branch);
        store.snapshot(|store| {
            store.events_between(branch, (1, Position::MAX), false, &mut |raw| {
                each(&store.whole(raw)?)?;
                Ok(true)
            })
        })
    }
}
