//! Revisions: the ways to name a point in history.

use super::Session;
use super::branches::split_branch;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time, Version};
use crate::history::{Revision, When, position_at_time, version_at_time};

/// A point that a revision named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// An aggregate at a version; 0 is before its first event.
    Aggregate {
        /// On which branch.
        branch: String,
        /// Which aggregate.
        aggregate: AggregateId,
        /// Which version.
        version: Version,
        /// The newest version on the branch.
        head: Version,
    },
    /// The whole store right after a position; 0 is before the first event.
    Store {
        /// On which branch.
        branch: String,
        /// Which position. Of a time, the last one before the first event that happened after it.
        position: Position,
        /// The time that is meant, where it is one: each aggregate stands at its own last event by then.
        time: Option<Time>,
    },
}

impl Point {
    /// The whole store right after a position.
    pub fn store(branch: impl Into<String>, position: Position) -> Self {
        Self::Store { branch: branch.into(), position, time: None }
    }

    /// The branch that it is on.
    pub fn branch(&self) -> &str {
        match self {
            Self::Aggregate { branch, .. } | Self::Store { branch, .. } => branch,
        }
    }
}

impl Session {
    /// The point that a revision names; `@3`, `@2019-04-20` and `-2` alone are about `here`. A position names its event
    /// wherever that stands: on its own branch where this one does not have it.
    pub fn resolve(&mut self, revision: &str, here: Option<&AggregateId>) -> Result<Point> {
        self.resolve_on(revision, here, true)
    }

    /// The same for a view of this branch as it was: a position that the branch does not have is an error, and not a view
    /// of the branch that has it.
    pub fn resolve_here(&mut self, revision: &str) -> Result<Point> {
        self.resolve_on(revision, None, false)
    }

    fn resolve_on(&mut self, revision: &str, here: Option<&AggregateId>, anywhere: bool) -> Result<Point> {
        // An exact id wins over a suffix that looks like a version or a time.
        for exact in Revision::exact(revision) {
            if let Ok((_, head)) = self.known(&exact) {
                return Ok(self.point(exact, head, head));
            }
        }
        if let Some(name) = revision.strip_prefix('%') {
            return self.resolve_waypoint(name);
        }
        if let Some((branch, rest)) = split_branch(revision)
            && self.store.branch_named(branch)?.is_some()
        {
            return self.on(branch, |session| session.resolve_on(rest, here, anywhere));
        }
        if self.store.branch_named(revision)?.is_some() {
            return self.on(revision, |session| Ok(session.store_point(session.tail()?.head)));
        }
        match Revision::parse(revision) {
            Some(Revision::Aggregate(aggregate, when)) => self.resolve_when(aggregate, when),
            Some(Revision::Here(when)) => match here {
                Some(aggregate) => self.resolve_when(aggregate.clone(), when),
                None => Err(Error::usage(format!("{revision} needs an aggregate before the @."))),
            },
            Some(Revision::Position(position)) => self.resolve_position(position, anywhere),
            Some(Revision::Hash(prefix)) => match self.resolve_hash(&prefix) {
                // An id may look like the beginning of a hash.
                Err(error) => self.resolve_id(revision)?.ok_or(error),
                found => found,
            },
            Some(Revision::Time(time)) => {
                if let Some(aggregate) = here {
                    return self.resolve_when(aggregate.clone(), When::Time(time));
                }
                let position = position_at_time(&self.store, &self.branch, time)?;
                Ok(Point::Store { branch: self.branch.name.clone(), position, time: Some(time) })
            }
            None => self.resolve_id(revision)?.ok_or_else(|| {
                Error::usage(format!("{revision} names no point in history.")).hint(
                    "Write Task/42, Task/42@3, Task/42@2019-04-20, a position such as 118, or the start of a hash.",
                )
            }),
        }
    }

