//! Since when the domain in use declares its monitors and the reports that its reactors send. A version of it that
//! changed something else begins nothing anew.

use super::Session;
use crate::domain::{Domain, Reactor};
use crate::error::Result;
use crate::event::Time;

/// How many versions of the domain are looked back through at most.
const VERSIONS: usize = 500;

/// Since when, in the order of the domain's file: as of the oldest in an unbroken row of versions that say the same.
#[derive(Default)]
pub(super) struct Declared {
    /// The number of the domain that this is of.
    rules: i64,
    /// Its monitors.
    pub monitors: Vec<Time>,
    /// Its reactors, as far as they send reports.
    pub reports: Vec<Time>,
    /// Up to when the reactors' reports are asked for.
    pub noted: Vec<Time>,
}

impl Session {
    /// Since when the domain in use declares what it declares; kept until there is another one.
    pub(super) fn declared(&mut self, domain: &Domain) -> Result<&mut Declared> {
        let rules = self.rules.id();
        if self.declared.rules != rules {
            self.declared = self.look_back(domain, rules)?;
        }
        Ok(&mut self.declared)
    }

    fn look_back(&self, domain: &Domain, rules: i64) -> Result<Declared> {
        let added = self.store.domain_added(rules)?.unwrap_or_default();
        let mut declared = Declared {
            rules,
            monitors: vec![added; domain.monitors.len()],
            reports: vec![added; domain.reactors.len()],
            noted: vec![Time(i64::MIN); domain.reactors.len()],
        };
        let mut monitors: Vec<usize> = (0..domain.monitors.len()).collect();
        let reports = domain.reactors.iter().enumerate().filter(|(_, reactor)| reactor.report.is_some());
        let mut reports: Vec<usize> = reports.map(|(at, _)| at).collect();
        for id in (1..rules).rev().take(VERSIONS) {
            if monitors.is_empty() && reports.is_empty() {
                break;
            }
            let Some(stored) = self.store.domain_numbered(id)? else { continue };
            // What cannot be read any more says nothing.
            let Ok(earlier) = Domain::parse("an earlier domain of the store", &stored.source) else { break };
            let added = self.store.domain_added(id)?.unwrap_or_default();
            monitors.retain(|at| earlier.monitors.iter().any(|it| it.counts_as(&domain.monitors[*at])));
            reports.retain(|at| sends_as(&earlier, domain, &domain.reactors[*at]));
            for at in &monitors {
                declared.monitors[*at] = added;
            }
            for at in &reports {
                declared.reports[*at] = added;
            }
        }
        Ok(declared)
    }
}

/// Whether an earlier domain's reactor of the name sends the same report at the same times.
fn sends_as(earlier: &Domain, domain: &Domain, reactor: &Reactor) -> bool {
    let times = |domain: &Domain| {
        let reactor = domain.reactors.iter().find(|other| other.name == reactor.name)?;
        let report = reactor.report.clone()?;
        let every = domain.projections.get(&report)?.every?;
        Some((report, every, domain.time_zone))
    };
    times(earlier).is_some_and(|it| Some(it) == times(domain))
}
