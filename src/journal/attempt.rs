//! Trying units out and then writing all of them, or none: what carrying over and taking back have in common.

use serde_json::Value;

use super::batch::Batch;
use super::react::Reacted;
use crate::error::{Kind, Result};
use crate::event::{Event, Position, Unit};
use crate::store::Transaction;

/// How a unit ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Its events are on the target now.
    Applied,
    /// Its command changes nothing there.
    NothingToDo,
    /// The target has its events already, or all that they set.
    AlreadyThere,
    /// Its command, or its rule, refuses, and why.
    Rejected(String),
    /// Fields that the target has changed too.
    Conflict(Vec<Clash>),
    /// It is taken back already, by this event.
    TakenBack(Box<Event>),
}

impl Outcome {
    /// Whether it keeps the others from being appended.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Rejected(_) | Self::Conflict(_) | Self::TakenBack(_))
    }

    /// The word for tables and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NothingToDo => "nothing to do",
            Self::AlreadyThere => "already there",
            Self::Rejected(_) => "rejected",
            Self::Conflict(_) => "conflict",
            Self::TakenBack(_) => "taken back",
        }
    }

    /// Why it is refused, where that is no matter of fields.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Rejected(reason) => Some(reason.clone()),
            Self::TakenBack(by) => Some(format!("{} #{} takes it back already", by.kind, by.position)),
            _ => None,
        }
    }
}

/// A field that both sides have changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// Where: a JSON Pointer.
    pub path: String,
    /// The value that the event wants; `None` where it removes the field.
    pub theirs: Option<Value>,
    /// The value that is there; `None` where there is none.
    pub ours: Option<Value>,
    /// What the event would make of it, where the field stands as it stood and that is not what is wanted: its rule
    /// goes by something else.
    pub made: Option<Value>,
    /// The event that last set the field on the target.
    pub writer: Option<Event>,
}

/// A unit, how it ended, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// What was to be carried over.
    pub unit: Unit,
    /// How it ended.
    pub outcome: Outcome,
    /// The new events.
    pub events: Vec<Event>,
    /// What reactors did about them, or asked for, where they answer.
    pub reacted: Vec<Reacted>,
}

/// What to do with what is found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as on the command line")]
pub struct Mode {
    /// Write nothing.
    pub dry_run: bool,
    /// Leave out what is refused, instead of refusing all.
    pub skip: bool,
    /// Let the domain's reactors answer what is carried over.
    pub react: bool,
    /// Take back once more what is taken back already.
    pub again: bool,
}

/// How a carrying-over ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Carriage {
    /// Every unit, in order.
    pub units: Vec<Carried>,
    /// Whether anything was written.
    pub written: bool,
}

impl Carriage {
    /// Whether a unit was refused.
    pub fn is_refused(&self) -> bool {
        self.units.iter().any(|carried| carried.outcome.is_refused())
    }
}

/// The first and the last position that were taken.
pub(super) type Span = Option<(Position, Position)>;

/// What is done with one unit after the other, on a batch.
pub(super) trait Attempt<'a>: Sized {
    /// Where the events go.
    fn batch(&mut self) -> &mut Batch<'a>;
    /// The batch, when all is done.
    fn into_batch(self) -> Batch<'a>;
    /// Does it with one unit.
    fn one(&mut self, unit: &Unit) -> Result<(Outcome, Vec<Event>)>;
    /// Lets reactors answer the unit that was done last, where they are to.
    fn react(&mut self) -> Result<Vec<Reacted>> {
        Ok(Vec::new())
    }

    /// Does it with one unit, and with what reactors make of it.
    fn done(&mut self, unit: &Unit) -> Result<(Outcome, Vec<Event>, Vec<Reacted>)> {
        let (outcome, events) = self.one(unit)?;
        let reacted = if outcome == Outcome::Applied { self.react()? } else { Vec::new() };
        Ok((outcome, events, reacted))
    }

    /// Does it, and takes back what a refused unit has begun.
    fn tried(&mut self, unit: Unit) -> Result<Carried> {
        let mark = self.batch().mark(unit.aggregate());
        let (outcome, events, reacted) = match self.done(&unit) {
            Ok(done) => done,
            Err(error) if error.kind() == Kind::Damaged => return Err(error),
            Err(error) => (Outcome::Rejected(error.message().to_owned()), Vec::new(), Vec::new()),
        };
        if outcome.is_refused() {
            self.batch().back_to(mark);
        }
        Ok(Carried { unit, outcome, events, reacted })
    }
}

/// Tries every unit on a batch that writes nothing. Where there is a transaction, and nothing is refused or the
/// refused ones are skipped, the others are done once more on a batch that writes.
pub(super) fn all_or_none<'a, A: Attempt<'a>>(
    units: Vec<Unit>,
    mode: Mode,
    transaction: Option<&'a Transaction<'a>>,
    begin: impl Fn(Option<&'a Transaction<'a>>) -> Result<A>,
) -> Result<(Carriage, Span)> {
    let mut attempt = begin(None)?;
    let units = units.into_iter().map(|unit| attempt.tried(unit)).collect::<Result<_>>()?;
    let mut carriage = Carriage { units, written: false };
    let any = carriage.units.iter().any(|carried| carried.outcome == Outcome::Applied);
    if transaction.is_none() || !any || (carriage.is_refused() && !mode.skip) {
        return Ok((carriage, None));
    }
    // What was found out holds: nobody else writes meanwhile.
    let mut attempt = begin(transaction)?;
    for carried in carriage.units.iter_mut().filter(|carried| carried.outcome == Outcome::Applied) {
        (_, carried.events, carried.reacted) = attempt.done(&carried.unit)?;
    }
    carriage.written = true;
    Ok((carriage, attempt.into_batch().finish()?))
}
