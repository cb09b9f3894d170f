//! What has to be known of all of an aggregate's events before they are folded in another order: little of each.

use std::collections::HashMap;

use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Recorded, goes_on};
use crate::replay::another::reached;
use crate::store::{Branch, RawEvent, Store, links_of};

/// The causes of the steps that have some: by the index of a step's first event, those of the events that caused it.
pub type Caused = HashMap<usize, Vec<usize>>;

/// What has to be known of all of an aggregate's events before any other order of them is folded.
#[derive(Default)]
pub struct Glance {
    pub(super) times: Vec<i64>,
    /// For each event the first one of its command.
    pub(super) firsts: Vec<usize>,
    last: Option<(Recorded, Position)>,
    /// The effects, by their indexes, and what their metadata names as causes.
    effects: Vec<(usize, Vec<String>)>,
    pub(super) commands: bool,
}

impl Glance {
    /// Takes the next event, with what the clock says of it.
    pub fn take(&mut self, event: &RawEvent<'_>, time: i64) {
        let index = self.times.len();
        let next = Recorded::of(event.meta).map(|command| (command, event.position));
        let first = self.firsts.last().copied().filter(|first| {
            let both = self.last.as_ref().zip(next.as_ref());
            both.is_some_and(|((last, at), (next, there))| {
                goes_on(index - first, (last, *at), (next, *there))
            })
        });
        self.commands |= next.is_some();
        let causes = links_of(event.meta).0;
        if next.is_some() && !causes.is_empty() {
            self.effects.push((index, causes));
        }
        self.firsts.push(first.unwrap_or(index));
        self.times.push(time);
        self.last = next;
    }

    /// Which of the events caused which, as far as they are of this aggregate, directly or by way of others.
    pub fn causes(&self, store: &Store, branch: &Branch, aggregate: &AggregateId) -> Result<Caused> {
        let known = |event: &Event| {
            let index = usize::try_from(event.version - 1).ok().filter(|cause| *cause < self.times.len());
            index.filter(|_| event.aggregate == *aggregate)
        };
        let mut all = Caused::new();
        for (index, names) in &self.effects {
            let causes = reached(store, branch, names.clone(), &known)?;
            let first = self.firsts[*index];
            all.entry(first)
                .or_default()
                .extend(causes.into_iter().filter(|cause| self.firsts[*cause] != first));
        }
        Ok(all)
    }

    /// The events in the order of their times, those of one command together at the time of the first one; where the time is the
    /// same they keep the log's order.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.times.len()).collect();
        order.sort_by_key(|&index| (self.times[self.firsts[index]], self.firsts[index], index));
        order
    }
}