    /// An aggregate by its id alone, `@` before it or not, where only one type has that id on this branch.
    fn resolve_id(&mut self, revision: &str) -> Result<Option<Point>> {
        let id = revision.trim();
        let id = id.strip_prefix('@').unwrap_or(id);
        let (mut found, mut types) = (None, Vec::new());
        for kind in self.store.head_types(&self.branch)? {
            let aggregate = AggregateId::new(&*kind, id);
            if let Some((_, head)) = self.found(&aggregate)? {
                found = Some(self.point(aggregate, head, head));
                types.push(kind);
            }
        }
        if types.len() > 1 {
            return Err(Error::refused(format!(
                "{id} is an id of more than one type: {}.",
                types.join(", ")
            ))
            .hint(format!("Write {}/{id}.", types[0])));
        }
        Ok(found)
    }

    fn resolve_when(&mut self, aggregate: AggregateId, when: When) -> Result<Point> {
        let (row, head) = self.known(&aggregate)?;
        let version = match when {
            When::Head => head,
            When::Version(version) if version <= head => version,
            When::Version(version) => {
                return Err(Error::refused(format!(
                    "{aggregate} has no version {version}: its newest is {head}."
                )));
            }
            When::Back(back) => (head - back).max(0),
            When::Time(time) => version_at_time(&self.store, &self.branch, row, time)?,
        };
        Ok(self.point(aggregate, version, head))
    }

    pub(super) fn point(&self, aggregate: AggregateId, version: Version, head: Version) -> Point {
        Point::Aggregate { branch: self.branch.name.clone(), aggregate, version, head }
    }

    pub(super) fn store_point(&self, position: Position) -> Point {
        Point::store(&*self.branch.name, position)
    }

    fn resolve_position(&mut self, position: Position, anywhere: bool) -> Result<Point> {
        if position == 0 {
            return Ok(self.store_point(0));
        }
        let event = self.store.event_at(position)?.ok_or_else(|| {
            if self.store.absent_at(position).is_ok_and(|absent| absent.is_some()) {
                return Error::refused(format!(
                    "The event at position {position} is left out of this store."
                ))
                .hint("It holds a part of a log: backstory verify says how many events it leaves out.");
            }
            let last = self.store.newest_position().unwrap_or_default();
            Error::refused(format!("There is no event at position {position}: the newest is {last}."))
        })?;
        let owner = self.store.owner_of(position)?;
        let sees = self.branch.sees(owner, position);
        if !sees && !anywhere {
            let here = &self.branch.name;
            return Err(Error::refused(format!("Event #{position} is on {}, not on {here}.", event.branch))
                .hint(format!("Write {}:{position} to look at it there.", event.branch)));
        }
        let branch = if sees { self.branch.name.clone() } else { event.branch };
        self.on(&branch, |session| {
            let (_, head) = session.known(&event.aggregate)?;
            Ok(session.point(event.aggregate, event.version, head))
        })
    }

    fn resolve_hash(&mut self, prefix: &str) -> Result<Point> {
        let found = self.store.find_hash(prefix, 5)?;
        match found[..] {
            [] => Err(Error::refused(format!("No event's hash starts with {prefix}."))),
            [(position, _)] => self.resolve_position(position, true),
            // Branches that began alike have the same event twice, as it were: the one on this branch is meant.
            [(first, hash), ..] if found.iter().all(|(_, other)| *other == hash) => {
                let mut here = found.iter().map(|(position, _)| *position);
                let sees =
                    |at: &Position| self.store.owner_of(*at).is_ok_and(|owner| self.branch.sees(owner, *at));
                self.resolve_position(here.find(sees).unwrap_or(first), true)
            }
            _ => {
                let all: Vec<_> =
                    found.iter().map(|(at, hash)| format!("{} (#{at})", hash.short())).collect();
                Err(Error::refused(format!(
                    "{prefix} is the start of more than one hash: {}.",
                    all.join(", ")
                ))
                .hint("Write more of it."))
            }
        }
    }

    /// Where an aggregate stood right after a position: its version then (0: not there yet).
    pub fn version_at(&mut self, aggregate: &AggregateId, position: Position) -> Result<Version> {
        let (row, _) = self.known(aggregate)?;
        self.store.version_at(&self.branch, row, position)
    }
}
