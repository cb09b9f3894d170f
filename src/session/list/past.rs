//! The list as of a position: the newest event of each aggregate up to there, and its row folded to that version.

use std::collections::HashMap;

use super::filter::Filter;
use super::{Candidate, HeadKey, ListPage, ListRequest, Session};
use crate::error::Result;
use crate::event::{Position, Version};
use crate::session::bits::Bits;

/// Which aggregates a list of the past has come by, so that the next page knows them.
#[derive(Debug)]
pub(in crate::session) struct Listed {
    branch: i64,
    /// As of which position it is.
    position: Position,
    /// The last one that it has looked at.
    place: Option<Position>,
    /// The aggregates' rows.
    seen: Bits,
}

impl Listed {
    /// Whether it goes on from a place.
    fn goes_on(&self, branch: i64, position: Position, place: Option<Position>) -> bool {
        place.is_some() && (self.branch, self.position, self.place) == (branch, position, place)
    }
}

/// How many rows are kept at most, and how many bytes of states.
const ROWS: usize = 256;
const BYTES: usize = 1 << 20;

/// Rows of the past that were folded: a branch's row, an aggregate's row, a version. From one event of the whole store
/// to the next all rows but one are the same; and what a version was does not change.
#[derive(Debug, Default)]
pub(in crate::session) struct PastRows {
    rows: HashMap<(i64, i64, Version), Candidate>,
    bytes: usize,
}

impl PastRows {
    fn get(&self, of: (i64, i64, Version)) -> Option<Candidate> {
        self.rows.get(&of).cloned()
    }

    fn keep(&mut self, of: (i64, i64, Version), row: &Candidate) {
        let bytes = row.1.len();
        if self.rows.len() >= ROWS || self.bytes + bytes > BYTES {
            self.clear();
        }
        if bytes <= BYTES {
            self.bytes += bytes;
            self.rows.insert(of, row.clone());
        }
    }

    /// Forgets all: another domain is in use.
    pub(in crate::session) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Session {
    /// As of a position, the rows are the newest events of their aggregates up to there, newest first.
    pub(super) fn list_past(
        &mut self,
        request: &ListRequest,
        position: Position,
        filter: &Filter,
        page: &mut ListPage,
    ) -> Result<()> {
        let mut place = request.after.as_ref().and_then(HeadKey::position);
        let mut listed = self
            .listed
            .take()
            .filter(|listed| !request.backwards && listed.goes_on(self.branch.id, position, place));
        if place.is_none() && !request.backwards {
            listed = Some(Listed { branch: self.branch.id, position, place: None, seen: Bits::default() });
        }
        let done = self.list_before(request, (position, &mut place), filter, &mut listed, page);
        self.listed = listed.map(|listed| Listed { place, ..listed });
        done
    }

    fn list_before(
        &mut self,
        request: &ListRequest,
        (position, place): (Position, &mut Option<Position>),
        filter: &Filter,
        listed: &mut Option<Listed>,
        page: &mut ListPage,
    ) -> Result<()> {
        loop {
            let (range, newest_first) = match (*place, request.backwards) {
                (None, false) => ((1, position), true),
                (Some(at), false) => ((1, at - 1), true),
                (None, true) => ((1, position), false),
                (Some(at), true) => ((at + 1, position), false),
            };
            let mut chunk = Vec::new();
            self.store.places_between(&self.branch, range, newest_first, &mut |event| {
                chunk.push(event);
                Ok(chunk.len() < 512)
            })?;
            let last = chunk.len() < 512;
            for (at, aggregate, version) in chunk {
                page.scanned += 1;
                *place = Some(at);
                // On the way back through all of the log the first event of an aggregate that is met is its newest.
                let is_newest = match listed {
                    Some(listed) => !listed.seen.has(aggregate),
                    None => self.store.version_at(&self.branch, aggregate, position)? == version,
                };
                if let Some(listed) = listed {
                    listed.seen.set(aggregate, true);
                }
                if !is_newest {
                    continue;
                }
                let Some(row) = self.past_row(aggregate, version)? else { continue };
                if request.kind.as_ref().is_none_or(|kind| *kind == row.0.aggregate.kind)
                    && self.takes(filter, &row)?
                {
                    page.rows.push(row.0);
                }
                let spent = request.budget > 0 && page.scanned >= request.budget;
                if page.rows.len() == request.limit || spent {
                    page.next = place.map(HeadKey::at_position);
                    return Ok(());
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    /// The row of one aggregate at one of its versions.
    pub(crate) fn past_row(&mut self, aggregate: i64, version: Version) -> Result<Option<Candidate>> {
        let of = (self.branch.id, aggregate, version);
        // Before the rows that are kept are looked at: it lets go of them where another domain is in use.
        self.domain()?;
        if let Some(known) = self.past_rows.get(of) {
            return Ok(Some(known));
        }
        let row = self.fold_row(aggregate, version)?;
        if let Some(row) = &row {
            self.past_rows.keep(of, row);
        }
        Ok(row)
    }

    fn fold_row(&mut self, aggregate: i64, version: Version) -> Result<Option<Candidate>> {
        let Some(mut head) = self.head_row(aggregate)? else { return Ok(None) };
        let Some(event) = self.store.event_of(&self.branch, aggregate, version)? else { return Ok(None) };
        let key = HeadKey::at_position(event.position);
        if version != head.head.version {
            let seen = self.seek(&event.aggregate, aggregate, head.head.version, version)?;
            let summary = self.domain()?.summary(
                &event.aggregate.kind,
                &event.aggregate.id,
                &event.kind,
                &seen.1.state,
            );
            (head.head.label, head.head.status) = (summary.label, summary.status);
            head.head.deleted = summary.deleted;
            head.head.state = seen.1.state.to_json()?;
            head.head.error = self.refused_by(&event.aggregate, aggregate, head.head.version, version)?;
            head.head.version = version;
            head.head.position = event.position;
            head.head.last_at = event.occurred_at;
            head.head.actor = crate::event::actor_of(&event.meta);
        }
        Self::row_of(&*self.domain()?, head, key).map(Some)
    }
}
