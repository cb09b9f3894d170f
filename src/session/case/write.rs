//! Writing a case.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::lines::{Lines, json};
use super::redact::{Redactor, chained};
use super::walk::{Piece, each, look};
use super::{AbsentLine, BesideLine, BranchLine, CaseHead, Looks, SHAPE};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Position, Time, Version};
use crate::seal::unguessable;
use crate::session::{Point, Session, View, check_new};
use crate::store::{Branch, chain_hash};

/// What goes into a case.
#[derive(Clone, Debug, Default)]
pub struct CaseRequest {
    /// Whole records up to these versions; a point of the whole store is all of its records.
    pub points: Vec<Point>,
    /// The values that are replaced by tokens: `assignee`, `$meta.actor`, `$id`.
    pub redact: Vec<String>,
    /// How the list and the logs are narrowed and shown.
    pub view: Option<View>,
}

/// What a case has, or would have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseWritten {
    /// How many events.
    pub events: i64,
    /// How many it leaves out, up to its last one.
    pub left_out: i64,
    /// How many records.
    pub records: usize,
    /// How many waypoints and notes.
    pub beside: usize,
    /// How many different values were replaced.
    pub replaced: usize,
    /// Where values that were replaced still stand, with how often.
    pub still: Vec<(String, u64)>,
    /// Fields that look like secrets or personal data and were not replaced.
    pub looks: Looks,
    /// How large the file is, in bytes; 0 where nothing was written.
    pub bytes: u64,
}

/// A record, as far as it goes into the case.
struct Chosen {
    aggregate: i64,
    version: Version,
}

/// What was chosen: positions in order, and the branches that own them or lead to those.
pub(super) struct Part {
    /// Where the events stand.
    pub positions: Vec<Position>,
    chosen: Vec<Chosen>,
    /// Rows and names, parents first.
    pub branches: BTreeMap<i64, BranchLine>,
    /// Where they fork.
    pub forks: HashSet<Position>,
}

impl Part {
    /// The last position.
    pub fn end(&self) -> Position {
        self.positions.last().copied().unwrap_or(0)
    }
}

/// Nobody is given what was altered.
fn check_hash(event: &Event) -> Result<()> {
    if chain_hash(event.parent, &chained(event)) == event.hash {
        return Ok(());
    }
    let what = format!("The event #{} is not what its hash says: it was altered.", event.position);
    Err(Error::damaged(what).hint("`backstory verify` says what does not hold."))
}

