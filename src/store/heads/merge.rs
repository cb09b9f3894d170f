//! A page of heads on a branch that sees others: the walks over each of them, a few rows at a time, merged.

use std::collections::VecDeque;

use super::{HeadKey, HeadOrder, HeadPage, HeadRow};
use crate::error::Result;
use crate::event::Position;
use crate::store::Store;

/// How many rows a walk reads at a time.
const ROWS: usize = 16;

/// The heads of one type that one of the branches owns, in the page's order.
struct Walk<'a> {
    kind: &'a str,
    branch: i64,
    limit: Position,
    /// The branches whose heads stand before this one's.
    nearer: String,
    after: Option<HeadKey>,
    rows: VecDeque<(HeadKey, HeadRow)>,
    started: bool,
    ended: bool,
}

impl Walk<'_> {
    /// Whether it has nothing before the best row of the others: its rows are no newer than its limit.
    fn can_wait(&self, page: &HeadPage<'_>, best: Option<&HeadKey>) -> bool {
        let newest_first = page.order == HeadOrder::Recent && page.descending;
        !self.started
            && newest_first
            && best.and_then(HeadKey::position).is_some_and(|position| position > self.limit)
    }

    fn fill(&mut self, store: &Store, page: &HeadPage<'_>, generation: i64) -> Result<()> {
        if self.ended || !self.rows.is_empty() {
            return Ok(());
        }
        let after = self.after.as_ref().or(page.after);
        let part = HeadPage { after, limit: ROWS, ..page.clone() };
        let mut rows = Vec::with_capacity(ROWS);
        store.heads_of_type(&part, generation, self.kind, (self.branch, self.limit), &mut rows)?;
        self.started = true;
        self.ended = rows.len() < ROWS;
        self.rows = rows.into_iter().map(|row| (page.order.key(&row), row)).collect();
        self.after = self.rows.back().map(|(key, _)| key.clone());
        Ok(())
    }
}

impl Store {
    pub(super) fn merged_heads(
        &self,
        page: &HeadPage<'_>,
        generation: i64,
        kinds: &[String],
    ) -> Result<Vec<HeadRow>> {
        let mut walks = walks(page, kinds);
        let mut rows = Vec::with_capacity(page.limit.min(1_000));
        while rows.len() < page.limit {
            let mut best: Option<(usize, HeadKey)> = None;
            for (index, walk) in walks.iter_mut().enumerate() {
                if walk.can_wait(page, best.as_ref().map(|(_, key)| key)) {
                    continue;
                }
                walk.fill(self, page, generation)?;
                let Some((key, _)) = walk.rows.front() else { continue };
                let better = best
                    .as_ref()
                    .is_none_or(|(_, best)| if page.descending { key > best } else { key < best });
                if better {
                    best = Some((index, key.clone()));
                }
            }
            let Some((index, _)) = best else { break };
            let walk = &mut walks[index];
            if let Some((_, row)) = walk.rows.pop_front()
                && !self.stands_nearer(generation, &walk.nearer, row.row)?
            {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// Whether one of the nearer branches has a head of its own for an aggregate.
    fn stands_nearer(&self, generation: i64, nearer: &str, aggregate: i64) -> Result<bool> {
        if nearer.is_empty() {
            return Ok(false);
        }
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT 1 FROM heads WHERE generation = ?1 AND branch IN ({nearer}) AND aggregate = ?2"
        ))?;
        Ok(statement.exists((generation, aggregate))?)
    }
}

/// A walk for each type and branch, the nearest branch first.
fn walks<'a>(page: &HeadPage<'_>, kinds: &'a [String]) -> Vec<Walk<'a>> {
    let mut walks = Vec::new();
    let mut nearer = String::new();
    for &(branch, limit) in page.branch.segments.iter().rev() {
        walks.extend(kinds.iter().map(|kind| Walk {
            kind,
            branch,
            limit,
            nearer: nearer.clone(),
            after: None,
            rows: VecDeque::new(),
            started: false,
            ended: false,
        }));
        if !nearer.is_empty() {
            nearer.push_str(", ");
        }
        nearer.push_str(&branch.to_string());
    }
    walks
}
