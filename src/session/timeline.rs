//! What the timeline draws: marks of single events, and counts of many.

use super::{BUDGET, Flags, Session};
use crate::error::Result;
use crate::event::actor_of;
use crate::event::{AggregateId, Position, Time, Version};

/// A range up to this long is answered event by event.
const SINGLE: i64 = 600;

/// One event of the aggregate on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its version.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
    /// The event type.
    pub kind: String,
    /// Who did it.
    pub actor: Option<String>,
    /// When it happened.
    pub occurred_at: Time,
    /// The running maximum of `occurred_at`.
    pub effective_at: Time,
    /// What is special about it, as far as the walk over the aggregate's events has come.
    pub flags: Flags,
}

/// One event of the whole store on the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMark {
    /// Its position.
    pub position: Position,
    /// What it is about.
    pub aggregate: AggregateId,
    /// Its version there.
    pub version: Version,
    /// The event type.
    pub kind: String,
    /// Who did it.
    pub actor: Option<String>,
    /// When it happened.
    pub occurred_at: Time,
}

/// The timeline of the cursor's subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Events of an aggregate in the asked range of versions, in version order.
    pub marks: Vec<Mark>,
    /// Or, for the whole store, events in the asked range of positions.
    pub store_marks: Vec<StoreMark>,
    /// For ranges too long for single marks: the time at each cell's left edge (effective time; last entry is the range's end).
    pub edges: Vec<Time>,
    /// The whole history cut into equal spans of time: events in each.
    pub density: Vec<i64>,
    /// The first and the newest effective time of the whole history.
    pub span: Option<(Time, Time)>,
}

impl Session {
    /// The timeline of an aggregate: single marks for the versions `from..=to` where these are fewer than 600,
    /// else the time at every `cell`-th event; and its density in `cells` equal spans of time.
    pub fn window(
        &mut self,
        aggregate: &AggregateId,
        (from, to): (Version, Version),
        cell: i64,
        cells: usize,
    ) -> Result<Window> {
        let (row, head) = self.known(aggregate)?;
        let (from, to) = (from.max(1), to.min(head));
        let domain = self.domain()?;
        self.warming = Some(row);
        self.timeline(aggregate, row, head);
        let mut window = Window::default();
        if let Some(timeline) = self.timelines.get_mut(&row)
            && timeline.folded() < BUDGET
        {
            timeline.advance(&self.store, &domain, BUDGET)?;
        }
        if to - from < SINGLE {
            window.marks = self.marks(row, from, to)?;
        } else {
            let mut at = from;
            while at <= to {
                window.edges.extend(self.effective_or_probe(row, at)?);
                at += cell.max(1);
            }
            window.edges.extend(self.effective_or_probe(row, to)?);
        }
        let first = self.effective_or_probe(row, 1)?;
        let last = self.effective_or_probe(row, head)?;
        window.span = first.zip(last.map(|last| first.map_or(last, |first| last.max(first))));
        if let Some((first, last)) = window.span {
            window.density = density(first, last, cells, head, |version| {
                Ok(self.effective_or_probe(row, version)?.unwrap_or(last))
            })?;
        }
        Ok(window)
    }

    /// The same for the whole store, over positions.
    pub fn store_window(
        &mut self,
        (from, to): (Position, Position),
        cell: i64,
        cells: usize,
    ) -> Result<Window> {
        let head = self.tail()?.head;
        let (from, to) = (from.max(1), to.min(head));
        let domain = self.domain()?;
        let mut window = Window::default();
        let probe = |position: Position| {
            Ok::<_, crate::error::Error>(self.store.time_at(position)?.unwrap_or_default())
        };
        if head == 0 {
            return Ok(window);
        }
        if to - from < SINGLE {
            self.store.events_between(&self.branch, (from, to), false, &mut |raw| {
                let aggregate = self.store.aggregate_of(raw.aggregate)?;
                let kind = self.store.type_name(raw.kind)?;
                window.store_marks.push(StoreMark {
                    position: raw.position,
                    version: raw.version,
                    kind: domain.current_name(&aggregate.kind, &kind).to_owned(),
                    aggregate,
                    actor: actor_of(raw.meta),
                    occurred_at: raw.occurred_at,
                });
                Ok(true)
            })?;
        } else {
            let mut at = from;
            while at <= to {
                window.edges.push(probe(at)?);
                at += cell.max(1);
            }
            window.edges.push(probe(to)?);
        }
        let (first, last) = (probe(1)?, probe(head)?.max(probe(1)?));
        window.span = Some((first, last));
        window.density = density(first, last, cells, head, probe)?;
        Ok(window)
    }

    fn marks(&mut self, row: i64, from: Version, to: Version) -> Result<Vec<Mark>> {
        let domain = self.domain()?;
        let mut marks = Vec::new();
        let Some(timeline) = self.timelines.get(&row) else { return Ok(marks) };
        let aggregate = timeline.aggregate().clone();
        let mut last = timeline.effective_at(from - 1).unwrap_or(Time(i64::MIN));
        // Ahead of the walks the events are known already, only not what they changed.
        let flags = self.flags_between((&aggregate, row), (from, to), BUDGET)?;
        let store = &self.store;
        store.events_of(&self.branch, row, from, to, &mut |raw| {
            last = last.max(raw.occurred_at);
            marks.push(Mark {
                version: raw.version,
                position: raw.position,
                kind: domain.current_name(&aggregate.kind, &store.type_name(raw.kind)?).to_owned(),
                actor: actor_of(raw.meta),
                occurred_at: raw.occurred_at,
                effective_at: last,
                flags: flags.get((raw.version - from) as usize).copied().unwrap_or_default(),
            });
            Ok(true)
        })?;
        Ok(marks)
    }

    /// The effective time of a version where the fold has passed it, else when its event happened.
    fn effective_or_probe(&self, row: i64, version: Version) -> Result<Option<Time>> {
        let walked = self.timelines.get(&row).and_then(|timeline| timeline.effective_at(version));
        if walked.is_some() {
            return Ok(walked);
        }
        let mut found = None;
        self.store.times_of(&self.branch, row, version, version, &mut |_, time| {
            found = Some(time);
            false
        })?;
        Ok(found)
    }
}

/// How many of the events `1..=head` fall into each of `cells` equal spans of time: the border of each span is
/// found by halving, so that it costs a few look-ups whatever the number of events.
fn density(
    first: Time,
    last: Time,
    cells: usize,
    head: i64,
    time: impl Fn(i64) -> Result<Time>,
) -> Result<Vec<i64>> {
    let mut counts = Vec::with_capacity(cells);
    let span = i128::from(last.0) - i128::from(first.0) + 1;
    let mut before = 0;
    for cell in 1..=cells {
        let edge = i128::from(first.0) + span * cell as i128 / cells as i128;
        let (mut low, mut high) = (before, head);
        while low < high {
            let middle = low + (high - low + 1) / 2;
            if i128::from(time(middle)?.0) < edge { low = middle } else { high = middle - 1 }
        }
        counts.push(low - before);
        before = low;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_counts_every_event_once() {
        let times = [0, 1, 2, 50, 51, 99, 100];
        let counts =
            density(Time(0), Time(100), 4, times.len() as i64, |v| Ok(Time(times[v as usize - 1]))).unwrap();
        assert_eq!(counts, [3, 0, 2, 2]);
    }
}
