//! A command becomes events: checked against the state and appended under the same write lock.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::Rules;
use super::batch::{Batch, ORIGIN};
use super::branch::fork_in;
use super::by_hand;
use super::operation::{By, note};
use super::react::{Reacted, settle};
use super::unit::SEEN;
use crate::domain::{Asking, Command, Domain};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Looked, NewEvent, Position, Time, Version, actor_of, seen_json};
use crate::jq::State;
use crate::store::{Branch, Store};

/// What a command is fired at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An aggregate by its id; with a command that creates, the id of the new one.
    Aggregate(AggregateId),
    /// A new aggregate of this type with the next number as its id.
    New(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aggregate(aggregate) => aggregate.fmt(f),
            Self::New(kind) => f.write_str(kind),
        }
    }
}

/// A request to fire a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it is fired at.
    pub target: Target,
    /// The command's name.
    pub command: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// Who fires it.
    pub actor: String,
    /// Why, in the words of who fires it; it becomes `meta.reason`.
    pub reason: Option<String>,
    /// When it happened; `None` is now.
    pub at: Option<Time>,
    /// The version that the caller saw; another one is a conflict.
    pub expect: Option<Version>,
    /// What else the caller had looked at, or which version of the target: it is noted, and refuses nothing.
    pub seen: Looked,
    /// More metadata for the events: the name and value pairs of `meta`.
    pub meta: Map<String, Value>,
}

/// A command that is fired in a row with others.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The command.
    pub request: Request,
    /// When.
    pub now: Time,
    /// The event that it answers, which came of an earlier one of the row.
    pub cause: Option<(AggregateId, Version)>,
}

/// What a command did, or would do.
#[derive(Clone, Debug)]
pub struct Fired {
    /// The aggregate, with its id where it was allocated.
    pub aggregate: AggregateId,
    /// The events; none where nothing changes.
    pub events: Vec<Event>,
    /// The state before; `{}` where there was nothing.
    pub before: State,
    /// The state after.
    pub state: State,
    /// What reactors did about it, or asked for.
    pub reacted: Vec<Reacted>,
}

/// Fires a command: all of its events are appended, or none. With `react` the domain's reactors answer them. The time is read
/// under the write lock: who waited for it fired when the wait was over, behind what others wrote meanwhile.
pub fn fire(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    request: &Request,
    react: bool,
    clock: &dyn Fn() -> Time,
) -> Result<Fired> {
    let transaction = store.write()?;
    let now = clock();
    let domain = rules.current(&transaction)?;
    let mut batch = Batch::new(store, Some(&transaction), &domain, branch, now)?.reacting(react);
    let mut fired = run(&mut batch, request, now, &[])?;
    fired.reacted = settle(&mut batch, Some(&transaction), rules.id(), now)?;
    if let Some(span) = batch.finish()? {
        let by = By { actor: request.actor.clone(), now };
        let detail = json!({ "command": request.command, "aggregate": fired.aggregate });
        note(&transaction, &by, "fire", branch.id, Some(span), &detail)?;
        transaction.commit()?;
    }
    Ok(fired)
}

/// Fires a row of commands in one transaction, each at its own time; the first that is refused undoes all.
pub(crate) fn fire_all(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    requests: &[Queued],
) -> Result<usize> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let start = requests.first().map_or(Time(0), |first| first.now);
    let mut batch = Batch::new(store, Some(&transaction), &domain, branch, start)?;
    let (mut events, mut hashes) = (0, HashMap::new());
    for Queued { request, now, cause } in requests {
        batch.recorded_from(*now);
        let place = || format!("{} {} at {now}", request.command, request.target);
        let mut request = request.clone();
        if let Some(cause) = cause {
            let Some(hash) = hashes.get(cause) else {
                let (aggregate, version) = cause;
                return Err(
                    Error::refused(format!("There is no {aggregate}@{version} before it.")).at(place())
                );
            };
            request.meta.insert("causation_id".to_owned(), Value::clone(hash));
            request.meta.insert("correlation_id".to_owned(), Value::clone(hash));
        }
        let fired = run(&mut batch, &request, *now, &[]).map_err(|error| error.at(place()))?;
        events += fired.events.len();
        let places = fired.events.iter().map(|event| (event.aggregate.clone(), event.version));
        hashes.extend(places.zip(fired.events.iter().map(|event| Value::from(event.hash.to_string()))));
    }
    if let Some(span) = batch.finish()? {
        let actor = requests.first().map_or_else(String::new, |first| first.request.actor.clone());
        let detail = json!({ "commands": requests.len() });
        note(&transaction, &By { actor, now: start }, "fire", branch.id, Some(span), &detail)?;
    }
    transaction.commit()?;
    Ok(events)
}

/// What a command would do now, and with `react` what its reactors would; nothing is written.
pub fn preview(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    request: &Request,
    react: bool,
    now: Time,
) -> Result<Fired> {
    store.snapshot(|store| {
        let domain = rules.current(store)?;
        let mut batch = Batch::new(store, None, &domain, branch, now)?.reacting(react);
        let mut fired = run(&mut batch, request, now, &[])?;
        fired.reacted = settle(&mut batch, None, rules.id(), now)?;
        Ok(fired)
    })
}

/// What a command would do on a new branch, forked right after a position that another one sees; nothing is written.
pub(crate) fn preview_forked(
    store: &Store,
    rules: &mut Rules,
    (from, position): (&Branch, Position),
    name: &str,
    request: &Request,
    now: Time,
) -> Result<Fired> {
    // The branch is made and forgotten again: the transaction is not committed.
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let by = By { actor: request.actor.clone(), now };
    let branch = fork_in(&transaction, from, position, name, &by)?;
    let mut batch = Batch::new(store, None, &domain, &branch, now)?;
    run(&mut batch, request, now, &[])
}

