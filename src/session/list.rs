//! The list of aggregates: pages by key, filtered by text, jq, type, status and actor, at the head or at any position.

use std::collections::HashMap;

use super::Session;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};
use crate::history::version_at_time;
use crate::jq::{Rule, State};
use crate::store::{HeadKey, HeadOrder, HeadPage, HeadRow};

/// What the list is sorted by; each has its own index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The newest change first.
    #[default]
    Recent,
    /// The label, alphabetically.
    Label,
    /// The status, alphabetically.
    Status,
    /// The type and id.
    Id,
    /// The oldest first event first.
    Created,
    /// The most events first.
    Versions,
}

impl Sort {
    /// Every sort, in the order in which a key walks them.
    pub const ALL: [Self; 6] =
        [Self::Recent, Self::Label, Self::Status, Self::Id, Self::Created, Self::Versions];

    /// The word for `--sort` and for the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::Label => "label",
            Self::Status => "status",
            Self::Id => "id",
            Self::Created => "created",
            Self::Versions => "versions",
        }
    }

    fn order(self) -> (HeadOrder, bool) {
        match self {
            Self::Recent => (HeadOrder::Recent, true),
            Self::Label => (HeadOrder::Label, false),
            Self::Status => (HeadOrder::Status, false),
            Self::Id => (HeadOrder::Id, false),
            Self::Created => (HeadOrder::Created, false),
            Self::Versions => (HeadOrder::Versions, true),
        }
    }

    /// The sort of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

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
    /// The declared columns' values, in the order of [`super::TypeInfo::columns`].
    pub columns: Vec<String>,
    /// Where the row stands, to ask for what follows it.
    pub key: RowKey,
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

/// How many rows each value has, the most frequent first, at most a hundred of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// By aggregate type.
    pub types: Vec<(String, i64)>,
    /// By status, in the chosen type.
    pub statuses: Vec<(String, i64)>,
    /// By the actor of the newest event, in the chosen type.
    pub actors: Vec<(String, i64)>,
}

impl ListRow {
    /// Puts rows that were gathered without an index into a sort's order.
    pub fn sort(rows: &mut [Self], sort: Sort, reversed: bool) {
        match sort {
            Sort::Recent => rows.sort_by_key(|row| std::cmp::Reverse(row.position)),
            Sort::Label => rows.sort_by(|a, b| a.label.cmp(&b.label)),
            Sort::Status => rows.sort_by(|a, b| a.status.cmp(&b.status)),
            Sort::Id => rows.sort_by(|a, b| a.aggregate.cmp(&b.aggregate)),
            Sort::Created => rows.sort_by_key(|row| row.first_at),
            Sort::Versions => rows.sort_by_key(|row| std::cmp::Reverse(row.version)),
        }
        if reversed {
            rows.reverse();
        }
    }
}

