//! The one list of hits: what was found last, by a search through time, as races, or by monitors; and how far a search has come.

use std::collections::HashMap;

use crate::event::{AggregateId, Position};
use crate::session::{FindPage, FindRequest, Hit};
use crate::tui::question::Slot;
use crate::tui::text::{count, many};

use super::cursor::Scope;

/// How many hits are kept.
const MOST: usize = 10_000;

/// What filled the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// A search through time.
    #[default]
    Find,
    /// A search for races.
    Races,
    /// The monitors.
    Monitors,
}

impl By {
    /// What one of the hits is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Find => "turn",
            Self::Races => "race",
            Self::Monitors => "alarm",
        }
    }
}

/// The hits, and the last search through time.
#[derive(Debug, Default)]
pub struct Search {
    /// What was asked last, and on which branch.
    pub asked: Option<(FindRequest, String)>,
    /// What filled the list of hits last.
    pub by: By,
    /// Of which branch the hits are; none before anything was looked for.
    pub branch: Option<String>,
    /// What was found, in log order.
    pub hits: Vec<Hit>,
    /// What is said of races and alarms, by position.
    pub said: HashMap<Position, String>,
    /// How far it has come, and where it ends.
    pub progress: (i64, i64),
    /// What comes.
    pub found: Slot<FindRequest, FindPage>,
}

impl Search {
    /// Takes a slice in. Slices of many aggregates come in no order among themselves; the earliest hits are kept.
    pub fn take(&mut self, page: FindPage) {
        self.hits.extend(page.hits);
        self.hits.sort_by_key(|hit| hit.position);
        self.hits.truncate(MOST);
        self.progress = (page.done, page.of);
    }

    /// Takes what else was found in the place of the hits; a search that goes on is not waited for any more.
    pub fn fill(&mut self, by: By, branch: &str, found: Vec<(Hit, String)>) {
        self.found.stop();
        (self.by, self.branch) = (by, Some(branch.to_owned()));
        (self.hits, self.said) = (Vec::new(), HashMap::new());
        for (hit, said) in found {
            if let Some(more) = self.said.get_mut(&hit.position) {
                *more = format!("{more}; {said}");
            } else {
                self.said.insert(hit.position, said);
                self.hits.push(hit);
            }
        }
        self.hits.sort_by_key(|hit| hit.position);
        self.hits.truncate(MOST);
    }

    /// What the list is, in few words, and which of the hits a place is; nothing where there are none.
    pub fn words(&self, here: Option<Position>) -> Option<String> {
        self.branch.as_ref().filter(|_| !self.hits.is_empty())?;
        let at = here.and_then(|here| self.hits.binary_search_by_key(&here, |hit| hit.position).ok());
        let all = many(self.hits.len() as i64, self.by.word());
        Some(at.map_or_else(|| all.clone(), |at| format!("{} of {all}", count(at as i64 + 1))))
    }

    /// The next hit behind a position, or the last one before it.
    pub fn beside(&self, position: Position, forward: bool) -> Option<&Hit> {
        let behind = self.hits.partition_point(|hit| hit.position <= position);
        let before = self.hits.partition_point(|hit| hit.position < position);
        if forward { self.hits.get(behind) } else { before.checked_sub(1).and_then(|i| self.hits.get(i)) }
    }

    /// The hits on what the cursor runs over: the place of each, and what the predicate turned to.
    pub fn marks<'a>(
        &'a self,
        branch: &str,
        scope: Scope,
        aggregate: Option<&'a AggregateId>,
    ) -> impl Iterator<Item = (i64, Option<bool>)> + 'a {
        // Alarms have their signs anyway.
        let here = self.branch.as_deref() == Some(branch) && self.by != By::Monitors;
        self.hits.iter().filter(move |_| here).filter_map(move |hit| match scope {
            Scope::Store { .. } => Some((hit.position, hit.turned)),
            Scope::One if aggregate == Some(&hit.aggregate) => Some((hit.version, hit.turned)),
            _ => None,
        })
    }
}
