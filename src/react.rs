//! What jobs do outside the store: mail, a POST, a metric, a line, a row. Only a worker comes here, with a job in
//! its hand; each effect carries the event's hash and the reactor's name, so that a second try can be told.

mod consent;
mod file;
mod http;
mod local;
mod mail;
mod sql;
mod statsd;

use std::path::Path;
use std::time::Duration;

pub use local::Local;

use crate::domain::Reaction;
use crate::error::{Error, Result};
use crate::event::Event;

/// How long one effect may take; shorter than a worker's lease.
const LIMIT: Duration = Duration::from_secs(20);

/// What a job asks for outside the store.
pub struct Errand<'a> {
    /// The event that it is for.
    pub event: &'a Event,
    /// The reactor's name.
    pub reactor: &'a str,
    /// Which time of a schedule it is for; 0 without one.
    pub slot: i64,
    /// What it asks for.
    pub reaction: &'a Reaction,
    /// The store's file: what has no place of its own lies beside it.
    pub store: &'a Path,
}

impl Errand<'_> {
    /// Tells this errand from every other one, and a second try of it from nothing.
    pub fn key(&self) -> String {
        format!("{}/{}", self.event.hash, self.name())
    }

    /// The reactor's name, with the time of its schedule where it has one.
    fn name(&self) -> String {
        if self.slot == 0 { self.reactor.to_owned() } else { format!("{}.{}", self.reactor, self.slot) }
    }
}

/// Does it, and says what was done, in a few words.
pub fn perform(local: &Local, errand: &Errand<'_>) -> Result<String> {
    match errand.reaction {
        Reaction::Mail { to, subject, body } => mail::send(local, errand, (to, subject, body)),
        Reaction::Http { endpoint, data } => http::post(local, errand, endpoint, data),
        Reaction::Statsd { metric, kind, value } => statsd::send(local, errand, metric, *kind, *value),
        Reaction::Append { file, row } => file::append(local, errand, file, row),
        Reaction::Sql { endpoint, table, row } => sql::insert(local, errand, endpoint, table, row),
        Reaction::Command { .. } | Reaction::Notify(_) => {
            Err(Error::refused("This is done inside the store, not outside it."))
        }
    }
}

/// A failure of something outside, in one sentence.
fn failed(what: &str, why: impl std::fmt::Display) -> Error {
    Error::refused(format!("{what}: {why}."))
}