impl Session {
    /// A page of the list.
    pub fn list(&mut self, request: &ListRequest) -> Result<ListPage> {
        // A branch that lacks heads and cannot be filled is read from its log.
        let unfilled = request.at.is_none() && self.store.read_only().is_some() && self.filling()?.is_some();
        let total = match request.at {
            None => Some(self.count(request.kind.as_deref())?),
            Some(_) => None,
        };
        let filter = Filter::of(request)?;
        let mut page = ListPage { total, ..ListPage::default() };
        match if unfilled { Some(self.tail()?.head) } else { request.at } {
            None => self.list_heads(request, &filter, &mut page)?,
            Some(position) => self.list_past(request, position, &filter, &mut page)?,
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
        let chunk = if filter.is_open() { request.limit } else { request.limit.max(256) };
        let states = filter.rule.is_some() || domain.aggregates.keys().any(|kind| domain.has_columns(kind));
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
            for head in heads {
                let key = order.key(&head);
                page.scanned += 1;
                after = Some(key.clone());
                let row = Self::row_of(&domain, head, key)?;
                if filter.takes(&row)? {
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

    /// As of a position, the rows are the newest events of their aggregates up to there, newest first.
    fn list_past(
        &mut self,
        request: &ListRequest,
        position: Position,
        filter: &Filter,
        page: &mut ListPage,
    ) -> Result<()> {
        let mut place = request.after.as_ref().and_then(HeadKey::position);
        loop {
            let (range, newest_first) = match (place, request.backwards) {
                (None, false) => ((1, position), true),
                (Some(at), false) => ((1, at - 1), true),
                (None, true) => ((1, position), false),
                (Some(at), true) => ((at + 1, position), false),
            };
            let mut chunk = Vec::new();
            self.store.events_between(&self.branch, range, newest_first, &mut |event| {
                chunk.push((event.position, event.aggregate, event.version));
                Ok(chunk.len() < 512)
            })?;
            let last = chunk.len() < 512;
            for (at, aggregate, version) in chunk {
                page.scanned += 1;
                place = Some(at);
                if self.store.version_at(&self.branch, aggregate, position)? != version {
                    continue;
                }
                let Some(row) = self.past_row(aggregate, version)? else { continue };
                if request.kind.as_ref().is_none_or(|kind| *kind == row.0.aggregate.kind)
                    && filter.takes(&row)?
                {
                    page.rows.push(row.0);
                }
                let spent = request.budget > 0 && page.scanned >= request.budget;
                if page.rows.len() == request.limit || spent {
                    page.next = place.map(HeadKey::at_position);
                    return Ok(());
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    /// Every row that a request wants as of a time, each aggregate at its own last version whose effective time
    /// is at most that; in the request's order. It looks at every aggregate.
    pub fn list_at_time(&mut self, request: &ListRequest, time: Time) -> Result<Vec<ListRow>> {
        let filter = Filter::of(request)?;
        let mut rows = Vec::new();
        let mut after = 0;
        while let Some(aggregate) = self.store.aggregate_after(after)? {
            after = aggregate;
            let version = version_at_time(&self.store, &self.branch, aggregate, time)?;
            if version == 0 {
                continue;
            }
            let Some(row) = self.past_row(aggregate, version)? else { continue };
            if request.kind.as_ref().is_none_or(|kind| *kind == row.0.aggregate.kind) && filter.takes(&row)? {
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

    /// The row of one aggregate at one of its versions.
    pub(crate) fn past_row(&mut self, aggregate: i64, version: Version) -> Result<Option<Candidate>> {
        let Some(mut head) = self.head_row(aggregate)? else { return Ok(None) };
        let Some(event) = self.store.event_of(&self.branch, aggregate, version)? else { return Ok(None) };
        let key = HeadKey::at_position(event.position);
        if version != head.head.version {
            let seen = self.seek(&event.aggregate, aggregate, head.head.version, version)?;
            let summary = self.domain()?.summary(
                &event.aggregate.kind,
                &event.aggregate.id,
                &event.kind,
                &seen.1.state,
            );
            (head.head.label, head.head.status) = (summary.label, summary.status);
            head.head.deleted = summary.deleted;
            head.head.state = seen.1.state.to_json()?;
            head.head.version = version;
            head.head.position = event.position;
            head.head.last_at = event.occurred_at;
            head.head.actor = crate::event::actor_of(&event.meta);
        }
        Self::row_of(&*self.domain()?, head, key).map(Some)
    }

    fn row_of(domain: &Domain, head: HeadRow, key: RowKey) -> Result<Candidate> {
        let HeadRow { id, mut head, .. } = head;
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
        };
        Ok((row, head.state, head.actor))
    }

    fn count(&mut self, kind: Option<&str>) -> Result<i64> {
        if let Some(kind) = kind {
            return self.count_type(kind);
        }
        let kinds = self.store.head_types(&self.branch)?;
        kinds.iter().map(|kind| self.count_type(kind)).sum()
    }

    /// How many aggregates of a type there are; counted again only after something was appended.
    pub(super) fn count_type(&mut self, kind: &str) -> Result<i64> {
        let tail = self.tail()?;
        if self.counts.0 != tail {
            self.counts = (tail, HashMap::new());
        }
        if let Some(count) = self.counts.1.get(kind) {
            return Ok(*count);
        }
        let count = self.store.count_heads(&self.branch, kind)?;
        self.counts.1.insert(kind.to_owned(), count);
        Ok(count)
    }

    /// Counts by type, status and actor, at the head.
    pub fn facets(&mut self, kind: Option<&str>) -> Result<Facets> {
        let mut types = Vec::new();
        for name in self.store.head_types(&self.branch)? {
            let count = self.count_type(&name)?;
            types.push((name, count));
        }
        types.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(Facets {
            types,
            statuses: self.store.count_heads_by(&self.branch, kind, false)?,
            actors: self.store.count_heads_by(&self.branch, kind, true)?,
        })
    }
}

/// A row with the state and the actor that filters look at.
pub(crate) type Candidate = (ListRow, String, Option<String>);

struct Filter {
    text: String,
    rule: Option<Rule>,
    statuses: Vec<String>,
    actors: Vec<String>,
}

impl Filter {
    fn of(request: &ListRequest) -> Result<Self> {
        let rule = request.filter.as_deref().map(|source| super::compile_filter(source, &[])).transpose()?;
        Ok(Self {
            text: request.text.to_lowercase(),
            rule,
            statuses: request.statuses.clone(),
            actors: request.actors.clone(),
        })
    }

    fn is_open(&self) -> bool {
        self.text.is_empty() && self.rule.is_none() && self.statuses.is_empty() && self.actors.is_empty()
    }

    fn takes(&self, (row, state, actor): &Candidate) -> Result<bool> {
        let one_of = |wanted: &[String], value: Option<&String>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
        };
        if !one_of(&self.statuses, Some(&row.status)) || !one_of(&self.actors, actor.as_ref()) {
            return Ok(false);
        }
        let holds = |text: &str| text.to_lowercase().contains(&self.text);
        if !self.text.is_empty()
            && !holds(&row.aggregate.id)
            && !holds(&row.label)
            && !row.columns.iter().any(|column| holds(column))
        {
            return Ok(false);
        }
        match &self.rule {
            Some(rule) => rule.holds(&State::from_json(state)?, &[]),
            None => Ok(true),
        }
    }
}
