//! Jobs as JSON, and as a list that chips narrow.

use serde_json::{Value, json};

use super::narrowing::Narrowing;
use super::{Chip, JobInfo, Session};
use crate::error::Result;
use crate::store::{Job, JobState};

/// How many jobs are looked at in a slice.
const SLICE: usize = 500;

/// A job as JSON, without its event.
pub fn job_json(job: &Job) -> Value {
    let effect: Option<Value> = job.effect.as_deref().and_then(|text| serde_json::from_str(text).ok());
    json!({
        "job": job.id, "reactor": job.reactor, "state": job.state.name(), "tries": job.tries,
        "position": job.position, "created_at": job.created_at.to_string(),
        "next_try": (job.state == JobState::Waiting).then(|| job.due.to_string()),
        "ended_at": job.ended_at.map(|at| at.to_string()), "error": job.error, "effect": effect,
    })
}

impl JobInfo {
    /// It as JSON, with its event.
    pub fn json(&self) -> Value {
        let mut told = job_json(&self.job);
        told["aggregate"] = json!(self.aggregate);
        told["version"] = self.version.into();
        told["event"] = self.event.as_str().into();
        told["branch"] = self.branch.as_str().into();
        told["leaves"] = json!(self.leaves);
        told
    }
}

/// Jobs that are being looked for, the newest first.
pub struct JobSearch {
    narrowing: Narrowing,
    state: Option<JobState>,
    before: Option<i64>,
    limit: usize,
    whole: bool,
}

impl JobSearch {
    /// Whether all were looked at, or as many found as are wanted.
    pub fn is_whole(&self) -> bool {
        self.whole
    }
}

impl Session {
    /// Begins to look for jobs, of one state or of all, at most so many.
    pub fn search_jobs(
        &mut self,
        chips: &[Chip],
        state: Option<JobState>,
        limit: usize,
    ) -> Result<JobSearch> {
        let narrowing = Narrowing::of(chips, &self.misses)?;
        Ok(JobSearch { narrowing, state, before: None, limit, whole: false })
    }

    /// Goes on by a slice, and puts those that fit behind those that are there.
    pub fn find_jobs(&mut self, search: &mut JobSearch, found: &mut Vec<JobInfo>) -> Result<()> {
        let infos = self.jobs(search.state, search.before, SLICE.min(search.limit))?;
        search.whole = infos.len() < SLICE.min(search.limit);
        for info in infos {
            search.before = Some(info.job.id);
            if found.len() == search.limit {
                search.whole = true;
                break;
            }
            if search.narrowing.takes(&info.json())? {
                found.push(info);
            }
        }
        search.whole |= found.len() == search.limit;
        Ok(())
    }
}
