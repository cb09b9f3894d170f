//! Monitors: what came too seldom or too often, over all of history and as it goes on.

use serde_json::json;

use super::Session;
use crate::domain::{Bound, Domain, Moment, Monitor};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time, Version};
use crate::history::monitor::{Counting, Violation, too_few, too_many};
use crate::journal;
use crate::replay::Along;
use crate::store::{Branch, JobState, NewJob};

/// A week, in microseconds: longer than what lies between two stretches of the hours that count.
const WEEK: i64 = 7 * 24 * 3_600_000_000;

/// How many times longer than its own a time is at most that is counted in some hours of the week only.
const HOURS_AWAY: i64 = 30;

/// A monitor and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorReport {
    /// Its name.
    pub name: String,
    /// What it watches over.
    pub doc: Option<String>,
    /// How many events there are to be, in words.
    pub wanted: String,
    /// How many events counted.
    pub events: usize,
    /// Where that did not hold, the oldest first.
    pub violations: Vec<Violation>,
}

/// A violation, and the event behind which it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The monitor's name.
    pub monitor: String,
    /// What was wanted, in words.
    pub wanted: String,
    /// What was found.
    pub violation: Violation,
    /// The event's aggregate and version.
    pub at: (AggregateId, Version),
}

/// The events that each monitor counts, as far as a branch's log was looked through.
pub(super) struct Watching {
    branch: i64,
    rules: i64,
    /// The position behind which it began.
    behind: Position,
    position: Position,
    newest: Time,
    along: Along,
    /// By monitor, in log order.
    times: Vec<Vec<(Time, Position)>>,
}

impl Session {
    /// Checks every monitor over the branch's history, up to its newest event, or with `now` up to now: then a silence
    /// that lasts is found, too. `progress` gets the position come to and the last one; false stops.
    pub fn monitors(
        &mut self,
        now: bool,
        progress: &mut dyn FnMut(Position, Position) -> bool,
    ) -> Result<Vec<MonitorReport>> {
        let (domain, branch) = (self.domain()?, self.branch.clone());
        let now = now.then(|| self.clock.now());
        let watching = self.watch(&domain, &branch, 0, progress)?;
        let until = now.map_or(watching.newest, |now| now.max(watching.newest));
        Ok(domain
            .monitors
            .iter()
            .zip(&watching.times)
            .map(|(monitor, times)| report(monitor, times, until))
            .collect())
    }

    /// Every violation in the branch's history, by monitor, with the event behind which it began.
    pub fn alarms(&mut self) -> Result<Vec<Alarm>> {
        let mut alarms = Vec::new();
        for report in self.monitors(false, &mut |_, _| true)? {
            for violation in report.violations {
                let Some(event) = self.store.event_at(violation.position)? else { continue };
                alarms.push(Alarm {
                    monitor: report.name.clone(),
                    wanted: report.wanted.clone(),
                    violation,
                    at: (event.aggregate, event.version),
                });
            }
        }
        Ok(alarms)
    }

    /// Notes as jobs, done already, what has gone wrong on the live branch since the domain was taken into use.
    pub(super) fn watch_live(&mut self) -> Result<()> {
        let (domain, now) = (self.domain()?, self.clock.now());
        if domain.monitors.is_empty() {
            return Ok(());
        }
        let branch = self.store.live_branch()?;
        let since = self.store.domain_added(self.rules.id())?.unwrap_or_default();
        let behind = self.before(since, &domain.monitors)?;
        let watching = self.watch(&domain, &branch, behind, &mut |_, _| true)?;
        let found: Vec<_> = domain
            .monitors
            .iter()
            .zip(&watching.times)
            .flat_map(|(monitor, times)| {
                let report = report(monitor, times, now);
                report
                    .violations
                    .into_iter()
                    .filter(|v| v.from >= since && v.position > 0)
                    .map(move |v| (monitor, v))
            })
            .collect();
        let rules = self.rules.id();
        let alarms = found.iter().map(|(monitor, violation)| NewJob {
            position: violation.position,
            reactor: &monitor.name,
            slot: violation.from.0,
            domain: rules,
            branch: branch.id,
            external: false,
            state: JobState::Done,
            now,
            error: None,
            effect: Some(json!({ "notify": alarm(monitor, violation) }).to_string()),
        });
        journal::note_jobs(&self.store, &alarms.collect::<Vec<_>>())
    }

