//! The todo list of a rewrite on the screen: what becomes of each event, and what that leads to.

use std::sync::Arc;

use super::outcome::{Note, Outcome};
use super::scroll::Scroll;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, NewEvent, Time, Version};
use crate::history::todo::{Step, unchanged};
use crate::replay::rewrite::Ended;
use crate::session::{Point, Rewrite, Rewritten};
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

/// How far a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is being written.
    Written,
    /// Leaving it was asked for once.
    Leaving,
    /// It was sent and is not answered.
    Sent,
}

/// The list.
#[derive(Debug)]
pub struct Todo {
    /// Where it starts.
    pub from: Point,
    /// The same in words.
    pub words: String,
    /// Whether it holds the events of several aggregates.
    pub whole: bool,
    /// The events that there are; `None` until they are read.
    pub rewrite: Option<Arc<Rewrite>>,
    /// The lines.
    pub items: Vec<Item>,
    /// Where the list is scrolled to.
    pub scroll: Scroll,
    /// A name for the new branch that no branch has.
    pub name: String,
    /// The domain file by whose rules both orders are folded too.
    pub rules: Option<String>,
    /// The number of the newest preview asked for.
    pub asked: u64,
    /// What the list leads to, or why that cannot be told; `None` until it is known.
    pub preview: Option<Result<Outcome>>,
    /// The preview is of an earlier list.
    pub stale: bool,
    /// How far it is.
    pub phase: Phase,
}

impl Todo {
    /// A list whose events are being read.
    pub fn new(from: Point, words: String, whole: bool) -> Self {
        Self {
            from,
            words,
            whole,
            rewrite: None,
            items: Vec::new(),
            scroll: Scroll::default(),
            name: String::new(),
            rules: None,
            asked: 0,
            preview: None,
            stale: false,
            phase: Phase::Written,
        }
    }

    /// The events came.
    pub fn take(&mut self, rewrite: Rewrite, name: String) {
        self.items = (0..rewrite.events.len()).map(|index| Item::new(Step::Pick(index))).collect();
        (self.rewrite, self.name) = (Some(Arc::new(rewrite)), name);
    }

    /// The original events.
    pub fn events(&self) -> &[Event] {
        self.rewrite.as_ref().map_or(&[], |rewrite| &rewrite.events)
    }

    /// What becomes of the events, in the new order.
    pub fn steps(&self) -> Vec<Step> {
        self.items.iter().filter(|item| !item.dropped).map(|item| item.step.clone()).collect()
    }

    /// Whether the list leads to anything else than there is.
    pub fn changed(&self) -> bool {
        let (steps, events) = (self.steps(), self.events().len());
        steps.len() != events || unchanged(&steps) != events
    }

    /// What a line says.
    pub fn said<'a>(&'a self, item: &'a Item) -> Option<Said<'a>> {
        let version = match &item.step {
            Step::Pick(index) | Step::Change(index, _) => Some(self.events().get(*index)?.version),
            Step::Insert(_) => None,
        };
        Some(match &item.step {
            Step::Pick(index) => {
                let event = self.events().get(*index)?;
                Said {
                    aggregate: &event.aggregate,
                    version,
                    kind: &event.kind,
                    occurred_at: event.occurred_at,
                    data: &event.data,
                    meta: &event.meta,
                }
            }
            Step::Change(_, new) | Step::Insert(new) => Said {
                aggregate: &new.aggregate,
                version,
                kind: &new.kind,
                occurred_at: new.occurred_at,
                data: &new.data,
                meta: &new.meta,
            },
        })
    }

    /// The selected line.
    pub fn selected(&self) -> Option<&Item> {
        self.items.get(self.scroll.selected)
    }

    /// Leaves the selected event out, or takes it in again; an inserted one is gone.
    pub fn drop_or_keep(&mut self) {
        let at = self.scroll.selected;
        match self.items.get_mut(at) {
            Some(Item { step: Step::Insert(_), .. }) => drop(self.items.remove(at)),
            Some(item) => (item.dropped, item.ended) = (!item.dropped, None),
            None => {}
        }
    }

