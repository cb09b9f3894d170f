//! Recomputing the chain: the first place where the log is not what was written.

use std::collections::HashMap;
use std::iter::Peekable;
use std::vec::IntoIter;

use super::events::RawEvent;
use super::{Absent, Branch, Chained, Store, chain_hash};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position, Time, Version};

/// What a check of a whole log found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many events were recomputed.
    pub events: i64,
    /// How many are left out of the store, of which only the last of each stretch is known, by its hash.
    pub left_out: i64,
    /// The newest event's hash.
    pub head: Option<Hash>,
}

/// What the walk remembers of each branch.
#[derive(Default)]
struct Line {
    /// What the next event is chained to, and when that was recorded, as far as it is known.
    tip: Option<(Hash, Time)>,
    /// The newest event that is there.
    newest: Option<(Position, Hash)>,
    own: i64,
}

impl Store {
    /// Recomputes every hash in log order; the first event that is not what was written is an error of kind damaged, with
    /// its position. `progress` gets the events done and their number; false stops.
    pub fn verify(&self, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<Checked> {
        self.snapshot(|store| store.verify_now(progress))
    }

    fn verify_now(&self, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<Checked> {
        let total = self.newest_position()?;
        let mut walk = Walk::new(self)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT position, branch, aggregate, version, type, occurred_at, recorded_at, data, meta, parent, hash \
             FROM events ORDER BY position",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next().map_err(|error| self.named_large(error.into()))? {
            let position: Position = row.get(0)?;
            walk.take(position, RawEvent::of(row))?;
            if position % 4096 == 0 && !progress(position, total) {
                return Err(Error::refused(format!(
                    "Stopped at position {position}; so far the log is whole."
                )));
            }
        }
        walk.finish()?;
        self.check_beside()?;
        progress(total, total);
        Ok(Checked { events: walk.events, left_out: walk.position - walk.events, head: walk.last })
    }
}

struct Walk<'a> {
    store: &'a Store,
    names: HashMap<i64, AggregateId>,
    types: HashMap<i64, String>,
    versions: HashMap<(i64, i64), Version>,
    lines: HashMap<i64, Line>,
    branches: HashMap<i64, Branch>,
    position: Position,
    events: i64,
    last: Option<Hash>,
    /// The stretches that are left out and are still to come.
    absents: Peekable<IntoIter<Absent>>,
}

fn altered(position: Position, what: &str) -> Error {
    Error::damaged(format!("The log is damaged at position {position}: {what}."))
        .hint("Everything before that position is whole. Compare with a backup.")
}

impl<'a> Walk<'a> {
    fn new(store: &'a Store) -> Result<Self> {
        let mut branches = HashMap::new();
        for row in store.branches()? {
            branches.insert(row.id, store.with_ancestors(&row)?);
        }
        Ok(Self {
            store,
            names: HashMap::new(),
            types: HashMap::new(),
            versions: HashMap::new(),
            lines: HashMap::new(),
            branches,
            position: 0,
            events: 0,
            last: None,
            absents: store.absents()?.into_iter().peekable(),
        })
    }

    fn take(&mut self, position: Position, event: Result<RawEvent<'_>>) -> Result<()> {
        self.pass_over();
        let expected = self.position + 1;
        if position != expected {
            return Err(altered(expected, "an event was removed"));
        }
        let event = event.map_err(|_| altered(position, "a value has a type that backstory never writes"))?;
        let parent = self.parent(&event)?;
        if event.parent != parent.map(|(hash, _)| hash) {
            return Err(altered(position, "its parent is not the previous event on its branch"));
        }
        if parent.is_some_and(|(_, recorded)| event.recorded_at < recorded) {
            return Err(altered(position, "it was recorded before the event that precedes it"));
        }
        self.check_hash(&event)?;
        self.check_version(&event)?;
        let line = self.lines.entry(event.branch).or_default();
        line.tip = Some((event.hash, event.recorded_at));
        line.newest = Some((position, event.hash));
        line.own += 1;
        self.events += 1;
        (self.position, self.last) = (position, Some(event.hash));
        Ok(())
    }

    /// What is left out here ends with the hash that the next event of its branch is chained to.
    fn pass_over(&mut self) {
        while let Some(absent) = self.absents.next_if(|absent| absent.first == self.position + 1) {
            self.lines.entry(absent.branch).or_default().tip = Some((absent.last_hash, Time(i64::MIN)));
            self.position = absent.last.max(absent.first);
        }
    }

