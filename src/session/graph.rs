//! The graph of the whole store: a page of events of all branches with what each row draws.

use super::Session;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{Event, Position};
use crate::history::GraphRow;
use crate::history::graph::{Graph, Line};
use crate::store::Store;

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

impl Session {
    /// A page of the graph of all branches; archived ones are hidden as far as no other branch sees them.
    pub fn graph(&mut self, request: GraphRequest) -> Result<GraphPage> {
        let domain = self.domain()?;
        self.at_once(|session| graph_page(&session.store, &domain, request))
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
pub(super) fn lines(store: &Store) -> Result<Vec<Line>> {
    let line = |row: crate::store::BranchRow| Line {
        branch: row.id,
        parent: row.parent,
        fork: row.fork_position,
        tip: row.tip.map(|(position, _)| position),
        archived: row.archived,
    };
    Ok(store.branches()?.into_iter().map(line).collect())
}
