//! Jobs: what reactors asked for, a row each, with who works at it and how it ended.

use rusqlite::{OptionalExtension, Row};
use serde_json::{Value, json};

use super::read::counted;
use super::sums::{JOBS, STORE};
use super::{Store, Transaction};
use crate::error::{Error, Result};
use crate::event::{Position, Time};

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It is to be done, now or when it is due.
    Waiting,
    /// A worker has it.
    Running,
    /// It is done.
    Done,
    /// It failed so often that nobody tries any more.
    Dead,
    /// Somebody said that it need not be done.
    Skipped,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number, from 1.
    pub id: i64,
    /// The position of the event that it is for.
    pub position: Position,
    /// The reactor's name.
    pub reactor: String,
    /// Which time of a schedule it is for; 0 without one.
    pub slot: i64,
    /// The number of the domain that declares the reactor.
    pub domain: i64,
    /// The branch on which the event happened.
    pub branch: i64,
    /// How far it is.
    pub state: JobState,
    /// How often it was begun.
    pub tries: i64,
    /// When it is to be tried next.
    pub due: Time,
    /// When `due` was set, by the clock of whoever set it.
    pub set_at: Time,
    /// Until when a worker has it.
    pub lease: Time,
    /// How often it was handed out: who holds an older number may not end it.
    pub token: i64,
    /// When it was asked for.
    pub created_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// What it did, in a few words.
    pub effect: Option<String>,
}

/// A job to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob<'a> {
    /// The position of the event that it is for.
    pub position: Position,
    /// The reactor's name.
    pub reactor: &'a str,
    /// Which time of a schedule it is for; 0 without one.
    pub slot: i64,
    /// The number of the domain that declares the reactor.
    pub domain: i64,
    /// The branch on which the event happened.
    pub branch: i64,
    /// Waiting, or ended already: done, or dead before it could begin.
    pub state: JobState,
    /// Now.
    pub now: Time,
    /// Why it is dead.
    pub error: Option<String>,
    /// What it did.
    pub effect: Option<String>,
}

/// How the jobs stand, in few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobPulse {
    /// How many nobody tries any more.
    pub dead: i64,
    /// How many are to be done.
    pub open: i64,
    /// The newest one's number.
    pub newest: i64,
}

impl Job {
    /// How often it was begun, to stand behind its state: nothing, `, 1 try`, `, 3 tries`.
    pub fn tried(&self) -> String {
        match self.tries {
            0 => String::new(),
            1 => ", 1 try".to_owned(),
            tries => format!(", {tries} tries"),
        }
    }
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Dead, Self::Skipped];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Skipped => "skipped",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

const COLUMNS: &str = "id, position, reactor, slot, domain, branch, state, tries, due, set_at, lease, token, \
                       created_at, ended_at, error, effect";

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let state: String = row.get(6)?;
    Ok(Job {
        id: row.get(0)?,
        position: counted(row, 1)?,
        reactor: row.get(2)?,
        slot: row.get(3)?,
        domain: row.get(4)?,
        branch: row.get(5)?,
        // The table's CHECK lets no other name in.
        state: JobState::named(&state).unwrap_or(JobState::Dead),
        tries: counted(row, 7)?,
        due: Time(row.get(8)?),
        set_at: Time(row.get(9)?),
        lease: Time(row.get(10)?),
        token: row.get(11)?,
        created_at: Time(row.get(12)?),
        ended_at: row.get::<_, Option<i64>>(13)?.map(Time),
        error: row.get(14)?,
        effect: row.get(15)?,
    })
}

