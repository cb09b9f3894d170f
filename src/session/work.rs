//! Jobs: what reactors asked for, and working it off.

use chrono_tz::Tz;
use serde_json::json;

use super::Session;
use crate::domain::{Every, Period, Reaction};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time, Version};
use crate::journal;
use crate::react::{Errand, Local, perform};
use crate::store::{Branch, Job, JobPulse, JobState, NewJob};

/// How long a worker does not look at monitors and schedules again, in microseconds.
const WATCH: i64 = 5_000_000;

/// How many periods back a report is asked for that nobody asked for at its time.
const PERIODS: i64 = 366;

/// Of how many waiting jobs it is worked out what they would do: each is a fold.
const TOLD: usize = 50;

/// A job with the event that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobInfo {
    /// The job.
    pub job: Job,
    /// The aggregate of the event.
    pub aggregate: AggregateId,
    /// The event's version.
    pub version: Version,
    /// The event's type.
    pub event: String,
    /// The branch on which it happened.
    pub branch: String,
    /// What would leave the store and to whom, of one that waits; of the newest ones only.
    pub leaves: Option<String>,
}

/// How a worker's step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Worked {
    /// Nothing is due; when the next job is, where there is one.
    Nothing(Option<Time>),
    /// A job was done, or tried; it is shown as it stands now.
    Tried(Box<JobInfo>),
}

