//! What people put beside a log, its branches, waypoints and notes, carried over to the store that was read anew.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::counterparts::Counterparts;
use crate::clock::Clock;
use crate::error::Result;
use crate::event::{AggregateId, Event, NewEvent, Position};
use crate::journal::{self, By, Delivery, Imported, append_imported};
use crate::session::{About, BranchInfo, NoteInfo, Open, Session, WaypointInfo};
use crate::store::Branch;

const MAIN: &str = "main";

/// What was carried over when a log was read anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarriedOver {
    /// The branches, by their names.
    pub branches: Vec<String>,
    /// How many events of theirs.
    pub events: usize,
    /// The waypoints, by their names.
    pub waypoints: Vec<String>,
    /// How many notes.
    pub notes: usize,
    /// What found no counterpart, each in a sentence.
    pub lost: Vec<String>,
    /// The sources that keep the stores as they were, where something found none.
    pub kept_as: Vec<String>,
}

impl CarriedOver {
    /// In a sentence, where there is anything to say.
    pub fn told(&self) -> Option<String> {
        let carried = [
            count(self.branches.len() as i64, "branch", "branches"),
            count(self.events as i64, "event on it", "events on them"),
            count(self.waypoints.len() as i64, "waypoint", "waypoints"),
            count(self.notes as i64, "note", "notes"),
        ];
        let carried: Vec<String> = carried.into_iter().flatten().collect();
        let mut told = Vec::new();
        if !carried.is_empty() {
            told.push(format!("Carried over: {}.", carried.join(", ")));
        }
        if !self.lost.is_empty() {
            let kept = self.kept_as.join(", ");
            told.push(format!("Not: {}. The store as it was is the source {kept}.", self.lost.join("; ")));
        }
        (!told.is_empty()).then(|| told.join(" "))
    }

    /// Puts another one's to it.
    pub fn add(&mut self, mut other: Self) {
        self.branches.append(&mut other.branches);
        self.events += other.events;
        self.waypoints.append(&mut other.waypoints);
        self.notes += other.notes;
        self.lost.append(&mut other.lost);
        self.kept_as.append(&mut other.kept_as);
    }
}

/// How many there are, in words; `None` where there are none.
fn count(n: i64, one: &str, many: &str) -> Option<String> {
    match n {
        ..=0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    }
}

/// Carries over what an old store has beside the log. `records` is how many records the new one was read from.
pub fn carry_over(old: PathBuf, new: &Open, records: u64, actor: &str) -> Result<CarriedOver> {
    let old = Session::open_reader(&Open { path: old, ..new.clone() })?;
    let mut carrying = Carrying {
        new: Session::open(new)?,
        clock: new.clock,
        actor: actor.to_owned(),
        beside: Counterparts::default(),
        own: HashMap::new(),
        names: HashMap::from([(MAIN.to_owned(), MAIN.to_owned())]),
        done: CarriedOver::default(),
        old,
    };
    carrying.whole(records)?;
    Ok(carrying.done)
}

struct Carrying {
    old: Session,
    new: Session,
    clock: Clock,
    actor: String,
    /// Where events of main are now.
    beside: Counterparts,
    /// Where events of other branches are now.
    own: HashMap<Position, Position>,
    /// What branches are called now.
    names: HashMap<String, String>,
    done: CarriedOver,
}

impl Carrying {
    fn whole(&mut self, records: u64) -> Result<()> {
        let branches: Vec<BranchInfo> =
            self.old.branches(true)?.into_iter().filter(|branch| branch.parent.is_some()).collect();
        let (waypoints, notes) = (self.old.waypoints()?, self.old.written_notes()?);
        self.missing(records)?;
        let mut events = Vec::new();
        for branch in &branches {
            events.push(self.own_events(branch)?);
        }
        let mut wanted = self.wanted(&branches, &events, &waypoints)?;
        wanted.extend(notes.iter().filter_map(|note| note.position));
        self.beside = Counterparts::of(&wanted, &self.old, &self.new)?;
        for (branch, events) in branches.iter().zip(events) {
            self.branch(branch, events)?;
        }
        waypoints.iter().try_for_each(|waypoint| self.waypoint(waypoint))?;
        notes.iter().try_for_each(|note| self.note(note))
    }

