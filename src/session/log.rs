//! The log: events with what they changed, newest or oldest first, filtered.

mod brief;

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::as_of::AsOf;
use super::grep::{Needle, Sieve};
use super::predicate::Predicate;
use super::{Flags, Session};
use crate::error::Result;
use crate::event::actor_of;
use crate::event::{AggregateId, Event, Position, Time, Version};
use crate::jq::State;
use crate::replay::{Change, diff_items, quiet_last};

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
    /// A jq predicate: `.` is the state after, `$before` (null at version 1), `$event`, `$changed` (dotted paths).
    pub filter: Option<String>,
    /// Text that the event's data, metadata or type contains.
    pub text: String,
    /// The text is not looked for in the type.
    pub content_only: bool,
    /// Leave out what the events changed: nothing is folded for a row then, unless a filter asks.
    pub bare: bool,
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
    /// What is special about it (late, repeated: only where the log of one aggregate is read).
    pub flags: Flags,
    /// Why its rule failed.
    pub error: Option<String>,
}

/// Rows, and how to go on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    /// The rows, in the asked order.
    pub rows: Vec<LogRow>,
    /// Where to go on; `None` when there is no more.
    pub next: Option<i64>,
    /// How many events were looked at.
    pub scanned: usize,
}

/// What a predicate over events sees beside the state.
const VARIABLES: &[&str] = &["$before", "$event", "$changed"];

/// How many events are read at a time, and how many bytes of them.
const CHUNK: usize = 256;
const CHUNK_BYTES: usize = 4 << 20;

/// Events to look at: read already, or where they are.
enum Next {
    Event(Box<Event>),
    At(Position),
}

impl Session {
    /// A page of the log.
    pub fn log(&mut self, request: &LogRequest) -> Result<LogPage> {
        let mut page = LogPage::default();
        let next =
            self.at_once(|session| session.walk_log(request, None, &mut |row, _| page.rows.push(row)))?;
        (page.next, page.scanned) = next;
        Ok(page)
    }

    /// How many events have each value of a jq expression, the most frequent first. The expression sees what
    /// a filter sees; the request's limit does not count.
    pub fn count_log(&mut self, request: &LogRequest, by: &str) -> Result<Vec<(Value, i64)>> {
        let rule = Predicate::compile(by, VARIABLES, &self.misses)?;
        let mut counts: HashMap<String, i64> = HashMap::new();
        let request = LogRequest { limit: usize::MAX, budget: 0, ..request.clone() };
        self.walk_log(&request, Some(&rule), &mut |_, values| {
            for value in values {
                *counts.entry(value.to_json().unwrap_or_default()).or_default() += 1;
            }
        })?;
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(counts.into_iter().map(|(text, count)| (value(text), count)).collect())
    }

    /// Gives each wanted event to `each`; answers where to go on and how many events were looked at.
    fn walk_log(
        &mut self,
        request: &LogRequest,
        group: Option<&Predicate>,
        each: &mut dyn FnMut(LogRow, Vec<State>),
    ) -> Result<(Option<i64>, usize)> {
        let compile = |source| Predicate::compile(source, VARIABLES, &self.misses);
        let filter = request.filter.as_deref().map(compile).transpose()?;
        // What a whole branch is searched for is looked for in the rows themselves.
        let domain = self.domain()?;
        let today = request.event.as_ref().map(|name| domain.name_today(name).to_owned());
        let request = &LogRequest { event: today, ..request.clone() };
        let sieve = Sieve::of(&self.store, &domain, request)?;
        let needle = (sieve.is_none() && !request.text.is_empty()).then(|| Needle::new(&request.text));
        let (mut found, mut scanned) = (0, 0);
        let mut as_of = request.as_of.map(AsOf::new);
        let mut place = request.after;
        let budget = if request.budget == 0 { usize::MAX } else { request.budget };
        loop {
            let (events, next) = if let Some(sieve) = &sieve {
                let range = positions(request, place);
                let sifted = self.sift(request, sieve, range, budget.saturating_sub(scanned))?;
                scanned += sifted.looked;
                (sifted.places.into_iter().map(Next::At).collect::<Vec<_>>(), sifted.place)
            } else {
                let (events, more) = self.log_chunk(request, place)?;
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
                scanned += usize::from(sieve.is_none());
                place = Some(place_of(request, &event));
                let told = needle.as_ref().is_none_or(|needle| has_text(request, needle, &event));
                let event = self.as_read(event);
                if told
                    && takes(request, &event)
                    && self.had_happened(as_of.as_mut(), &event)?
                    && let Some((mut row, values)) =
                        self.log_row(event, request.bare, filter.as_ref(), group)?
                {
                    if request.brief {
                        brief::shorten(&mut row, request);
                    }
                    found += 1;
                    each(row, values);
                }
                if found >= request.limit || sieve.is_none() && scanned >= budget {
                    return Ok((place, scanned));
                }
            }
            if next.is_none() || scanned >= budget {
                return Ok((next, scanned));
            }
            place = next;
        }
    }

