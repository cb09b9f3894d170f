//! The catalogue on the screen: what is known of every type, and the rows of one.

mod rows;

pub use rows::{Ink, Row};

use super::scroll::Scroll;
use crate::domain::catalogue::Catalogue;
use crate::event::Position;

/// What is known of the types: what the domain declares, and what was seen in the log so far.
#[derive(Debug, Default)]
pub struct Types {
    /// The catalogue, as far as it has come.
    pub catalogue: Option<Box<Catalogue>>,
    /// On which branch, and up to which of its events.
    pub of: Option<(String, Position)>,
    /// How many events were looked at, and how many there are.
    pub progress: (u64, u64),
    /// Events are being looked at.
    pub reading: bool,
    /// It was stopped before the end.
    pub stopped: bool,
}

/// What a screen is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An aggregate type.
    Aggregate(String),
    /// An event of an aggregate type.
    Event(String, String),
    /// A command of an aggregate type.
    Command(String, String),
}

/// Where a row leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// To another entry.
    To(Subject),
    /// To an event in the log.
    Event(Position),
}

/// One entry of the catalogue.
#[derive(Debug)]
pub struct TypePane {
    /// Which one.
    pub subject: Subject,
    /// The selected row.
    pub scroll: Scroll,
}

impl Subject {
    /// Its name, and whose it is.
    pub fn title(&self) -> String {
        match self {
            Self::Aggregate(kind) => kind.clone(),
            Self::Event(kind, name) => format!("{name}, an event of {kind}"),
            Self::Command(kind, name) => format!("{name}, a command of {kind}"),
        }
    }
}
