//! The list of aggregates: pages by key, filtered by text, jq, type, status and actor, at the head or at any position.

mod facets;
mod filter;
mod past;
mod sort;

pub use facets::Facets;
pub(super) use past::{Listed, PastRows};
pub use sort::Sort;

use filter::Filter;

use super::Session;
use super::chip::Chip;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};
use crate::history::version_at_time;
use crate::jq::State;
use crate::store::{HeadKey, HeadPage, HeadRow};

/// A row's place in the list's order; opaque, and good for the same sort only.
pub type RowKey = HeadKey;

/// Which rows are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// Only this aggregate type.
    pub kind: Option<String>,
    /// Text that the id, the label or a column contains, whatever its case.
    pub text: String,
    /// A jq predicate over the state.
    pub filter: Option<String>,
    /// What else it has to be.
    pub chips: Vec<Chip>,
    /// Only these statuses; empty means all.
    pub statuses: Vec<String>,
    /// Only aggregates whose newest event is by one of these actors; empty means all.
    pub actors: Vec<String>,
    /// The order.
    pub sort: Sort,
    /// The order turned round.
    pub reversed: bool,
    /// The world as of this position, always the newest change first; `None` is the head.
    pub at: Option<Position>,
    /// Start behind this row; `None` starts at the first row.
    pub after: Option<RowKey>,
    /// Walk towards the first row instead: the rows before `after` (or the last rows), still in list order.
    pub backwards: bool,
    /// At most so many rows.
    pub limit: usize,
    /// Look at no more than this many candidates before answering with what was found; 0 is no bound.
    pub budget: usize,
}

/// One aggregate in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// What it is called; the id where no rule says.
    pub label: String,
    /// In which state it is; the last event's type where no rule says.
    pub status: String,
    /// Whether it counts as deleted.
    pub deleted: bool,
    /// How many events it has.
    pub version: Version,
    /// The newest event's position.
    pub position: Position,
    /// `occurred_at` of version 1.
    pub first_at: Time,
    /// `occurred_at` of the newest event.
    pub last_at: Time,
    /// The rule error the state stopped at, if any.
    pub error: Option<String>,
    /// The declared columns' values, in the order of [`crate::domain::Listed::columns`].
    pub columns: Vec<String>,
    /// Where the row stands, to ask for what follows it.
    pub key: RowKey,
    /// How many aggregates of the store were seen before it, and itself: which of two that are alike comes first.
    pub(super) number: i64,
}

/// Rows, and how to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The rows, in list order.
    pub rows: Vec<ListRow>,
    /// Where to go on in the same direction; `None` when there is no more.
    pub next: Option<RowKey>,
    /// How many candidates were looked at for this page.
    pub scanned: usize,
    /// All rows of the type before text and filters, at the head; in the past counting them takes a walk
    /// ([`Session::begun`]).
    pub total: Option<i64>,
}

/// How many heads are read at a time; with their states so many at first, and then as many as have so many bytes.
const CHUNK: usize = 10_000;
const FIRST: usize = 32;
const BYTES: usize = 4 << 20;

impl Session {
    /// A page of the list.
    pub fn list(&mut self, request: &ListRequest) -> Result<ListPage> {
        let request = &request.without_chips()?;
        // A branch that lacks heads and cannot be filled is read from its log.
        let unfilled = request.at.is_none() && self.store.read_only().is_some() && self.filling()?.is_some();
        let total = match request.at {
            None => Some(self.count(request.kind.as_deref())?),
            Some(_) => None,
        };
        let filter = Filter::of(request, &self.misses)?;
        let mut page = ListPage { total, ..ListPage::default() };
        if request.limit == 0 {
            return Ok(page);
        }
        match if unfilled { Some(self.tail()?.head) } else { request.at } {
            None => self.list_heads(request, &filter, &mut page)?,
            Some(at) => {
                self.at_once(|session| session.list_past(request, at, &filter, &mut page))?;
            }
        }
        if request.backwards {
            page.rows.reverse();
        }
        Ok(page)
    }

