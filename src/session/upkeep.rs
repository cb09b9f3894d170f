//! Looking after a store: verifying, backing up, building the heads again, changing the domain.

use std::path::Path;
use std::rc::Rc;

use super::{Local, Session};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Hash, Position};
use crate::journal::{self, Contrasts, Rebuilt};
use crate::outside::Programs;
use crate::replay::{Outside as _, Reducer};
use crate::seal::{self, Extent, Sealed};
use crate::store::Checked;

/// A domain to judge history by, with its programs where it names any and they may run.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The domain.
    pub domain: &'a Domain,
    /// Its programs.
    pub programs: Option<&'a Programs>,
}

impl<'a> Judge<'a> {
    /// Whether its states of aggregates of this type come from a program: nobody can verify them.
    pub fn is_unverified(&self, kind: &str) -> bool {
        self.programs.is_some_and(|programs| programs.stands_for(kind))
    }

    pub(super) fn reducer(&self) -> Result<Reducer<'a>> {
        if self.programs.is_none() {
            self.domain.without_programs()?;
        }
        Ok(Programs::with(self.programs, self.domain))
    }

    pub(super) fn given_up(&self) -> Result<()> {
        self.programs.map_or(Ok(()), Programs::given_up)
    }
}

/// What `verify` looks at beside the chain.
#[derive(Clone, Debug, Default)]
pub struct Verify {
    /// Everything that is kept beside the log.
    pub all: bool,
    /// Events that somebody saw in the log: hash and position.
    pub expect: Vec<(Hash, Option<Position>)>,
    /// Seals whose signatures hold.
    pub seals: Vec<Sealed>,
}

/// Reads a seal and checks its signature.
pub fn read_seal(file: &Path) -> Result<Sealed> {
    seal::check(file)
}

impl Local {
    /// Makes the key that seals are signed with; answers the public one.
    pub fn make_seal_key(&self) -> Result<String> {
        seal::make_key(self.config_folder()?)
    }

    /// The public key of this user, where one was made.
    pub fn seal_key(&self) -> Option<String> {
        seal::own_key(self.config_folder().ok()?)
    }

    fn seal(&self, extent: &Extent) -> Result<String> {
        seal::sign(self.config_folder()?, extent)
    }
}

impl Session {
    /// Recomputes the whole chain, and what else is wanted; `progress` gets what is done and how much there is, false
    /// stops.
    pub fn verify(&mut self, what: &Verify, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<Checked> {
        let checked = self.store.verify(progress)?;
        for (hash, position) in &what.expect {
            self.expect(*hash, *position)?;
        }
        for Sealed { extent, .. } in &what.seals {
            self.expect(extent.tip, Some(extent.position))?;
            let branch =
                self.store.with_ancestors(&self.store.branch_row(self.store.owner_of(extent.position)?)?)?;
            let count = self.store.count_to(&branch, extent.position)?;
            if count != extent.count {
                return Err(Error::damaged(format!(
                    "Up to #{} there are {count} events, and {} were sealed.",
                    extent.position, extent.count
                )));
            }
        }
        if what.all {
            self.store.check_kept(progress)?;
            journal::prove(&self.store, &mut self.rules, progress)?;
        }
        Ok(checked)
    }

    /// The log must have an event that somebody saw in it.
    fn expect(&self, hash: Hash, position: Option<Position>) -> Result<()> {
        let found = match position {
            Some(position) => {
                self.store.event_at(position)?.filter(|event| event.hash == hash).map(|_| position)
            }
            None => self.store.find_hash(&hash.to_string(), 1)?.first().map(|(position, _)| *position),
        };
        if found.is_some() {
            return Ok(());
        }
        let place = position.map_or_else(String::new, |position| format!(" at position {position}"));
        Err(Error::damaged(format!("The log does not have the event {hash}{place}: it is another history."))
            .hint("Its own chain is whole, so all of it was made anew. Compare with a backup."))
    }

    /// Signs how far this branch's log has come: a line of JSON.
    pub fn seal(&self, local: &Local) -> Result<String> {
        let Some((position, tip)) = self.store.newest_of(&self.branch, Position::MAX)? else {
            return Err(Error::refused("There is nothing to seal: the log has no events."));
        };
        let count = self.store.count_to(&self.branch, position)?;
        local.seal(&Extent { tip, position, count, time: self.clock.now().to_string() })
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
        if write {
            journal::forget_lost(&self.store)?;
        }
        journal::rebuild(&self.store, other.unwrap_or(&own), write, progress)
    }

    /// What another domain would make of the history: where states part, why, and of each cause so many aggregates.
    pub fn contrast(
        &mut self,
        other: &Domain,
        most: usize,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Contrasts> {
        self.contrast_by(None, Judge { domain: other, programs: None }, most, progress)
    }

    /// The same with programs outside in place of rules; with `old` that one stands in place of the domain in use.
    pub fn contrast_by(
        &mut self,
        old: Option<Judge<'_>>,
        new: Judge<'_>,
        most: usize,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Contrasts> {
        let own = self.domain()?;
        let old = old.unwrap_or(Judge { domain: &own, programs: None });
        let given_up = || old.given_up().and_then(|()| new.given_up());
        let sides = [old.reducer()?, new.reducer()?];
        if sides.iter().all(|side| side.outside.is_none()) {
            return journal::contrast(&self.store, [old.domain, new.domain], most, progress);
        }
        let mut going = |done, total| given_up().is_ok() && progress(done, total);
        let all = journal::contrast_by(&self.store, sides, most, &mut going);
        given_up()?;
        all
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
