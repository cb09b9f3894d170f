//! Carrying events over to other branches, and taking them back.

mod ends;

pub use ends::{CarryEnd, EndField};

use super::{Point, Session};
use crate::error::{Error, Result};
use crate::event::Unit;
use crate::journal::{self, Cargo, Carriage, How, Mode, Undone, unit_at};
use crate::store::Operation;

/// Something to be carried over, or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carry {
    /// The unit of an event goes to the head of a branch.
    Pick {
        /// The event.
        event: Point,
        /// The branch.
        onto: String,
    },
    /// The unit of an event is taken back at the head of its branch.
    Revert {
        /// The event.
        event: Point,
        /// Even where it is taken back already.
        again: bool,
    },
    /// A branch's own events go to its parent's head.
    Merge {
        /// The branch.
        branch: String,
    },
    /// A branch's own events go to a new branch at another one's head, which takes its name.
    Rebase {
        /// The branch.
        branch: String,
        /// The other one.
        onto: String,
    },
}

impl Session {
    /// Does what is to be carried over or taken back; the session stays on its branch.
    pub fn carry(&mut self, carry: &Carry, mode: Mode, actor: &str) -> Result<Carriage> {
        match carry {
            Carry::Pick { event, onto } => {
                self.on(onto, |session| session.cherry_pick(std::slice::from_ref(event), mode, actor))
            }
            Carry::Revert { event, again } => {
                let mode = Mode { again: *again, ..mode };
                self.on(event.branch(), |session| {
                    session.revert(std::slice::from_ref(event), mode, None, actor)
                })
            }
            Carry::Merge { branch } => self.merge(branch, mode, actor),
            Carry::Rebase { branch, onto } => self.rebase(branch, Some(onto), mode, actor),
        }
    }

    /// Carries the units that the points' events belong to over to this branch's head, in the given order.
    pub fn cherry_pick(&mut self, points: &[Point], mode: Mode, actor: &str) -> Result<Carriage> {
        let by = self.by(actor);
        let mut units = Vec::new();
        let mut source = self.branch.clone();
        for point in points {
            let unit = self.unit_of(point)?;
            if !units.contains(&unit) {
                units.push(unit);
            }
            source = self.store.branch(point.branch())?;
        }
        if points.iter().any(|point| point.branch() != source.name) {
            return Err(Error::refused("The events of one cherry-pick come from one branch.")
                .hint("Pick from one branch after the other."));
        }
        let cargo = Cargo { source: &source, target: &self.branch, units };
        journal::carry(&self.store, &mut self.rules, cargo, mode, "cherry-pick", &by)
    }

    /// Takes the units that the points' events belong to back on this branch, in the given order.
    pub fn revert(
        &mut self,
        points: &[Point],
        mode: Mode,
        reason: Option<&str>,
        actor: &str,
    ) -> Result<Carriage> {
        let by = self.by(actor);
        let mut units = Vec::new();
        for point in points {
            let unit = self.unit_of(point)?;
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        let how = How { mode, reason, by: &by };
        journal::revert(&self.store, &mut self.rules, &self.branch, units, &how)
    }

    /// Carries a branch's own events over to its parent's head.
    pub fn merge(&mut self, branch: &str, mode: Mode, actor: &str) -> Result<Carriage> {
        let (by, branch) = (self.by(actor), self.store.branch(branch)?);
        journal::merge(&self.store, &mut self.rules, &branch, mode, &by)
    }

    /// Carries a branch's own events over to a new branch at another one's head, which takes its name.
    pub fn rebase(&mut self, branch: &str, onto: Option<&str>, mode: Mode, actor: &str) -> Result<Carriage> {
        let by = self.by(actor);
        let row = self.store.branch(branch)?;
        let onto = onto.map(|onto| self.store.branch(onto)).transpose()?;
        let carriage = journal::rebase(&self.store, &mut self.rules, &row, onto.as_ref(), mode, &by)?;
        if carriage.written && self.branch.name == branch {
            // The name stands for the new branch now.
            self.branch = self.store.branch(branch)?;
            self.timelines.clear();
            self.warming = None;
        }
        Ok(carriage)
    }

    fn unit_of(&mut self, point: &Point) -> Result<Unit> {
        let Point::Aggregate { aggregate, version, .. } = point else {
            return Err(Error::usage("An event is named by an aggregate's version, a position or a hash.")
                .hint("Write Task/42@3, 118, or the start of a hash."));
        };
        if *version == 0 {
            return Err(Error::refused(format!("{aggregate}@0 is before the first event.")));
        }
        let position = self.position_of(point)?;
        unit_at(&self.store, position)
    }

    /// What was done to the store, newest first.
    pub fn operations(&mut self, before: Option<i64>, limit: usize) -> Result<Vec<(Operation, String)>> {
        let operations = self.store.operations(before, limit)?;
        let named = |operation: Operation| {
            let branch = self.store.branch_name(operation.branch)?;
            Ok((operation, branch))
        };
        operations.into_iter().map(named).collect()
    }

    /// Takes the actor's newest operation back; with `dry_run` it is only said what that means.
    pub fn undo(&mut self, dry_run: bool, actor: &str) -> Result<Undone> {
        let by = self.by(actor);
        let undone = journal::undo(&self.store, &mut self.rules, &by, dry_run)?;
        self.look_again()?;
        Ok(undone)
    }

    /// Takes the actor's newest undo back.
    pub fn redo(&mut self, dry_run: bool, actor: &str) -> Result<Undone> {
        let by = self.by(actor);
        let undone = journal::redo(&self.store, &mut self.rules, &by, dry_run)?;
        self.look_again()?;
        Ok(undone)
    }

    /// The branch may have another name now.
    fn look_again(&mut self) -> Result<()> {
        self.branch = self.store.with_ancestors(&self.store.branch_row(self.branch.id)?)?;
        Ok(())
    }
}
