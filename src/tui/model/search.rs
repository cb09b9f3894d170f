//! A search through time: what was looked for, the events at which it turned, and how far it has come.

use crate::event::{AggregateId, Position};
use crate::session::{FindPage, FindRequest, Hit};
use crate::tui::question::Slot;

use super::cursor::Scope;

/// How many hits are kept.
const MOST: usize = 10_000;

/// The last search.
#[derive(Debug, Default)]
pub struct Search {
    /// What was asked, and on which branch.
    pub asked: Option<(FindRequest, String)>,
    /// What was found, in log order.
    pub hits: Vec<Hit>,
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
        let here = self.asked.as_ref().is_some_and(|(_, on)| on == branch);
        self.hits.iter().filter(move |_| here).filter_map(move |hit| match scope {
            Scope::Store { .. } => Some((hit.position, hit.turned)),
            Scope::One if aggregate == Some(&hit.aggregate) => Some((hit.version, hit.turned)),
            _ => None,
        })
    }
}
