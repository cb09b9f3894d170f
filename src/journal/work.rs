//! Working off jobs: taking one with a lease, finding out what it asks for, and noting how it ended.

use serde_json::json;

use super::Rules;
use super::batch::Batch;
use super::command::run;
use super::operation::{By, note};
use super::react::{effect_text, goes_round, is_too_deep, reactor_of, request_of, settle};
use crate::domain::{Domain, Moment, Reaction};
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Time};
use crate::jq::State;
use crate::projection::{Report, take};
use crate::replay::{Along, Knowing, Timeline};
use crate::store::{Job, JobState, NewJob, Store};

/// How long a worker may take, in microseconds: longer than any effect's time limit.
const LEASE: i64 = 60_000_000;

/// How far ahead of this machine's clock another one's may be, in microseconds, before waits that it set are cut.
const AHEAD: i64 = 60_000_000;

/// How often a job is tried before it is given up.
const TRIES: i64 = 10;

/// The first wait between two tries and the longest, in microseconds.
const WAITS: (i64, i64) = (1_000_000, 3_600_000_000);

/// Takes the job that has been due longest, of those that are of none of the domains and reactors that are held back.
pub(crate) fn take_job(store: &Store, held: &[(i64, String)], now: Time) -> Result<Option<Job>> {
    if store.has_jobs_ahead(Time(now.0 + AHEAD), Time(now.0 + LEASE + AHEAD))? {
        let transaction = store.write()?;
        transaction.cut_jobs_ahead(now, Time(now.0 + AHEAD), Time(now.0 + LEASE + AHEAD))?;
        transaction.commit()?;
    }
    // Looked up first, so that an idle worker takes no lock.
    if store.next_due(held)?.is_none_or(|due| due > now) {
        return Ok(None);
    }
    let transaction = store.write()?;
    let job = transaction.take_job(held, now, Time(now.0 + LEASE))?;
    transaction.commit()?;
    Ok(job)
}

/// The event of a job, and what its reactor asks for: by the domain of the time, at the state after the event; nothing
/// where its reactor's condition does not hold. An error here is one that no further try mends.
pub fn asked(store: &Store, rules: &mut Rules, job: &Job) -> Result<(Event, Option<Reaction>)> {
    let domain = rules.numbered(store, job.domain)?;
    let event = store
        .event_at(job.position)?
        .ok_or_else(|| Error::damaged(format!("The event at position {} is gone.", job.position)))?;
    let reactor = domain
        .reactors
        .iter()
        .find(|reactor| reactor.name == job.reactor)
        .ok_or_else(|| Error::refused(format!("The domain has no reactor {} any more.", job.reactor)))?;
    if let Some(report) = &reactor.report {
        let rows = rows_of(store, &domain, report, job)?;
        let every = domain.projections.get(report).and_then(|projection| projection.every);
        let period = every.and_then(|every| every.ended_at(Time(job.slot), domain.time_zone));
        let day = period.map(|period| period.day).unwrap_or_default();
        let moment = Moment::of_report(&domain, &event, &rows, &day);
        let holds = reactor.holds(&moment)?;
        let reaction = if holds { Some(reactor.reaction(&domain, &moment)?) } else { None };
        return Ok((event, reaction));
    }
    let branch = store.with_ancestors(&store.branch_row(job.branch)?)?;
    let row = store.aggregate_row(&event.aggregate)?.unwrap_or_default();
    let known = Knowing::default().of((store, &branch), &domain, &event, &[])?;
    let mut timeline = Timeline::new(event.aggregate.clone(), row, branch, event.version);
    let (before, after) = timeline
        .seek(store, &domain, event.version, i64::MAX)?
        .ok_or_else(|| Error::refused(format!("{}@{} is not there.", event.aggregate, event.version)))?;
    let event = domain.as_read(event);
    let moment = Moment::new(&domain, &event, &before.state, &after.state).knowing(known);
    // A job that died of its condition comes here, too, when it is to be done again.
    if !reactor.holds(&moment)? {
        return Ok((event, None));
    }
    let reaction = reactor.reaction(&domain, &moment)?;
    if matches!(reaction, Reaction::Command { .. }) && is_too_deep(&event) {
        return Err(goes_round(&path_to(store, &event)?));
    }
    Ok((event, Some(reaction)))
}

