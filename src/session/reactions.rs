//! What reactors made of an event, and what they would make of it: of one that was imported, carried over or is
//! older than they are. Nothing is written here.

use serde_json::{Value, json};

use super::Session;
use crate::domain::{Moment, Reaction, Reactor, Run};
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Version};
use crate::replay::Knowing;
use crate::store::Job;

/// How many of the events that an event caused are looked through.
const CAUSED: usize = 500;

/// A reactor that answers an event, or has answered it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its name.
    pub reactor: String,
    /// The word for its effect; `None` where the domain in use does not declare it (any more).
    pub effect: Option<&'static str>,
    /// Whether it runs in the event's own transaction.
    pub sync: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// The events of the command that it fired.
    pub events: Vec<Caused>,
}

/// What came of an event for a reactor.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was asked: the job says how far that is.
    Job(Box<Job>),
    /// It was not asked; it would ask for this.
    Would(Box<Reaction>),
    /// It was not asked, and its rules fail on this event.
    WouldFail(String),
    /// Its condition does not hold.
    Not,
}

/// An event that a reactor's command appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caused {
    /// Whose.
    pub aggregate: AggregateId,
    /// Its place in that aggregate's history.
    pub version: Version,
    /// Its type.
    pub kind: String,
    /// Its place in the log.
    pub position: Position,
}

impl Session {
    /// The reactors that answer an event of the session's branch, as the domain in use has them, and those that had
    /// answered it before; nothing while the fold has not reached the event: ask again.
    pub fn reactions(&mut self, event: &Event) -> Result<Option<Vec<Answer>>> {
        let domain = self.domain()?;
        let mut jobs = self.store.jobs_of(event.position)?;
        let reactors: Vec<&Reactor> = domain.reactors_to(&event.aggregate.kind, &event.kind).collect();
        if jobs.is_empty() && reactors.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let (row, head) = self.known(&event.aggregate)?;
        let Some((before, after)) =
            self.seek_within(&event.aggregate, row, head, event.version, super::BUDGET)?
        else {
            return Ok(None);
        };
        let known = Knowing::default().of((&self.store, &self.branch), &domain, event, &[])?;
        let moment = Moment::new(&domain, event, &before.state, &after.state).knowing(known);
        let caused = self.effects(event, 0, CAUSED)?;
        let mut answers = Vec::new();
        for reactor in reactors {
            let place = jobs.iter().position(|job| job.reactor == reactor.name && job.slot == 0);
            let outcome = match place.map(|place| jobs.remove(place)) {
                Some(job) => Outcome::Job(Box::new(job)),
                None => match reactor.holds(&moment) {
                    Ok(false) => Outcome::Not,
                    Ok(true) => match reactor.reaction(&domain, &moment) {
                        Ok(reaction) => Outcome::Would(Box::new(reaction)),
                        Err(error) => Outcome::WouldFail(error.message().to_owned()),
                    },
                    Err(error) => Outcome::WouldFail(error.message().to_owned()),
                },
            };
            answers.push(Answer {
                reactor: reactor.name.clone(),
                effect: Some(reactor.effect()),
                sync: reactor.run == Run::Sync,
                outcome,
                events: of(&reactor.name, &caused),
            });
        }
        answers.extend(jobs.into_iter().map(|job| Answer {
            reactor: job.reactor.clone(),
            effect: None,
            sync: false,
            events: of(&job.reactor, &caused),
            outcome: Outcome::Job(Box::new(job)),
        }));
        Ok(Some(answers))
    }
}

/// The events that a reactor's command appended, among those that an event caused.
fn of(reactor: &str, caused: &[Event]) -> Vec<Caused> {
    let by = |event: &&Event| {
        let meta: Value = serde_json::from_str(&event.meta).unwrap_or_default();
        meta.pointer("/reactor/name").and_then(Value::as_str) == Some(reactor)
    };
    let reference = |event: &Event| Caused {
        aggregate: event.aggregate.clone(),
        version: event.version,
        kind: event.kind.clone(),
        position: event.position,
    };
    caused.iter().filter(by).map(reference).collect()
}

/// What a reaction comes to, as JSON: the word of its effect and the particulars.
pub fn particulars(reaction: &Reaction) -> Value {
    match reaction {
        Reaction::Command { kind, id, name, params } => {
            json!({ "command": name, "type": kind, "id": id, "params": params })
        }
        Reaction::Mail { to, subject, body } => json!({ "to": to, "subject": subject, "body": body }),
        Reaction::Http { endpoint, data } => json!({ "endpoint": endpoint, "data": data }),
        Reaction::Statsd { metric, value, .. } => json!({ "metric": metric, "value": value }),
        Reaction::Append { file, row } => json!({ "file": file, "row": row }),
        Reaction::Sql { endpoint, table, row } => json!({ "endpoint": endpoint, "table": table, "row": row }),
        Reaction::Notify(text) => json!({ "notify": text }),
    }
}

/// What a reaction comes to, in a few words.
pub fn words(reaction: &Reaction) -> String {
    match reaction {
        Reaction::Command { kind, id, name, params } => {
            let target = id.as_ref().map_or_else(|| format!("a new {kind}"), |id| format!("{kind}/{id}"));
            format!("{name} {target} {}", Value::Object(params.clone()))
        }
        Reaction::Mail { to, subject, .. } => format!("to {}: {subject}", to.join(", ")),
        Reaction::Http { endpoint, data } => format!("to {endpoint}: {data}"),
        Reaction::Statsd { metric, value, .. } => format!("{metric} {value}"),
        Reaction::Append { file, row } => format!("to {file}: {row}"),
        Reaction::Sql { table, row, .. } => format!("to {table}: {}", Value::Object(row.clone())),
        Reaction::Notify(text) => text.clone(),
    }
}

impl Answer {
    /// What came of it, in one line.
    pub fn said(&self) -> String {
        let told = match &self.outcome {
            Outcome::Not => "no: its condition does not hold".to_owned(),
            Outcome::Would(reaction) => format!("would fire: {}", words(reaction)),
            Outcome::WouldFail(error) => format!("would fail: {error}"),
            Outcome::Job(job) => {
                let tries = job.tried();
                let why = job.error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
                let effect: Option<Value> =
                    job.effect.as_deref().and_then(|text| serde_json::from_str(text).ok());
                let did = effect.and_then(|effect| {
                    ["notify", "done"]
                        .iter()
                        .find_map(|name| effect.get(name)?.as_str().map(|text| format!(": {text}")))
                });
                format!("job {} {}{tries}{why}{}", job.id, job.state.name(), did.unwrap_or_default())
            }
        };
        let events: String =
            self.events.iter().map(|e| format!(" → {} v{} {}", e.aggregate, e.version, e.kind)).collect();
        told + &events
    }
}
