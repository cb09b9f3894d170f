//! Carrying events over or taking them back, as it would end: the table, and whether it is to be done.

use crate::journal::{Carriage, Carried, Outcome};
use crate::session::{BranchInfo, Carry, Point};

/// What would be done, how that would end, and the choice.
#[derive(Debug)]
pub struct Carrying {
    /// What.
    pub carry: Carry,
    /// How each unit would end, once it was tried.
    pub tried: Option<Box<Carriage>>,
    /// Whether the button that appends is chosen.
    pub yes: bool,
    /// The first visible line of the table.
    pub top: usize,
}

/// What there is to choose beside leaving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Append all of it.
    All,
    /// Append what is not refused.
    Skip,
    /// Show what taking it back once more would do.
    Again,
}

/// How many units end in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Their events would be on the target.
    pub applied: usize,
    /// They change nothing there.
    pub nothing: usize,
    /// Their events are there already.
    pub there: usize,
    /// They are rejected, or a conflict.
    pub refused: usize,
}

impl Counts {
    /// Counts the units.
    pub fn of(carriage: &Carriage) -> Self {
        let mut counts = Self::default();
        for carried in &carriage.units {
            match carried.outcome {
                Outcome::Applied => counts.applied += 1,
                Outcome::NothingToDo => counts.nothing += 1,
                Outcome::AlreadyThere => counts.there += 1,
                Outcome::Rejected(_) | Outcome::Conflict(_) | Outcome::TakenBack(_) => counts.refused += 1,
            }
        }
        counts
    }
}

impl Carrying {
    /// Not tried yet.
    pub fn new(carry: Carry) -> Self {
        Self { carry, tried: None, yes: false, top: 0 }
    }

    /// What there is to choose beside leaving it; nothing before it was tried, or where nothing would be done.
    pub fn step(&self) -> Option<Step> {
        let counts = Counts::of(self.tried.as_deref()?);
        // A rebase makes its branch even where everything is there already.
        let does = counts.applied > 0 || matches!(self.carry, Carry::Rebase { .. });
        let taken = |carried: &Carried| matches!(carried.outcome, Outcome::TakenBack(_));
        match (does, counts.refused) {
            (false, _) if self.tried.iter().any(|tried| tried.units.iter().any(taken)) => Some(Step::Again),
            (false, _) => None,
            (true, 0) => Some(Step::All),
            (true, _) => Some(Step::Skip),
        }
    }

    /// What it is, as a title.
    pub fn title(&self, branches: &[BranchInfo]) -> String {
        match &self.carry {
            Carry::Pick { event, onto } => {
                format!("Cherry-pick {} of {} onto {onto}", name(event), event.branch())
            }
            Carry::Revert { event, .. } => {
                format!("Revert {} at the head of {}", name(event), event.branch())
            }
            Carry::Merge { branch } => {
                let parent =
                    branches.iter().find(|info| info.name == *branch).and_then(|info| info.parent.as_deref());
                format!("Merge {branch} into {}", parent.unwrap_or("the branch it forks from"))
            }
            Carry::Rebase { branch, onto } => format!("Rebase {branch} onto {onto}"),
        }
    }
}

/// An event in words: `Task/42 v3`.
fn name(event: &Point) -> String {
    match event {
        Point::Aggregate { aggregate, version, .. } => format!("{aggregate} v{version}"),
        Point::Store { position, .. } => format!("#{position}"),
    }
}
