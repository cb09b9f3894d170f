//! Looking after a store: verifying, backing up, building the heads again, changing the domain.

use std::path::Path;
use std::rc::Rc;

use super::Session;
use crate::domain::Domain;
use crate::error::Result;
use crate::journal::{self, Contrasts, Rebuilt};
use crate::store::Checked;

impl Session {
    /// Recomputes the whole chain; `progress` gets the events done and their number, false stops.
    pub fn verify(&mut self, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<Checked> {
        self.store.verify(progress)
    }

    /// Writes a consistent copy of the store; `progress` gets the pages done and their number.
    pub fn backup(&mut self, to: &Path, progress: impl FnMut(usize, usize)) -> Result<()> {
        self.store.backup(to, progress)
    }

    /// Builds every head again from the log, or only says what would differ.
    pub fn replay(
        &mut self,
        other: Option<&Domain>,
        write: bool,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Rebuilt> {
        let own = self.domain()?;
        journal::rebuild(&self.store, other.unwrap_or(&own), write, progress)
    }

    /// What another domain would make of the history: where states part, why, and of each cause so many aggregates.
    pub fn contrast(
        &mut self,
        other: &Domain,
        most: usize,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Contrasts> {
        let own = self.domain()?;
        journal::contrast(&self.store, [&own, other], most, progress)
    }

    /// The text of the domain in use; `None` where the store has none.
    pub fn domain_source(&mut self) -> Result<Option<String>> {
        Ok(self.store.stored_domain()?.map(|stored| stored.source))
    }

    /// Takes a domain into use and builds the heads by its rules; its projections follow as the session keeps up.
    pub fn set_domain(
        &mut self,
        domain: &Rc<Domain>,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Rebuilt> {
        let now = self.clock.now();
        journal::set_domain(&self.store, &mut self.rules, domain, now, progress)
    }

    /// Does a part of what may be done later: projections that are behind, heads that a rebuild replaced. False where
    /// there is nothing of it.
    pub fn keep_up(&mut self) -> Result<bool> {
        Ok(self.project()? || (!self.is_read_only() && journal::tidy(&self.store)?))
    }

    /// Does all of it, unless it is stopped: what is left goes on whenever somebody keeps up. `progress` gets how far
    /// the projections are.
    pub fn catch_up(&mut self, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<()> {
        while self.keep_up()? {
            let lags = journal::lags(&self.store, &mut self.rules)?;
            let done = lags.iter().map(|lag| lag.position).sum();
            if !progress(done, lags.iter().map(|lag| lag.tip).sum()) {
                break;
            }
        }
        Ok(())
    }
}
