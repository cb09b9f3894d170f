//! The list of a rewrite: what becomes of each event.

use std::sync::Arc;

use super::outcome::{Note, Outcome};
use crate::error::Result;
use crate::event::{AggregateId, Event, NewEvent, Time, Version};
use crate::history::todo::{Step, unchanged};
use crate::replay::another::Ended;
use crate::replay::{Flag, Flags, Order};
use crate::session::{Rewrite, Rewritten};
use crate::tui::zone::Zone;

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The event.
    pub step: Step,
    /// It is left out.
    pub dropped: bool,
    /// What is done is done to it, and to the others that are chosen.
    pub chosen: bool,
    /// How it ends in the new order, and how it ended in the old one, where both are known.
    pub ended: Option<(Ended, Option<Ended>)>,
}

impl Item {
    fn new(step: Step) -> Self {
        Self { step, dropped: false, chosen: false, ended: None }
    }

    /// The place of its event in the original order, where it was there.
    fn original(&self) -> Option<usize> {
        match self.step {
            Step::Pick(index) | Step::Change(index, _) => Some(index),
            Step::Insert(_) => None,
        }
    }

    /// The word of a todo list for it.
    pub fn word(&self) -> &'static str {
        match &self.step {
            _ if self.dropped => "drop",
            Step::Pick(_) => "pick",
            Step::Change(..) => "change",
            Step::Insert(_) => "insert",
        }
    }
}

/// What a line says of its event.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the event's own parts")]
pub struct Said<'a> {
    pub aggregate: &'a AggregateId,
    pub version: Option<Version>,
    pub kind: &'a str,
    pub occurred_at: Time,
    pub data: &'a str,
    pub meta: &'a str,
}

/// Where an event that is written goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Instead of the one in a line of the list.
    Instead(usize),
    /// Behind a line of the list.
    After(usize),
}

/// The list. What is done to a line says which line is to be selected then; nothing where nothing was done.
#[derive(Debug)]
pub struct Todo {
    /// The events that there are.
    pub rewrite: Arc<Rewrite>,
    /// The lines.
    pub items: Vec<Item>,
    /// The name of the new branch; one that no branch has until another is chosen.
    pub name: String,
}

impl Todo {
    /// A list that leaves everything as it is.
    pub fn new(rewrite: Rewrite, name: String) -> Self {
        let items = (0..rewrite.events.len()).map(|index| Item::new(Step::Pick(index))).collect();
        Self { rewrite: Arc::new(rewrite), items, name }
    }

    /// The original events.
    fn events(&self) -> &[Event] {
        &self.rewrite.events
    }

    /// What becomes of the events, in the new order.
    pub fn steps(&self) -> Vec<Step> {
        self.items.iter().filter(|item| !item.dropped).map(|item| item.step.clone()).collect()
    }

    /// Whether the list leads to anything else than there is.
    pub fn changed(&self) -> bool {
        let mut kept = self.items.iter().filter(|item| !item.dropped);
        !(0..self.events().len()).all(|index| kept.next().is_some_and(|item| item.step == Step::Pick(index)))
            || kept.next().is_some()
    }

    /// What a line says.
    pub fn said<'a>(&'a self, item: &'a Item) -> Option<Said<'a>> {
        let original = item.original().map(|index| self.events().get(index));
        let version = original.flatten().map(|event| event.version);
        Some(match &item.step {
            Step::Pick(_) => {
                let Event { aggregate, kind, occurred_at, data, meta, .. } = original.flatten()?;
                Said { aggregate, version, kind, occurred_at: *occurred_at, data, meta }
            }
            Step::Change(_, new) | Step::Insert(new) => {
                let NewEvent { aggregate, kind, occurred_at, data, meta } = new;
                Said { aggregate, version, kind, occurred_at: *occurred_at, data, meta }
            }
        })
    }

    /// Leaves an event out, or takes it in again; an inserted one is gone. Where lines are chosen it is done to these, as to the
    /// first of them.
    pub fn drop_or_keep(&mut self, at: usize) -> Option<usize> {
        self.items.get(at)?;
        let these = self.these(at);
        let dropped = !self.items[*these.first()?].dropped;
        for &at in these.iter().rev() {
            let item = &mut self.items[at];
            (item.dropped, item.ended, item.chosen) = (dropped, None, false);
            if item.original().is_none() {
                self.items.remove(at);
            }
        }
        Some(at)
    }

    /// The lines that are chosen, else this one.
    fn these(&self, at: usize) -> Vec<usize> {
        let chosen: Vec<usize> = (0..self.items.len()).filter(|at| self.items[*at].chosen).collect();
        if chosen.is_empty() { vec![at] } else { chosen }
    }

