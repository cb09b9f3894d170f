//! What jobs do outside the store: mail, a POST, a metric, a line, a row. Only a worker comes here, with a job in
//! its hand; each effect carries the event's hash and the reactor's name, so that a second try can be told.

mod consent;
mod file;
mod http;
mod local;
mod mail;
mod secret;
mod sql;
mod statsd;
mod user;

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

pub use consent::{Consent, Mark, StoreFile};
pub use local::Local;
pub use user::{ExplorerSettings, KeyNames, ThemeName, User, ZoneName};

use crate::domain::{Reaction, is_plain};
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

/// Does it, and says what was done, in a few words. Nothing is done without the proof that it may be.
pub fn perform(local: &Local, errand: &Errand<'_>, _: &Consent) -> Result<String> {
    // A domain file with such a name is refused; a store may come from anywhere.
    if !is_plain(errand.reactor) {
        let why = format!("{:?} cannot be part of a file's name or a header.", errand.reactor);
        return Err(Error::hopeless(why).hint("Give the reactor another name."));
    }
    let done = match errand.reaction {
        Reaction::Mail { to, subject, body } => mail::send(local, errand, (to, subject, body)),
        Reaction::Http { endpoint, data } => http::post(local, errand, endpoint, data),
        Reaction::Statsd { metric, kind, value } => statsd::send(local, errand, metric, *kind, value),
        Reaction::Append { file, row } => file::append(local, errand, file, row),
        Reaction::Sql { endpoint, table, row } => sql::insert(local, errand, endpoint, table, row),
        Reaction::Command { .. } | Reaction::Notify(_) => {
            Err(Error::refused("This is done inside the store, not outside it."))
        }
    };
    match done {
        Ok(done) => Ok(local.without_secrets(&done)),
        Err(error) => Err(local.clean(&error)),
    }
}

/// Does what knows no time limit of its own. What takes longer is left to itself: it may still come about, under the
/// key that the next try has, too.
fn within<T: Send + 'static>(
    limit: Duration,
    what: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(run()));
    receiver.recv_timeout(limit).map_err(|_| failed(what, format!("no answer within {limit:?}")))
}

/// A failure of something outside, in one sentence.
fn failed(what: &str, why: impl std::fmt::Display) -> Error {
    Error::refused(format!("{what}: {why}."))
}

/// One that no further try mends.
fn hopeless(what: &str, why: impl std::fmt::Display) -> Error {
    Error::hopeless(format!("{what}: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_left_to_itself() {
        let (sender, receiver) = mpsc::channel::<()>();
        let error = within(Duration::from_millis(5), "shop", move || receiver.recv()).unwrap_err();
        assert_eq!(error.message(), "shop: no answer within 5ms.");
        drop(sender);
        assert_eq!(within(LIMIT, "shop", || 7).unwrap(), 7);
    }
}