    /// The place to go on from, oldest first, for what stands behind a position.
    pub fn log_place(&self, request: &LogRequest, position: Position) -> Result<i64> {
        let Some(aggregate) = &request.aggregate else { return Ok(position) };
        let row = self.store.aggregate_row(aggregate)?;
        row.map_or(Ok(0), |row| self.store.version_at(&self.branch, row, position))
    }

    /// The events behind a place, and whether there may be more.
    fn log_chunk(&mut self, request: &LogRequest, place: Option<i64>) -> Result<(Vec<Event>, bool)> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        let store = &self.store;
        let mut take = |raw: &crate::store::RawEvent<'_>| {
            events.push(store.whole(raw)?);
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
        let (row, head) = self.known(aggregate)?;
        let mut to = request.up_to_version.unwrap_or(head).min(head);
        if let Some(position) = request.up_to_position {
            to = to.min(store.version_at(&self.branch, row, position)?);
        }
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
            newest.push_back(store.whole(raw)?);
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

    /// The event with what it changed; `None` where the filter says no.
    fn log_row(
        &mut self,
        event: Event,
        bare: bool,
        filter: Option<&Predicate>,
        group: Option<&Predicate>,
    ) -> Result<Option<(LogRow, Vec<State>)>> {
        if bare && filter.is_none() && group.is_none() {
            let row = LogRow { event, changes: Vec::new(), flags: Flags::default(), error: None };
            return Ok(Some((row, Vec::new())));
        }
        let (row, head) = self.known(&event.aggregate)?;
        let (before, after) = self.seek(&event.aggregate, row, head, event.version)?;
        let value = |state: &State| if state.is_null() { Ok(json!({})) } else { state.to_value() };
        let (old, new) = (value(&before.state)?, value(&after.state)?);
        let mut changes = diff_items(&old, &new);
        quiet_last(self.domain()?.quiet(&event.aggregate.kind), &mut changes);
        let mut values = Vec::new();
        if filter.is_some() || group.is_some() {
            let first = event.version == 1;
            let before = if first { State::null() } else { before.state.clone() };
            let paths: Value = changes.iter().map(Change::dotted).collect();
            let vars = [before, State::from_json(&event.to_json())?, State::from_value(&paths)];
            if let Some(filter) = filter
                && !filter.holds(&after.state, &vars)?
            {
                return Ok(None);
            }
            values = group.map_or(Ok(Vec::new()), |group| group.run(&after.state, &vars))?;
        }
        let walked = self.timelines.get(&row).and_then(|timeline| timeline.flags(event.version));
        let walked = walked.unwrap_or_default();
        let flags = Flags {
            late: walked.late,
            repeated: walked.repeated,
            unchanged: changes.is_empty(),
            error: after.error.is_some(),
        };
        let error = after.error.map(|error| error.message().to_owned());
        Ok(Some((LogRow { event, changes, flags, error }, values)))
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
        let Some(event) = self.event(position)? else { return Ok(None) };
        Ok(self.log_row(event, false, None, None)?.map(|(row, _)| row))
    }
}

fn is_full(events: &[Event], bytes: usize) -> bool {
    events.len() >= CHUNK || bytes >= CHUNK_BYTES
}

fn takes(request: &LogRequest, event: &Event) -> bool {
    let actor = || actor_of(&event.meta);
    request.kind.as_ref().is_none_or(|kind| *kind == event.aggregate.kind)
        && request.event.as_ref().is_none_or(|kind| *kind == event.kind)
        && request.since.is_none_or(|since| event.occurred_at >= since)
        && request.until.is_none_or(|until| event.occurred_at <= until)
        && request.actor.as_ref().is_none_or(|wanted| actor().as_ref() == Some(wanted))
}

fn has_text(request: &LogRequest, needle: &Needle, event: &Event) -> bool {
    needle.is_in(event.data.as_bytes())
        || needle.is_in(event.meta.as_bytes())
        || (!request.content_only && event.kind.contains(&request.text))
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