impl Store {
    /// The jobs before one (`None`: the newest), newest first, at most `limit`; only those in a state, where one
    /// is named.
    pub fn jobs(&self, state: Option<JobState>, before: Option<i64>, limit: usize) -> Result<Vec<Job>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM jobs WHERE (?1 IS NULL OR state = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows =
            statement.query_map((state.map(JobState::name), before.unwrap_or(i64::MAX), limit), job)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What was asked for because of an event.
    pub(crate) fn jobs_of(&self, position: Position) -> Result<Vec<Job>> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM jobs WHERE position = ?1 ORDER BY id"))?;
        let rows = statement.query_map([position], job)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One job; refused where there is none of that number.
    pub fn job(&self, id: i64) -> Result<Job> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1"))?;
        statement.query_row([id], job).optional()?.ok_or_else(|| {
            Error::refused(format!("There is no job {id}.")).hint("`backstory jobs` lists them.")
        })
    }

    /// Whether a reactor has a job for this time of its schedule.
    pub(crate) fn has_slot(&self, reactor: &str, slot: i64) -> Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM jobs WHERE slot <> 0 AND reactor = ?1 AND slot = ?2 LIMIT 1")?;
        Ok(statement.exists((reactor, slot))?)
    }

    /// How many jobs there are in each state; states without any are left out.
    pub(crate) fn job_counts(&self) -> Result<Vec<(JobState, i64)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT state, count(*) FROM jobs GROUP BY state")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let counts: Vec<(String, i64)> = rows.collect::<rusqlite::Result<_>>()?;
        Ok(counts.into_iter().filter_map(|(name, count)| Some((JobState::named(&name)?, count))).collect())
    }

    /// How the jobs stand, in few numbers.
    pub(crate) fn job_pulse(&self) -> Result<JobPulse> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (SELECT count(*) FROM jobs WHERE state = 'dead'), \
             (SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')), \
             (SELECT coalesce(max(id), 0) FROM jobs)",
        )?;
        Ok(statement.query_row([], |row| {
            Ok(JobPulse { dead: row.get(0)?, open: row.get(1)?, newest: row.get(2)? })
        })?)
    }

    /// How many jobs are to be done of each domain and reactor.
    pub(crate) fn open_jobs(&self) -> Result<Vec<(i64, String, i64)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT domain, reactor, count(*) FROM jobs WHERE state IN ('waiting', 'running') \
             GROUP BY domain, reactor ORDER BY domain, reactor",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether there are jobs whose waits a clock set that was ahead: set later than `set`, or leased beyond `lease`.
    pub(crate) fn has_jobs_ahead(&self, set: Time, lease: Time) -> Result<bool> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT 1 FROM jobs WHERE {JOBS_AHEAD} LIMIT 1"))?;
        Ok(statement.exists((set.0, lease.0))?)
    }

    /// When the next job is due that is of none of these domains and reactors.
    pub(crate) fn next_due(&self, held: &[(i64, String)]) -> Result<Option<Time>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT min(CASE state WHEN 'running' THEN lease ELSE due END) FROM jobs \
             WHERE state IN ('waiting', 'running') AND {}",
            not_held("?1")
        ))?;
        let due: Option<i64> = statement.query_row([list(held)], |row| row.get(0))?;
        Ok(due.map(Time))
    }
}

/// The condition that a clock which was ahead set a job's wait or lease.
const JOBS_AHEAD: &str = "state IN ('waiting', 'running') AND (set_at > ?1 OR lease > ?2)";

fn list(held: &[(i64, String)]) -> String {
    held.iter().map(|(domain, reactor)| json!([domain, reactor])).collect::<Value>().to_string()
}

/// The condition that a job is of none of the domains and reactors in a parameter.
fn not_held(parameter: &str) -> String {
    format!(
        "(domain, reactor) NOT IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') \
         FROM json_each({parameter}))"
    )
}

