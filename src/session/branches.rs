//! Branches: the list, forking at a point, renaming, archiving, going over to another one.

use std::mem;

use super::{Point, Session};
use crate::error::Result;
use crate::event::{Position, Time};
use crate::journal::{self, By};
use crate::store::BranchRow;

/// How many events around a fork are looked at for clocks that disagree with it.
const AROUND: usize = 256;

/// A branch in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchInfo {
    /// Its name.
    pub name: String,
    /// The branch that owns the event it forks at; `None` for the first branch.
    pub parent: Option<String>,
    /// The position it forks at; 0 is before the first event.
    pub fork_position: Position,
    /// When the event that it forks at occurred.
    pub fork_at: Option<Time>,
    /// How many events it owns.
    pub events: i64,
    /// The newest event it sees.
    pub head: Position,
    /// When its newest event was recorded, or when it was made where it has none.
    pub last_activity: Time,
    /// Whether it is hidden.
    pub archived: bool,
    /// How far the heads that it lacks since its fork are written: events looked through, and their number.
    pub filling: Option<(i64, i64)>,
}

/// A fork that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forked {
    /// The branch.
    pub branch: BranchInfo,
    /// Nearby events on the other side of the fork than their clocks say.
    pub clocks: Clocks,
}

/// Events near a fork whose clocks disagree with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// Events on the branch that occurred after the event at the fork.
    pub later_inside: usize,
    /// Events left behind that occurred before it.
    pub earlier_outside: usize,
}

impl Session {
    /// The name of the branch that is read and written.
    pub fn branch_name(&self) -> &str {
        &self.branch.name
    }

    /// Whether it is this branch that has the name: a rebase gives the name to another one.
    pub fn is_on(&self, name: &str) -> Result<bool> {
        let same = |row: BranchRow| row.id == self.branch.id;
        Ok(name == self.branch.name && self.store.branch_named(name)?.is_none_or(same))
    }

    /// Goes over to another branch; what was folded on this one is kept for the way back.
    pub fn switch(&mut self, name: &str) -> Result<()> {
        if self.is_on(name)? {
            return Ok(());
        }
        let next = self.store.branch(name)?;
        let left = mem::replace(&mut self.branch, next);
        let timelines = self.parked.remove(&self.branch.id).unwrap_or_default();
        self.parked.insert(left.id, mem::replace(&mut self.timelines, timelines));
        self.warming = None;
        self.seen_tail = None;
        self.counts = Default::default();
        Ok(())
    }

    /// Does something on another branch, and comes back.
    pub fn on<T>(&mut self, branch: &str, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let here = self.branch.name.clone();
        self.switch(branch)?;
        let done = work(self);
        self.switch(&here)?;
        done
    }

    /// Every branch, in the order in which they were made; the archived ones only where asked for.
    pub fn branches(&mut self, archived: bool) -> Result<Vec<BranchInfo>> {
        let rows = self.store.branches()?;
        rows.iter().filter(|row| archived || !row.archived).map(|row| self.branch_info(row)).collect()
    }

    fn branch_info(&self, row: &BranchRow) -> Result<BranchInfo> {
        let parent = row.parent.map(|parent| self.store.branch_name(parent)).transpose()?;
        let tip = row.tip.map(|(position, _)| self.store.event_at(position)).transpose()?.flatten();
        let (from, to) = row.fill;
        let start = row.fork_position + 1;
        Ok(BranchInfo {
            name: row.name.clone(),
            parent,
            fork_position: row.fork_position,
            fork_at: self.store.time_at(row.fork_position)?,
            events: row.events,
            head: row.tip.map_or(row.fork_position, |(position, _)| position),
            last_activity: tip.map_or(row.created_at, |event| event.recorded_at),
            archived: row.archived,
            filling: (!row.is_filled()).then_some((from - start, to - start + 1)),
        })
    }

