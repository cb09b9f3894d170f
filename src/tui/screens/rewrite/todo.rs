//! The list of a rewrite: what becomes of each event.

use std::sync::Arc;

use super::outcome::{Note, Outcome};
use crate::error::Result;
use crate::event::{AggregateId, Event, NewEvent, Time, Version};
use crate::history::todo::{Step, unchanged};
use crate::replay::another::Ended;
use crate::session::{Rewrite, Rewritten};
use crate::tui::zone::Zone;

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The event.
    pub step: Step,
    /// It is left out.
    pub dropped: bool,
    /// How it ends in the new order, and how it ended in the old one, where both are known.
    pub ended: Option<(Ended, Option<Ended>)>,
}

impl Item {
    fn new(step: Step) -> Self {
        Self { step, dropped: false, ended: None }
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

    /// Leaves an event out, or takes it in again; an inserted one is gone.
    pub fn drop_or_keep(&mut self, at: usize) -> Option<usize> {
        let item = self.items.get_mut(at)?;
        (item.dropped, item.ended) = (!item.dropped, None);
        if item.original().is_none() {
            self.items.remove(at);
        }
        Some(at)
    }

    /// Takes an event as it was.
    pub fn restore(&mut self, at: usize) -> Option<usize> {
        let item = self.items.get_mut(at)?;
        *item = Item::new(Step::Pick(item.original()?));
        Some(at)
    }

    /// Moves a line, where it is not at the end already.
    pub fn move_by(&mut self, at: usize, by: isize) -> Option<usize> {
        let to = at.checked_add_signed(by).filter(|to| at.max(*to) < self.items.len())?;
        self.items.swap(at, to);
        Some(to)
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
        Todo::new(Rewrite { branch: "main".into(), events }, String::new())
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
