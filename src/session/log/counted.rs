//! Counts of events by what they are: one fold of each aggregate.

use std::collections::HashMap;

use serde_json::Value;

use super::super::Session;
use super::super::predicate::Predicate;
use super::LogRequest;
use super::wanted::Seen;
use crate::error::Result;
use crate::event::{Position, Version};
use crate::history::version_at_time;
use crate::jq::State;
use crate::replay::{Fold, Needs, Past};

/// So many events are looked at between two looks at whether to go on.
const SLICE: usize = 4_096;

impl Session {
    /// How many events have each value of a jq expression, the most frequent first. The expression sees what
    /// a filter sees; the request's limit does not count. `progress` gets how many events were looked at now and then,
    /// and ends it with an error.
    pub fn count_log(
        &mut self,
        request: &LogRequest,
        by: &str,
        progress: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Vec<(Value, i64)>> {
        let counts = self.at_once(|session| session.counts(request, by, progress))?;
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(counts.into_iter().map(|(text, count)| (value(text), count)).collect())
    }

    fn counts(
        &mut self,
        request: &LogRequest,
        by: &str,
        progress: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<HashMap<String, i64>> {
        let domain = self.domain()?;
        let group = Predicate::of_events(by, &self.misses)?;
        let filter = request.filter.as_deref();
        let filter = filter.map(|filter| Predicate::of_events(filter, &self.misses)).transpose()?;
        let reads = std::iter::once(&group).chain(&filter).map(Predicate::reads);
        let needs = Needs::of(reads, request.within());
        let request = &Self::without_chips(request.clone(), &domain)?;
        self.gather(request, 0)?;
        let wanted = self.tests(request)?;
        let end = request.up_to_position.unwrap_or(Position::MAX).min(self.tail()?.head);
        let (mut counts, mut looked) = (HashMap::new(), 0);
        let mut fold = Fold::over(self.branch.clone());
        let mut next = None;
        while let Some((row, to)) = self.next_counted(request, &mut next)? {
            let aggregate = self.store.aggregate_of(row)?;
            if request.kind.as_ref().is_some_and(|kind| *kind != aggregate.kind) {
                continue;
            }
            fold.go_to(aggregate, row);
            let start = (State::empty(), &mut Past::default());
            fold.witness(&self.store, &*domain, &needs, start, (0, to), &mut |shown| {
                looked += 1;
                if looked % SLICE == 0 {
                    progress(looked)?;
                }
                if shown.event.raw.position > end {
                    return Ok(false);
                }
                if wanted.takes(&Seen::of(&shown)) {
                    let moment = shown.moment(&domain);
                    let holds = filter.as_ref().map_or(Ok(true), |filter| filter.holds_of(&moment))?;
                    if holds {
                        for value in group.run_of(&moment)? {
                            *counts.entry(value.to_json().unwrap_or_default()).or_insert(0) += 1;
                        }
                    }
                }
                Ok(true)
            })?;
        }
        Ok(counts)
    }

    /// The next aggregate's row, and up to which version it counts.
    fn next_counted(&self, request: &LogRequest, next: &mut Option<i64>) -> Result<Option<(i64, Version)>> {
        let (row, to) = match (&request.aggregate, *next) {
            (Some(_), Some(_)) => return Ok(None),
            (Some(aggregate), None) => self.last_version(request, aggregate)?,
            (None, after) => match self.store.aggregate_after(after.unwrap_or(0))? {
                Some(row) => (row, Version::MAX),
                None => return Ok(None),
            },
        };
        *next = Some(row);
        let to = match request.as_of {
            Some(time) => to.min(version_at_time(&self.store, &self.branch, row, time)?),
            None => to,
        };
        Ok(Some((row, to)))
    }
}
