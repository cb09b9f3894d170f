//! The current state of each aggregate: one row, and pages of rows by key, never by offset.

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{OptionalExtension, Row};

use super::Store;
use crate::error::Result;
use crate::event::{AggregateId, Position, Time, Version};

/// The current state of an aggregate on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The aggregate type.
    pub kind: String,
    /// Its newest version.
    pub version: Version,
    /// The newest event's position.
    pub position: Position,
    /// `occurred_at` of version 1.
    pub first_at: Time,
    /// `occurred_at` of the newest event.
    pub last_at: Time,
    /// `meta.actor` of the newest event.
    pub actor: Option<String>,
    /// What it is called.
    pub label: String,
    /// In which state it is.
    pub status: String,
    /// Whether it counts as deleted.
    pub deleted: bool,
    /// The state as JSON; `null` where the aggregate is gone.
    pub state: String,
    /// Why the state is not the newest one: the rule that failed.
    pub error: Option<String>,
}

/// A head with its aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// The aggregate's row.
    pub row: i64,
    /// Its id.
    pub id: String,
    /// Its state.
    pub head: Head,
}

impl HeadRow {
    /// Which aggregate it is.
    pub fn aggregate(&self) -> AggregateId {
        AggregateId::new(self.head.kind.clone(), self.id.clone())
    }
}

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
            Self::Recent => "h.position",
            Self::Label => "h.label",
            Self::Status => "h.status",
            Self::Created => "h.first_at",
            Self::Versions => "h.version",
            Self::Id => "a.key",
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
    pub fn at_position(position: Position) -> Self {
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
    /// The branch.
    pub branch: i64,
    /// One aggregate type, or all.
    pub kind: Option<&'a str>,
    /// The order.
    pub order: HeadOrder,
    /// The largest first.
    pub descending: bool,
    /// Only what comes behind this place.
    pub after: Option<&'a HeadKey>,
    /// At most so many.
    pub limit: usize,
}

const COLUMNS: &str = "h.aggregate, a.key, h.type, h.version, h.position, h.first_at, h.last_at, h.actor, \
                       h.label, h.status, h.deleted, h.state, h.error";

fn head_row(row: &Row<'_>) -> rusqlite::Result<HeadRow> {
    Ok(HeadRow {
        row: row.get(0)?,
        id: row.get(1)?,
        head: Head {
            kind: row.get(2)?,
            version: row.get(3)?,
            position: row.get(4)?,
            first_at: Time(row.get(5)?),
            last_at: Time(row.get(6)?),
            actor: row.get(7)?,
            label: row.get(8)?,
            status: row.get(9)?,
            deleted: row.get(10)?,
            state: row.get(11)?,
            error: row.get(12)?,
        },
    })
}

