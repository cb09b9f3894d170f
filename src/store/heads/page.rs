//! Pages and counts of heads: by key, never by offset, over a branch and what it sees of its ancestors.

use std::collections::{BTreeSet, HashMap};

use rusqlite::OptionalExtension;
use rusqlite::types::Value as Sql;

use super::{COLUMNS, HeadRow, head_row};
use crate::error::Result;
use crate::event::Position;
use crate::store::{Branch, Store};

/// What a page of heads is ordered by; each has an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadOrder {
    /// By the newest event's position.
    Recent,
    /// By label.
    Label,
    /// By status.
    Status,
    /// By the time of the first event.
    Created,
    /// By the number of events.
    Versions,
    /// By id.
    Id,
}

impl HeadOrder {
    fn column(self) -> &'static str {
        match self {
            Self::Recent => "p.position",
            Self::Label => "h.label",
            Self::Status => "h.status",
            Self::Created => "h.first_at",
            Self::Versions => "p.version",
            Self::Id => "a.key",
        }
    }

    /// Whether every event moves a head in it: then its index is one over the heads' places.
    fn moves(self) -> bool {
        matches!(self, Self::Recent | Self::Versions)
    }

    /// The table that says where a head stands.
    fn table(self) -> &'static str {
        if self.moves() { "p" } else { "h" }
    }

    /// The tables to walk where no event moves a head.
    fn tables(self) -> &'static str {
        match self {
            // Ids live in the other table: walk that one in its own order.
            Self::Id => "aggregates a CROSS JOIN heads h ON a.id = h.aggregate",
            _ => "heads h CROSS JOIN aggregates a ON a.id = h.aggregate",
        }
    }

    /// The row's place in this order.
    pub fn key(self, row: &HeadRow) -> HeadKey {
        let value = match self {
            Self::Recent => KeyPart::Integer(row.head.position),
            Self::Label => KeyPart::Text(row.head.label.clone()),
            Self::Status => KeyPart::Text(row.head.status.clone()),
            Self::Created => KeyPart::Integer(row.head.first_at.0),
            Self::Versions => KeyPart::Integer(row.head.version),
            Self::Id => KeyPart::Text(row.id.clone()),
        };
        HeadKey { value, row: row.row }
    }
}

/// A row's place in an order: the sort column, then the row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeadKey {
    value: KeyPart,
    row: i64,
}

impl HeadKey {
    /// A place that is only a position, as the list of a past moment has it.
    pub(crate) fn at_position(position: Position) -> Self {
        Self { value: KeyPart::Integer(position), row: 0 }
    }

