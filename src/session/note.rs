//! Notes: what people wrote about events, versions and records, beside the chain.

use std::collections::HashMap;
use std::fmt;

use super::branches::split_branch;
use super::{Point, Session};
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};
use crate::journal;
use crate::store::Note;

/// What a note is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// An aggregate at a version: the event that made it.
    Version(AggregateId, Version),
    /// A record, whatever its version.
    Record(AggregateId),
    /// The whole store right after a position.
    Store(Position),
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(aggregate, version) => write!(f, "{aggregate}@{version}"),
            Self::Record(aggregate) => write!(f, "{aggregate}"),
            Self::Store(position) => write!(f, "#{position}"),
        }
    }
}

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteInfo {
    /// Its number.
    pub id: i64,
    /// What it says; it may have several lines.
    pub text: String,
    /// The branch it is on.
    pub branch: String,
    /// What it is about.
    pub about: About,
    /// The position of the event that it is about; `None` for a record, 0 is before the first event.
    pub position: Option<Position>,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub created_at: Time,
}

impl NoteInfo {
    /// The version that it is about, as waypoints have it.
    pub fn at(&self) -> Option<(AggregateId, Version)> {
        match &self.about {
            About::Version(aggregate, version) => Some((aggregate.clone(), *version)),
            About::Record(_) | About::Store(_) => None,
        }
    }

    /// What it is about, as a revision.
    pub fn revision(&self) -> String {
        format!("{}:{}", self.branch, self.about)
    }

    /// Its first line.
    pub fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

impl Session {
    /// Every note, the oldest first.
    pub fn written_notes(&mut self) -> Result<Vec<NoteInfo>> {
        self.store.notes()?.into_iter().map(|note| self.note_info(note)).collect()
    }

    /// The notes about events, by the events' positions.
    pub fn notes_of_events(&mut self) -> Result<HashMap<Position, Vec<NoteInfo>>> {
        let mut found: HashMap<Position, Vec<NoteInfo>> = HashMap::new();
        for note in self.written_notes()? {
            if let (About::Version(..), Some(position)) = (&note.about, note.position) {
                found.entry(position).or_default().push(note);
            }
        }
        Ok(found)
    }

    fn note_info(&self, note: Note) -> Result<NoteInfo> {
        let row = self.store.branch_row(note.branch)?;
        let named = note.aggregate.map(|aggregate| self.store.aggregate_of(aggregate)).transpose()?;
        let (about, position) = match (named, note.place) {
            (Some(name), Some(version)) => {
                let branch = self.store.with_ancestors(&row)?;
                let aggregate = note.aggregate.unwrap_or_default();
                let position = self.store.position_of(&branch, aggregate, version)?;
                (About::Version(name, version), Some(position.unwrap_or(0)))
            }
            (Some(name), None) => (About::Record(name), None),
            (None, place) => (About::Store(place.unwrap_or(0)), place),
        };
        let Note { id, text, actor, created_at, .. } = note;
        Ok(NoteInfo { id, text, branch: row.name, about, position, actor, created_at })
    }

    /// What a revision names for a note, and on which branch: `Task/42` alone is the record.
    pub fn about(&mut self, revision: &str) -> Result<(String, About)> {
        let point = self.resolve(revision, None)?;
        let rest = split_branch(revision).map_or(revision, |(_, rest)| rest);
        Ok(match point {
            Point::Aggregate { branch, aggregate, version, .. } => {
                let name = aggregate.to_string();
                let record = [revision.trim(), rest.trim()].contains(&name.as_str());
                let about =
                    if record { About::Record(aggregate) } else { About::Version(aggregate, version) };
                (branch, about)
            }
            Point::Store { branch, position, .. } => (branch, About::Store(position)),
        })
    }

    /// Writes a note; answers its number.
    pub fn write_note(&mut self, text: &str, branch: &str, about: &About, actor: &str) -> Result<i64> {
        let branch = self.store.branch(branch)?;
        let row = |aggregate: &AggregateId| self.store.aggregate_row(aggregate);
        let place = match about {
            About::Version(aggregate, version) => (branch.id, row(aggregate)?, Some(*version)),
            About::Record(aggregate) => (branch.id, row(aggregate)?, None),
            About::Store(position) => (branch.id, None, Some(*position)),
        };
        journal::write_note(&self.store, text, place, &self.by(actor))
    }

    /// Removes a note.
    pub fn remove_note(&mut self, id: i64, actor: &str) -> Result<()> {
        journal::remove_note(&self.store, id, &self.by(actor))
    }
}
