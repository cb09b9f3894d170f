//! This machine's consent to what reaches out of the store: what waits for it, giving it, and the proof of it that an
//! effect asks for. Whether a job reaches out is said by its reactor as the domain's text declares it, never by the
//! job's row; what was consented to is computed from that text, and holds for this very file.

use std::collections::BTreeMap;

use super::Session;
use crate::domain::Reaction;
use crate::error::Result;
use crate::event::{Hash, Position};
use crate::journal;
use crate::react::{Consent, Local, Mark, StoreFile};
use crate::store::Job;

/// What a domain's reactors do outside, and this machine has not allowed for this store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconsented {
    /// The SHA-256 of what they declare.
    pub effects: Hash,
    /// The domain's name.
    pub name: String,
    /// What they do: name and effect.
    pub reactors: Vec<(String, &'static str)>,
    /// How many jobs wait for it.
    pub waiting: i64,
}

impl Session {
    /// What waits for this machine's consent: of the domain in use, and of earlier ones with jobs left.
    pub fn unconsented(&mut self, local: &Local) -> Result<Vec<Unconsented>> {
        let mut ids: BTreeMap<i64, i64> = self.open_jobs_outside()?;
        let current = self.store.domain_id()?;
        if current > 0 {
            ids.entry(current).or_default();
        }
        self.unconsented_of(&ids, local)
    }

    /// Those of them whose jobs wait for nothing else.
    pub fn held_back(&mut self, local: &Local) -> Result<Vec<Unconsented>> {
        let ids = self.open_jobs_outside()?;
        self.unconsented_of(&ids, local)
    }

    /// How many jobs that reach out are to be done, of each domain.
    fn open_jobs_outside(&mut self) -> Result<BTreeMap<i64, i64>> {
        let mut open = BTreeMap::new();
        for (domain, reactor, jobs) in self.store.open_jobs()? {
            if self.reaches_out(domain, &reactor)? {
                *open.entry(domain).or_default() += jobs;
            }
        }
        Ok(open)
    }

    fn unconsented_of(&mut self, domains: &BTreeMap<i64, i64>, local: &Local) -> Result<Vec<Unconsented>> {
        let mut waiting: Vec<Unconsented> = Vec::new();
        for (&id, &jobs) in domains {
            let domain = self.rules.numbered(&self.store, id)?;
            let effects = domain.effects_hash();
            if domain.external_reactors().next().is_none() || self.consented(local, effects)?.is_some() {
                continue;
            }
            if let Some(known) = waiting.iter_mut().find(|known| known.effects == effects) {
                known.waiting += jobs;
                continue;
            }
            let reactors = domain.external_reactors().map(|it| (it.name.clone(), it.effect())).collect();
            waiting.push(Unconsented { effects, name: domain.name.clone(), reactors, waiting: jobs });
        }
        Ok(waiting)
    }

    /// Notes that what a domain's reactors declare may reach out of this store on this machine.
    pub fn consent(&mut self, local: &Local, to: &Unconsented) -> Result<()> {
        local.allow(&self.file()?, to.effects, &self.mark()?, &to.name, self.clock.now())
    }

    /// The domains and reactors whose jobs nobody on this machine may do.
    pub(super) fn held_reactors(&mut self, local: &Local) -> Result<Vec<(i64, String)>> {
        let mut held = Vec::new();
        for (domain, reactor, _) in self.store.open_jobs()? {
            if self.reaches_out(domain, &reactor)? {
                let effects = self.rules.numbered(&self.store, domain)?.effects_hash();
                if self.consented(local, effects)?.is_none() {
                    held.push((domain, reactor));
                }
            }
        }
        Ok(held)
    }

    /// The proof that a job's effect was consented to, and a note of how far this store has been worked at: one that is
    /// behind that is another history.
    pub(super) fn consent_for(&mut self, local: &Local, job: &Job) -> Result<Consent> {
        let effects = self.rules.numbered(&self.store, job.domain)?.effects_hash();
        let consent = self.consented(local, effects)?.ok_or_else(|| {
            crate::error::Error::refused("This machine has not consented to what the reactor does outside.")
                .hint("`backstory work --consent` allows it.")
        })?;
        local.note(&self.file()?, effects, &self.mark()?)?;
        Ok(consent)
    }

    /// What a job would send out of the store, and to whom, in a line.
    pub(super) fn leaves(&mut self, job: &Job) -> Option<String> {
        if !self.reaches_out(job.domain, &job.reactor).ok()? {
            return None;
        }
        match journal::asked(&self.store, &mut self.rules, job) {
            Ok((_, Some(reaction))) => leaving(&reaction),
            Ok((_, None)) => Some("nothing: its condition does not hold".to_owned()),
            Err(error) => Some(format!("nothing: {}", error.message())),
        }
    }

    fn reaches_out(&mut self, domain: i64, reactor: &str) -> Result<bool> {
        let domain = self.rules.numbered(&self.store, domain)?;
        Ok(domain.external_reactors().any(|external| external.name == reactor))
    }

    fn consented(&self, local: &Local, effects: Hash) -> Result<Option<Consent>> {
        let has = |position: Position, hash: Hash| {
            Ok(self.store.event_at(position)?.is_some_and(|event| event.hash == hash))
        };
        local.consent(&self.file()?, effects, self.store.worked()?, &has)
    }

    fn file(&self) -> Result<StoreFile> {
        StoreFile::of(self.store.id()?, self.store.path())
    }

    /// How far the store has been worked at.
    fn mark(&self) -> Result<Mark> {
        let newest = self.store.newest_position()?;
        let hash = self.store.event_at(newest)?.map(|event| event.hash);
        Ok(Mark { newest: hash.map(|hash| (newest, hash)), worked: self.store.worked()? })
    }
}

fn leaving(reaction: &Reaction) -> Option<String> {
    Some(match reaction {
        Reaction::Mail { to, subject, .. } => format!("a mail to {}: {subject}", to.join(", ")),
        Reaction::Http { endpoint, data } => format!("a POST to {endpoint}: {data}"),
        Reaction::Statsd { metric, value, .. } => format!("a metric: {metric} {value}"),
        Reaction::Append { file, row } => format!("a line in {file}.jsonl: {row}"),
        Reaction::Sql { endpoint, table, row } => {
            format!("a row in {table} of {endpoint}: {}", serde_json::Value::from(row.clone()))
        }
        Reaction::Command { .. } | Reaction::Notify(_) => return None,
    })
}