    /// Chooses a line, or does so no longer; the next one is selected.
    pub fn choose(&mut self, at: usize) -> Option<usize> {
        let item = self.items.get_mut(at)?;
        item.chosen = !item.chosen;
        Some((at + 1).min(self.items.len() - 1))
    }

    /// What is special about the event of a line, where it is as it was.
    pub fn flags(&self, item: &Item) -> Flags {
        match item.step {
            Step::Pick(index) => self.rewrite.flags.get(index).copied().unwrap_or_default(),
            Step::Change(..) | Step::Insert(_) => Flags::default(),
        }
    }

    /// Leaves every event out that an earlier one equals in type and data.
    pub fn drop_repeated(&mut self, at: usize) -> Option<usize> {
        let repeated: Vec<usize> = (0..self.items.len())
            .filter(|at| !self.items[*at].dropped && self.flags(&self.items[*at]).has(Flag::Repeated))
            .collect();
        for &at in &repeated {
            (self.items[at].dropped, self.items[at].ended) = (true, None);
        }
        (!repeated.is_empty()).then_some(at)
    }

    /// Puts the lines in the order of the next clock that has another one: when things occurred, when they were received, the log.
    /// What is not known stays behind what stands before it.
    pub fn sort_by_clock(&mut self, at: usize) -> Option<usize> {
        let clocks = [Some(Order::Occurred), Some(Order::Received), None];
        let now: Vec<usize> = (0..self.items.len()).collect();
        let orders = clocks.map(|clock| self.order_by(clock));
        let here = orders.iter().position(|order| *order == now).map_or(0, |here| here + 1);
        let next = (0..orders.len())
            .map(|step| &orders[(here + step) % orders.len()])
            .find(|order| **order != now)?;
        let selected = next.iter().position(|place| *place == at)?;
        self.items = next.iter().map(|place| self.items[*place].clone()).collect();
        Some(selected)
    }

    /// The places of the lines in the order of a clock, or of the log where none is named.
    fn order_by(&self, clock: Option<Order>) -> Vec<usize> {
        let (mut last, mut behind) = (i64::MIN, 0);
        let mut key = |item: &Item| {
            let original = item.original().and_then(|index| Some((index, self.events().get(index)?)));
            let time = |at: Time| (at != Time::UNKNOWN).then_some(at.0);
            let known = match (clock, original, &item.step) {
                (Some(Order::Occurred), _, Step::Change(_, new) | Step::Insert(new)) => time(new.occurred_at),
                (Some(clock), Some((_, event)), _) => time(clock.of(event)),
                (None, Some((index, _)), _) => Some(index as i64),
                (_, None, _) => None,
            };
            last = known.unwrap_or(last);
            behind = item.original().unwrap_or(behind);
            (last, behind)
        };
        let keys: Vec<(i64, usize)> = self.items.iter().map(&mut key).collect();
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        // What is equal stands as in the log, and what is new behind what it stood behind.
        order.sort_by_key(|place| keys[*place]);
        order
    }

    /// Takes an event as it was.
    pub fn restore(&mut self, at: usize) -> Option<usize> {
        let item = self.items.get_mut(at)?;
        *item = Item::new(Step::Pick(item.original()?));
        Some(at)
    }

    /// Moves a line, or those that are chosen, where none of them is at the end already.
    pub fn move_by(&mut self, at: usize, by: isize) -> Option<usize> {
        let mut these = self.these(at);
        let to = |at: usize| at.checked_add_signed(by).filter(|to| at.max(*to) < self.items.len());
        if these.iter().any(|at| to(*at).is_none()) {
            return None;
        }
        let selected = if these.contains(&at) { to(at)? } else { at };
        if by > 0 {
            these.reverse();
        }
        for at in these {
            self.items.swap(at, at.checked_add_signed(by)?);
        }
        Some(selected)
    }

    /// Takes an event that was written; what equals the original is the original.
    pub fn take(&mut self, place: Place, new: NewEvent) -> Option<usize> {
        match place {
            Place::Instead(at) => {
                let step = match self.items.get(at)?.original() {
                    Some(index) if self.events().get(index).is_some_and(|event| same(event, &new)) => {
                        Step::Pick(index)
                    }
                    Some(index) => Step::Change(index, new),
                    None => Step::Insert(new),
                };
                self.items[at] = Item::new(step);
                Some(at)
            }
            Place::After(at) => {
                let at = (at + 1).min(self.items.len());
                self.items.insert(at, Item::new(Step::Insert(new)));
                Some(at)
            }
        }
    }

