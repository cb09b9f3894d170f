//! Links: the next and the previous event of the same kin, causes and effects, and the tree that they make.

use std::collections::HashSet;

use super::{LogRequest, Session};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Position, actor_of};
use crate::store::{Link, links_of};

/// What two events have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// Who did it.
    Actor,
    /// The event type.
    Type,
    /// The operation: what one command, and what followed from it, made.
    Operation,
}

/// Which neighbour is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KinRequest {
    /// Of the event at this position.
    pub of: Position,
    /// With what in common.
    pub kin: Kin,
    /// The next one; else the previous one.
    pub forwards: bool,
    /// Only in this aggregate.
    pub aggregate: Option<AggregateId>,
    /// Go on where the answer before stopped.
    pub after: Option<i64>,
    /// Look at no more than about this many events before answering; 0 is no bound.
    pub budget: usize,
}

/// A neighbour, or how to go on looking for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KinPage {
    /// The event.
    pub found: Option<Event>,
    /// Where to go on; `None` when it was found, or there is none.
    pub next: Option<i64>,
}

/// One event in a tree of causes and effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// How many causes stand above it.
    pub depth: usize,
    /// The event.
    pub event: Event,
}

/// A tree of causes and effects that is being read, the root first and each event before its effects.
pub struct Trace {
    left: Vec<(usize, Position)>,
    seen: HashSet<Position>,
}

impl Session {
    /// The next or previous event on this branch that has something in common with one.
    pub fn kin(&mut self, request: &KinRequest) -> Result<KinPage> {
        let event = self.some_event(request.of)?;
        let mut log = LogRequest {
            aggregate: request.aggregate.clone(),
            oldest_first: request.forwards,
            limit: 1,
            budget: request.budget,
            bare: true,
            ..LogRequest::default()
        };
        match request.kin {
            Kin::Operation => return self.same_operation(&event, request),
            Kin::Type => log.event = Some(event.kind),
            Kin::Actor => match actor_of(&event.meta) {
                Some(actor) => log.actor = Some(actor),
                None => return Ok(KinPage::default()),
            },
        }
        log.after = match (request.after, &request.aggregate) {
            (Some(after), _) => Some(after),
            (None, None) => Some(event.position),
            (None, Some(aggregate)) => Some(self.version_at(aggregate, event.position)?),
        };
        let page = self.log(&log)?;
        Ok(match page.rows.into_iter().next() {
            Some(row) => KinPage { found: Some(row.event), next: None },
            None => KinPage { found: None, next: page.next },
        })
    }

    /// An operation is the event that its id names, and all that name it.
    fn same_operation(&self, event: &Event, request: &KinRequest) -> Result<KinPage> {
        let named = links_of(&event.meta).1;
        let id = named.clone().unwrap_or_else(|| event.hash.to_string());
        let mut found = None;
        self.store.linked(
            Link::Operation,
            std::slice::from_ref(&id),
            event.position,
            request.forwards,
            &mut |position| {
                found = self.wanted(position, request)?;
                Ok(found.is_none())
            },
        )?;
        if found.is_none()
            && !request.forwards
            && named.is_some()
            && let Some(first) = self.position_of_name(&id)?.filter(|first| *first < event.position)
        {
            found = self.wanted(first, request)?;
        }
        Ok(KinPage { found, next: None })
    }

    /// The event at a position, where this branch sees it and the request is about its aggregate.
    fn wanted(&self, position: Position, request: &KinRequest) -> Result<Option<Event>> {
        let event = if self.sees(position)? { self.event(position)? } else { None };
        Ok(event.filter(|event| request.aggregate.as_ref().is_none_or(|wanted| *wanted == event.aggregate)))
    }

    /// The first event that an event names as its cause and that the log has.
    pub fn cause(&self, event: &Event) -> Result<Option<Event>> {
        for cause in links_of(&event.meta).0 {
            if let Some(position) = self.position_of_name(&cause)? {
                return self.event(position);
            }
        }
        Ok(None)
    }

    /// What other events may name an event by: its hash, and the ids under which an import delivered it.
    pub(super) fn names_of(&self, event: &Event) -> Result<Vec<String>> {
        let mut names = vec![event.hash.to_string()];
        names.extend(self.store.delivered_as(event.position)?);
        Ok(names)
    }

    /// The events that name an event as their cause, on any branch, in log order; behind `after`, at most `limit`.
    pub fn effects(&self, event: &Event, after: Position, limit: usize) -> Result<Vec<Event>> {
        let mut found = Vec::new();
        self.store.linked(Link::Cause, &self.names_of(event)?, after, true, &mut |position| {
            if found.len() < limit {
                found.extend(self.event(position)?);
            }
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }

    /// The tree that an event is part of: from its first cause on, everything that followed.
    pub fn trace(&self, position: Position) -> Result<Trace> {
        let mut root = self.some_event(position)?;
        let mut seen = HashSet::from([root.position]);
        // Ids of other systems could name each other in a circle.
        while let Some(cause) = self.cause(&root)?
            && seen.insert(cause.position)
        {
            root = cause;
        }
        Ok(Trace { left: vec![(0, root.position)], seen: HashSet::new() })
    }

    /// The next events of a tree, at most `limit`; none when it has been read.
    pub fn trace_on(&self, trace: &mut Trace, limit: usize) -> Result<Vec<TraceRow>> {
        let mut rows = Vec::new();
        while rows.len() < limit
            && let Some((depth, position)) = trace.left.pop()
        {
            if !trace.seen.insert(position) {
                continue;
            }
            let event = self.some_event(position)?;
            let at = trace.left.len();
            self.store.linked(Link::Cause, &self.names_of(&event)?, 0, true, &mut |effect| {
                trace.left.push((depth + 1, effect));
                Ok(true)
            })?;
            // The newest lies at the bottom, so that the oldest comes next.
            trace.left[at..].reverse();
            rows.push(TraceRow { depth, event });
        }
        Ok(rows)
    }

    /// Where the event stands that something names: by its hash, or by its id in the system that it came from.
    pub(super) fn position_of_name(&self, name: &str) -> Result<Option<Position>> {
        self.store.named_event(&self.branch, name)
    }

    /// Whether this branch sees the event at a position.
    pub(super) fn sees(&self, position: Position) -> Result<bool> {
        Ok(self.branch.sees(self.store.owner_of(position)?, position))
    }

    pub(super) fn some_event(&self, position: Position) -> Result<Event> {
        let event = self.event(position)?;
        event.ok_or_else(|| Error::refused(format!("There is no event at position {position}.")))
    }
}
