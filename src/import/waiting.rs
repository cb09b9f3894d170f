//! What was read while a log is followed, and waits for what is to stand before it.

use serde::{Deserialize, Serialize};

use crate::event::{AggregateId, Time};
use crate::store::staging::Ready;

/// A record whose predecessor, by the numbers of its source, has not come yet. It is kept with the marks that say how far
/// the files were read, so that nothing is lost between two looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When it came, in microseconds since 1970.
    since: i64,
    kind: String,
    id: String,
    at: i64,
    /// Its number.
    pub version: i64,
    /// The name of its delivery, and SHA-256 of the record as read.
    pub key: String,
    pub(super) content: [u8; 32],
    /// Where it stands.
    pub(super) file: String,
    pub(super) line: i64,
    pub(super) happened: Happened,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happened {
    /// An event: its type, data and metadata.
    Event(String, String, String),
    /// The whole object: the record's number in its file, the record, and the object.
    Snapshot(i64, String, String),
}

impl Waiting {
    /// A record that was put down in its place.
    pub(super) fn new(since: Time, version: i64, file: String, ready: Ready, happened: Happened) -> Self {
        Self {
            since: since.0,
            kind: ready.event.aggregate.kind,
            id: ready.event.aggregate.id,
            at: ready.event.occurred_at.0,
            version,
            key: ready.key,
            content: ready.content,
            file,
            line: ready.origin.1,
            happened,
        }
    }

    /// When it came.
    pub fn since(&self) -> Time {
        Time(self.since)
    }

    /// What it is about.
    pub fn aggregate(&self) -> AggregateId {
        AggregateId::new(self.kind.clone(), self.id.clone())
    }

    /// When it happened.
    pub fn at(&self) -> Time {
        Time(self.at)
    }
}
