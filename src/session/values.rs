//! What one field was at each of some places: the row of a pinned field on a timeline.

use serde_json::Value;

use super::{BUDGET, Session};
use crate::error::Result;
use crate::event::AggregateId;
use crate::jq::State;

/// Which field, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesRequest {
    /// Whose.
    pub aggregate: AggregateId,
    /// The field: a JSON Pointer into the state.
    pub path: String,
    /// The versions, or the positions of the store, after which it is looked at; rising.
    pub places: Vec<i64>,
    /// They are positions.
    pub by_position: bool,
}

/// What a field was, as far as it was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// The places at which it was something else than at the place before, and what: `None` where it is not there.
    pub starts: Vec<(i64, Option<Value>)>,
    /// How many of the places were looked at.
    pub done: usize,
}

impl Values {
    /// What it was at one of the places asked for, as far as it was looked at.
    pub fn at(&self, request: &ValuesRequest, place: i64) -> Option<&Value> {
        let seen = request.places.get(..self.done)?;
        seen.binary_search(&place).ok()?;
        let start = self.starts.partition_point(|(start, _)| *start <= place).checked_sub(1)?;
        self.starts[start].1.as_ref()
    }
}

impl Session {
    /// Looks at more of the places, over some thousand events; `true` while there are more.
    pub fn values(&mut self, request: &ValuesRequest, values: &mut Values) -> Result<bool> {
        let (row, head) = self.known(&request.aggregate)?;
        let mut begun = None;
        while let Some(&place) = request.places.get(values.done) {
            let version = if request.by_position {
                self.store.version_at(&self.branch, row, place)?
            } else {
                place.min(head)
            };
            if version - *begun.get_or_insert(version) > BUDGET {
                return Ok(true);
            }
            let Some((_, seen)) = self.seek_within(&request.aggregate, row, head, version, BUDGET)? else {
                return Ok(true);
            };
            let value = seen.state.at(&request.path).as_ref().map(State::to_value).transpose()?;
            if values.starts.last().is_none_or(|(_, last)| *last != value) {
                values.starts.push((place, value));
            }
            values.done += 1;
        }
        Ok(false)
    }
}
