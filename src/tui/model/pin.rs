//! The pinned field: which one, and what it was in the cells of the timeline.

use serde_json::Value;

use super::Model;
use crate::event::AggregateId;
use crate::replay::diff::dotted;
use crate::session::{Values, ValuesRequest};
use crate::tui::question::Slot;
use crate::tui::text::safe;
use crate::tui::timeline::{Mark, Placed};

/// A pinned field.
#[derive(Debug)]
pub struct Pin {
    /// The field, as a JSON Pointer.
    pub path: String,
    /// What it was, and to which question that is the answer.
    pub values: Slot<ValuesRequest, (ValuesRequest, Values)>,
}

impl Pin {
    /// A field of which nothing is known yet.
    pub fn new(path: String) -> Self {
        Self { path, values: Slot::default() }
    }

    /// Its name as people write it, safe.
    pub fn dotted(&self) -> String {
        safe(&dotted(&self.path))
    }

    /// What it was, where that is known of this aggregate.
    fn known(&self, aggregate: &AggregateId, by_position: bool) -> Option<&(ValuesRequest, Values)> {
        let fits = |(request, _): &&(ValuesRequest, Values)| {
            request.aggregate == *aggregate && request.by_position == by_position
        };
        self.values.shown().filter(fits)
    }
}

impl Model {
    /// What the pinned field was in the timeline's cells, from left to right: the column of each cell, its last event
    /// and the value, which is `None` where the field is not there or not known.
    pub fn pinned_cells(&self, placed: &[Placed]) -> Vec<(u16, i64, Option<&Value>)> {
        let (Some(pin), Some(aggregate)) = (&self.pinned, &self.cursor.aggregate) else { return Vec::new() };
        let known = pin.known(aggregate, self.cursor.is_whole());
        let cell = |item: &Placed| {
            let place = self.pinned_place(item)?;
            let value = known.and_then(|(request, values)| values.at(request, place));
            Some((item.x, item.index(), value))
        };
        placed.iter().filter_map(cell).collect()
    }

    /// The version, or in the whole store the position, after which the pinned field is looked at for what stands
    /// on the timeline: the last one of a cell, none behind the newest event of the branch.
    pub fn pinned_place(&self, item: &Placed) -> Option<i64> {
        let (first, last) = match &item.mark {
            Mark::Event(point) => (point.index, point.index),
            Mark::Cell { from, to, .. } => (*from, *to),
            Mark::Gap { .. } | Mark::Number(_) => return None,
        };
        let (cursor, loaded) = (&self.cursor, &self.timeline.loaded);
        let newest = cursor.place().1;
        if first > newest {
            return None;
        }
        let index = last.min(newest);
        if !cursor.is_set() {
            return Some(index);
        }
        let here = cursor.aggregate.as_ref()?;
        let about = loaded.about.get(..usize::try_from(index).ok()?)?;
        Some(about.iter().rev().find(|(aggregate, _)| aggregate == here).map_or(0, |(_, version)| *version))
    }
}
