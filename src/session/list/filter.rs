//! Which rows of the list are wanted.

use std::sync::Arc;

use super::{Candidate, ListRequest};
use crate::error::Result;
use crate::jq::State;
use crate::session::predicate::{Misses, Predicate};

pub(super) struct Filter {
    text: String,
    pub(super) rule: Option<Predicate>,
    statuses: Vec<String>,
    actors: Vec<String>,
}

impl Filter {
    pub(super) fn of(request: &ListRequest, misses: &Arc<Misses>) -> Result<Self> {
        let compile = |source| Predicate::compile(source, &[], misses);
        let rule = request.filter.as_deref().map(compile).transpose()?;
        Ok(Self {
            text: request.text.to_lowercase(),
            rule,
            statuses: request.statuses.clone(),
            actors: request.actors.clone(),
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.text.is_empty() && self.rule.is_none() && self.statuses.is_empty() && self.actors.is_empty()
    }

    pub(super) fn takes(&self, (row, state, actor): &Candidate) -> Result<bool> {
        let one_of = |wanted: &[String], value: Option<&String>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
        };
        if !one_of(&self.statuses, Some(&row.status)) || !one_of(&self.actors, actor.as_ref()) {
            return Ok(false);
        }
        let holds = |text: &str| text.to_lowercase().contains(&self.text);
        if !self.text.is_empty()
            && !holds(&row.aggregate.id)
            && !holds(&row.label)
            && !row.columns.iter().any(|column| holds(column))
        {
            return Ok(false);
        }
        match &self.rule {
            Some(rule) => rule.holds(&State::from_json(state)?, &[]),
            None => Ok(true),
        }
    }
}
