//! Monitors: what came too seldom or too often, over all of history and as it goes on.

use serde_json::json;

use super::{JobInfo, Session};
use crate::domain::{Bound, Domain, Monitor};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position, Time, Version};
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
    /// On how many events its `where` failed, so that they did not count, and how on the first.
    pub failed: Option<(usize, String)>,
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
    /// Its hash.
    pub hash: Hash,
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
    /// The first event of all, as of which is watched.
    first: Option<(Time, Position)>,
    /// By monitor.
    seen: Vec<Seen>,
}

/// What a monitor saw.
#[derive(Clone, Default)]
struct Seen {
    /// The events that count, in log order.
    times: Vec<(Time, Position)>,
    failed: Option<(usize, String)>,
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
            .zip(&watching.seen)
            .map(|(monitor, seen)| report(monitor, seen, (None, until), watching.first))
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
                    hash: event.hash,
                });
            }
        }
        Ok(alarms)
    }

    /// What monitors found on the live branch since the last call, as the jobs that say so.
    pub fn take_alarms(&mut self) -> Result<Vec<JobInfo>> {
        let alarmed = std::mem::take(&mut self.alarmed);
        alarmed.into_iter().map(|id| self.job_info(self.store.job(id)?)).collect()
    }

    /// Notes as jobs, done already, what has gone wrong on the live branch since its monitor was declared.
    pub(super) fn watch_live(&mut self) -> Result<()> {
        let (domain, now) = (self.domain()?, self.clock.now());
        if domain.monitors.is_empty() {
            return Ok(());
        }
        let branch = self.store.live_branch()?;
        let since = self.declared(&domain)?.monitors.clone();
        let behind = self.before(since.iter().copied().min().unwrap_or_default(), &domain.monitors)?;
        let watching = self.watch(&domain, &branch, behind, &mut |_, _| true)?;
        let mut found: Vec<_> = domain
            .monitors
            .iter()
            .zip(&watching.seen)
            .zip(since)
            .flat_map(|((monitor, seen), since)| {
                let report = report(monitor, seen, (Some(since), now), None);
                report.violations.into_iter().map(move |violation| (monitor, violation))
            })
            .collect();
        for (_, violation) in found.iter_mut().filter(|(_, violation)| violation.position == 0) {
            let before = self.store.recorded_before(&branch, violation.from)?.unwrap_or(Position::MAX);
            violation.position = self.store.newest_of(&branch, before)?.map_or(0, |(position, _)| position);
        }
        found.retain(|(_, violation)| violation.position > 0);
        let rules = self.rules.id();
        let alarms = found.iter().map(|(monitor, violation)| NewJob {
            position: violation.position,
            reactor: &monitor.name,
            slot: violation.from.0,
            domain: rules,
            branch: branch.id,
            state: JobState::Done,
            now,
            error: None,
            effect: Some(json!({ "notify": alarm(monitor, violation) }).to_string()),
        });
        let noted = journal::note_jobs(&self.store, &alarms.collect::<Vec<_>>())?;
        self.alarmed.extend(noted);
        Ok(())
    }

    /// The position up to which nothing matters for violations that begin at a time or later.
    fn before(&self, since: Time, monitors: &[Monitor]) -> Result<Position> {
        let reach = |monitor: &Monitor| if monitor.hours.is_some() { HOURS_AWAY } else { 2 } * monitor.within;
        let start = since.0.saturating_sub(monitors.iter().map(reach).max().unwrap_or_default() + WEEK);
        Ok(self.store.recorded_before(&self.store.live_branch()?, Time(start))?.unwrap_or_default())
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
            first: None,
            seen: vec![Seen::default(); domain.monitors.len()],
        });
        let tip = self.store.newest_of(branch, Position::MAX)?.map_or(0, |(position, _)| position);
        let Watching { position, newest, along, first, seen, .. } = &mut watching;
        let store = &self.store;
        store.events_between(branch, (*position + 1, tip), false, &mut |raw| {
            let stepped = along.step(store, domain, raw)?;
            let event = &stepped.event;
            first.get_or_insert((event.occurred_at, event.position));
            let mut moment = None;
            for (monitor, seen) in domain.monitors.iter().zip(seen.iter_mut()) {
                if !monitor.reads(&event.aggregate.kind, &event.kind) {
                    continue;
                }
                let moment = moment.get_or_insert_with(|| stepped.moment(domain));
                match monitor.counts(moment) {
                    Ok(true) => seen.times.push((event.occurred_at, event.position)),
                    Ok(false) => {}
                    // It does not count: the log has all kinds of events.
                    Err(error) => {
                        let why = || (0, journal::stopped_at(event, &error));
                        seen.failed.get_or_insert_with(why).0 += 1;
                    }
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

/// What a monitor found up to a time: over all of history, or what began since it was declared. What never came was
/// missed from the first event on.
fn report(
    monitor: &Monitor,
    seen: &Seen,
    (since, until): (Option<Time>, Time),
    first: Option<(Time, Position)>,
) -> MonitorReport {
    // The clocks of a log run backwards now and then; a bound within a time is about time.
    let mut times = seen.times.clone();
    times.sort();
    let start = since.or(first.map(|(at, _)| at)).unwrap_or(until);
    let begin = times.first().map_or(start, |(at, _)| start.min(*at));
    let clock = match &monitor.hours {
        // What happens at the very end counts, too.
        Some(hours) => Counting::within(hours.between(begin, Time(until.0.saturating_add(1)))),
        None => Counting::always(),
    };
    let (events, mut violations) = match monitor.bound {
        Bound::AtLeast(least) => {
            (times.len(), too_few(&times, least, monitor.within, &clock, (start, until)))
        }
        Bound::AtMost(most) => (
            times.iter().filter(|(time, _)| clock.runs_at(*time)).count(),
            too_many(&times, most, monitor.within, &clock, until),
        ),
    };
    if let Some(since) = since {
        violations.retain_mut(|violation| began_since(violation, since, monitor, &clock, until));
    }
    for violation in violations.iter_mut().filter(|violation| violation.position == 0) {
        violation.position = first.map_or(0, |(_, position)| position);
    }
    MonitorReport {
        name: monitor.name.clone(),
        doc: monitor.doc.clone(),
        wanted: monitor.wanted(),
        events,
        violations,
        failed: seen.failed.clone(),
    }
}

/// Whether a violation began since a monitor was declared. A silence from before begins anew when it has lasted for
/// the monitor's whole time since.
fn began_since(
    violation: &mut Violation,
    since: Time,
    monitor: &Monitor,
    clock: &Counting,
    until: Time,
) -> bool {
    if violation.from >= since {
        return true;
    }
    let Bound::AtLeast(_) = monitor.bound else { return false };
    let Some(from) = clock.behind(since, monitor.within) else { return false };
    violation.from = from;
    from < violation.to.unwrap_or(until)
}

fn alarm(monitor: &Monitor, violation: &Violation) -> String {
    format!("{}: {} since {}, wanted {}", monitor.name, violation.count, violation.from, monitor.wanted())
}