    /// What the list leads to came: each line learns how its event ends.
    pub fn learn(&mut self, result: Result<Rewritten>, zone: Zone) -> Result<Outcome> {
        self.forget();
        let rewritten = result?;
        let shared = unchanged(&self.steps());
        let mut notes = Vec::new();
        let kept = self.items.iter_mut().filter(|item| !item.dropped).skip(shared);
        for (item, (event, ended)) in kept.zip(&rewritten.events) {
            let was =
                item.original().and_then(|index| rewritten.were.get(index.checked_sub(shared)?)).cloned();
            notes.extend(Note::of(event, ended, was.as_ref()));
            item.ended = Some((ended.clone(), was));
        }
        notes.extend(rewritten.fates.iter().filter_map(Note::of_request));
        Ok(Outcome::of(&rewritten, notes, zone))
    }

    /// How events end is not known any more.
    pub fn forget(&mut self) {
        self.items.iter_mut().for_each(|item| item.ended = None);
    }
}

/// Whether an event is as it was.
fn same(event: &Event, new: &NewEvent) -> bool {
    (&event.kind, event.occurred_at, &event.data, &event.meta)
        == (&new.kind, new.occurred_at, &new.data, &new.meta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Hash;

    fn todo() -> Todo {
        let event = |number: u8| Event {
            position: i64::from(number),
            branch: "main".to_owned(),
            aggregate: AggregateId::new("Task", "1"),
            version: i64::from(number),
            kind: "Put".to_owned(),
            occurred_at: Time(i64::from(number)),
            recorded_at: Time(0),
            data: "{}".to_owned(),
            meta: "{}".to_owned(),
            parent: None,
            hash: Hash([number; 32]),
        };
        let events = vec![event(1), event(2), event(3)];
        let flags =
            vec![Flags::default(), Flags::default(), [Flag::Repeated, Flag::Late].into_iter().collect()];
        Todo::new(Rewrite { branch: "main".into(), events, flags }, String::new())
    }

    fn new(kind: &str, at: i64) -> NewEvent {
        NewEvent {
            aggregate: AggregateId::new("Task", "1"),
            kind: kind.into(),
            occurred_at: Time(at),
            data: "{}".into(),
            meta: "{}".into(),
        }
    }

    #[test]
    fn lines_move_and_drop_and_come_back() {
        let mut todo = todo();
        assert!(!todo.changed());
        assert_eq!(todo.move_by(0, -1), None);
        assert_eq!(todo.move_by(0, 1), Some(1));
        assert_eq!(todo.steps(), [Step::Pick(1), Step::Pick(0), Step::Pick(2)]);
        todo.drop_or_keep(1);
        assert_eq!(todo.steps(), [Step::Pick(1), Step::Pick(2)]);
        todo.restore(1);
        assert_eq!(todo.move_by(1, -1), Some(0));
        assert!(!todo.changed());
        assert_eq!(todo.move_by(2, 1), None);
    }

    #[test]
    fn several_lines_are_dropped_and_moved_at_once() {
        let mut todo = todo();
        assert_eq!(todo.choose(1), Some(2));
        assert_eq!(todo.choose(2), Some(2));
        assert_eq!(todo.move_by(2, 1), None, "one of them is at the end");
        assert_eq!(todo.move_by(2, -1), Some(1));
        assert_eq!(todo.steps(), [Step::Pick(1), Step::Pick(2), Step::Pick(0)]);
        todo.drop_or_keep(2);
        assert_eq!(todo.steps(), [Step::Pick(0)], "those that are chosen, and not the selected one");
        todo.drop_or_keep(2);
        assert_eq!(todo.steps(), [], "none is chosen any more");
    }

    #[test]
    fn what_is_repeated_is_dropped_and_a_clock_sorts() {
        let mut todo = todo();
        assert_eq!(todo.drop_repeated(1), Some(1));
        assert_eq!(todo.steps(), [Step::Pick(0), Step::Pick(1)]);
        assert_eq!(todo.drop_repeated(1), None, "there is none any more");
        todo.restore(2);
        todo.take(Place::Instead(0), new("Put", 9));
        assert_eq!(todo.sort_by_clock(0), Some(2), "the selected line stays selected");
        assert_eq!(todo.steps()[..2], [Step::Pick(1), Step::Pick(2)]);
        assert_eq!(todo.sort_by_clock(2), Some(0), "and once more the log's order");
    }

    #[test]
    fn what_is_changed_back_is_no_change() {
        let mut todo = todo();
        todo.take(Place::Instead(1), new("Other", 2));
        assert!(todo.changed());
        todo.take(Place::Instead(1), new("Put", 2));
        assert!(!todo.changed());
        assert_eq!(todo.take(Place::After(1), new("Put", 2)), Some(2));
        assert_eq!(todo.steps().len(), 4);
        assert!(todo.changed());
        todo.drop_or_keep(2);
        assert!(!todo.changed());
    }
}