    /// The position up to which nothing matters for violations that begin at a time or later.
    fn before(&self, since: Time, monitors: &[Monitor]) -> Result<Position> {
        let reach = |monitor: &Monitor| if monitor.hours.is_some() { HOURS_AWAY } else { 2 } * monitor.within;
        let start = since.0.saturating_sub(monitors.iter().map(reach).max().unwrap_or_default() + WEEK);
        Ok(self.recorded_before(Time(start))?.unwrap_or_default())
    }

    /// The events that count behind a position, up to the branch's newest.
    fn watch(
        &mut self,
        domain: &Domain,
        branch: &Branch,
        behind: Position,
        progress: &mut dyn FnMut(Position, Position) -> bool,
    ) -> Result<&Watching> {
        let rules = self.rules.id();
        let same = |known: &Watching| (known.branch, known.rules, known.behind) == (branch.id, rules, behind);
        let known = self.watching.take().filter(same);
        let mut watching = known.unwrap_or_else(|| Watching {
            branch: branch.id,
            rules,
            behind,
            position: behind,
            newest: Time(i64::MIN),
            along: Along::new(branch.clone()),
            times: vec![Vec::new(); domain.monitors.len()],
        });
        let tip = self.store.newest_of(branch, Position::MAX)?.map_or(0, |(position, _)| position);
        let Watching { position, newest, along, times, .. } = &mut watching;
        let store = &self.store;
        store.events_between(branch, (*position + 1, tip), false, &mut |raw| {
            let (event, before, after) = along.step(store, domain, raw)?;
            let mut moment = None;
            for (monitor, times) in domain.monitors.iter().zip(times.iter_mut()) {
                if !monitor.reads(&event.aggregate.kind, &event.kind) {
                    continue;
                }
                if moment.is_none() {
                    moment = Some(Moment::new(domain, &event, &before, &after));
                }
                // A filter that fails counts as one that does not hold: the log has all kinds of events.
                if moment.as_ref().is_some_and(|moment| monitor.counts(moment).unwrap_or(false)) {
                    times.push((event.occurred_at, event.position));
                }
            }
            (*position, *newest) = (event.position, (*newest).max(event.occurred_at));
            if event.position % 1_024 == 0 && !progress(event.position, tip) {
                return Err(Error::refused("Stopped."));
            }
            Ok(true)
        })?;
        Ok(self.watching.insert(watching))
    }
}

fn report(monitor: &Monitor, times: &[(Time, Position)], until: Time) -> MonitorReport {
    // The clocks of a log run backwards now and then; a bound within a time is about time.
    let mut times = times.to_vec();
    times.sort();
    let clock = match (&monitor.hours, times.first()) {
        (Some(hours), Some((first, _))) => Counting::within(hours.between(*first, until)),
        _ => Counting::always(),
    };
    let violations = match monitor.bound {
        Bound::AtLeast(least) => too_few(&times, least, monitor.within, &clock, until),
        Bound::AtMost(most) => too_many(&times, most, monitor.within, &clock, until),
    };
    MonitorReport {
        name: monitor.name.clone(),
        doc: monitor.doc.clone(),
        wanted: monitor.wanted(),
        events: times.len(),
        violations,
    }
}

fn alarm(monitor: &Monitor, violation: &Violation) -> String {
    format!("{}: {} since {}, wanted {}", monitor.name, violation.count, violation.from, monitor.wanted())
}
