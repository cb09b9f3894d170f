//! Who an actor is: the account that the domain says actors have, closed ones too.

use serde::Serialize;

use super::Session;
use crate::error::Result;
use crate::event::{AggregateId, actor_of};

/// An actor's account, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The account.
    pub aggregate: AggregateId,
    /// What it is called.
    pub label: String,
    /// In which state it is.
    pub status: String,
    /// Whether it was put away.
    pub deleted: bool,
}

impl Session {
    /// The account of the actor that an event's metadata names, where the domain says that actors have one.
    pub fn who(&mut self, meta: &str) -> Result<Option<Who>> {
        let domain = self.domain()?;
        let (Some(kind), Some(actor)) = (domain.actors(), actor_of(meta)) else { return Ok(None) };
        let aggregate = AggregateId::new(kind, actor);
        let Some(row) = self.store.aggregate_row(&aggregate)? else { return Ok(None) };
        let head = self.head_row(row)?.map(|row| row.head);
        Ok(head.map(|head| Who { aggregate, label: head.label, status: head.status, deleted: head.deleted }))
    }
}