    fn list_heads(&mut self, request: &ListRequest, filter: &Filter, page: &mut ListPage) -> Result<()> {
        let domain = self.domain()?;
        let (order, descending) = request.sort.order();
        let descending = descending ^ request.reversed ^ request.backwards;
        let mut after = request.after.clone();
        let most = if filter.is_open() { request.limit.min(CHUNK) } else { request.limit.clamp(256, CHUNK) };
        let states = filter.rule.is_some() || domain.aggregates.keys().any(|kind| domain.has_columns(kind));
        let mut chunk = if states { most.min(FIRST) } else { most };
        loop {
            let heads = self.store.heads(&HeadPage {
                branch: &self.branch,
                kind: request.kind.as_deref(),
                order,
                descending,
                after: after.as_ref(),
                limit: chunk,
                states,
            })?;
            let last = heads.len() < chunk;
            if states {
                let bytes = heads.iter().map(|head| head.head.state.len()).sum::<usize>().max(1);
                chunk = (heads.len() * BYTES / bytes).clamp(1, most);
            }
            for head in heads {
                let key = order.key(&head);
                page.scanned += 1;
                after = Some(key.clone());
                let row = Self::row_of(&domain, head, key)?;
                if self.takes(filter, &row)? {
                    page.rows.push(row.0);
                }
                if page.rows.len() == request.limit {
                    page.next = after;
                    return Ok(());
                }
            }
            if last {
                return Ok(());
            }
            if request.budget > 0 && page.scanned >= request.budget {
                page.next = after;
                return Ok(());
            }
        }
    }

    /// Every row that a request wants as of a time, each aggregate at its own last version whose effective time
    /// is at most that; in the request's order. It looks at every aggregate.
    pub fn list_at_time(&mut self, request: &ListRequest, time: Time) -> Result<Vec<ListRow>> {
        let request = &request.without_chips()?;
        let filter = Filter::of(request, &self.misses)?;
        let mut rows = Vec::new();
        let mut after = 0;
        while let Some(aggregate) = self.store.aggregate_after(after)? {
            after = aggregate;
            let version = version_at_time(&self.store, &self.branch, aggregate, time)?;
            if version == 0 {
                continue;
            }
            let Some(row) = self.past_row(aggregate, version)? else { continue };
            if request.kind.as_ref().is_none_or(|kind| *kind == row.0.aggregate.kind)
                && self.takes(&filter, &row)?
            {
                rows.push(row.0);
            }
        }
        Ok(rows)
    }

    /// How many rows come before this one in the request's order (no text, no jq filter).
    pub fn rank(&mut self, request: &ListRequest, key: &RowKey) -> Result<i64> {
        if let Some(position) = request.at {
            let from = key.position().unwrap_or(position);
            let mut rank = 0;
            let mut newer = Vec::new();
            self.store.events_between(&self.branch, (from + 1, position), true, &mut |event| {
                newer.push((event.aggregate, event.version));
                Ok(newer.len() < 20_000)
            })?;
            for (aggregate, version) in newer {
                rank += i64::from(self.store.version_at(&self.branch, aggregate, position)? == version);
            }
            return Ok(rank);
        }
        let (order, descending) = request.sort.order();
        let page = HeadPage {
            branch: &self.branch,
            kind: request.kind.as_deref(),
            order,
            descending: descending ^ request.reversed,
            after: None,
            limit: 0,
            states: false,
        };
        self.store.heads_before(&page, key)
    }

    /// The row of one aggregate as of the request's position.
    pub fn row(&mut self, request: &ListRequest, aggregate: &AggregateId) -> Result<Option<ListRow>> {
        let Some(row) = self.store.aggregate_row(aggregate)? else { return Ok(None) };
        if let Some(position) = request.at {
            let version = self.store.version_at(&self.branch, row, position)?;
            return Ok(if version == 0 { None } else { self.past_row(row, version)?.map(|found| found.0) });
        }
        let Some(head) = self.head_row(row)? else { return Ok(None) };
        let key = request.sort.order().0.key(&head);
        Ok(Some(Self::row_of(&*self.domain()?, head, key)?.0))
    }

    fn row_of(domain: &Domain, head: HeadRow, key: RowKey) -> Result<Candidate> {
        let HeadRow { id, mut head, row: number } = head;
        let aggregate = AggregateId { kind: std::mem::take(&mut head.kind), id };
        let columns = if domain.has_columns(&aggregate.kind) {
            domain.column_values(&aggregate.kind, &State::from_json(&head.state)?)
        } else {
            Vec::new()
        };
        let row = ListRow {
            aggregate,
            label: head.label,
            status: head.status,
            deleted: head.deleted,
            version: head.version,
            position: head.position,
            first_at: head.first_at,
            last_at: head.last_at,
            error: head.error,
            columns,
            key,
            number,
        };
        Ok((row, head.state, head.actor))
    }
}

/// A row with the state and the actor that filters look at.
pub(crate) type Candidate = (ListRow, String, Option<String>);
