//! Reading the log: by aggregate and version, by position, by hash.

mod row;

use rusqlite::{CachedStatement, OptionalExtension, Params, Row, ToSql};

use super::open::{max_value, too_large};
use super::{Branch, MAIN, Store};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Hash, Position, Time, Version};

pub(super) use row::COLUMNS;
pub use row::{Content, RawEvent};

impl Store {
    /// Of a failure that a value is too large for: which event holds it. How large a value is can be told without
    /// reading it.
    pub(super) fn named_large(&self, error: Error) -> Error {
        if error != too_large("The store") {
            return error;
        }
        let limit = i64::from(max_value()) * 1_000_000;
        let found = self.connection.query_row(
            "SELECT position FROM events WHERE octet_length(data) + octet_length(meta) > ?1 ORDER BY position LIMIT 1",
            [limit],
            |row| row.get::<_, Position>(0),
        );
        found.map_or(error, |position| too_large(&format!("The event #{position}")))
    }
}

/// Gives each row to `each` until it answers false.
fn walk<P: Params>(
    statement: &mut CachedStatement<'_>,
    params: P,
    each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
) -> Result<bool> {
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        if !each(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Store {
    /// An aggregate's events of the versions `from..=to`, in version order, until `each` answers false.
    pub fn events_of(
        &self,
        branch: &Branch,
        aggregate: i64,
        from: Version,
        to: Version,
        each: &mut dyn FnMut(&RawEvent<'_>) -> Result<bool>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE branch = ?1 AND aggregate = ?2 \
             AND version BETWEEN ?3 AND ?4 AND position <= ?5 ORDER BY version"
        ))?;
        for &(id, limit) in &branch.segments {
            let range = (id, aggregate, from, to, limit);
            let walked = walk(&mut statement, range, &mut |row| each(&RawEvent::of(row)?));
            if !walked.map_err(|error| self.named_large(error))? {
                break;
            }
        }
        Ok(())
    }

    /// The branch's events at the positions `from..=to`, oldest first or newest first, until `each` answers false.
    pub(crate) fn events_between(
        &self,
        branch: &Branch,
        range: (Position, Position),
        newest_first: bool,
        each: &mut dyn FnMut(&RawEvent<'_>) -> Result<bool>,
    ) -> Result<()> {
        self.rows_between(COLUMNS, branch, range, newest_first, &mut |row| each(&RawEvent::of(row)?))
    }

    /// The same, reading nothing of an event but what is asked for.
    pub(crate) fn contents_between(
        &self,
        branch: &Branch,
        range: (Position, Position),
        newest_first: bool,
        each: &mut dyn FnMut(&Content<'_>) -> Result<bool>,
    ) -> Result<()> {
        self.rows_between("data, meta, position, type, aggregate", branch, range, newest_first, &mut |row| {
            each(&Content(row))
        })
    }

    /// Where they stand alone: positions, aggregates' rows and versions.
    pub fn places_between(
        &self,
        branch: &Branch,
        range: (Position, Position),
        newest_first: bool,
        each: &mut dyn FnMut((Position, i64, Version)) -> Result<bool>,
    ) -> Result<()> {
        self.rows_between("position, aggregate, version", branch, range, newest_first, &mut |row| {
            each((row.get(0)?, row.get(1)?, row.get(2)?))
        })
    }

    fn rows_between(
        &self,
        columns: &str,
        branch: &Branch,
        (from, to): (Position, Position),
        newest_first: bool,
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool>,
    ) -> Result<()> {
        let order = if newest_first { "DESC" } else { "ASC" };
        let mut of_main = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM events WHERE position BETWEEN ?2 AND ?3 AND +branch = ?1 ORDER BY position {order}"
        ))?;
        let mut of_branch = self.connection.prepare_cached(&format!(
            "SELECT {columns} FROM events INDEXED BY events_off_main \
             WHERE branch = ?1 AND branch <> 1 AND position BETWEEN ?2 AND ?3 ORDER BY position {order}"
        ))?;
        let mut segments = branch.segments.clone();
        if newest_first {
            segments.reverse();
        }
        // What a branch owns lies behind everything that it sees of its ancestors.
        for (id, limit) in segments {
            let to = to.min(limit);
            let statement = if id == MAIN { &mut of_main } else { &mut of_branch };
            if from <= to
                && !walk(statement, (id, from, to), each).map_err(|error| self.named_large(error))?
            {
                break;
            }
        }
        Ok(())
    }

    /// How many events a branch has behind a position. Positions have no gaps: the first branch has all but those
    /// of the others, which an index counts.
    pub fn count_behind(&self, branch: &Branch, position: Position) -> Result<i64> {
        let mut own = self.connection.prepare_cached(
            "SELECT count(*) FROM events INDEXED BY events_off_main \
             WHERE branch = ?1 AND branch <> 1 AND position BETWEEN ?2 AND ?3",
        )?;
        let mut others = self.connection.prepare_cached(
            "SELECT count(*) FROM events INDEXED BY events_off_main \
             WHERE branch <> 1 AND position BETWEEN ?1 AND ?2",
        )?;
        let newest = self.newest_position()?;
        let mut count = 0;
        for &(id, limit) in &branch.segments {
            let to = limit.min(newest);
            if position >= to {
                continue;
            }
            count += if id == MAIN {
                let others: i64 = others.query_row((position + 1, to), |row| row.get(0))?;
                // What is left out is counted nowhere.
                to - position - others - self.absent_between(position, to)?
            } else {
                own.query_row((id, position + 1, to), |row| row.get(0))?
            };
        }
        Ok(count)
    }

    /// The newest position of all branches; 0 where there is none.
    pub(crate) fn newest_position(&self) -> Result<Position> {
        let mut statement = self.connection.prepare_cached("SELECT max(position) FROM events")?;
        let newest: Option<Position> = statement.query_row([], |row| row.get(0))?;
        Ok(newest.unwrap_or(0))
    }

    /// Every branch's events at the positions `from..=to`, oldest first, until `each` answers false.
    pub(crate) fn log_between(
        &self,
        (from, to): (Position, Position),
        each: &mut dyn FnMut(&RawEvent<'_>) -> Result<bool>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE position BETWEEN ?1 AND ?2 ORDER BY position"
        ))?;
        let walked = walk(&mut statement, (from, to), &mut |row| each(&RawEvent::of(row)?));
        walked.map(|_| ()).map_err(|error| self.named_large(error))
    }

    /// The row of the branch that owns the event at a position.
    pub(crate) fn owner_of(&self, position: Position) -> Result<i64> {
        let mut statement =
            self.connection.prepare_cached("SELECT branch FROM events WHERE position = ?1")?;
        Ok(statement.query_row([position], |row| row.get(0))?)
    }

    /// The newest event that a branch sees, its own or inherited, at or before a position.
    pub(crate) fn newest_of(&self, branch: &Branch, to: Position) -> Result<Option<(Position, Hash)>> {
        let mut newest = None;
        self.events_between(branch, (1, to), true, &mut |event| {
            newest = Some((event.position, event.hash));
            Ok(false)
        })?;
        Ok(newest)
    }

    /// The newest position of a branch's chain that was recorded before a time. Along the chain no event was recorded
    /// before its parent, so each stretch of it is halved until the place is found.
    pub(crate) fn recorded_before(&self, branch: &Branch, time: Time) -> Result<Option<Position>> {
        for (at, &(id, limit)) in branch.segments.iter().enumerate().rev() {
            let begin = if at == 0 { 0 } else { branch.segments[at - 1].1 };
            let of = Branch { id, name: String::new(), segments: vec![(id, limit)] };
            let newest = self.newest_of(&of, limit)?.map_or(0, |(position, _)| position);
            let (mut before, mut from) = (begin, newest + 1);
            while before + 1 < from {
                let middle = before + (from - before) / 2;
                let there = self.recorded_at_or_before(&of, (begin + 1, middle))?;
                match there {
                    Some((position, recorded)) if recorded >= time => from = position,
                    Some(_) | None => before = middle,
                }
            }
            if let Some((position, _)) = self.recorded_at_or_before(&of, (begin + 1, before))? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// The newest of a branch's events at the positions `from..=to`, and when it was recorded.
    fn recorded_at_or_before(
        &self,
        branch: &Branch,
        range: (Position, Position),
    ) -> Result<Option<(Position, Time)>> {
        let mut found = None;
        self.rows_between("position, recorded_at", branch, range, true, &mut |row| {
            found = Some((row.get(0)?, Time(row.get(1)?)));
            Ok(false)
        })?;
        Ok(found)
    }

    /// When an aggregate's events of the versions `from..=to` happened, without reading what they hold.
    pub(crate) fn times_of(
        &self,
        branch: &Branch,
        aggregate: i64,
        from: Version,
        to: Version,
        each: &mut dyn FnMut(Version, Time) -> bool,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT version, occurred_at FROM events WHERE branch = ?1 AND aggregate = ?2 \
             AND version BETWEEN ?3 AND ?4 AND position <= ?5 ORDER BY version",
        )?;
        for &(id, limit) in &branch.segments {
            let mut rows = statement.query((id, aggregate, from, to, limit))?;
            while let Some(row) = rows.next()? {
                if !each(row.get(0)?, Time(row.get(1)?)) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The position of the branch's first event that occurred after a time. It looks at one event after the other.
    pub(crate) fn first_after(&self, branch: &Branch, time: Time) -> Result<Option<Position>> {
        // The plus keeps the index by aggregate out of it: this is the order of the log.
        let mut statement = self.connection.prepare_cached(
            "SELECT position FROM events WHERE +branch = ?1 AND occurred_at > ?2 AND position <= ?3 \
             ORDER BY position LIMIT 1",
        )?;
        for &(id, limit) in &branch.segments {
            let found = statement.query_row((id, time.0, limit), |row| row.get(0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// When the event at a position happened.
    pub(crate) fn time_at(&self, position: Position) -> Result<Option<Time>> {
        let mut statement =
            self.connection.prepare_cached("SELECT occurred_at FROM events WHERE position = ?1")?;
        Ok(statement.query_row([position], |row| Ok(Time(row.get(0)?))).optional()?)
    }

    /// The newest version that an aggregate had right after a position; 0 where it was not there yet.
    pub(crate) fn version_at(&self, branch: &Branch, aggregate: i64, position: Position) -> Result<Version> {
        let mut statement = self.connection.prepare_cached(
            "SELECT version, position FROM events WHERE branch = ?1 AND aggregate = ?2 ORDER BY version LIMIT 1 OFFSET 0",
        )?;
        let mut nearest = self.connection.prepare_cached(
            "SELECT position FROM events WHERE branch = ?1 AND aggregate = ?2 AND version = ?3",
        )?;
        let mut last = self.connection.prepare_cached(
            "SELECT version FROM events WHERE branch = ?1 AND aggregate = ?2 ORDER BY version DESC LIMIT 1",
        )?;
        // Versions and positions rise together on one branch: a binary search by the unique index.
        for &(id, limit) in branch.segments.iter().rev() {
            let limit = limit.min(position);
            let first: Option<(Version, Position)> =
                statement.query_row((id, aggregate), |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            let Some((first, at)) = first else { continue };
            if at > limit {
                continue;
            }
            let mut low = first;
            let mut high: Version = last.query_row((id, aggregate), |r| r.get(0))?;
            while low < high {
                let middle = low + (high - low + 1) / 2;
                let there: Position = nearest.query_row((id, aggregate, middle), |r| r.get(0))?;
                if there <= limit { low = middle } else { high = middle - 1 }
            }
            return Ok(low);
        }
        Ok(0)
    }

    /// How many events a branch sees up to a position.
    pub(crate) fn count_to(&self, branch: &Branch, position: Position) -> Result<i64> {
        Ok(self.count_behind(branch, 0)? - self.count_behind(branch, position)?)
    }

    /// The event at a position, whole.
    pub(crate) fn event_at(&self, position: Position) -> Result<Option<Event>> {
        self.one_event("position = ?1", &[&position])
    }

    /// An aggregate's event of a version, whole.
    pub(crate) fn event_of(
        &self,
        branch: &Branch,
        aggregate: i64,
        version: Version,
    ) -> Result<Option<Event>> {
        let mut found = None;
        self.events_of(branch, aggregate, version, version, &mut |raw| {
            found = Some(self.whole(raw)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// The positions of the events whose hash starts with these hexadecimal digits, at most `most`.
    pub fn find_hash(&self, prefix: &str, most: usize) -> Result<Vec<(Position, Hash)>> {
        let padded = |fill: char| {
            let mut digits: String = prefix.chars().take(8).collect();
            while digits.len() < 8 {
                digits.push(fill);
            }
            u32::from_str_radix(&digits, 16).map(u32::to_be_bytes)
        };
        let (Ok(low), Ok(high)) = (padded('0'), padded('f')) else { return Ok(Vec::new()) };
        let mut sql =
            "SELECT e.position, e.hash FROM hashes h CROSS JOIN events e ON e.position = h.position \
                       WHERE h.start BETWEEN ?1 AND ?2"
                .to_owned();
        for rest in self.unindexed()? {
            let starts = "substr(hash, 1, 4) BETWEEN ?1 AND ?2";
            sql.push_str(&format!(" UNION ALL SELECT position, hash FROM {rest} AND {starts}"));
        }
        sql.push_str(" ORDER BY 1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query((low, high))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let hash = Hash(row.get(1)?);
            if hash.to_string().starts_with(prefix) && found.len() < most {
                found.push((row.get(0)?, hash));
            }
        }
        Ok(found)
    }

    /// A row's event with its names.
    pub fn whole(&self, raw: &RawEvent<'_>) -> Result<Event> {
        self.named(raw, self.branch_name(raw.branch)?, self.aggregate_of(raw.aggregate)?)
    }

    /// A row's event, where branch and aggregate are known already.
    pub fn named(&self, raw: &RawEvent<'_>, branch: String, aggregate: AggregateId) -> Result<Event> {
        Ok(raw.to_event(branch, aggregate, self.type_name(raw.kind)?))
    }

    fn one_event(&self, condition: &str, params: &[&dyn ToSql]) -> Result<Option<Event>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE {condition}"))?;
        let mut rows = statement.query(params)?;
        let row = rows.next().map_err(|error| self.named_large(error.into()))?;
        row.map(|row| self.whole(&RawEvent::of(row)?)).transpose()
    }
}