impl Session {
    /// The jobs before one (`None`: the newest), newest first, at most `limit`; only those in a state, where one
    /// is named.
    pub fn jobs(
        &mut self,
        state: Option<JobState>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<JobInfo>> {
        let jobs = self.store.jobs(state, before, limit)?;
        let mut infos = jobs.into_iter().map(|job| self.job_info(job)).collect::<Result<Vec<_>>>()?;
        let waiting = infos.iter_mut().filter(|info| info.job.state == JobState::Waiting).take(TOLD);
        for info in waiting {
            info.leaves = self.leaves(&info.job);
        }
        Ok(infos)
    }

    /// What reactors were asked for because of an event.
    pub fn jobs_of(&self, position: Position) -> Result<Vec<Job>> {
        self.store.jobs_of(position)
    }

    /// How many jobs there are in each state; states without any are left out.
    pub fn job_counts(&self) -> Result<Vec<(JobState, i64)>> {
        self.store.job_counts()
    }

    /// How the jobs stand, in few numbers.
    pub fn job_pulse(&self) -> Result<JobPulse> {
        self.store.job_pulse()
    }

    /// Lets a job that is dead, or was skipped, be done again from its first try.
    pub fn retry_job(&mut self, id: i64) -> Result<JobInfo> {
        let job = journal::put_job(&self.store, id, JobState::Waiting, self.clock.now())?;
        self.job_info(job)
    }

    /// Says that a job need not be done.
    pub fn skip_job(&mut self, id: i64) -> Result<JobInfo> {
        let job = journal::put_job(&self.store, id, JobState::Skipped, self.clock.now())?;
        self.job_info(job)
    }

    /// Does the job that has been due longest, of those that this machine may do.
    pub fn work(&mut self, local: &Local) -> Result<Worked> {
        // What is done for a file that nobody finds again is done for nothing, and noted nowhere.
        if !self.is_in_place()? {
            return Err(Error::refused("Another file is in the place of the store that was opened.").hint(
                "Start the worker again: it opens that one, and asks whether its effects may leave it.",
            ));
        }
        let now = self.clock.now();
        if self.watched.is_none_or(|at| now.0 - at.0 >= WATCH) {
            self.watched = Some(now);
            self.watch_live()?;
            self.note_due_reports()?;
        }
        let held = self.held_reactors(local)?;
        let Some(job) = journal::take_job(&self.store, &held, self.clock.now())? else {
            return Ok(Worked::Nothing(self.store.next_due(&held)?));
        };
        match journal::asked(&self.store, &mut self.rules, &job) {
            // The same rule would fail at the same state again.
            Err(error) => journal::job_failed(&self.store, &job, &error, false, self.clock.now())?,
            Ok((_, None)) => {
                let nothing = json!({ "done": "nothing: its condition does not hold" }).to_string();
                journal::job_done(&self.store, &job, nothing, self.clock.now())?
            }
            Ok((event, Some(reaction))) => {
                let store = self.store.path().to_owned();
                let errand = Errand {
                    event: &event,
                    reactor: &job.reactor,
                    slot: job.slot,
                    reaction: &reaction,
                    store: &store,
                };
                let done = match &reaction {
                    Reaction::Notify(text) => Ok(Some(json!({ "notify": text }).to_string())),
                    Reaction::Command { .. } => {
                        let (clock, asked) = (self.clock, (&event, &reaction));
                        journal::fire_job(&self.store, &mut self.rules, &job, asked, &|| clock.now())
                            .map(|_| None)
                    }
                    _ => self
                        .consent_for(local, &job)
                        .and_then(|consent| perform(local, &errand, &consent))
                        .map(|done| Some(json!({ "done": done, "key": errand.key() }).to_string())),
                };
                let now = self.clock.now();
                match done {
                    // A command notes its end in its own transaction.
                    Ok(None) => true,
                    Ok(Some(effect)) => journal::job_done(&self.store, &job, effect, now)?,
                    Err(error) => journal::job_failed(&self.store, &job, &error, true, now)?,
                }
            }
        };
        let job = self.store.job(job.id)?;
        Ok(Worked::Tried(Box::new(self.job_info(job)?)))
    }

    /// Asks for the reports that have come due on the live branch since they were declared: one for each period in
    /// which something was recorded.
    fn note_due_reports(&mut self) -> Result<()> {
        let (domain, now) = (self.domain()?, self.clock.now());
        if domain.reactors.iter().all(|reactor| reactor.report.is_none()) {
            return Ok(());
        }
        let (main, rules) = (self.store.live_branch()?, self.rules.id());
        let (mut due, mut looked) = (Vec::new(), Vec::new());
        for (at, reactor) in domain.reactors.iter().enumerate() {
            let projection = reactor.report.as_ref().and_then(|report| domain.projections.get(report));
            let Some(every) = projection.and_then(|projection| projection.every) else { continue };
            let Some(newest) = every.last(now, domain.time_zone) else { continue };
            let declared = self.declared(&domain)?;
            let oldest = Time(newest.end.0 - PERIODS * every.length());
            let since = declared.reports[at].max(declared.noted[at]).max(oldest);
            looked.push((at, newest.end));
            let ended = self.ended_periods(&main, every, (since, newest.end), domain.time_zone)?;
            due.extend(ended.into_iter().map(|(period, position)| NewJob {
                position,
                reactor: &reactor.name,
                slot: period.end.0,
                domain: rules,
                branch: main.id,
                state: JobState::Waiting,
                now,
                error: None,
                effect: None,
            }));
        }
        journal::note_jobs(&self.store, &due)?;
        // A write that was under way at a period's end may come a moment late: the newest is looked at again.
        for (at, end) in looked {
            self.declared.noted[at] = end;
        }
        Ok(())
    }

    /// The periods that ended between two times and in which something was recorded on a branch, each with the
    /// position of its newest event; the oldest first.
    fn ended_periods(
        &self,
        branch: &Branch,
        every: Every,
        (since, until): (Time, Time),
        zone: Tz,
    ) -> Result<Vec<(Period, Position)>> {
        let (mut periods, mut end) = (Vec::new(), until);
        while end >= since {
            let Some(position) = self.store.recorded_before(branch, end)? else { break };
            let Some(event) = self.store.event_at(position)? else { break };
            let Some(period) = every.around(event.recorded_at, zone) else { break };
            if period.end < since {
                break;
            }
            end = period.begin.min(event.recorded_at);
            periods.push((period, position));
        }
        periods.reverse();
        Ok(periods)
    }

    /// The number of the domain in use; it rises with each that is taken into use.
    pub fn domain_number(&self) -> Result<i64> {
        self.store.domain_id()
    }

    pub(super) fn job_info(&self, job: Job) -> Result<JobInfo> {
        let event = self
            .store
            .event_at(job.position)?
            .ok_or_else(|| Error::damaged(format!("The event at position {} is gone.", job.position)))?;
        let branch = self.store.branch_row(job.branch)?.name;
        Ok(JobInfo {
            job,
            aggregate: event.aggregate,
            version: event.version,
            event: event.kind,
            branch,
            leaves: None,
        })
    }
}
