//! The rule lab: a trial along one aggregate, the count over the whole store, and taking a rule into use.

use std::mem::discriminant;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Loop, SAY};
use crate::domain::Domain;
use crate::error::Result;
use crate::journal::Rebuilt;
use crate::session::{LabRule, Trial, Verdict};
use crate::tui::effect::{Read, Reply};

/// How long nothing is typed before the whole store is counted.
const PAUSE: Duration = Duration::from_millis(250);

/// How many aggregates of each cause are listed.
const LISTED: usize = 500;

impl Loop<'_> {
    /// What a rule makes of an aggregate; a long fold goes on in slices.
    pub fn try_rule(&mut self, trial: Box<Trial>) -> Reply {
        let verdict = self.session.try_rule(&trial);
        if matches!(&verdict, Ok(Verdict::Tried(tried)) if tried.folding.is_some()) {
            self.again(Read::Try(trial.clone()));
        }
        Reply::Tried(trial, verdict)
    }

    /// What a domain makes of the whole store, after a pause in which no newer one is asked for.
    pub fn count(&mut self, number: u64, source: &Arc<str>) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Count(number, Arc::clone(source)));
        let due = Instant::now() + PAUSE;
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            let inbox = self.shared.inbox();
            let waited = self.shared.wake.wait_timeout_while(inbox, left, |inbox| {
                !inbox.stop && !inbox.quit && inbox.reads.is_empty()
            });
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            if !self.goes_on(kind) {
                return Ok(None);
            }
        }
        let branch = self.session.branch_name().to_owned();
        let (shared, send) = (self.shared, self.send);
        let (mut said, mut newer) = (Instant::now(), false);
        let domain = Domain::parse("the domain", source)?;
        let all = self.session.contrast(&domain, LISTED, &mut |done, total| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                send(Some(&branch), Reply::Counting(number, (done, total)));
            }
            let inbox = shared.inbox();
            newer = inbox.quit || inbox.reads.iter().any(|waits| waits.ends(&branch, kind));
            !newer && !inbox.stop
        });
        Ok((!newer).then_some(Reply::Counted(number, all.map(Box::new))))
    }

    /// Takes a rule into use; it tells how far that is, and stops where it is asked to.
    pub fn use_rule(&mut self, rule: &LabRule, source: &str) -> Result<Rebuilt> {
        let (shared, send) = (self.shared, self.send);
        shared.inbox().stop = false;
        let mut said = Instant::now();
        self.session.use_rule(rule, source, &mut |done, total| {
            if said.elapsed() >= SAY {
                said = Instant::now();
                send(None, Reply::Replaying((done, total)));
            }
            let inbox = shared.inbox();
            !inbox.stop && !inbox.quit
        })
    }
}
