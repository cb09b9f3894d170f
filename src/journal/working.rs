//! An aggregate while events are put behind its others.

use crate::domain::Domain;
use crate::error::Result;
use crate::event::{Event, Version, actor_of};
use crate::jq::State;
use crate::replay::{self, Reducer};
use crate::store::{Head, Store};

/// An aggregate as a batch has left it.
#[derive(Clone, Default)]
pub(super) struct Working {
    pub row: Option<i64>,
    pub state: State,
    pub version: Version,
    pub head: Option<Box<Head>>,
    pub last_event: String,
    pub dirty: bool,
    /// How long its state is as JSON.
    pub size: usize,
    /// Whether the branch had a head of its own for it before the batch.
    pub own: bool,
}

impl Working {
    /// As its head has it, where it has one; and whether that is the branch's own.
    pub fn of(row: Option<i64>, head: Option<(Head, bool)>) -> Result<Self> {
        let Some((head, own)) = head else {
            return Ok(Self { row, state: State::empty(), ..Self::default() });
        };
        let (state, version, size) = (State::from_stored(&head.state)?, head.version, head.state.len());
        Ok(Self { row, state, version, head: Some(Box::new(head)), size, own, ..Self::default() })
    }

    /// Only where its history ends: nobody has folded it.
    pub fn unfolded(store: &Store, row: Option<i64>) -> Result<Self> {
        let version = row.map_or(Ok(0), |row| store.newest_version(row))?;
        Ok(Self { row, version, ..Self::default() })
    }

    /// Applies an event. With `strict` one whose rule fails is refused; without, the last good state is kept, and the error.
    pub fn take(&mut self, domain: &Domain, event: &Event, strict: bool) -> Result<()> {
        let state = std::mem::take(&mut self.state);
        let (state, error) = Reducer::from(domain).take(state, event);
        if let (true, Some(error)) = (strict, &error) {
            return Err(error.clone().at(format!("{} cannot be applied", event.kind)));
        }
        self.state = state;
        self.version = event.version;
        self.dirty = true;
        self.last_event.clone_from(&event.kind);
        let first = || Box::new(Head::before_first(&event.aggregate.kind, event.occurred_at));
        let head = self.head.get_or_insert_with(first);
        head.version = event.version;
        head.position = event.position;
        head.last_at = event.occurred_at;
        head.actor = actor_of(&event.meta);
        if let Some(error) = error {
            head.error = Some(replay::failed_at(event.version, &error));
        }
        Ok(())
    }
}
