//! The keys of deliveries: what has come in before, and what comes again in one run.

use super::super::mapping::Repeats;
use super::{Failure, Stager};
use crate::error::Error;
use crate::store::staging::Place;

/// How a record was put down.
pub(super) struct Down {
    /// Its key.
    pub key: String,
    /// The store has it.
    pub seen: bool,
    /// It came again, and is kept.
    pub again: bool,
}

impl Stager<'_> {
    /// Whether the store had the record before this run.
    pub(super) fn seen(&self, key: &str, content: [u8; 32]) -> Result<bool, Failure> {
        if self.straight.is_some() || self.is_new {
            // It had nothing.
            return Ok(false);
        }
        match self.known.seen(key).map_err(Failure::Fatal)? {
            None => Ok(false),
            Some(same) if same == content => Ok(true),
            Some(_) => {
                self.known.differs(key);
                Err(Failure::Bad(Error::refused(format!(
                    "a record with the key {key} was imported before, with other content"
                ))))
            }
        }
    }

    /// Puts a record down under its key. `None` where all that is to be said of it is that it has come in before. What
    /// comes again and is kept has a key of its own, which the next import finds, too.
    pub(super) fn put_down(
        &mut self,
        place: Place<'_>,
        snapshots: bool,
        repeats: Repeats,
    ) -> Result<Option<Down>, Failure> {
        let keep = repeats == Repeats::Keep;
        let mut key = place.key.to_owned();
        for again in 2.. {
            let seen = self.seen(&key, place.content)?;
            if seen && !snapshots && !keep {
                return Ok(None);
            }
            if self.put(&Place { key: &key, seen, ..place })? {
                return Ok(Some(Down { key, seen, again: again > 2 }));
            }
            if !keep {
                return Ok(None);
            }
            key = format!("{} ({again})", place.key);
        }
        Ok(None)
    }

    /// Puts a place down; `false` where this run has the record already.
    pub(super) fn put(&mut self, place: &Place<'_>) -> Result<bool, Failure> {
        match self.content_of(place.key).map_err(Failure::Fatal)? {
            None if self.straight.is_some() => Ok(true),
            None => self.staging.put(place).map(|()| true).map_err(Failure::Fatal),
            Some(content) if content == place.content => Ok(false),
            Some(_) => Err(Failure::Bad(Error::refused(format!(
                "a record before it has the key {} too, with other content",
                place.key
            )))),
        }
    }
}
