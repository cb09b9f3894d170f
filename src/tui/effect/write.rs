//! What is to be written, and what came of it.

use std::sync::Arc;

use crate::domain::{self, ListedAs};
use crate::error::Result;
use crate::history::todo::Step;
use crate::journal::Carriage;
use crate::session::{About, Carry, Fire, JobInfo, Point, Rewrite, Rewritten, Session};

/// Something to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Fire a command.
    Fire(Box<Fire>),
    /// Fork a branch at a point, and then fire a command there.
    Fork(String, Point, Option<Box<Fire>>),
    /// Give a branch another name: the old one, the new one.
    Rename(String, String),
    /// Hide a branch, or (`false`) show it again.
    Archive(String, bool),
    /// Carry events over or take them back; what is refused is left out, or (`false`) keeps all of it out.
    Carry(Carry, bool),
    /// Undo the actor's newest operation, or (`true`) redo what was undone.
    TakeBack(bool),
    /// Name a point.
    Name(String, Point),
    /// Write a note.
    Note(String, About),
    /// Remove the note of that number.
    RemoveNote(i64),
    /// Forget a point's name.
    Forget(String),
    /// Let a job be done again (`true`), or leave it undone for good.
    Job(i64, bool),
    /// Make a branch of that name with other events or another order.
    Rewrite(Plan, String),
    /// Take a domain into use in the place of the one that was looked at.
    Domain {
        /// The text of that one.
        was: Arc<str>,
        /// The new text.
        source: Arc<str>,
        /// What is told when it is in use.
        told: String,
    },
    /// Take a field of an aggregate type as its label, its status, a column or as bookkeeping, or no longer.
    List(String, Vec<String>, ListedAs),
}

/// What becomes of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The events.
    pub rewrite: Arc<Rewrite>,
    /// What becomes of them.
    pub steps: Vec<Step>,
    /// The domain file by whose rules both orders are folded too.
    pub rules: Option<String>,
}

impl Plan {
    /// What it leads to; with a name the branch is made, without one nothing is written.
    pub fn carry_out(&self, session: &mut Session, name: Option<&str>, actor: &str) -> Result<Rewritten> {
        let other = self.rules.as_deref().map(domain::load).transpose()?;
        session.rewrite(&self.rewrite, &self.steps, other.as_ref(), name, actor)
    }
}

/// What came of a write that is neither a command nor a fork.
#[derive(Clone, Debug, PartialEq)]
pub enum Wrote {
    /// A branch has another name: the old one, the new one.
    Renamed(String, String),
    /// A branch was hidden, or (`false`) is shown again.
    Archived(String, bool),
    /// Events were carried over or taken back, or kept out.
    Carried(Carry, Box<Carriage>),
    /// An operation was undone or redone: what that meant, and the branch to be on now.
    TookBack(String, String),
    /// A point was named.
    Named(String),
    /// A note was written about this.
    Noted(String),
    /// A note was removed.
    Unnoted(i64),
    /// A point's name was forgotten.
    Forgot(String),
    /// A job waits again, or is left undone.
    Job(Box<JobInfo>),
}
