//! What travels together: the adjacent events of one command, or a single event without one.

use super::{AggregateId, Event, Position, Recorded, Time};

/// Events that stay together wherever they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The events, in log order; at least one.
    pub events: Vec<Event>,
    /// The command that they came from.
    pub command: Option<Recorded>,
}

impl Unit {
    /// A single event, whatever it came from.
    pub fn single(event: Event) -> Self {
        Self { command: Recorded::of(&event.meta), events: vec![event] }
    }

    /// What the events are about.
    pub fn aggregate(&self) -> &AggregateId {
        &self.events[0].aggregate
    }

    /// When it happened.
    pub fn occurred_at(&self) -> Time {
        self.events[0].occurred_at
    }

    /// Whether these are all the events of its command.
    pub fn is_whole(&self) -> bool {
        self.command
            .as_ref()
            .is_some_and(|command| (command.part, command.of) == (1, self.events.len() as u64))
    }
}

/// Whether an event goes on with the command of the one before it, which was its command's so manieth: both stand side by side.
pub fn goes_on(
    count: usize,
    (last, at): (&Recorded, Position),
    (next, there): (&Recorded, Position),
) -> bool {
    next.part == count as u64 + 1
        && (&last.name, last.of) == (&next.name, next.of)
        && next.part <= next.of
        && at + 1 == there
}

/// Puts events, in log order, together as units: parts of one command are adjacent.
pub fn units(events: Vec<Event>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for event in events {
        let command = Recorded::of(&event.meta);
        let belongs = units.last().is_some_and(|unit| {
            let last = &unit.events[unit.events.len() - 1];
            unit.command.as_ref().zip(command.as_ref()).is_some_and(|(first, next)| {
                last.aggregate == event.aggregate
                    && goes_on(unit.events.len(), (first, last.position), (next, event.position))
            })
        });
        match units.last_mut() {
            Some(unit) if belongs => unit.events.push(event),
            _ => units.push(Unit { events: vec![event], command }),
        }
    }
    units
}
