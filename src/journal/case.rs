//! Filling a store with a part of a log: each event at the place that it had, with the places of what is left out.

use std::collections::HashMap;

use serde_json::Value;

use super::note::put_note;
use super::operation::{By, note};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, NewEvent, Position, Time, Version};
use crate::replay::HeadFold;
use crate::store::{Absent, Branch, CASE, MAIN, NewBranch, Place, Store, Transaction, Waypoint, origin_of};

/// An event with its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The event.
    pub event: NewEvent,
    /// Its place in the log.
    pub position: Position,
    /// The name of its branch.
    pub branch: String,
    /// Its place in its record's history.
    pub version: Version,
    /// When its store took it.
    pub recorded_at: Time,
    /// The hash of the event before it on its branch.
    pub parent: Option<Hash>,
    /// Its hash.
    pub hash: Hash,
}

/// A branch that came with a case.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    /// Its name.
    pub name: String,
    /// Its parent's name; `None` of the first one.
    pub parent: Option<String>,
    /// Where it forks.
    pub fork: Position,
    /// When it was made.
    pub created_at: Time,
}

/// No log has more events: what is beyond could not be counted with.
const MOST: Position = 1 << 53;

/// How many branches a case may have: heads are folded for each of them.
const BRANCHES: usize = 1_000;

/// A store that is being filled.
pub(crate) struct Laying<'a> {
    transaction: Transaction<'a>,
    branches: HashMap<String, i64>,
    tips: HashMap<i64, (Position, Hash, i64)>,
    last: Position,
    /// What is to be said of the case by the first operation, until it is said.
    mark: Option<(Value, By)>,
}

impl<'a> Laying<'a> {
    /// Begins with an empty store, whose first branch has this name. The first operation says of which case it is.
    pub fn new(store: &'a Store, main: &str, mark: (Value, By)) -> Result<Self> {
        let transaction = store.write()?;
        if transaction.branch_name(MAIN)? != main {
            transaction.rename_branch(MAIN, main)?;
        }
        let branches = HashMap::from([(main.to_owned(), MAIN)]);
        Ok(Self { transaction, branches, tips: HashMap::new(), last: 0, mark: Some(mark) })
    }

    /// A branch beside the first one; its parent comes before it.
    pub fn branch(&mut self, came: &Came) -> Result<()> {
        let Some(&parent) = came.parent.as_ref().and_then(|parent| self.branches.get(parent)) else {
            return Err(Error::refused(format!("the branch {} comes from nowhere", came.name)));
        };
        if self.mark.is_none() {
            return Err(Error::refused(format!("the branch {} comes behind what is on it", came.name)));
        }
        if self.branches.contains_key(&came.name) {
            return Err(Error::refused(format!("there are two branches {}", came.name)));
        }
        if self.branches.len() >= BRANCHES {
            return Err(Error::refused(format!("it has more than {BRANCHES} branches")));
        }
        let id = self.transaction.add_branch(&NewBranch {
            name: &came.name,
            parent,
            fork_position: came.fork,
            parent_events: 0,
            created_at: came.created_at,
            // All its heads are written at the end: nothing is lacking.
            fill_from: Position::MAX,
            counted_to: 0,
        })?;
        self.branches.insert(came.name.clone(), id);
        Ok(())
    }

    /// The next event. It has the hash that it says, or it is refused.
    pub fn event(&mut self, placed: &Placed) -> Result<()> {
        let Placed { event, position, branch, version, recorded_at, parent, hash } = placed;
        self.follows(*position)?;
        let branch = self.row_of(branch)?;
        // Looked up in the store: a stranger's case may have more of them than fit into memory.
        let known = self.transaction.aggregate_row(&event.aggregate)?;
        let aggregate = known.map_or_else(|| self.transaction.add_aggregate(&event.aggregate), Ok)?;
        let (position, version) = (*position, *version);
        let place =
            Place { position, branch, aggregate, version, recorded_at: *recorded_at, parent: *parent };
        if self.transaction.insert_event(event, &place)? != *hash {
            return Err(Error::damaged(format!(
                "the event #{position} is not what its hash says: it was altered"
            )));
        }
        if let Some(origin) = origin_of(&event.meta) {
            self.transaction.note_origin(origin, position)?;
        }
        let own = self.tips.get(&branch).map_or(0, |tip| tip.2);
        self.tips.insert(branch, (position, *hash, own + 1));
        self.last = position;
        Ok(())
    }

