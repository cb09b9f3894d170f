//! Whether what a store keeps beside its events is what the events say: indexes by hash, by cause and by place,
//! branches' counts, and rows that point at events.

use rusqlite::OptionalExtension;

use super::sums;
use super::{Store, links_of};
use crate::error::{Error, Result};
use crate::event::{Hash, Position};

/// A statement that finds a row which should not be there, and what it is then.
type Question = (&'static str, &'static str);

/// Each answers a row's name where something is wrong. What a large batch left out of the indexes is looked for behind
/// `indexed` only.
const QUESTIONS: &[Question] = &[
    (
        "an event is missing from the index of hashes, at position",
        "SELECT e.position FROM events e JOIN branches b ON b.id = e.branch WHERE e.position <= b.indexed AND NOT EXISTS \
         (SELECT 1 FROM hashes h WHERE h.start = substr(e.hash, 1, 4) AND h.position = e.position) LIMIT 1",
    ),
    (
        "the index of hashes has a row that no event has, at position",
        "SELECT h.position FROM hashes h LEFT JOIN events e ON e.position = h.position \
         WHERE e.position IS NULL OR substr(e.hash, 1, 4) <> h.start LIMIT 1",
    ),
    (
        "the list lacks the place of an aggregate, row",
        "SELECT h.aggregate FROM heads h JOIN generations g ON g.shown = h.generation JOIN branches b ON b.id = h.branch \
         WHERE h.position <= b.indexed AND NOT EXISTS (SELECT 1 FROM places p WHERE p.generation = h.generation \
         AND p.branch = h.branch AND p.aggregate = h.aggregate AND p.type = h.type AND p.version = h.version \
         AND p.position = h.position) LIMIT 1",
    ),
    (
        "the list has a place of an aggregate that it does not list, row",
        "SELECT p.aggregate FROM places p JOIN generations g ON g.shown = p.generation WHERE NOT EXISTS (SELECT 1 FROM \
         heads h WHERE h.generation = p.generation AND h.branch = p.branch AND h.aggregate = p.aggregate \
         AND h.type = p.type) LIMIT 1",
    ),
    (
        "the list of a branch that does not exist is kept, branch",
        "SELECT branch FROM heads WHERE branch NOT IN (SELECT id FROM branches) LIMIT 1",
    ),
    (
        "a branch counts other events of its parent than there are, branch",
        "SELECT b.id FROM branches b JOIN branches p ON p.id = b.parent WHERE b.fill_from > ifnull(p.tip_position, 0) \
         AND b.parent_events <> (SELECT count(*) FROM events e WHERE e.branch = b.parent \
         AND e.position <= b.fork_position) LIMIT 1",
    ),
    (
        "a branch's fill begins before its fork, branch",
        "SELECT id FROM branches WHERE parent IS NOT NULL AND fill_from <= fork_position LIMIT 1",
    ),
    (
        "a branch that has no parent inherits, branch",
        "SELECT id FROM branches WHERE parent IS NULL AND (parent_events <> 0 OR fill_from <> 1 OR fill_to <> 0 \
         OR fork_position IS NOT NULL) LIMIT 1",
    ),
    (
        "an import's note names an event that is not there, at position",
        "SELECT d.position FROM deliveries d LEFT JOIN events e ON e.position = d.position AND e.branch = d.branch \
         WHERE e.position IS NULL LIMIT 1",
    ),
    (
        "a job is for an event, a branch or a domain that is not there, job",
        "SELECT j.id FROM jobs j LEFT JOIN events e ON e.position = j.position LEFT JOIN branches b ON b.id = j.branch \
         WHERE e.position IS NULL OR b.id IS NULL \
         OR (j.domain <> 0 AND j.domain NOT IN (SELECT id FROM domains)) LIMIT 1",
    ),
    (
        "a waypoint names what is not there, on branch",
        "SELECT w.branch FROM waypoints w WHERE w.branch NOT IN (SELECT id FROM branches) \
         OR (w.aggregate IS NOT NULL AND w.aggregate NOT IN (SELECT id FROM aggregates)) LIMIT 1",
    ),
    (
        "a note is about what is not there, note",
        "SELECT n.id FROM notes n WHERE n.branch NOT IN (SELECT id FROM branches) \
         OR (n.aggregate IS NOT NULL AND n.aggregate NOT IN (SELECT id FROM aggregates)) LIMIT 1",
    ),
    (
        "an aggregate is named that has no events, row",
        "SELECT id FROM aggregates WHERE id NOT IN (SELECT aggregate FROM events) LIMIT 1",
    ),
    (
        "an event type is named that no event has, row",
        "SELECT id FROM types WHERE id NOT IN (SELECT type FROM events) LIMIT 1",
    ),
    (
        "a projection has come further than main, of domain",
        "SELECT domain FROM projections WHERE position > (SELECT ifnull(max(position), 0) FROM events) LIMIT 1",
    ),
    (
        "events are said to be absent that are here, from position",
        "SELECT a.first FROM absent a WHERE a.last < a.first OR EXISTS (SELECT 1 FROM events e \
         WHERE e.position BETWEEN a.first AND a.last) LIMIT 1",
    ),
];

