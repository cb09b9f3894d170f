//! Rewriting: the events in question, what a list leads to, and the new branch.

use super::Loop;
use crate::domain;
use crate::error::Result;
use crate::event::AggregateId;
use crate::session::{Point, Rewritten};
use crate::tui::effect::{Plan, Reply};

impl Loop<'_> {
    /// The events from a point on, and a name for the branch that their new order makes.
    pub fn todo(&mut self, from: Point, only: Option<&AggregateId>) -> Result<Reply> {
        let branch = self.session.branch_name().to_owned();
        let rewrite = Box::new(self.session.rewrite_from(&branch, &from, only)?);
        let name = self.session.free_branch_name(&format!("{branch}-rewritten"))?;
        Ok(Reply::Todo { from, rewrite, name })
    }

    /// What a list leads to; with a name the branch is made, without one nothing is written.
    pub fn rewritten(&mut self, plan: &Plan, name: Option<&str>, actor: &str) -> Result<Box<Rewritten>> {
        let other = plan.rules.as_deref().map(domain::load).transpose()?;
        self.session.rewrite(&plan.rewrite, &plan.steps, other.as_ref(), name, actor).map(Box::new)
    }
}
