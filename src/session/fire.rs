//! Firing a command: what is allowed, what it would do, and doing it.

use serde_json::{Map, Value};

use crate::event::{AggregateId, Event, Time, Version};
use crate::replay::Change;

/// A parameter of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamInfo {
    /// Its name.
    pub name: String,
    /// Its type as the domain writes it, without `?` and default: `string`, `date`, `enum(a|b)`.
    pub kind: String,
    /// The values of an enum.
    pub choices: Vec<String>,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it is when left out.
    pub default: Option<Value>,
}

/// A command that the domain declares.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandInfo {
    /// The aggregate type.
    pub kind: String,
    /// The command's name.
    pub name: String,
    /// What it is for.
    pub doc: Option<String>,
    /// Whether it makes a new aggregate.
    pub creates: bool,
    /// Its parameters, in the order of the domain file.
    pub params: Vec<ParamInfo>,
}

/// What a command is fired at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An aggregate by its id; with a command that creates, the id of the new one.
    Aggregate(AggregateId),
    /// A new aggregate of this type with the next number as its id.
    New(String),
}

/// A request to fire a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Fire {
    /// What it is fired at.
    pub target: Target,
    /// The command's name.
    pub command: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// Who fires it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When it happened; `None` is now.
    pub at: Option<Time>,
    /// The version that the caller saw; another one is a conflict.
    pub expect: Option<Version>,
}

/// What a command did, or would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// The aggregate, with its id where it was allocated.
    pub aggregate: AggregateId,
    /// The branch.
    pub branch: String,
    /// The events, as they are in the log or would be; none where nothing changes.
    pub events: Vec<Event>,
    /// The state before.
    pub before: Value,
    /// The state after.
    pub state: Value,
    /// What changed between the two.
    pub changes: Vec<Change>,
}