impl Store {
    /// SQLite's own check of the file, and whether every index and every row beside the log is what the events say.
    pub(crate) fn check_kept(&self, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<()> {
        self.check_file()?;
        let steps = QUESTIONS.len() as i64 + 2;
        for (at, (what, statement)) in (1..).zip(QUESTIONS) {
            let mut statement = self.connection.prepare(statement)?;
            let mut rows = statement.query([])?;
            if let Some(row) = rows.next()? {
                return Err(wrong(&format!("{what} {}", row.get::<_, i64>(0)?)));
            }
            if !progress(at, steps) {
                return Err(Error::refused("Stopped; so far all of it is whole."));
            }
        }
        self.check_sum_names()?;
        self.check_named()?;
        progress(steps, steps);
        Ok(())
    }

    /// Only the tables that have a sum are in the list of sums.
    fn check_sum_names(&self) -> Result<()> {
        let mut statement = self.connection.prepare("SELECT name FROM sums")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        for name in names {
            let name = name?;
            if !sums::ALL.iter().any(|summed| summed.table == name) {
                return Err(wrong(&format!("a sum of {name} is kept, which has none")));
            }
        }
        Ok(())
    }

    fn check_file(&self) -> Result<()> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(1)")?;
        let said: String = statement.query_row([], |row| row.get(0))?;
        if said == "ok" { Ok(()) } else { Err(wrong(&format!("SQLite's own check says: {said}"))) }
    }

    /// What events name in their metadata: causes, operations, origins.
    fn check_named(&self) -> Result<()> {
        let (mut links, mut origins) = (0_i64, 0_i64);
        let mut link = self
            .connection
            .prepare("SELECT 1 FROM links WHERE kind = ?1 AND target = ?2 AND position = ?3")?;
        let mut origin =
            self.connection.prepare("SELECT 1 FROM origins WHERE origin = ?1 AND position = ?2")?;
        self.log_between((1, Position::MAX), &mut |raw| {
            let (causes, operation) = links_of(raw.meta);
            let causes = causes.into_iter().map(|cause| (1, cause));
            for (kind, target) in causes.chain(operation.map(|operation| (2, operation))) {
                links += 1;
                if !link.exists((kind, target, raw.position))? {
                    return Err(wrong(&format!("what #{} names is not in the index of links", raw.position)));
                }
            }
            if let Some(from) = origin_of(raw.meta) {
                origins += 1;
                if !origin.exists((from.0, raw.position))? {
                    return Err(wrong(&format!(
                        "where #{} was carried over from is not noted",
                        raw.position
                    )));
                }
            }
            Ok(true)
        })?;
        for (table, counted) in [("links", links), ("origins", origins)] {
            let rows: i64 =
                self.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            if rows != counted {
                return Err(wrong(&format!("the table {table} has {rows} rows, and events name {counted}")));
            }
        }
        Ok(())
    }

    /// What `verify` looks at beside the chain, in bounded time: the log of operations, the sums of the tables that no
    /// event vouches for, and the texts of domains.
    pub(super) fn check_beside(&self) -> Result<()> {
        let beyond =
            "SELECT name FROM branches WHERE indexed NOT BETWEEN 0 AND ifnull(tip_position, 0) LIMIT 1";
        let beyond = self.connection.query_row(beyond, [], |row| row.get::<_, String>(0)).optional()?;
        if let Some(name) = beyond {
            return Err(wrong(&format!(
                "the heads of {name} are said to be brought in further than it goes"
            )));
        }
        self.check_operations()?;
        sums::check(self)?;
        self.check_domains()
    }
}

/// The event that an event's metadata says it was carried over from.
pub(crate) fn origin_of(meta: &str) -> Option<Hash> {
    #[derive(serde::Deserialize)]
    struct Named {
        origin: Option<serde_json::Value>,
    }
    if !meta.contains("\"origin\"") {
        return None;
    }
    let origin = serde_json::from_str::<Named>(meta).ok()?.origin?;
    // With what its requester had seen beside it, where that is known.
    origin.get("hash").unwrap_or(&origin).as_str()?.parse().ok()
}

pub(super) fn wrong(what: &str) -> Error {
    Error::damaged(format!("The store is damaged: {what}."))
        .hint("The log itself is whole. Where only the list is wrong, `backstory replay` builds it again.")
}
