//! Races: events whose order, or whose decision on what was seen, changed what became of a record. One walk over an
//! aggregate's history, by the one fold, finds them; a file here for each kind of finding.
//!
//! How much a race mattered is not guessed: beside the history goes the state as it would have been otherwise, until the two
//! are the same again. Nothing is kept of a history but the newest events and the states around them.

mod decided;
mod disorder;
mod duplicate;
mod hunt;
mod lost;
mod otherwise;
mod recent;
mod war;

pub use hunt::{Asked, Hunt};

use serde_json::Value;

use super::{Change, Stored};
use crate::domain::Domain;
use crate::event::distance::distance;
use crate::event::{AggregateId, Hash, Position, Time, Version, actor_of};

/// So many fields of a race are told.
const FIELDS: usize = 8;
/// So many characters of a value.
const BRIEF: usize = 24;

/// What a race is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It was decided on what another had changed meanwhile.
    LostUpdate,
    /// An event came twice, and the second one changed the state.
    Duplicate,
    /// In another clock's order the history ends otherwise.
    Disorder,
    /// What its requester had looked at had moved on.
    Stale,
    /// A field went there and back, by two actors.
    EditWar,
    /// The numbers of its source have a gap, or one twice.
    Source,
    /// An event stands, or occurred, before its cause.
    BeforeCause,
    /// A reactor's command would have been decided otherwise right behind the event that it answers.
    OldReaction,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::LostUpdate,
        Self::Duplicate,
        Self::Disorder,
        Self::Stale,
        Self::EditWar,
        Self::Source,
        Self::BeforeCause,
        Self::OldReaction,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::LostUpdate => "lost-update",
            Self::Duplicate => "duplicate",
            Self::Disorder => "disorder",
            Self::Stale => "stale",
            Self::EditWar => "edit-war",
            Self::Source => "source",
            Self::BeforeCause => "before-cause",
            Self::OldReaction => "old-reaction",
        }
    }
}

/// How much a race mattered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The last state would be another one.
    End,
    /// The state was another one for so long, by the times at which the events occurred, in microseconds; `None` where one of
    /// these is not known.
    Meanwhile(Option<i64>),
    /// No state would be another one, as far as that can be known.
    Nothing,
}

impl Weight {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Meanwhile(_) => "meanwhile",
            Self::Nothing => "nothing",
        }
    }
}

/// An event that takes part in a race.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Racer {
    /// Its version.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
    /// Its type, as it is called today.
    pub kind: String,
    /// When it occurred.
    pub at: Time,
    /// Who did it.
    pub actor: Option<String>,
    /// Its hash.
    pub hash: Hash,
}

impl Racer {
    /// An event as it is stored.
    fn of(domain: &Domain, event: &Stored<'_>) -> Self {
        let raw = event.raw;
        Self {
            version: raw.version,
            position: raw.position,
            kind: domain.current_name(&event.aggregate.kind, event.event).to_owned(),
            at: raw.occurred_at,
            actor: actor_of(raw.meta),
            hash: raw.hash,
        }
    }

    /// Whether another one is by somebody else; of whom it is not known who they are, nothing is said.
    fn is_of_another(&self, other: &Self) -> bool {
        self.actor.as_ref().zip(other.actor.as_ref()).is_some_and(|(one, other)| one != other)
    }

    /// Whether another one occurred up to so many microseconds before.
    fn is_soon_after(&self, other: &Self, within: i64) -> bool {
        let known = self.at != Time::UNKNOWN && other.at != Time::UNKNOWN;
        known && (0..=within).contains(&self.at.0.saturating_sub(other.at.0))
    }
}

/// The first and the last of many.
fn few(names: &[impl AsRef<str>], between: &str) -> String {
    match names {
        [first, .., last] if names.len() > 4 => {
            format!("{}{between}…{between}{}", first.as_ref(), last.as_ref())
        }
        names => names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(between),
    }
}

/// A field that a race is about, and what stood there, one after the other; `None` where nothing did.
#[derive(Clone, Debug, PartialEq)]
pub struct Stake {
    /// The field, with dots.
    pub path: String,
    /// Its values.
    pub values: Vec<Option<Value>>,
}

impl Stake {
    /// The field and its values, each in few characters.
    pub fn says(&self) -> String {
        let value = |value: &Option<Value>| match value {
            None => "–".to_owned(),
            Some(Value::String(text)) => brief(text),
            Some(value) => brief(&value.to_string()),
        };
        let values: Vec<_> = self.values.iter().map(value).collect();
        format!("{} {}", self.path, values.join("→"))
    }
}

/// A text, cut where it is long.
fn brief(text: &str) -> String {
    if text.chars().count() <= BRIEF {
        text.to_owned()
    } else {
        text.chars().take(BRIEF - 1).chain(['…']).collect()
    }
}

/// A race.
#[derive(Clone, Debug, PartialEq)]
pub struct Race {
    /// What it is.
    pub kind: Kind,
    /// Of which aggregate.
    pub aggregate: AggregateId,
    /// The events, by version; the last one is where it shows.
    pub events: Vec<Racer>,
    /// What it is about; some of it, where that is much.
    pub stakes: Vec<Stake>,
    /// How much it mattered.
    pub weight: Weight,
    /// What differs at the end, from what it is to what it would be; some of it, where that is much.
    pub differs: Vec<Change>,
    /// Why it is one, in words.
    pub note: String,
}

impl Race {
    /// The event at which it shows.
    pub fn shows_at(&self) -> Option<&Racer> {
        self.events.last()
    }

    /// How much time lies between the events, in microseconds.
    pub fn apart(&self) -> Option<i64> {
        let known = || self.events.iter().map(|event| event.at).filter(|at| *at != Time::UNKNOWN);
        Some(known().max()?.0.saturating_sub(known().min()?.0))
    }

    /// How bad it is, by a sign.
    pub fn mark(&self) -> char {
        match self.weight {
            Weight::End => '!',
            Weight::Meanwhile(_) => '~',
            Weight::Nothing => '·',
        }
    }

    /// The versions of its events.
    pub fn versions(&self) -> String {
        let versions: Vec<_> = self.events.iter().map(|event| format!("v{}", event.version)).collect();
        few(&versions, "/")
    }

    /// Who did them, one after the other.
    pub fn who(&self) -> Vec<&str> {
        let mut actors: Vec<&str> = self.events.iter().filter_map(|event| event.actor.as_deref()).collect();
        actors.dedup();
        actors
    }

    /// The same on one line; of many the first and the last.
    pub fn actors(&self) -> String {
        few(&self.who(), "·")
    }

    /// How long it mattered, in words.
    pub fn lasted(&self) -> String {
        match self.weight {
            Weight::End => "the end differs".to_owned(),
            Weight::Meanwhile(Some(lasted)) => format!("for {}", distance(lasted)),
            Weight::Meanwhile(None) => "for some time".to_owned(),
            Weight::Nothing => "changed nothing".to_owned(),
        }
    }

    /// Sorts the worst first: what changed the end, then what lasted longest, then what changed nothing; as they stand in the
    /// log where that is equal.
    pub fn rank(&self) -> (u8, i64, Position) {
        let position = self.shows_at().map_or(0, |event| event.position);
        match self.weight {
            Weight::End => (0, 0, position),
            Weight::Meanwhile(lasted) => (1, lasted.unwrap_or(0).saturating_neg(), position),
            Weight::Nothing => (2, 0, position),
        }
    }
}
