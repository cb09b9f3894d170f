//! What reactors make of events that were appended just now: commands and notices in the same transaction, jobs
//! for everything else.

use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::batch::Batch;
use super::command::{Request, Target, run};
use crate::domain::{Moment, Reaction, Reactor, Run};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Position, Time};
use crate::replay::Knowing;
use crate::store::{JobState, NewJob, Transaction};

/// How many reactors may answer one another, one after the other.
const DEPTH: i64 = 12;

/// The member of an event's metadata that names the reactor that fired its command, and how far down a chain of
/// reactors it stands.
const REACTOR: &str = "reactor";

/// What a reactor did, or asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reacted {
    /// Its name.
    pub reactor: String,
    /// The position of the event that it answered.
    pub position: Position,
    /// The word for its effect.
    pub effect: &'static str,
    /// Whether it was done in the event's transaction; else it is a job.
    pub done: bool,
    /// What it asks for, where that is known already.
    pub reaction: Option<Reaction>,
    /// Why it cannot be done.
    pub error: Option<String>,
    /// The events that came of it.
    pub events: Vec<Event>,
}

/// The way from the first event of a chain of reactors to one of its events.
struct Chain {
    from: Option<Rc<Chain>>,
    step: String,
}

impl Chain {
    fn path(&self) -> String {
        let before = self.from.as_ref().map(|from| format!("{} → ", from.path()));
        format!("{}{}", before.unwrap_or_default(), self.step)
    }
}

/// Lets the reactors answer what was appended to a batch. Where there is no transaction nothing is written, and
/// the answer says what would be asked for.
pub(super) fn settle(
    batch: &mut Batch<'_>,
    transaction: Option<&Transaction<'_>>,
    domain_id: i64,
    now: Time,
) -> Result<Vec<Reacted>> {
    let mut done = Vec::new();
    let mut waiting: VecDeque<_> = batch.take_fresh().into_iter().map(|fresh| (fresh, None)).collect();
    while let Some((fresh, from)) = waiting.pop_front() {
        let domain = batch.domain;
        let event = &fresh.event;
        let known = Knowing::default().of((batch.store, batch.branch), domain, event, batch.unwritten())?;
        let moment = Moment::new(domain, event, &fresh.before, &fresh.after).knowing(known);
        for reactor in domain.reactors_to(&event.aggregate.kind, &event.kind) {
            let call = Call { reactor, event, moment: &moment, from: from.as_deref() };
            if let Some(reacted) = answer(batch, transaction, domain_id, &call, now)? {
                let chain = Rc::new(Chain {
                    from: from.clone(),
                    step: format!("{} → {}", event.kind, reactor.name),
                });
                let fresh = batch.take_fresh().into_iter();
                waiting.extend(fresh.map(|fresh| (fresh, Some(Rc::clone(&chain)))));
                done.push(reacted);
            }
        }
    }
    Ok(done)
}

/// A reactor whose event has come.
struct Call<'a> {
    reactor: &'a Reactor,
    event: &'a Event,
    moment: &'a Moment<'a>,
    from: Option<&'a Chain>,
}

