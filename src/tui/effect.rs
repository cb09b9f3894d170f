//! What `update` asks the outside for, and what comes back: owned data both ways.

mod write;

pub use write::{Plan, Write, Wrote};

use std::path::PathBuf;
use std::sync::Arc;

use super::question::{Lane, Question};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Hash, Position, Version};
use crate::journal::Rebuilt;
use crate::session::{
    Answer, Fired, Flags, Forked, ImportProgress, JobInfo, JobPulse, Moment, Rewritten, Tail, Unconsented,
    Values, ValuesRequest,
};

/// Something to be done outside of the model.
#[derive(Debug)]
pub enum Effect {
    /// Ask the interactive worker; a newer question of the same kind replaces one that waits.
    Read(Read),
    /// Ask a worker.
    Ask(Lane, Question),
    /// Ask the worker for long scans.
    Scan(Read),
    /// Stop the running scan.
    StopScan,
    /// Have the interactive worker write, in order.
    Write(Write),
    /// Stop a long write, which then changes nothing.
    StopWrite,
    /// Put a text into a file that does not exist yet.
    Save(PathBuf, Arc<str>),
    /// Let these domains' reactors reach out of the store on this machine.
    Consent(Vec<Unconsented>),
    /// Put a text on the clipboard: what it is, a file name's ending, the text.
    Copy(String, &'static str, String),
    /// Switch mouse reporting on or off.
    Mouse(bool),
    /// Do what was chosen on the start screen.
    Begin(Choice),
    /// Stop what was chosen there, where it has not ended.
    StopBegun,
    /// Leave.
    Quit,
}

/// What the start screen offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Build the demo store where it is missing, and open it.
    Demo,
    /// Make an empty store.
    Create(PathBuf),
    /// Make a store from another system's log: the log, and the name of a mapping or its file.
    Import(PathBuf, Option<String>),
}

/// A question to a worker.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the session's methods say what these fields mean")]
pub enum Read {
    /// How many aggregates there were right after a position.
    Begun(Position),
    /// How many events the branch has behind a position; and its newest one, to tell answers apart.
    Ahead(Position, Position),
    /// How many events name this one, at this position, as their cause.
    Effects(Hash, Position),
    /// The state at the mark.
    Marked(AggregateId, Version),
    /// What is special about events of the whole log between two positions.
    Notes(Position, Position),
    /// Who last set each field.
    Blame(AggregateId, Version),
    /// What the pinned field was, place by place.
    Values(ValuesRequest),
    /// The branches on which an aggregate has events of its own.
    Forks(AggregateId),
    /// What reactors made of an event, or would make of it.
    Reactions(Box<Event>),
}

/// An answer. It repeats as much of the question as is needed to know whether it is still wanted.
#[derive(Debug)]
#[allow(missing_docs, reason = "the session's methods say what these fields mean")]
pub enum Reply {
    /// Others appended.
    Tail(Tail),
    /// To [`Read::Begun`]: by type.
    Begun(Position, Vec<(String, i64)>),
    /// To [`Read::Ahead`].
    Ahead(Position, Position, i64),
    /// To [`Read::Effects`]: the position, how many, and whether there may be more.
    Effects(Position, i64, bool),
    /// To [`Read::Marked`].
    Marked(Box<Moment>),
    /// To [`Read::Notes`], as far as it has come.
    Notes((Position, Position), Vec<(Position, Flags)>),
    /// To [`Read::Blame`].
    Blame(AggregateId, Version, Vec<(String, Version)>),
    /// What became of a rewrite.
    Rewrote(Result<Box<Rewritten>>),
    /// How far taking a rule into use is: aggregates done, and of how many.
    Replaying((i64, i64)),
    /// What became of taking a rule into use.
    UsedRule(Result<Rebuilt>),
    /// To [`Read::Values`], as far as it has come.
    Values(ValuesRequest, Values),
    /// To [`Read::Forks`].
    Forks(AggregateId, Vec<crate::session::Lane>),
    /// To [`Read::Reactions`]: the event's position.
    Reactions(Position, Vec<Answer>),
    /// A job was tried: it is shown as it stands now.
    Worked(Box<JobInfo>),
    /// What a monitor says that looks on.
    Alarm(String),
    /// Jobs changed: how they stand now.
    JobsChanged(JobPulse),
    /// What waits for this machine's consent now.
    Unconsented(Vec<Unconsented>),
    /// How far the heads that the branch lacks are written; `None` when all are.
    Filling(Option<(i64, i64)>),
    /// On how many a filter failed, and why.
    Misses(String),
    /// Whether a write waits, as another program is writing.
    Held(bool),
    /// Another file is in the place of the store's: the branch to show of it.
    Replaced(String),
    /// The store's file is in its place again.
    Returned,
    /// What became of a command.
    Fired(Result<Box<Fired>>),
    /// What became of a fork.
    Forked(Result<Box<Forked>>),
    /// What became of another write.
    Wrote(Result<Wrote>),
    /// How far the start screen's choice is.
    Progress(ImportProgress),
    /// The start screen's choice was done: the store is open or why not.
    Opened(Result<()>),
    /// Something was copied or saved, or could not be.
    Copied(Result<String>),
    /// Something of the answer to a question of a slot is there, or why there is none.
    Answered(Option<Error>),
    /// A question could not be answered: which, and why.
    Failed(Failed, Error),
}

/// What failed.
#[derive(Clone, Debug)]
pub enum Failed {
    /// The store could not be opened, or is not where it was.
    Open,
    /// The worker that does jobs.
    Jobs,
    /// Following what others append.
    Tail,
    /// A question.
    Asked(Box<Read>),
}
