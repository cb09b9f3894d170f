//! A row of the log: all of it, or only what is asked for.

use rusqlite::Row;

use crate::error::Result;
use crate::event::{AggregateId, Event, Hash, Position, Time, Version};
use crate::store::read::counted;

/// An event as its row has it: interned names, borrowed texts.
#[derive(Clone, Copy, Debug)]
pub struct RawEvent<'a> {
    /// Its place in the log.
    pub position: Position,
    /// The row of the branch that owns it.
    pub branch: i64,
    /// The row of its aggregate.
    pub aggregate: i64,
    /// Its place in the aggregate's history.
    pub version: Version,
    /// The row of its type, whose name is interned.
    pub kind: i64,
    /// When its producer says that it happened, in microseconds since 1970 UTC.
    pub occurred_at: Time,
    /// When the store took it; never decreases along a branch.
    pub recorded_at: Time,
    /// Its data, a JSON object.
    pub data: &'a str,
    /// Its metadata, a JSON object.
    pub meta: &'a str,
    /// The previous event on the branch.
    pub parent: Option<Hash>,
    /// Its hash.
    pub hash: Hash,
}

pub(in crate::store) const COLUMNS: &str =
    "position, branch, aggregate, version, type, occurred_at, recorded_at, data, meta, parent, hash";

impl<'a> RawEvent<'a> {
    pub(in crate::store) fn of(row: &'a Row<'_>) -> Result<Self> {
        Ok(Self {
            position: counted(row, 0)?,
            branch: row.get(1)?,
            aggregate: row.get(2)?,
            version: counted(row, 3)?,
            kind: row.get(4)?,
            occurred_at: Time(row.get(5)?),
            recorded_at: Time(row.get(6)?),
            data: text(row, 7)?,
            meta: text(row, 8)?,
            parent: row.get::<_, Option<[u8; 32]>>(9)?.map(Hash),
            hash: Hash(row.get(10)?),
        })
    }

    /// The whole event, with the names of its branch, its aggregate and its type.
    pub(crate) fn to_event(self, branch: String, aggregate: AggregateId, kind: String) -> Event {
        Event {
            position: self.position,
            branch,
            aggregate,
            version: self.version,
            kind,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            data: self.data.to_owned(),
            meta: self.meta.to_owned(),
            parent: self.parent,
            hash: self.hash,
        }
    }
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str> {
    let value = row.get_ref(column)?;
    Ok(value.as_str().map_err(rusqlite::Error::from)?)
}

/// An event's row of which only what is asked for is read.
pub struct Content<'a>(pub(super) &'a Row<'a>);

impl<'a> Content<'a> {
    /// Its data as stored, not even checked to be text.
    pub fn data(&self) -> Result<&'a [u8]> {
        self.bytes(0)
    }

    /// Its metadata, likewise.
    pub fn meta(&self) -> Result<&'a [u8]> {
        self.bytes(1)
    }

    /// Its place in the log.
    pub fn position(&self) -> Result<Position> {
        Ok(self.0.get(2)?)
    }

    /// The row of its type.
    pub fn kind(&self) -> Result<i64> {
        Ok(self.0.get(3)?)
    }

    /// The row of its aggregate.
    pub fn aggregate(&self) -> Result<i64> {
        Ok(self.0.get(4)?)
    }

    fn bytes(&self, column: usize) -> Result<&'a [u8]> {
        Ok(self.0.get_ref(column)?.as_bytes().map_err(rusqlite::Error::from)?)
    }
}
