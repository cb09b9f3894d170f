//! The graph of the whole store: a page of events of all branches with what each row draws, and the lanes of one
//! aggregate.

use super::Session;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Version};
use crate::history::GraphRow;
use crate::history::graph::{Graph, Line, Owned, aggregate_lanes};
use crate::store::{Branch, Store};

/// How many events one page looks at: the hidden ones of archived branches are skipped one by one.
const LOOKED: usize = 20_000;

/// Which rows of the graph are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphRequest {
    /// The place to go on from; the event there is not among the rows.
    pub from: Position,
    /// The rows just above it, newer events, rather than those just below.
    pub newer: bool,
    /// At most so many.
    pub limit: usize,
}

impl GraphRequest {
    /// The newest rows.
    pub fn newest(limit: usize) -> Self {
        Self { from: Position::MAX, newer: false, limit }
    }
}

/// A row of the graph: an event of any branch, and what it draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphLine {
    /// The event.
    pub event: Event,
    /// The row of the branch that owns it, as the cells name it.
    pub branch: i64,
    /// What its row draws.
    pub row: GraphRow,
    /// The branches whose newest event it is.
    pub heads: Vec<String>,
}

/// A page of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphPage {
    /// The rows, the newest first.
    pub rows: Vec<GraphLine>,
    /// Where to go on in the same direction; `None` when there is no more.
    pub next: Option<Position>,
    /// How many lanes the whole graph has.
    pub width: usize,
}

/// A branch's lane in an aggregate's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateLaneInfo {
    /// The branch.
    pub branch: String,
    /// The lane that it leaves, by its place in the list; `None` where the aggregate begins here.
    pub from: Option<usize>,
    /// The version after which it leaves: the last one that both have; 0 where the aggregate begins here.
    pub fork: Version,
    /// The versions that it owns: `fork + 1` to this one.
    pub last: Version,
    /// The position of its newest one.
    pub position: Position,
}

impl Session {
    /// A page of the graph of all branches; archived ones are hidden as far as no other branch sees them.
    pub fn graph(&mut self, request: GraphRequest) -> Result<GraphPage> {
        let domain = self.domain()?;
        self.at_once(|session| graph_page(&session.store, &domain, request))
    }

    /// The lanes of an aggregate's timeline, from top to bottom: the branches that own events of it.
    pub fn aggregate_lanes(&mut self, aggregate: &AggregateId) -> Result<Vec<AggregateLaneInfo>> {
        self.at_once(|session| aggregates_lanes(&session.store, aggregate))
    }
}

fn graph_page(store: &Store, domain: &Domain, request: GraphRequest) -> Result<GraphPage> {
    let graph = Graph::new(&lines(store)?);
    let mut page = GraphPage { width: graph.width(), ..GraphPage::default() };
    let (mut looked, mut place) = (0, request.from);
    let mut more = false;
    let mut shown = |owner: i64, position: Position| {
        place = position;
        graph.shows(owner, position)
    };
    store.log_from(request.from, request.newer, &mut shown, &mut |raw| {
        looked += 1;
        if let Some(raw) = raw
            && let Some(row) = graph.row(raw.branch, raw.position)
        {
            let heads = graph.heads(raw.position).iter().map(|&id| store.branch_name(id));
            let heads = heads.collect::<Result<_>>()?;
            page.rows.push(GraphLine {
                event: domain.as_read(store.whole(raw)?),
                branch: raw.branch,
                row,
                heads,
            });
        }
        more = page.rows.len() >= request.limit || looked >= LOOKED;
        Ok(!more)
    })?;
    page.next = more.then_some(place);
    if request.newer {
        page.rows.reverse();
    }
    Ok(page)
}

/// Every branch as the graph needs it.
fn lines(store: &Store) -> Result<Vec<Line>> {
    let line = |row: crate::store::BranchRow| Line {
        branch: row.id,
        parent: row.parent,
        fork: row.fork_position,
        tip: row.tip.map(|(position, _)| position),
        archived: row.archived,
    };
    Ok(store.branches()?.into_iter().map(line).collect())
}

fn aggregates_lanes(store: &Store, aggregate: &AggregateId) -> Result<Vec<AggregateLaneInfo>> {
    let Some(row) = store.aggregate_row(aggregate)? else { return Ok(Vec::new()) };
    let lines = lines(store)?;
    let graph = Graph::new(&lines);
    let mut owned = Vec::new();
    for line in &lines {
        let (Some(limit), Some(first)) = (graph.limit(line.branch), store.first_owned(line.branch, row)?)
        else {
            continue;
        };
        let alone = Branch { id: line.branch, name: String::new(), segments: vec![(line.branch, limit)] };
        let last = store.version_at(&alone, row, Position::MAX)?;
        if let Some(position) = store.position_of(&alone, row, last)? {
            owned.push(Owned { branch: line.branch, first, last: (last, position) });
        }
    }
    let lane = |lane: crate::history::graph::AggregateLane| {
        let (last, position) = lane.owned.last;
        let branch = store.branch_name(lane.owned.branch)?;
        Ok(AggregateLaneInfo { branch, from: lane.from, fork: lane.fork, last, position })
    };
    aggregate_lanes(&lines, &owned).into_iter().map(lane).collect()
}