/// Checks a command and appends its events. Where it is fired once more, `origins` name the events that
/// came of it the first time.
pub(super) fn run(batch: &mut Batch<'_>, request: &Request, now: Time, origins: &[Value]) -> Result<Fired> {
    if let Some(aggregate) = by_hand::meant(batch, request)? {
        return by_hand::append(batch, &aggregate, request, now);
    }
    let (store, domain, branch) = (batch.store, batch.domain, batch.branch);
    let kind = match &request.target {
        Target::Aggregate(aggregate) => aggregate.kind.clone(),
        Target::New(kind) => kind.clone(),
    };
    let command = find_command(domain, &kind, &request.command)?;
    let aggregate = match &request.target {
        Target::Aggregate(aggregate) => aggregate.clone(),
        Target::New(kind) if command.creates => AggregateId::new(kind, batch.next_id(kind)?.to_string()),
        Target::New(kind) => {
            return Err(Error::usage(format!("{} is fired at one {kind}, not at the type.", command.name))
                .hint(format!("Name it: {kind}/ID.")));
        }
    };
    let (state, version) = {
        let working = batch.working(&aggregate)?;
        (working.state.clone(), working.version)
    };
    check_expected(store, branch, &aggregate, version, request.expect)?;
    let meta = base_meta(request);
    let asking =
        Asking { aggregate: &aggregate, branch: &branch.name, params: &request.params, meta: &meta, now };
    let (params, emitted) = command.decide(domain, &asking, &state, version)?;
    let of = emitted.len();
    let mut events: Vec<Event> = Vec::with_capacity(of);
    for (index, emitted) in emitted.into_iter().enumerate() {
        let mut meta = meta.clone();
        if let Some(first) = events.first() {
            meta.entry("correlation_id").or_insert_with(|| first.hash.to_string().into());
        }
        let told = json!({ "name": command.name, "params": params, "part": index + 1, "of": of });
        meta.insert("command".to_owned(), told);
        note_seen(&mut meta, request, &aggregate);
        if let Some(schema) = emitted.schema {
            meta.insert("schema".to_owned(), schema);
        }
        if let Some(origin) = origins.get(index).or(origins.last()) {
            meta.insert(ORIGIN.to_owned(), origin.clone());
        }
        let event = NewEvent {
            aggregate: aggregate.clone(),
            kind: emitted.kind,
            occurred_at: request.at.unwrap_or(now),
            data: emitted.data,
            meta: Value::Object(meta).to_string(),
        };
        events.push(batch.append(event, None, true)?);
    }
    let after = batch.working(&aggregate)?.state.clone();
    Ok(Fired { aggregate, events, before: state, state: after, reacted: Vec::new() })
}

fn find_command<'d>(domain: &'d Domain, kind: &str, name: &str) -> Result<&'d Command> {
    let Some(aggregate) = domain.aggregate(kind) else {
        let known: Vec<_> = domain.aggregates.keys().map(String::as_str).collect();
        let (message, hint) = if known.is_empty() {
            let message = format!("The store has no domain, and its log no event of the type {name}.");
            (
                message,
                "`backstory catalogue` lists the types, `backstory domain set FILE` gives it a domain."
                    .to_owned(),
            )
        } else {
            let message = format!("The domain declares no aggregate type {kind}.");
            (message, format!("It declares {}.", known.join(", ")))
        };
        return Err(Error::hopeless(message).hint(hint));
    };
    aggregate.commands.get(name).ok_or_else(|| {
        let known: Vec<_> = aggregate.commands.keys().map(String::as_str).collect();
        let hint = if known.is_empty() {
            "It has none.".to_owned()
        } else {
            format!("It has {}.", known.join(", "))
        };
        Error::hopeless(format!("{kind} has no command {name}.")).hint(hint)
    })
}

/// A writer that was faster is named by the event that won.
pub(super) fn check_expected(
    store: &Store,
    branch: &Branch,
    aggregate: &AggregateId,
    version: Version,
    expect: Option<Version>,
) -> Result<()> {
    let Some(expected) = expect.filter(|expected| *expected != version) else { return Ok(()) };
    if expected > version {
        return Err(Error::conflict(format!("{aggregate} is at version {version}, not yet at {expected}.")));
    }
    let row = store.aggregate_row(aggregate)?;
    let won = row.map_or(Ok(None), |row| store.event_of(branch, row, expected + 1))?;
    let who = won.map_or_else(String::new, |event| {
        let actor = actor_of(&event.meta).map_or_else(String::new, |actor| format!(" by {actor}"));
        format!(": {} #{}{actor} came first", event.kind, event.position)
    });
    Err(Error::conflict(format!("{aggregate} is at version {version}, not at {expected}{who}."))
        .hint("Look at what changed, then fire again."))
}

/// Notes in an event's metadata what the requester had looked at, where that is known.
pub(super) fn note_seen(meta: &mut Map<String, Value>, request: &Request, aggregate: &AggregateId) {
    let mut seen = request.seen.clone();
    if let Some(expected) = request.expect {
        seen.entry(aggregate.clone()).or_insert(expected);
    }
    if seen.is_empty() {
        return;
    }
    let command = meta.entry("command").or_insert_with(|| json!({}));
    if let Some(command) = command.as_object_mut() {
        command.insert(SEEN.to_owned(), seen_json(&seen));
    }
}

pub(super) fn base_meta(request: &Request) -> Map<String, Value> {
    let mut meta = Map::new();
    meta.insert("actor".to_owned(), request.actor.clone().into());
    if let Some(reason) = &request.reason {
        meta.insert("reason".to_owned(), reason.clone().into());
    }
    for (name, value) in &request.meta {
        meta.insert(name.clone(), value.clone());
    }
    meta
}
