//! What `update` asks the outside for, and what comes back: owned data both ways.

mod write;

pub use write::{Plan, Write, Wrote};

use std::path::PathBuf;
use std::sync::Arc;

use super::question::{Lane, Question};
use super::views::ViewChange;
use crate::error::{Error, Result};
use crate::journal::Rebuilt;
use crate::session::{
    Fired, Forked, ImportProgress, Imported, JobInfo, JobPulse, Rewritten, Tail, Unconsented,
};

/// Something to be done outside of the model.
#[derive(Debug)]
pub enum Effect {
    /// Ask a worker.
    Ask(Lane, Question),
    /// Ask the scanner for something that leaves a file.
    HandOver(Question),
    /// Have the interactive worker write, in order.
    Write(Write),
    /// Stop a long write, which then changes nothing.
    StopWrite,
    /// Put a text into a file that does not exist yet.
    Save(PathBuf, Arc<str>),
    /// Keep, show or forget a view.
    View(ViewChange),
    /// Let these domains' reactors reach out of the store on this machine.
    Consent(Vec<Unconsented>),
    /// Put a text on the clipboard: what it is, a file name's ending, the text.
    Copy(String, &'static str, String),
    /// Switch mouse reporting on or off.
    Mouse(bool),
    /// Do what was chosen on the start screen.
    Begin(Choice),
    /// Read the log that the store is read from anew, by this mapping, told as this.
    ReadBy(String, String),
    /// Stop what was chosen there, where it has not ended.
    StopBegun,
    /// Leave.
    Quit,
}

impl Effect {
    /// Whether a link may lead to it: it asks and shows, or is a write, which has its own way to be refused.
    pub fn only_shows(&self) -> bool {
        let shows = matches!(self, Self::Ask(..) | Self::View(ViewChange::Show(_)));
        shows || matches!(self, Self::Write(_) | Self::StopWrite | Self::StopBegun)
    }
}

/// What the start screen offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Build the demo store where it is missing, and open it.
    Demo,
    /// Make an empty store.
    Create(PathBuf),
    /// Open a log or a store by its file's name; or make a store from a log by a mapping, its name or its file.
    Log(PathBuf, Option<String>),
}

/// What comes in from the workers and from what else was done outside.
#[derive(Debug)]
pub enum Reply {
    /// Others appended.
    Tail(Tail),
    /// What became of a rewrite.
    Rewrote(Result<Box<Rewritten>>),
    /// How far taking a rule into use is: aggregates done, and of how many.
    Replaying((i64, i64)),
    /// What became of taking another domain into use, and what is told of it.
    UsedDomain(Result<(Rebuilt, String)>),
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
    /// How far the log is read that the store is read from.
    Taking(ImportProgress),
    /// What was new in it, or why it cannot be read.
    Taken(Result<Imported>),
    /// Something was copied or saved, or could not be.
    Copied(Result<String>),
    /// Something of the answer to a question of a slot is there, or why there is none.
    Answered(Option<Error>),
    /// Something that nobody asked for failed: what, and why.
    Failed(Failed, Error),
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The store could not be opened, or is not where it was.
    Open,
    /// The worker that does jobs.
    Jobs,
    /// Following what others append.
    Tail,
}