/// The rows of a report as of a job's event, in an array.
fn rows_of(store: &Store, domain: &Domain, report: &str, job: &Job) -> Result<State> {
    let Some(projection) = domain.projections.get(report) else {
        return Err(Error::refused(format!("The domain has no projection {report} any more.")));
    };
    let branch = store.live_branch()?;
    let (mut along, mut rows) = (Along::new(branch.clone()), Report::default());
    store.events_between(&branch, (1, job.position), false, &mut |raw| {
        let stepped = along.step(store, domain, raw)?;
        let event = &stepped.event;
        if projection.reads(&event.aggregate.kind, &event.kind) {
            take(projection, &stepped.moment(domain), event.position, &mut rows)?;
        }
        Ok(true)
    })?;
    let rows: Vec<_> = rows.rows.values().map(|projected| projected.row.to_value()).collect::<Result<_>>()?;
    Ok(State::from_value(&rows.into()))
}

/// Fires the command that a job asks for, and notes in the same transaction that it is done: exactly once.
/// False where another worker has the job by now.
pub(crate) fn fire_job(
    store: &Store,
    rules: &mut Rules,
    job: &Job,
    (event, reaction): (&Event, &Reaction),
    clock: &dyn Fn() -> Time,
) -> Result<bool> {
    let request = request_of(&job.reactor, event, reaction, None)?;
    let transaction = store.write()?;
    let now = clock();
    let domain = rules.current(&transaction)?;
    let branch = transaction.with_ancestors(&transaction.branch_row(job.branch)?)?;
    let mut batch = Batch::new(store, Some(&transaction), &domain, &branch, now)?.reacting(true);
    let fired = run(&mut batch, &request, now, &[])?;
    settle(&mut batch, Some(&transaction), rules.id(), now)?;
    if let Some(span) = batch.finish()? {
        let by = By { actor: request.actor.clone(), now };
        let detail = json!({ "command": request.command, "aggregate": fired.aggregate, "job": job.id });
        note(&transaction, &by, "react", branch.id, Some(span), &detail)?;
    }
    let effect = effect_text(Some(reaction), &fired.events);
    let held = transaction.end_job(&Job { effect, ..ended(job, now) })?;
    if held {
        transaction.commit()?;
    }
    Ok(held)
}

/// Notes that a job is done, and what it did; false where another worker has it by now.
pub(crate) fn job_done(store: &Store, job: &Job, effect: String, now: Time) -> Result<bool> {
    end(store, &Job { effect: Some(effect), ..ended(job, now) })
}

/// Notes that a try failed: it is tried again later, or given up where that is no use.
pub(crate) fn job_failed(store: &Store, job: &Job, error: &Error, again: bool, now: Time) -> Result<bool> {
    let again = again && error.kind() != Kind::Hopeless;
    let hint = error.hint_text().filter(|_| !again).map_or_else(String::new, |hint| format!(" {hint}"));
    let error = Some(format!("{}{hint}", error.message()));
    if again && job.tries < TRIES {
        let due = Time(now.0 + wait(job.id, job.tries));
        return end(store, &Job { state: JobState::Waiting, due, set_at: now, error, ..job.clone() });
    }
    end(store, &Job { state: JobState::Dead, ended_at: Some(now), error, ..job.clone() })
}