    /// The position, where the place is one.
    pub fn position(&self) -> Option<Position> {
        match self.value {
            KeyPart::Integer(position) => Some(position),
            KeyPart::Text(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum KeyPart {
    Integer(i64),
    Text(String),
}

impl KeyPart {
    fn sql(&self) -> Sql {
        match self {
            Self::Integer(i) => Sql::Integer(*i),
            Self::Text(t) => Sql::Text(t.clone()),
        }
    }
}

/// Which heads, in which order, from where.
#[derive(Clone, Debug)]
pub struct HeadPage<'a> {
    /// The branch; heads of its ancestors count where it has none of its own.
    pub branch: &'a Branch,
    /// One aggregate type, or all.
    pub kind: Option<&'a str>,
    /// The order.
    pub order: HeadOrder,
    /// The largest first.
    pub descending: bool,
    /// Only what comes behind this place.
    pub after: Option<&'a HeadKey>,
    /// At most so many rows.
    pub limit: usize,
    /// Whether the states are wanted; they are empty otherwise.
    pub states: bool,
}

impl HeadPage<'_> {
    /// What stands behind the tables in a statement: the conditions, the order, the limit.
    fn conditions(&self, then: &str) -> String {
        let (column, table) = (self.order.column(), self.order.table());
        let (sign, word) = if self.descending { ("<", "DESC") } else { (">", "ASC") };
        let kind = if self.order == HeadOrder::Id { "a.type".to_owned() } else { format!("{table}.type") };
        let from = match self.after {
            Some(_) => format!("AND ({column}, {table}.aggregate) {sign} (?4, ?5)"),
            None => String::new(),
        };
        format!(
            "WHERE {table}.generation = ?1 AND {table}.branch = ?2 AND {kind} = ?3 {from} {then} \
             ORDER BY {column} {word}, {table}.aggregate {word} LIMIT {}",
            self.limit
        )
    }

    /// Sorts rows by the page's order.
    fn sort(&self, rows: &mut [HeadRow]) {
        rows.sort_by_cached_key(|row| self.order.key(row));
        if self.descending {
            rows.reverse();
        }
    }
}

/// Places with their heads, to be walked in the order of the places.
fn with_heads(places: &str) -> String {
    format!(
        "{places} p CROSS JOIN heads h ON h.generation = p.generation AND h.branch = p.branch \
         AND h.aggregate = p.aggregate CROSS JOIN aggregates a ON a.id = p.aggregate"
    )
}

impl Store {
    /// A page of heads. Over all types it merges one page of each, over ancestors a few rows of each, so that each
    /// stays one index walk.
    pub fn heads(&self, page: &HeadPage<'_>) -> Result<Vec<HeadRow>> {
        let kinds = match page.kind {
            Some(kind) => vec![kind.to_owned()],
            None => self.head_types(page.branch)?,
        };
        let generation = self.shown()?;
        if page.branch.segments.len() > 1 {
            return self.merged_heads(page, generation, &kinds);
        }
        let mut rows = Vec::new();
        for kind in &kinds {
            self.heads_of_type(page, generation, kind, (page.branch.id, Position::MAX), &mut rows)?;
        }
        if kinds.len() > 1 {
            page.sort(&mut rows);
            rows.truncate(page.limit);
        }
        Ok(rows)
    }

    /// A page of the heads that one branch owns, as far as they were there at a position.
    pub(super) fn heads_of_type(
        &self,
        page: &HeadPage<'_>,
        generation: i64,
        kind: &str,
        (branch, limit): (i64, Position),
        out: &mut Vec<HeadRow>,
    ) -> Result<()> {
        let of = (generation, branch, kind);
        let then = |table: &str| match limit {
            Position::MAX => String::new(),
            limit => format!("AND {table}.position <= {limit}"),
        };
        if !page.order.moves() {
            return self.walk(page, of, (page.order.tables(), &then("h")), out);
        }
        let places = self.places(branch)?;
        let first = out.len();
        let settled = format!("{} {}", then("h"), places.settled());
        self.walk(page, of, (&with_heads("places"), &settled), out)?;
        if let Some(rest) = places.rest() {
            // Cut to the page before the heads, which are wide, are looked up.
            let cut = format!("(SELECT * FROM {rest} p {})", page.conditions(&then("p")));
            self.walk(page, of, (&with_heads(&cut), ""), out)?;
            page.sort(&mut out[first..]);
            out.truncate(first + page.limit);
        }
        Ok(())
    }

    /// Reads a page of what some tables hold.
    fn walk(
        &self,
        page: &HeadPage<'_>,
        (generation, branch, kind): (i64, i64, &str),
        (tables, then): (&str, &str),
        out: &mut Vec<HeadRow>,
    ) -> Result<()> {
        let columns = if page.states { COLUMNS.to_owned() } else { COLUMNS.replace("h.state", "''") };
        let sql = format!("SELECT {columns} FROM {tables} {}", page.conditions(then));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut take = |rows: rusqlite::Rows<'_>| -> Result<()> {
            for row in rows.mapped(head_row) {
                out.push(row?);
            }
            Ok(())
        };
        match page.after {
            Some(key) => take(statement.query((generation, branch, kind, key.value.sql(), key.row))?),
            None => take(statement.query((generation, branch, kind))?),
        }
    }

    /// How many heads come before a place in the page's order.
    pub fn heads_before(&self, page: &HeadPage<'_>, key: &HeadKey) -> Result<i64> {
        let kinds = match page.kind {
            Some(kind) => vec![kind.to_owned()],
            None => self.head_types(page.branch)?,
        };
        let (column, table) = (page.order.column(), page.order.table());
        let sign = if page.descending { ">" } else { "<" };
        let generation = self.shown()?;
        let mut before = 0;
        for stretch in stretches(page.branch, table) {
            let tables = match page.order {
                HeadOrder::Id => "heads h JOIN aggregates a ON a.id = h.aggregate".to_owned(),
                _ if page.order.moves() => format!("{} p", self.places(stretch.id)?.all()),
                _ => "heads h".to_owned(),
            };
            let mut statement = self.connection.prepare_cached(&format!(
                "SELECT count(*) FROM {tables} WHERE {table}.generation = ?1 AND {table}.branch = ?2 \
                 AND {table}.type = ?3 AND ({column}, {table}.aggregate) {sign} (?4, ?5) {}",
                stretch.condition
            ))?;
            for kind in &kinds {
                before += statement
                    .query_row((generation, stretch.id, kind, key.value.sql(), key.row), |row| {
                        row.get::<_, i64>(0)
                    })?;
            }
        }
        Ok(before)
    }

    /// The aggregate types that have heads on a branch or its ancestors, in name order: a step of the index each.
    pub(crate) fn head_types(&self, branch: &Branch) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT type FROM heads WHERE generation = ?1 AND branch = ?2 AND type > ?3 ORDER BY type LIMIT 1",
        )?;
        let generation = self.shown()?;
        let mut types = BTreeSet::new();
        for &(id, _) in &branch.segments {
            let mut last = String::new();
            while let Some(name) =
                statement.query_row((generation, id, &last), |row| row.get::<_, String>(0)).optional()?
            {
                types.insert(name.clone());
                last = name;
            }
        }
        Ok(types.into_iter().collect())
    }

    /// How many aggregates of a type there are.
    pub fn count_heads(&self, branch: &Branch, kind: &str) -> Result<i64> {
        let generation = self.shown()?;
        let mut count = 0;
        for stretch in stretches(branch, "p") {
            let mut statement = self.connection.prepare_cached(&format!(
                "SELECT count(*) FROM {} p WHERE p.generation = ?1 AND p.branch = ?2 AND p.type = ?3 {}",
                self.places(stretch.id)?.all(),
                stretch.condition
            ))?;
            count += statement.query_row((generation, stretch.id, kind), |row| row.get::<_, i64>(0))?;
        }
        Ok(count)
    }

    /// How many aggregates have each status, or each newest actor; the most frequent first, at most a hundred.
    pub(crate) fn count_heads_by(
        &self,
        branch: &Branch,
        kind: Option<&str>,
        actor: bool,
    ) -> Result<Vec<(String, i64)>> {
        let column = if actor { "h.actor" } else { "h.status" };
        let condition = if kind.is_some() { "AND h.type = ?3" } else { "AND ?3 IS NULL" };
        let generation = self.shown()?;
        let mut counts: HashMap<String, i64> = HashMap::new();
        for stretch in stretches(branch, "h") {
            let mut statement = self.connection.prepare_cached(&format!(
                "SELECT {column}, count(*) FROM heads h WHERE h.generation = ?1 AND h.branch = ?2 {condition} \
                 AND {column} IS NOT NULL {} GROUP BY {column}",
                stretch.condition
            ))?;
            let mut rows = statement.query((generation, stretch.id, kind))?;
            while let Some(row) = rows.next()? {
                *counts.entry(row.get(0)?).or_default() += row.get::<_, i64>(1)?;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.truncate(100);
        Ok(counts)
    }
}

/// A branch whose heads are read for a branch that sees it, and which of them count.
struct Stretch {
    id: i64,
    condition: String,
}

/// The stretches of a branch, the nearest first: an ancestor's head counts where it was there at the fork, and
/// where no nearer branch has one. `table` is what the heads, or their places, are called.
fn stretches<'a>(branch: &'a Branch, table: &'a str) -> impl Iterator<Item = Stretch> + 'a {
    let mut nearer: Vec<String> = Vec::new();
    branch.segments.iter().rev().map(move |&(id, limit)| {
        let mut condition = String::new();
        if !nearer.is_empty() {
            condition = format!(
                "AND {table}.position <= {limit} AND NOT EXISTS (SELECT 1 FROM heads n WHERE n.generation = ?1 \
                 AND n.branch IN ({}) AND n.aggregate = {table}.aggregate)",
                nearer.join(", ")
            );
        }
        nearer.push(id.to_string());
        Stretch { id, condition }
    })
}
