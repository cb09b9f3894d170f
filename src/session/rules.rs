//! Taking other rules into use: a domain in the place of the one that somebody looked at.

use std::rc::Rc;

use super::Session;
use crate::domain::{Domain, Listed, ListedAs, with_listed};
use crate::error::{Error, Result};
use crate::journal::Rebuilt;

impl Session {
    /// Takes a domain into use in the place of `was`, and builds the heads by it; where the store has another one by
    /// now, nothing is done.
    pub fn use_domain(
        &mut self,
        was: &str,
        source: &str,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Rebuilt> {
        if self.domain()?.source != was {
            return Err(Error::conflict("The store has another domain than when this was begun.")
                .hint("Begin once more: it starts from what is in use now."));
        }
        let domain = Domain::parse("the domain", source)?;
        if let Err(mistakes) = domain.check() {
            return Err(mistakes.into_iter().next().unwrap_or_else(|| Error::refused("A rule is no rule.")));
        }
        self.set_domain(&Rc::new(domain), progress)
    }

    /// Takes a field of an aggregate type, by the keys that lead to it, as its label, its status, a column or as
    /// bookkeeping; or no longer, where it was taken so. Answers whether it is now.
    pub fn list_as(
        &mut self,
        kind: &str,
        keys: &[&str],
        what: ListedAs,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<(Rebuilt, bool)> {
        let domain = self.domain()?;
        let listed = Listed::of(&domain, kind).toggled(keys, what);
        let source = with_listed(&domain.source, &listed)?;
        let rebuilt = self.use_domain(&domain.source, &source, progress)?;
        Ok((rebuilt, listed.is(keys, what)))
    }

    /// A first domain for what a survey saw: what there is to begin with where nothing says what events do.
    pub fn first_domain(&mut self, survey: &super::Survey) -> Result<(String, String)> {
        let domain = self.domain()?;
        if domain.aggregates.values().any(|aggregate| !aggregate.events.is_empty()) {
            return Err(Error::refused("The store has a domain that says what its events do.")
                .hint("`r` tries another rule for the event at the cursor."));
        }
        let name = self.store.path().file_stem().map(|name| name.to_string_lossy().into_owned());
        Ok((domain.source.clone(), survey.sketch(&name.unwrap_or_default())))
    }
}