impl Session {
    /// Writes a case to a file that is not there yet; without one it is only looked at what it would have. `progress`
    /// gets the positions gone through and their number; false stops.
    pub fn write_case(
        &mut self,
        request: &CaseRequest,
        file: Option<&Path>,
        actor: &str,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<CaseWritten> {
        file.map_or(Ok(()), check_new)?;
        self.at_once(|session| {
            let part = session.part_of(&request.points)?;
            session.write_part(request, &part, (file, actor), progress)
        })
    }

    fn write_part(
        &mut self,
        request: &CaseRequest,
        part: &Part,
        (file, actor): (Option<&Path>, &str),
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<CaseWritten> {
        let mut redactor = Redactor::new(&request.redact, unguessable())?;
        let events = part.positions.len() as i64;
        let records: HashSet<_> = part.chosen.iter().map(|chosen| chosen.aggregate).collect();
        let mut told = CaseWritten {
            events,
            left_out: part.end() - events,
            records: records.len(),
            ..CaseWritten::default()
        };
        // The values are known before the first of them is looked for elsewhere.
        let mut still: BTreeMap<String, u64> = BTreeMap::new();
        if !redactor.is_idle() {
            for &position in &part.positions {
                redactor.event(&self.event_there(position)?);
            }
        }
        let mut lines = file.map(Lines::new).transpose()?;
        let mut put = |line: &str| lines.as_mut().map_or(Ok(()), |lines| lines.put(line));
        let head = self.head(request, part, &mut redactor, (file, actor))?;
        put(&json(&head))?;
        if let Some(domain) = self.store.stored_domain()? {
            put(&json(&serde_json::json!({ "domain": domain.source })))?;
        }
        part.branches.values().try_for_each(|line| put(&json(line)))?;
        let (looks, end) = (&mut told.looks, part.end());
        each(&self.store, part, &mut |piece| match piece {
            Piece::Absent(first, last, branch, hash) => {
                let branch = branch.and_then(|row| part.branches.get(&row)).map(|line| line.branch.clone());
                let hash = if redactor.is_idle() { hash } else { redactor.hash(hash) };
                put(&json(&AbsentLine { absent: (first, last), branch, hash: hash.to_string() }))
            }
            Piece::Event(event) => {
                if !progress(event.position, end) {
                    return Err(Error::refused("Stopped; no case was written."));
                }
                check_hash(&event)?;
                let event = if redactor.is_idle() { event } else { redactor.event(&event) };
                look(&event, &redactor, looks, &mut still);
                put(&event.to_json())
            }
        })?;
        told.beside = self.beside_lines(part, &mut redactor, &mut put)?;
        told.replaced = redactor.values();
        told.still = still.into_iter().collect();
        if let (Some(lines), Some(file)) = (lines, file) {
            told.bytes = lines.finish(file)?;
        }
        Ok(told)
    }

    fn event_there(&self, position: Position) -> Result<Event> {
        let gone = || Error::damaged(format!("The event at position {position} is gone."));
        self.store.event_at(position)?.ok_or_else(gone)
    }

    /// What points choose.
    fn part_of(&mut self, points: &[Point]) -> Result<Part> {
        let mut part = Part {
            positions: Vec::new(),
            chosen: Vec::new(),
            branches: BTreeMap::new(),
            forks: HashSet::new(),
        };
        for point in points {
            let branch = self.store.branch(point.branch())?;
            self.add_branches(&branch, &mut part)?;
            match point {
                Point::Aggregate { aggregate, version, .. } => {
                    let (row, _) = self.on(point.branch(), |session| session.known(aggregate))?;
                    self.choose(&branch, row, *version, &mut part)?;
                }
                Point::Store { position, .. } => {
                    let mut last = 0;
                    while let Some(row) = self.store.aggregate_after(last)? {
                        last = row;
                        let version = self.store.version_at(&branch, row, *position)?;
                        self.choose(&branch, row, version, &mut part)?;
                    }
                }
            }
        }
        part.positions.sort_unstable();
        part.positions.dedup();
        if part.positions.is_empty() {
            return Err(Error::refused("A case needs a record with at least one event.")
                .hint("backstory case write FILE.case Task/42"));
        }
        Ok(part)
    }

    fn add_branches(&self, branch: &Branch, part: &mut Part) -> Result<()> {
        for &(row, _) in &branch.segments {
            let row = self.store.branch_row(row)?;
            let parent = row.parent.map(|parent| self.store.branch_name(parent)).transpose()?;
            part.forks.extend(row.parent.map(|_| row.fork_position));
            let (fork, created_at) = (row.fork_position, row.created_at);
            part.branches.insert(row.id, BranchLine { branch: row.name, parent, fork, created_at });
        }
        Ok(())
    }

    /// A record's events up to a version.
    fn choose(&self, branch: &Branch, aggregate: i64, version: Version, part: &mut Part) -> Result<()> {
        if version > 0 {
            self.store.events_of(branch, aggregate, 1, version, &mut |raw| {
                part.positions.push(raw.position);
                Ok(true)
            })?;
            part.chosen.push(Chosen { aggregate, version });
        }
        Ok(())
    }

    /// What the case says of itself.
    fn head(
        &mut self,
        request: &CaseRequest,
        part: &Part,
        redactor: &mut Redactor,
        (file, actor): (Option<&Path>, &str),
    ) -> Result<CaseHead> {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let at = match request.points.first() {
            Some(Point::Aggregate { aggregate, version, .. }) => {
                format!("{}/{}@{version}", aggregate.kind, redactor.id(&aggregate.id))
            }
            Some(Point::Store { position, .. }) => {
                let last = part.positions.partition_point(|there| there <= position);
                format!("#{}", part.positions[last.saturating_sub(1)])
            }
            None => String::new(),
        };
        // What a view is narrowed by may be one of the values.
        let view = request.view.as_ref().map(|view| redactor.written(&json(view)));
        let events = part.positions.len() as i64;
        Ok(CaseHead {
            case: SHAPE,
            name: file.map(name).unwrap_or_default(),
            made_by: redactor.written(actor),
            made_at: self.clock.now(),
            store: self.case()?.map_or_else(|| name(self.store.path()), |case| case.name),
            events,
            left_out: part.end() - events,
            end: part.end(),
            branch: request.points.first().map_or("main", Point::branch).to_owned(),
            at,
            redacted: self.redacted_before(&request.redact)?,
            view: view.and_then(|view| serde_json::from_str(&view).ok()),
        })
    }

    /// The paths that are redacted: those of the case that this one is made from, too.
    fn redacted_before(&self, paths: &[String]) -> Result<Vec<String>> {
        let mut all = self.case()?.map(|case| case.redacted).unwrap_or_default();
        let new: Vec<_> = paths.iter().filter(|path| !all.contains(path)).cloned().collect();
        all.extend(new);
        Ok(all)
    }

    /// Waypoints and notes about what is in the case; how many.
    fn beside_lines(
        &mut self,
        part: &Part,
        redactor: &mut Redactor,
        put: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<usize> {
        let mut lines: Vec<(i64, Option<i64>, Option<i64>, BesideLine)> = Vec::new();
        let empty = |actor: String, created_at: Time| BesideLine {
            waypoint: None,
            note: None,
            text: None,
            branch: String::new(),
            aggregate: None,
            place: None,
            actor,
            created_at,
        };
        for at in self.store.waypoints()? {
            let name = Some(redactor.written(&at.name));
            let line = BesideLine { waypoint: name, ..empty(redactor.written(&at.actor), at.created_at) };
            lines.push((at.branch, at.aggregate, Some(at.place), line));
        }
        for note in self.store.notes()? {
            let line = BesideLine {
                note: Some(note.id),
                text: Some(redactor.written(&note.text)),
                ..empty(redactor.written(&note.actor), note.created_at)
            };
            lines.push((note.branch, note.aggregate, note.place, line));
        }
        let mut count = 0;
        for (branch, aggregate, place, mut line) in lines {
            let Some(on) = part.branches.get(&branch) else { continue };
            let is_in = match (aggregate, place) {
                (Some(of), Some(version)) => {
                    part.chosen.iter().any(|chosen| chosen.aggregate == of && version <= chosen.version)
                }
                (Some(of), None) => part.chosen.iter().any(|chosen| chosen.aggregate == of),
                (None, place) => place.is_some_and(|place| part.positions.binary_search(&place).is_ok()),
            };
            if !is_in {
                continue;
            }
            line.branch.clone_from(&on.branch);
            line.place = place;
            if let Some(of) = aggregate {
                let AggregateId { kind, id } = self.store.aggregate_of(of)?;
                line.aggregate = Some(AggregateId::new(kind, redactor.id(&id)).to_string());
            }
            put(&json(&line))?;
            count += 1;
        }
        Ok(count)
    }
}
