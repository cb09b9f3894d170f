//! Cases: one file that reopens a finding anywhere. It has whole records up to chosen points, the domain, a view, waypoints
//! and notes; what it leaves out keeps its places.
//!
//! A case is JSON Lines in gzip, so that anybody can read it with `zcat`. In order:
//!
//! - what it is: `{"case": 1, "name": …, "events": …, "end": …}` ([`CaseHead`]);
//! - `{"domain": "TOML"}`, where there is one;
//! - `{"branch": …, "parent": …, "fork": …, "created_at": …}`, the first one without a parent, each behind its parent;
//! - events as `export` writes them, and between them `{"absent": [first, last], "branch": …, "hash": …}`;
//! - `{"waypoint": …}` and `{"note": …}`;
//! - `{"end": lines, "sha256": …}` over all lines before it.

mod lines;
mod looks;
mod open;
mod redact;
mod walk;
mod write;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Session, View};
use crate::error::Result;
use crate::event::{AggregateId, Position, Time};
use crate::store::{CaseMark, is_store};

pub use looks::Looks;
pub use open::{OpenedCase, open_case, read_case_head};
pub use write::{CaseRequest, CaseWritten};

/// The version of the file's shape.
const SHAPE: u32 = 1;

/// How a case's name ends.
const EXTENSION: &str = "case";

/// What a case says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseHead {
    /// The version of the file's shape.
    pub case: u32,
    /// What it is called.
    pub name: String,
    /// Who wrote it.
    pub made_by: String,
    /// When.
    pub made_at: Time,
    /// The name of the store that it was written from.
    pub store: String,
    /// How many events it has.
    pub events: i64,
    /// How many it leaves out, up to its end.
    pub left_out: i64,
    /// The last position.
    pub end: Position,
    /// The branch that was looked at.
    pub branch: String,
    /// The point that was looked at, as a revision on that branch.
    pub at: String,
    /// The paths whose values were replaced by tokens. Hashes were made anew then, and prove nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// How the list and the logs were narrowed and shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
}

/// A branch, as a case has it.
#[derive(Serialize, Deserialize)]
struct BranchLine {
    branch: String,
    parent: Option<String>,
    fork: Position,
    created_at: Time,
}

/// A stretch that is left out, as a case has it.
#[derive(Serialize, Deserialize)]
struct AbsentLine {
    absent: (Position, Position),
    branch: Option<String>,
    hash: String,
}

/// A named point, or a note, as a case has it.
#[derive(Serialize, Deserialize)]
struct BesideLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waypoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    branch: String,
    aggregate: Option<String>,
    place: Option<i64>,
    actor: String,
    created_at: Time,
}

impl BesideLine {
    fn aggregate(&self) -> Option<AggregateId> {
        self.aggregate.as_ref().and_then(|text| text.parse().ok())
    }
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct EndLine {
    end: u64,
    sha256: String,
}

/// Whether a file is called like a case, and is no store.
pub fn is_case(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file() && !is_store(path)
}

impl Session {
    /// What is said of the case that the store was made from.
    pub fn case(&self) -> Result<Option<CaseMark>> {
        self.store.case_mark()
    }
}