    /// What the log does not have any more, and what it never had.
    fn missing(&mut self, records: u64) -> Result<()> {
        let delivered = self.old.store.count_deliveries()?;
        let own = self.old.on(MAIN, |old| old.tail())?.events - delivered;
        let gone = delivered.saturating_sub(i64::try_from(records).unwrap_or(i64::MAX));
        let lost = [
            count(own, "event that somebody appended to main", "events that somebody appended to main"),
            count(gone, "record that is not in the log any more", "records that are not in the log any more"),
        ];
        self.done.lost.extend(lost.into_iter().flatten());
        Ok(())
    }

    /// The events that a branch owns, the oldest first.
    fn own_events(&self, branch: &BranchInfo) -> Result<Vec<Event>> {
        let mut places = Vec::new();
        let row = self.old.store.branch(&branch.name)?;
        let range = branch.fork_position + 1..=Position::MAX;
        self.old.store.own_places(row.id, &range, &mut |place| places.push(place.position))?;
        let events = places.into_iter().map(|position| self.old.store.event_at(position));
        Ok(events.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// The events that have to be found again.
    fn wanted(
        &self,
        branches: &[BranchInfo],
        events: &[Vec<Event>],
        waypoints: &[WaypointInfo],
    ) -> Result<HashSet<Position>> {
        let mut wanted: HashSet<Position> = branches.iter().map(|branch| branch.fork_position).collect();
        wanted.extend(waypoints.iter().map(|waypoint| waypoint.position));
        for (branch, events) in branches.iter().zip(events) {
            for event in events {
                wanted.extend(self.before(branch, &event.aggregate)?);
                for hash in hashes_in(&event.meta) {
                    wanted.extend(self.position_of(hash)?);
                }
            }
        }
        Ok(wanted)
    }

    /// The newest event of main that a branch sees of an aggregate.
    fn before(&self, branch: &BranchInfo, aggregate: &AggregateId) -> Result<Option<Position>> {
        let Some(row) = self.old.store.aggregate_row(aggregate)? else { return Ok(None) };
        let sees: Branch = self.old.store.branch(&branch.name)?;
        let main = self.old.store.branch(MAIN)?;
        let fork = sees.segments.first().map_or(0, |&(_, limit)| limit);
        let version = self.old.store.version_at(&main, row, fork)?;
        Ok(self.old.store.event_of(&main, row, version)?.map(|event| event.position))
    }

    fn position_of(&self, hash: &str) -> Result<Option<Position>> {
        Ok(self.old.store.find_hash(hash, 1)?.first().map(|(position, _)| *position))
    }

    /// Where an event is now, of whatever branch.
    fn there(&self, position: Position) -> Option<Position> {
        self.own.get(&position).copied().or_else(|| self.beside.get(position))
    }

    fn branch(&mut self, branch: &BranchInfo, events: Vec<Event>) -> Result<()> {
        let parent = branch.parent.as_deref().and_then(|parent| self.names.get(parent)).cloned();
        let Some((parent, fork)) = parent.zip(self.there(branch.fork_position)) else {
            let many = count(events.len() as i64, "event", "events");
            let many = many.map_or_else(String::new, |many| format!(" with {many}"));
            let at = branch.fork_position;
            self.done.lost.push(format!("the branch {}{many}, whose event #{at} is not there", branch.name));
            return Ok(());
        };
        let by = By { actor: self.actor.clone(), now: self.clock.now() };
        let name = self.new.free_branch_name(&branch.name)?;
        let from = self.new.store.branch(&parent)?;
        let made = journal::fork(&self.new.store, &from, fork, &name, &by)?;
        self.names.insert(branch.name.clone(), name.clone());
        let mut left = 0;
        for event in events {
            if !self.event(branch, &made, event, &by)? {
                left += 1;
            }
        }
        if left > 0 {
            self.done.lost.push(format!("{left} events of {name}, whose records are not there"));
        }
        if branch.archived {
            self.new.archive_branch(&name, true, &self.actor)?;
        }
        self.done.branches.push(name);
        Ok(())
    }

    /// Appends an event of a branch to the record that its own one is now; `false` where there is none.
    fn event(&mut self, of: &BranchInfo, branch: &Branch, event: Event, by: &By) -> Result<bool> {
        let aggregate = match self.before(of, &event.aggregate)? {
            // It began on the branch.
            None => event.aggregate.clone(),
            Some(before) => match self.there(before).map(|there| self.new.store.event_at(there)) {
                Some(there) => there?.map_or_else(|| event.aggregate.clone(), |there| there.aggregate),
                None => return Ok(false),
            },
        };
        let meta = self.renamed(&event.meta)?;
        let key = event.hash.to_string();
        let imported = Imported {
            event: NewEvent {
                aggregate,
                kind: event.kind,
                occurred_at: event.occurred_at,
                data: event.data.clone(),
                meta,
            },
            key: key.clone(),
            content: Sha256::digest(event.data.as_bytes()).into(),
            recorded_at: None,
            carried: false,
            expect_hash: None,
        };
        let Session { store, rules, .. } = &mut self.new;
        let mut delivery = Delivery::new(by.clone(), Vec::new());
        append_imported(store, rules, branch, vec![imported], &mut delivery, by.now)?;
        if let Some(there) = store.delivered_at(&store.branch(&branch.name)?, &key)? {
            self.own.insert(event.position, there);
            self.done.events += 1;
        }
        Ok(true)
    }

    /// Metadata with the hashes that events have now.
    fn renamed(&self, meta: &str) -> Result<String> {
        let mut renamed = meta.to_owned();
        for hash in hashes_in(meta) {
            if let Some(there) = self.position_of(hash)?.and_then(|position| self.there(position))
                && let Some(event) = self.new.store.event_at(there)?
            {
                renamed = renamed.replace(hash, &event.hash.to_string());
            }
        }
        Ok(renamed)
    }

    fn note(&mut self, note: &NoteInfo) -> Result<()> {
        let there = note.position.map_or(Some(0), |position| self.there(position));
        let event = there.map(|there| self.new.store.event_at(there)).transpose()?.flatten();
        let about = match (&note.about, event) {
            (About::Version(..), Some(event)) => Some(About::Version(event.aggregate, event.version)),
            (About::Version(..), None) => None,
            (About::Store(_), _) => there.map(About::Store),
            (About::Record(of), _) => self.new.store.aggregate_row(of)?.map(|_| note.about.clone()),
        };
        let branch = self.names.get(&note.branch).cloned();
        let Some((branch, about)) = branch.zip(about) else {
            self.done.lost.push(format!("the note {}, since what it is about is not there", note.id));
            return Ok(());
        };
        // Who wrote it and when is kept.
        let clock = std::mem::replace(&mut self.new.clock, Clock::Fixed(note.created_at));
        let written = self.new.write_note(&note.text, &branch, &about, &note.actor);
        self.new.clock = clock;
        written?;
        self.done.notes += 1;
        Ok(())
    }

    fn waypoint(&mut self, waypoint: &WaypointInfo) -> Result<()> {
        let branch = self.names.get(&waypoint.branch).cloned();
        let placed = branch.zip(self.there(waypoint.position));
        let free = self.new.store.waypoint(&waypoint.name)?.is_none();
        let Some((branch, there)) = placed.filter(|_| free) else {
            let at = waypoint.position;
            self.done.lost.push(format!("the waypoint %{}, whose event #{at} is not there", waypoint.name));
            return Ok(());
        };
        let branch = self.new.store.branch(&branch)?;
        let event = self.new.store.event_at(there)?.filter(|_| waypoint.at.is_some());
        let place = match event {
            Some(event) => (branch.id, self.new.store.aggregate_row(&event.aggregate)?, event.version),
            None => (branch.id, None, there),
        };
        let by = By { actor: waypoint.actor.clone(), now: waypoint.created_at };
        journal::name_point(&self.new.store, &waypoint.name, place, &by)?;
        self.done.waypoints.push(waypoint.name.clone());
        Ok(())
    }
}

/// The hashes of events that a text names.
pub(in crate::session) fn hashes_in(text: &str) -> impl Iterator<Item = &str> {
    let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    text.split(move |c| !digit(c)).filter(|run| run.len() == 64)
}