    /// A stretch that is left out.
    pub fn absent(
        &mut self,
        (first, last): (Position, Position),
        branch: Option<&str>,
        hash: Hash,
    ) -> Result<()> {
        self.follows(first)?;
        if last < first || last > MOST {
            return Err(Error::refused(format!("what is left out from #{first} ends where nothing can end")));
        }
        let branch = branch.map_or(Ok(0), |branch| self.row_of(branch))?;
        self.transaction.add_absent(&Absent { first, last, branch, last_hash: hash })?;
        self.last = last;
        Ok(())
    }

    /// Places follow each other without gaps.
    fn follows(&self, position: Position) -> Result<()> {
        if position == self.last + 1 {
            return Ok(());
        }
        Err(Error::damaged(format!(
            "#{position} stands behind #{}: something between them is missing",
            self.last
        )))
    }

    fn row_of(&self, branch: &str) -> Result<i64> {
        let row = self.branches.get(branch).copied();
        row.ok_or_else(|| Error::refused(format!("there is no branch {branch} in it")))
    }

    /// The place of a waypoint or a note: its branch, its record.
    fn place(&self, branch: &str, aggregate: Option<&AggregateId>) -> Result<(i64, Option<i64>)> {
        let row = |aggregate: &AggregateId| {
            let row = self.transaction.aggregate_row(aggregate)?;
            row.ok_or_else(|| Error::refused(format!("there is no {aggregate} in it")))
        };
        Ok((self.row_of(branch)?, aggregate.map(row).transpose()?))
    }

    /// A named point.
    pub fn waypoint(
        &self,
        name: &str,
        branch: &str,
        of: Option<&AggregateId>,
        place: i64,
        by: &By,
    ) -> Result<()> {
        let (branch, aggregate) = self.place(branch, of)?;
        let (name, actor, created_at) = (name.to_owned(), by.actor.clone(), by.now);
        self.transaction.put_waypoint(&Waypoint { name, branch, aggregate, place, actor, created_at })
    }

    /// A note. It is an operation of its own here, too, whose number it has.
    pub fn note(
        &mut self,
        text: &str,
        branch: &str,
        of: Option<&AggregateId>,
        place: Option<i64>,
        by: &By,
    ) -> Result<()> {
        self.say_what_it_is()?;
        let (branch, aggregate) = self.place(branch, of)?;
        put_note(&self.transaction, text, (branch, aggregate, place), by).map(drop)
    }

    /// Writes the first operation.
    fn say_what_it_is(&mut self) -> Result<()> {
        let Some((mut detail, by)) = self.mark.take() else { return Ok(()) };
        detail["branches"] = self.branches.values().max().copied().unwrap_or(MAIN).into();
        note(&self.transaction, &by, CASE, MAIN, None, &detail).map(drop)
    }

    /// Folds everything by the domain, and makes it durable.
    pub fn finish(mut self, domain: &Domain, now: Time) -> Result<()> {
        self.say_what_it_is()?;
        let transaction = &self.transaction;
        for (branch, (position, hash, own)) in &self.tips {
            transaction.set_tip(*branch, (*position, *hash), *own)?;
        }
        if !domain.source.is_empty() {
            transaction.add_domain(&domain.source, now)?;
        }
        let mut rows: Vec<i64> = self.branches.values().copied().collect();
        rows.sort_unstable();
        for row in rows {
            let branch = transaction.with_ancestors(&transaction.branch_row(row)?)?;
            if row != MAIN {
                transaction.count_inherited(row)?;
            }
            self.heads(domain, &branch)?;
            transaction.index(row)?;
        }
        self.transaction.commit()
    }

    fn heads(&self, domain: &Domain, branch: &Branch) -> Result<()> {
        let mut fold = HeadFold::new(&self.transaction, domain, branch);
        let mut last = 0;
        while let Some(row) = self.transaction.aggregate_after(last)? {
            last = row;
            if let Some((_, head)) = fold.head(row)? {
                self.transaction.add_head(branch.id, row, &head)?;
            }
        }
        Ok(())
    }
}

/// What came with a case stays as it is: nothing is appended to its branches.
pub(super) fn check_came(store: &Store, branch: &Branch) -> Result<()> {
    let Some(mark) = store.case_mark()?.filter(|mark| branch.id <= mark.branches) else { return Ok(()) };
    Err(Error::refused(format!("{} came with the case {}, and stays as it is.", branch.name, mark.name))
        .hint("A branch can be changed: backstory branch NAME forks one; in the explorer b does, or f in the past."))
}