    /// Forks a branch right after a point, on the point's own branch: the whole store as it was then. Without a
    /// point it forks at this branch's head. The session stays where it is.
    pub fn fork(&mut self, name: &str, at: Option<&Point>, actor: &str) -> Result<Forked> {
        let by = self.by(actor);
        let (from, position) = self.fork_place(at)?;
        let branch = journal::fork(&self.store, &from, position, name, &by)?;
        let row = self.store.branch_row(branch.id)?;
        let clocks = self.clocks(&from, row.fork_position)?;
        Ok(Forked { branch: self.branch_info(&row)?, clocks })
    }

    /// The branch and the position that a fork at a point starts from; without a point at this branch's head.
    pub(super) fn fork_place(&mut self, at: Option<&Point>) -> Result<(crate::store::Branch, Position)> {
        match at {
            Some(point) => Ok((self.store.branch(point.branch())?, self.position_of(point)?)),
            None => Ok((self.branch.clone(), Position::MAX)),
        }
    }

    /// Events near a fork that lie on the other side of it than their clocks say.
    fn clocks(&self, from: &crate::store::Branch, fork: Position) -> Result<Clocks> {
        let mut clocks = Clocks::default();
        let Some(at) = self.store.time_at(fork)? else { return Ok(clocks) };
        for (range, newest_first) in [((1, fork), true), ((fork + 1, Position::MAX), false)] {
            let mut looked = 0;
            self.store.events_between(from, range, newest_first, &mut |event| {
                looked += 1;
                if newest_first {
                    clocks.later_inside += usize::from(event.occurred_at > at);
                } else {
                    clocks.earlier_outside += usize::from(event.occurred_at <= at);
                }
                Ok(looked < AROUND)
            })?;
        }
        Ok(clocks)
    }

    /// Gives a branch another name.
    pub fn rename_branch(&mut self, name: &str, to: &str, actor: &str) -> Result<()> {
        let (domain, by) = (self.domain()?, self.by(actor));
        journal::rename(&self.store, &domain, name, to, &by)?;
        if self.branch.name == name {
            to.clone_into(&mut self.branch.name);
        }
        Ok(())
    }

    /// Hides a branch, or shows it again.
    pub fn archive_branch(&mut self, name: &str, archived: bool, actor: &str) -> Result<()> {
        let (domain, by) = (self.domain()?, self.by(actor));
        journal::archive(&self.store, &domain, name, archived, &by)
    }

    /// A name that no branch has: `what-if`, `what-if-2` and so on.
    pub fn free_branch_name(&self, base: &str) -> Result<String> {
        let mut name = base.to_owned();
        let mut number = 1;
        while self.store.branch_named(&name)?.is_some() {
            number += 1;
            name = format!("{base}-{number}");
        }
        Ok(name)
    }

    /// Writes a part of the heads that this branch lacks since its fork; `true` while there is more to do.
    pub fn fill(&mut self) -> Result<bool> {
        let more = journal::fill(&self.store, &mut self.rules, &self.branch)?;
        if more {
            self.counts = Default::default();
        }
        Ok(more)
    }

    /// How far the heads that this branch lacks are written, where it lacks any.
    pub fn filling(&self) -> Result<Option<(i64, i64)>> {
        let mut all = None;
        for &(id, _) in &self.branch.segments {
            if let Some((done, of)) = self.branch_info(&self.store.branch_row(id)?)?.filling {
                let (before, total) = all.unwrap_or((0, 0));
                all = Some((before + done, total + of));
            }
        }
        Ok(all)
    }

    /// Who does something now.
    pub(super) fn by(&self, actor: &str) -> By {
        By { actor: actor.to_owned(), now: self.clock.now() }
    }
}

/// The branch that a text begins with, as in `what-if:Task/42@3`, and the rest.
pub(super) fn split_branch(text: &str) -> Option<(&str, &str)> {
    let (branch, rest) = text.split_once(':')?;
    (!branch.is_empty() && branch != "h" && !rest.is_empty() && !branch.contains('/'))
        .then_some((branch, rest))
}