/// Writes jobs that no event asks for but a time does: those that are there already stay as they are. Answers the
/// numbers of the new ones.
pub(crate) fn note_jobs(store: &Store, jobs: &[NewJob<'_>]) -> Result<Vec<i64>> {
    // Looked up first, so that nothing new takes no lock.
    let mut news = Vec::new();
    for job in jobs {
        if !store.has_slot(job.reactor, job.slot)? {
            news.push(job);
        }
    }
    let mut noted = Vec::new();
    if news.is_empty() {
        return Ok(noted);
    }
    let transaction = store.write()?;
    for job in news {
        if !transaction.has_slot(job.reactor, job.slot)? {
            transaction.add_job(job)?;
            noted.push(transaction.job_pulse()?.newest);
        }
    }
    transaction.commit()?;
    Ok(noted)
}

/// Lets a job be done again from its first try, or says that it need not be done. Answers it as it is then.
pub(crate) fn put_job(store: &Store, id: i64, state: JobState, now: Time) -> Result<Job> {
    let transaction = store.write()?;
    let job = transaction.job(id)?;
    if job.state == JobState::Done {
        return Err(Error::refused(format!("The job {id} is done already.")));
    }
    transaction.put_job(id, state, now)?;
    let job = transaction.job(id)?;
    transaction.commit()?;
    Ok(job)
}

fn ended(job: &Job, now: Time) -> Job {
    Job { state: JobState::Done, ended_at: Some(now), error: None, ..job.clone() }
}

fn end(store: &Store, job: &Job) -> Result<bool> {
    let transaction = store.write()?;
    let held = transaction.end_job(job)?;
    transaction.commit()?;
    Ok(held)
}

/// How long to wait behind a try: twice as long each time, and up to a quarter more or less, so that jobs that
/// failed together do not come back together.
fn wait(id: i64, tries: i64) -> i64 {
    let whole = WAITS.0.saturating_mul(1 << (tries - 1).clamp(0, 20)).min(WAITS.1);
    // A multiplicative hash (Knuth) is spread enough.
    let spread = (id.wrapping_mul(31).wrapping_add(tries)).wrapping_mul(2_654_435_761) & 0xffff;
    whole * 3 / 4 + (whole / 2) * spread / 0xffff
}

/// The events that led to one, each named by the one that it says it came of, with the reactors between them.
fn path_to(store: &Store, event: &Event) -> Result<String> {
    let mut steps = vec![event.kind.clone()];
    let mut at = event.clone();
    while let Some(cause) = crate::store::links_of(&at.meta).0.into_iter().next() {
        let found = store.find_hash(&cause, 1)?.first().map(|(position, _)| *position);
        let Some(cause) = found.map_or(Ok(None), |position| store.event_at(position))? else { break };
        steps.extend(reactor_of(&at));
        steps.push(cause.kind.clone());
        at = cause;
    }
    steps.reverse();
    Ok(steps.join(" → "))
}

impl Rules {
    /// A domain that the store has, or had, in use.
    pub fn numbered(&mut self, store: &Store, id: i64) -> Result<std::rc::Rc<Domain>> {
        if store.domain_id()? == id {
            return self.current(store);
        }
        if let Some((known, domain)) = &self.earlier
            && *known == id
        {
            return Ok(std::rc::Rc::clone(domain));
        }
        let stored = store
            .domain_numbered(id)?
            .ok_or_else(|| Error::damaged(format!("The store has no domain {id}.")))?;
        let domain = std::rc::Rc::new(Domain::parse("an earlier domain of the store", &stored.source)?);
        self.earlier = Some((id, std::rc::Rc::clone(&domain)));
        Ok(domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_differ_between_jobs() {
        let waits: Vec<_> = (1..=20).map(|tries| wait(7, tries)).collect();
        assert!((750_000..=1_250_000).contains(&waits[0]), "{waits:?}");
        assert!(waits.windows(2).take(10).all(|pair| pair[0] < pair[1]), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= WAITS.1 * 5 / 4));
        let at_once: std::collections::BTreeSet<_> = (1..=50).map(|id| wait(id, 3)).collect();
        assert!(at_once.len() > 40, "{at_once:?}");
    }
}