    fn parent(&mut self, event: &RawEvent<'_>) -> Result<Option<(Hash, Time)>> {
        if let Some(tip) = self.lines.get(&event.branch).and_then(|line| line.tip) {
            return Ok(Some(tip));
        }
        let branch = self
            .branches
            .get(&event.branch)
            .ok_or_else(|| altered(event.position, "it is on a branch that does not exist"))?;
        if branch.fork() >= event.position {
            return Err(altered(event.position, "its branch forks at or behind it"));
        }
        if let Some(event) = self.store.event_at(branch.fork())? {
            return Ok(Some((event.hash, event.recorded_at)));
        }
        let absent = self.store.absent_at(branch.fork())?.filter(|absent| absent.last == branch.fork());
        Ok(absent.map(|absent| (absent.last_hash, Time(i64::MIN))))
    }

    fn check_hash(&mut self, event: &RawEvent<'_>) -> Result<()> {
        if !self.names.contains_key(&event.aggregate) {
            let name = self.store.aggregate_of(event.aggregate);
            let name = name.map_err(|_| altered(event.position, "its aggregate has no name"))?;
            self.names.insert(event.aggregate, name);
        }
        if !self.types.contains_key(&event.kind) {
            let name = self.store.type_name(event.kind);
            self.types.insert(event.kind, name.map_err(|_| altered(event.position, "its type has no name"))?);
        }
        let (name, kind) = (&self.names[&event.aggregate], &self.types[&event.kind]);
        let again = chain_hash(
            event.parent,
            &Chained {
                kind: &name.kind,
                id: &name.id,
                version: event.version,
                event: kind,
                occurred_at: event.occurred_at,
                recorded_at: event.recorded_at,
                data: event.data,
                meta: event.meta,
            },
        );
        if again == event.hash {
            return Ok(());
        }
        Err(altered(
            event.position,
            &format!(
                "data, metadata, type, version, times or hash of {name}@{} ({kind}) are not what was written",
                event.version
            ),
        ))
    }

    fn check_version(&mut self, event: &RawEvent<'_>) -> Result<()> {
        let key = (event.branch, event.aggregate);
        let before = self.versions.get(&key).copied();
        let expected = match before {
            Some(version) => version + 1,
            // A branch goes on where its ancestors stood.
            None => self.inherited(event.branch, event.aggregate)? + 1,
        };
        if event.version != expected {
            return Err(altered(event.position, "its version does not follow the one before"));
        }
        self.versions.insert(key, event.version);
        Ok(())
    }

    /// The version that an aggregate had where a branch forks.
    fn inherited(&self, branch: i64, aggregate: i64) -> Result<Version> {
        match self.branches.get(&branch) {
            Some(branch) if branch.segments.len() > 1 => {
                self.store.version_at(branch, aggregate, branch.fork())
            }
            _ => Ok(0),
        }
    }

    /// The newest events leave no gap behind when they are cut off: branches and heads remember them.
    fn finish(&mut self) -> Result<()> {
        self.pass_over();
        for &branch in self.branches.keys() {
            let (tip, own) = self.store.tip(branch)?;
            let line = self.lines.get(&branch);
            if own != line.map_or(0, |line| line.own) || tip != line.and_then(|line| line.newest) {
                let name = self.store.branch_name(branch)?;
                return Err(altered(
                    self.position + 1,
                    &format!(
                        "the newest events of branch {name} were cut off: it remembers {own} of its own"
                    ),
                ));
            }
        }
        let mut beyond = None;
        self.store.head_places(&mut |branch, aggregate, version, position| {
            let seen = match self.versions.get(&(branch, aggregate)) {
                Some(seen) => *seen,
                None => self.inherited(branch, aggregate)?,
            };
            if position > self.position || seen != version {
                beyond = Some((aggregate, version, position));
            }
            Ok(beyond.is_none())
        })?;
        let Some((aggregate, version, position)) = beyond else { return Ok(()) };
        let name = self.store.aggregate_of(aggregate)?;
        Err(altered(
            position.min(self.position + 1),
            &format!(
                "the list remembers {name}@{version} at position {position}, the log does not end there"
            ),
        )
        .hint("If only the list is wrong, `backstory replay` builds it again from the log."))
    }
}