fn answer(
    batch: &mut Batch<'_>,
    transaction: Option<&Transaction<'_>>,
    domain_id: i64,
    call: &Call<'_>,
    now: Time,
) -> Result<Option<Reacted>> {
    let &Call { reactor, event, moment, from } = call;
    let mut reacted = Reacted {
        reactor: reactor.name.clone(),
        position: event.position,
        effect: reactor.effect(),
        done: reactor.run == Run::Sync,
        reaction: None,
        error: None,
        events: Vec::new(),
    };
    let refused = |error: Error| {
        error.at(format!("The reactor {} refuses {} of {}", reactor.name, event.kind, event.aggregate))
    };
    match reactor.holds(moment) {
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(error) if reacted.done => return Err(refused(error)),
        Err(error) => reacted.error = Some(error.message().to_owned()),
    }
    if reacted.error.is_none() && (reacted.done || transaction.is_none()) {
        match reactor.reaction(batch.domain, moment) {
            Ok(reaction) => reacted.reaction = Some(reaction),
            Err(error) if reacted.done => return Err(refused(error)),
            Err(error) => reacted.error = Some(error.message().to_owned()),
        }
    }
    if let (true, Some(command @ Reaction::Command { .. })) = (reacted.done, &reacted.reaction) {
        let depth = depth_of(event) + 1;
        if depth > DEPTH {
            let path = from.map(Chain::path).unwrap_or_default();
            return Err(goes_round(&format!("{path} → {}", event.kind)));
        }
        let request = request_of(&reactor.name, event, command, Some(event.occurred_at)).map_err(refused)?;
        let fired = run(batch, &request, now, &[]).map_err(refused)?;
        reacted.events = fired.events;
    }
    if let Some(transaction) = transaction {
        let state = match (&reacted.error, reacted.done) {
            (Some(_), _) => JobState::Dead,
            (None, true) => JobState::Done,
            (None, false) => JobState::Waiting,
        };
        transaction.add_job(&NewJob {
            position: event.position,
            reactor: &reactor.name,
            slot: 0,
            domain: domain_id,
            branch: batch.branch.id,
            state,
            now,
            error: reacted.error.clone(),
            effect: reacted.done.then(|| effect_text(reacted.reaction.as_ref(), &reacted.events)).flatten(),
        })?;
    }
    Ok(Some(reacted))
}

/// What a job's row says of what was done inside the store.
pub(super) fn effect_text(reaction: Option<&Reaction>, events: &[Event]) -> Option<String> {
    let effect = match reaction? {
        Reaction::Notify(text) => json!({ "notify": text }),
        Reaction::Command { name, .. } => {
            let positions: Vec<_> = events.iter().map(|event| event.position).collect();
            json!({ "command": name, "events": positions })
        }
        _ => return None,
    };
    Some(effect.to_string())
}

/// The request by which a reactor fires its command: its events name the one that caused them, which is what it has seen.
pub(super) fn request_of(
    reactor: &str,
    event: &Event,
    reaction: &Reaction,
    at: Option<Time>,
) -> Result<Request> {
    let Reaction::Command { kind, id, name, params } = reaction else {
        return Err(Error::refused("Only a command can be fired."));
    };
    let target = match id {
        Some(id) => Target::Aggregate(AggregateId::new(kind.clone(), id.clone())),
        None => Target::New(kind.clone()),
    };
    let cause = event.hash.to_string();
    let correlation = member(event, "correlation_id").unwrap_or_else(|| cause.clone().into());
    let mut meta = Map::new();
    meta.insert("correlation_id".to_owned(), correlation);
    meta.insert("causation_id".to_owned(), cause.into());
    meta.insert(REACTOR.to_owned(), json!({ "name": reactor, "depth": depth_of(event) + 1 }));
    Ok(Request {
        target,
        command: name.clone(),
        params: params.clone(),
        actor: format!("reactor {reactor}"),
        reason: None,
        at,
        expect: None,
        seen: [(event.aggregate.clone(), event.version)].into(),
        meta,
    })
}

fn member(event: &Event, name: &str) -> Option<Value> {
    serde_json::from_str::<Map<String, Value>>(&event.meta).ok()?.remove(name)
}

/// How many reactors stand between an event and the command that a person fired.
fn depth_of(event: &Event) -> i64 {
    member(event, REACTOR).and_then(|reactor| reactor.get("depth")?.as_i64()).unwrap_or(0)
}

/// The reactor whose command an event came of.
pub(super) fn reactor_of(event: &Event) -> Option<String> {
    member(event, REACTOR)?.get("name")?.as_str().map(str::to_owned)
}

/// Whether a chain of reactors is too long to go on behind an event.
pub(super) fn is_too_deep(event: &Event) -> bool {
    depth_of(event) >= DEPTH
}

/// The error for a chain of reactors that does not end.
pub(super) fn goes_round(path: &str) -> Error {
    Error::refused(format!("Reactors answer one another more than {DEPTH} times: {path}."))
        .hint("Give one of them a `when` that stops it; `backstory domain check` names loops.")
}