impl Store {
    fn shown(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT shown FROM generations")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The current state of an aggregate.
    pub fn head(&self, branch: i64, aggregate: i64) -> Result<Option<HeadRow>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM heads h JOIN aggregates a ON a.id = h.aggregate \
             WHERE h.generation = ?1 AND h.branch = ?2 AND h.aggregate = ?3"
        ))?;
        Ok(statement.query_row((self.shown()?, branch, aggregate), head_row).optional()?)
    }

    /// The newest version of an aggregate, without the rest of its head.
    pub fn head_version(&self, branch: i64, aggregate: i64) -> Result<Option<Version>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT version FROM heads WHERE generation = (SELECT shown FROM generations) \
             AND branch = ?1 AND aggregate = ?2",
        )?;
        Ok(statement.query_row((branch, aggregate), |row| row.get(0)).optional()?)
    }

    /// A page of heads. Over all types it merges one page of each type, so that each stays one index walk.
    pub fn heads(&self, page: &HeadPage<'_>) -> Result<Vec<HeadRow>> {
        let kinds = match page.kind {
            Some(kind) => vec![kind.to_owned()],
            None => self.head_types(page.branch)?,
        };
        let mut rows = Vec::new();
        for kind in &kinds {
            self.heads_of_type(page, kind, &mut rows)?;
        }
        if kinds.len() > 1 {
            rows.sort_by_cached_key(|row| page.order.key(row));
            if page.descending {
                rows.reverse();
            }
            rows.truncate(page.limit);
        }
        Ok(rows)
    }

    fn heads_of_type(&self, page: &HeadPage<'_>, kind: &str, out: &mut Vec<HeadRow>) -> Result<()> {
        let (column, generation) = (page.order.column(), self.shown()?);
        let (sign, word) = if page.descending { ("<", "DESC") } else { (">", "ASC") };
        // Ids live in the other table: walk that one in its own order.
        let (tables, kind_column) = match page.order {
            HeadOrder::Id => ("aggregates a CROSS JOIN heads h ON a.id = h.aggregate", "a.type"),
            _ => ("heads h CROSS JOIN aggregates a ON a.id = h.aggregate", "h.type"),
        };
        let from = match page.after {
            Some(_) => format!("AND ({column}, h.aggregate) {sign} (?4, ?5)"),
            None => String::new(),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {tables} WHERE h.generation = ?1 AND h.branch = ?2 AND {kind_column} = ?3 {from} \
             ORDER BY {column} {word}, h.aggregate {word} LIMIT {}",
            page.limit
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut take = |rows: rusqlite::Rows<'_>| -> Result<()> {
            for row in rows.mapped(head_row) {
                out.push(row?);
            }
            Ok(())
        };
        match page.after {
            Some(key) => take(statement.query((generation, page.branch, kind, key.value.sql(), key.row))?),
            None => take(statement.query((generation, page.branch, kind))?),
        }
    }

    /// How many heads come before a place in the page's order.
    pub fn heads_before(&self, page: &HeadPage<'_>, key: &HeadKey) -> Result<i64> {
        let kinds = match page.kind {
            Some(kind) => vec![kind.to_owned()],
            None => self.head_types(page.branch)?,
        };
        let column = page.order.column();
        let sign = if page.descending { ">" } else { "<" };
        let tables = match page.order {
            HeadOrder::Id => "heads h JOIN aggregates a ON a.id = h.aggregate",
            _ => "heads h",
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT count(*) FROM {tables} WHERE h.generation = ?1 AND h.branch = ?2 AND h.type = ?3 \
             AND ({column}, h.aggregate) {sign} (?4, ?5)"
        ))?;
        let mut before = 0;
        for kind in kinds {
            before += statement
                .query_row((self.shown()?, page.branch, kind, key.value.sql(), key.row), |row| {
                    row.get::<_, i64>(0)
                })?;
        }
        Ok(before)
    }

    /// The aggregate types that have heads, in name order: a step of the index each.
    pub fn head_types(&self, branch: i64) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT type FROM heads WHERE generation = ?1 AND branch = ?2 AND type > ?3 ORDER BY type LIMIT 1",
        )?;
        let generation = self.shown()?;
        let mut types: Vec<String> = Vec::new();
        loop {
            let last = types.last().map_or("", String::as_str);
            let next = statement.query_row((generation, branch, last), |row| row.get(0)).optional()?;
            match next {
                Some(name) => types.push(name),
                None => return Ok(types),
            }
        }
    }

    /// How many aggregates of a type there are.
    pub fn count_heads(&self, branch: i64, kind: &str) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM heads INDEXED BY heads_by_recent WHERE generation = ?1 AND branch = ?2 AND type = ?3",
        )?;
        Ok(statement.query_row((self.shown()?, branch, kind), |row| row.get(0))?)
    }

    /// How many aggregates have each status, or each newest actor; the most frequent first, at most a hundred.
    pub fn count_heads_by(&self, branch: i64, kind: Option<&str>, actor: bool) -> Result<Vec<(String, i64)>> {
        let column = if actor { "actor" } else { "status" };
        let condition = if kind.is_some() { "AND type = ?3" } else { "AND ?3 IS NULL" };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {column}, count(*) AS n FROM heads WHERE generation = ?1 AND branch = ?2 {condition} \
             AND {column} IS NOT NULL GROUP BY {column} ORDER BY n DESC, {column} LIMIT 100"
        ))?;
        let rows =
            statement.query_map((self.shown()?, branch, kind), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every head's place in the log, to compare with the log itself, until `each` answers false.
    pub fn head_places(&self, each: &mut dyn FnMut(i64, i64, Version, Position) -> bool) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT branch, aggregate, version, position FROM heads WHERE generation = ?1 ORDER BY position",
        )?;
        let mut rows = statement.query([self.shown()?])?;
        while let Some(row) = rows.next()? {
            if !each(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?) {
                break;
            }
        }
        Ok(())
    }

    /// The shown states of a branch, in no particular order, until `each` answers false; without a copy.
    pub fn head_states(&self, branch: i64, each: &mut dyn FnMut(i64, &str) -> Result<bool>) -> Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT aggregate, state FROM heads WHERE generation = ?1 AND branch = ?2")?;
        let mut rows = statement.query((self.shown()?, branch))?;
        while let Some(row) = rows.next()? {
            let state = match row.get_ref(1)? {
                ValueRef::Text(bytes) => std::str::from_utf8(bytes).unwrap_or("null"),
                _ => "null",
            };
            if !each(row.get(0)?, state)? {
                break;
            }
        }
        Ok(())
    }
}