    /// Takes the selected event as it was.
    pub fn restore(&mut self) {
        if let Some(item) = self.items.get_mut(self.scroll.selected)
            && let Step::Pick(index) | Step::Change(index, _) = item.step
        {
            *item = Item::new(Step::Pick(index));
        }
    }

    /// Moves the selected line; `false` where it is at the end already.
    pub fn move_by(&mut self, by: isize) -> bool {
        let from = self.scroll.selected;
        let to = from.saturating_add_signed(by);
        if to == from || to.max(from) >= self.items.len() {
            return false;
        }
        self.items.swap(from, to);
        self.scroll.selected = to;
        true
    }

    /// Writes something else into the selected event; what equals the original is the original.
    pub fn change(&mut self, at: usize, new: NewEvent) {
        let Some(item) = self.items.get(at) else { return };
        let step = match item.step {
            Step::Pick(index) | Step::Change(index, _) => match self.events().get(index) {
                Some(event) if same(event, &new) => Step::Pick(index),
                _ => Step::Change(index, new),
            },
            Step::Insert(_) => Step::Insert(new),
        };
        self.items[at] = Item::new(step);
    }

    /// Puts a new event behind a line.
    pub fn insert(&mut self, after: usize, new: NewEvent) {
        let at = (after + 1).min(self.items.len());
        self.items.insert(at, Item::new(Step::Insert(new)));
        self.scroll.selected = at;
    }

    /// A preview came: each line learns how its event ends.
    pub fn learn(&mut self, result: Result<Box<Rewritten>>, zone: Zone) {
        self.stale = false;
        let rewritten = match result {
            Ok(rewritten) => rewritten,
            Err(error) => return self.refuse(error),
        };
        let shared = unchanged(&self.steps());
        let mut notes = Vec::new();
        for (place, item) in self.items.iter_mut().filter(|item| !item.dropped).enumerate() {
            let Some((event, ended)) = place.checked_sub(shared).and_then(|i| rewritten.events.get(i)) else {
                item.ended = None;
                continue;
            };
            let was = match &item.step {
                Step::Pick(index) | Step::Change(index, _) => {
                    index.checked_sub(shared).and_then(|i| rewritten.were.get(i)).cloned()
                }
                Step::Insert(_) => None,
            };
            notes.extend(Note::of(event, ended, was.as_ref()));
            item.ended = Some((ended.clone(), was));
        }
        self.preview = Some(Ok(Outcome::of(&rewritten, notes, zone)));
    }

    fn refuse(&mut self, error: Error) {
        self.forget();
        self.preview = Some(Err(error));
    }

    /// Nothing differs from what there is.
    pub fn forget(&mut self) {
        (self.preview, self.stale) = (None, false);
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
        let mut todo = Todo::new(Point::store("main", 1), String::new(), false);
        todo.take(
            Rewrite { branch: "main".into(), events: vec![event(1), event(2), event(3)] },
            String::new(),
        );
        todo
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
        assert!(!todo.move_by(-1));
        assert!(todo.move_by(1));
        assert_eq!(todo.steps(), [Step::Pick(1), Step::Pick(0), Step::Pick(2)]);
        todo.drop_or_keep();
        assert_eq!(todo.steps(), [Step::Pick(1), Step::Pick(2)]);
        todo.restore();
        assert!(todo.move_by(-1));
        assert!(!todo.changed());
        todo.scroll.selected = 2;
        assert!(!todo.move_by(1));
    }

    #[test]
    fn what_is_changed_back_is_no_change() {
        let mut todo = todo();
        todo.change(1, new("Other", 2));
        assert!(todo.changed());
        todo.change(1, new("Put", 2));
        assert!(!todo.changed());
        todo.insert(1, new("Put", 2));
        assert_eq!(todo.steps().len(), 4);
        todo.drop_or_keep();
        assert!(!todo.changed());
    }
}