impl Transaction<'_> {
    /// Writes a job; one that the reactor has for this event already stays as it is.
    pub(crate) fn add_job(&self, new: &NewJob<'_>) -> Result<()> {
        let ended = (new.state != JobState::Waiting).then_some(new.now.0);
        let added = self
            .connection
            .prepare_cached(
                "INSERT INTO jobs (position, reactor, slot, domain, branch, state, tries, due, set_at, \
                 created_at, ended_at, error, effect) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, ?9, ?10, ?11) \
                 ON CONFLICT (position, reactor, slot) DO NOTHING",
            )?
            .execute(rusqlite::params![
                new.position,
                new.reactor,
                new.slot,
                new.domain,
                new.branch,
                new.state.name(),
                i64::from(new.state == JobState::Done),
                new.now.0,
                ended,
                new.error,
                new.effect,
            ])?;
        if added == 1 {
            self.toggle(JOBS, [self.connection.last_insert_rowid()])?;
        }
        Ok(())
    }

    /// A job is due after its own wait, counted from now where it was set by a clock that is ahead of this one's.
    pub(crate) fn cut_jobs_ahead(&self, now: Time, set: Time, lease: Time) -> Result<()> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT id FROM jobs WHERE {JOBS_AHEAD}"))?;
        let ids: Vec<i64> =
            statement.query_map((set.0, lease.0), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut cut = self.connection.prepare_cached(
            "UPDATE jobs SET due = ?2 + max(due - set_at, 0), set_at = ?2, lease = min(lease, ?3) WHERE id = ?1",
        )?;
        for id in ids {
            self.toggled(JOBS, [id], || Ok(cut.execute((id, now.0, lease.0))?))?;
        }
        Ok(())
    }

    /// Takes the job that has been due longest, or whose worker's lease has run out, until `lease`, of those that are
    /// of none of these domains and reactors.
    pub(crate) fn take_job(&self, held: &[(i64, String)], now: Time, lease: Time) -> Result<Option<Job>> {
        let id: Option<i64> = self
            .connection
            .prepare_cached(&format!(
                "SELECT id FROM jobs WHERE state IN ('waiting', 'running') AND due <= ?1 \
                 AND (state = 'waiting' OR lease <= ?1) AND {} ORDER BY due, id LIMIT 1",
                not_held("?2")
            ))?
            .query_row((now.0, list(held)), |row| row.get(0))
            .optional()?;
        let Some(id) = id else { return Ok(None) };
        self.toggled(JOBS, [id], || {
            self.connection
                .prepare_cached(
                    "UPDATE jobs SET state = 'running', tries = tries + 1, token = token + 1, lease = ?2 \
                     WHERE id = ?1",
                )?
                .execute((id, lease.0))?;
            Ok(())
        })?;
        self.toggled(STORE, [1], || {
            Ok(self.connection.prepare_cached("UPDATE store SET worked = worked + 1")?.execute([])?)
        })?;
        self.job(id).map(Some)
    }

    /// Ends a try, or a job, for who holds its token; false where somebody else has taken it over.
    pub(crate) fn end_job(&self, ended: &Job) -> Result<bool> {
        let changed = self.toggled(JOBS, [ended.id], || {
            Ok(self
                .connection
                .prepare_cached(
                    "UPDATE jobs SET state = ?3, due = ?4, set_at = ?8, ended_at = ?5, error = ?6, effect = ?7, \
                     lease = 0 WHERE id = ?1 AND token = ?2 AND state = 'running'",
                )?
                .execute(rusqlite::params![
                    ended.id,
                    ended.token,
                    ended.state.name(),
                    ended.due.0,
                    ended.ended_at.map(|at| at.0),
                    ended.error,
                    ended.effect,
                    ended.set_at.0,
                ])?)
        })?;
        Ok(changed == 1)
    }

    /// Puts a job into a state by hand, whoever works at it: to wait again with its tries forgotten, or skipped.
    pub(crate) fn put_job(&self, id: i64, state: JobState, now: Time) -> Result<()> {
        let ended = (state != JobState::Waiting).then_some(now.0);
        self.toggled(JOBS, [id], || {
            self.connection
                .prepare_cached(
                    "UPDATE jobs SET state = ?2, due = ?3, set_at = ?3, ended_at = ?4, tries = 0, \
                     token = token + 1, lease = 0 WHERE id = ?1",
                )?
                .execute((id, state.name(), now.0, ended))?;
            Ok(())
        })
    }
}
