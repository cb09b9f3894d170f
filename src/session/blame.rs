//! Blame: who last set each field of a state, and everyone who ever set one of them.

use std::collections::HashMap;

use serde_json::Value;

use super::Session;
use crate::error::Result;
use crate::event::{AggregateId, Event, Hash, Position, Time, Version, actor_of, reason_of};
use crate::jq::State;
use crate::replay::{Blame, Change, Fold, Trail, fetch};

/// How many places of a history are remembered, so that a step back does not begin at the first event; and how many
/// bytes of states.
const FRAMES: usize = 64;
const BYTES: usize = 8 << 20;

/// How far apart they lie, until that makes too many.
const SPACING: Version = 500;

/// How many events are looked at backwards at a time.
const CHUNK: Version = 256;

/// Which fields are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlameRequest {
    /// Of which aggregate.
    pub aggregate: AggregateId,
    /// At which version; one past the head is the head.
    pub version: Version,
    /// Leave out so many fields at the start.
    pub skip: usize,
    /// At most so many fields.
    pub limit: usize,
    /// Fold no more than this many events before answering how far that came; 0 is no bound.
    pub budget: Version,
}

/// The event that set something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Its version.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
    /// Its hash.
    pub hash: Hash,
    /// When it happened.
    pub occurred_at: Time,
    /// Who did it.
    pub actor: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A field and the event that last set it.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldBlame {
    /// Where: a JSON Pointer.
    pub path: String,
    /// What stands there.
    pub value: Value,
    /// Who set it.
    pub writer: Writer,
}

/// Fields in the state's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlamePage {
    /// The fields.
    pub fields: Vec<FieldBlame>,
    /// How far the fold has come, where it has not reached the version yet: ask again to go on.
    pub folding: Option<Version>,
}

/// Whose writers are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritersRequest {
    /// Of which aggregate.
    pub aggregate: AggregateId,
    /// Look at this version and back from it; where the page before says how to go on, that is it.
    pub version: Version,
    /// Of which path, as it is called at that version.
    pub trail: Trail,
    /// At most so many.
    pub limit: usize,
    /// Look at no more than about this many events before answering with what was found; 0 is no bound.
    pub budget: Version,
}

/// One write of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathWrite {
    /// What it did, with the path as it was called then.
    pub change: Change,
    /// Who did it.
    pub writer: Writer,
}

/// Writes of a path, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WritersPage {
    /// The writes.
    pub writes: Vec<PathWrite>,
    /// Where to go on; `None` when there is no more.
    pub next: Option<(Version, Trail)>,
    /// How far the fold has come, where nothing could be looked at yet: ask the same again to go on.
    pub folding: Option<Version>,
}

/// The walk that the last answers about an aggregate came from.
pub(super) struct Blaming {
    fold: Fold,
    /// The domain that it was folded by.
    rules: i64,
    spacing: Version,
    frames: Vec<Frame>,
    last: Frame,
}

#[derive(Clone)]
struct Frame {
    version: Version,
    state: State,
    blame: Blame,
}

impl Frame {
    fn start() -> Self {
        Self { version: 0, state: State::empty(), blame: Blame::default() }
    }
}

impl Blaming {
    fn remember(&mut self) {
        let version = self.last.version;
        if version % self.spacing != 0 || self.frames.last().is_some_and(|frame| frame.version >= version) {
            return;
        }
        self.frames.push(self.last.clone());
        let bytes = |frames: &[Frame]| frames.iter().map(|frame| frame.state.weight()).sum::<usize>();
        while self.frames.len() > FRAMES || self.frames.len() > 1 && bytes(&self.frames) > BYTES {
            self.spacing *= 2;
            let spacing = self.spacing;
            self.frames.retain(|frame| frame.version % spacing == 0);
        }
    }

    /// Stands at a version, or as near before it as is remembered.
    fn rewind(&mut self, version: Version) {
        let near = self.frames.iter().rev().find(|frame| frame.version <= version);
        if self.last.version > version || near.is_some_and(|frame| frame.version > self.last.version) {
            self.last = near.cloned().unwrap_or_else(Frame::start);
        }
    }
}

impl Session {
    /// Who last set each field of the state at a version.
    pub fn blame(&mut self, request: &BlameRequest) -> Result<BlamePage> {
        let (row, head) = self.known(&request.aggregate)?;
        let version = request.version.clamp(0, head);
        let domain = self.domain()?;
        let place = (self.branch.id, row);
        let known = self
            .blaming
            .take()
            .filter(|b| (b.fold.branch().id, b.fold.row()) == place && b.rules == self.folded_by);
        let mut blaming = known.unwrap_or_else(|| Blaming {
            fold: Fold::new(request.aggregate.clone(), row, self.branch.clone()),
            rules: self.folded_by,
            spacing: SPACING,
            frames: Vec::new(),
            last: Frame::start(),
        });
        blaming.rewind(version);
        let reach = if request.budget == 0 { Version::MAX } else { request.budget };
        let to = version.min(blaming.last.version.saturating_add(reach));
        while blaming.last.version < to {
            let from = blaming.last.version;
            // From one remembered place to the next.
            let stop = to.min((from / blaming.spacing + 1) * blaming.spacing);
            let last = &mut blaming.last;
            let state = std::mem::take(&mut last.state);
            let blame = &mut last.blame;
            let seen = blaming.fold.fold(
                &self.store,
                &*domain,
                state.into(),
                (from, stop),
                &mut |event, seen| {
                    blame.step(&seen.state, &event.raw.version);
                    Ok(true)
                },
            )?;
            last.state = seen.state;
            last.version = stop;
            blaming.remember();
        }
        let last = &blaming.last;
        let page = if last.version < version {
            BlamePage { fields: Vec::new(), folding: Some(last.version) }
        } else if last.state.is_null() || version == 0 {
            BlamePage::default()
        } else {
            let mut writers = HashMap::new();
            let mut fields = Vec::new();
            for field in last.blame.fields(request.skip, request.limit)? {
                // An empty state was set by nobody in particular.
                if field.path.is_empty() {
                    continue;
                }
                let writer = self.writer(row, field.version, &mut writers)?;
                fields.extend(writer.map(|writer| FieldBlame {
                    path: field.path,
                    value: field.value,
                    writer,
                }));
            }
            BlamePage { fields, folding: None }
        };
        self.blaming = Some(blaming);
        Ok(page)
    }

    /// The events that wrote a path, the newest first. An item of an array is followed to where it stood before.
    pub fn writers(&mut self, request: &WritersRequest) -> Result<WritersPage> {
        let (row, head) = self.known(&request.aggregate)?;
        let mut version = request.version.clamp(0, head);
        let budget = if request.budget == 0 { Version::MAX } else { request.budget };
        let Some((_, here)) = self.seek_within(&request.aggregate, row, head, version, budget)? else {
            let folding = self.timelines.get(&row).map(crate::replay::Timeline::folded);
            return Ok(WritersPage { folding, ..WritersPage::default() });
        };
        // Of large states few are held at a time.
        let chunk = CHUNK.min((BYTES / here.state.weight()).max(1) as Version);
        let mut page = WritersPage::default();
        let mut trail = request.trail.clone();
        let mut looked = 0;
        while version > 0 {
            // From a remembered state on, or of many versions the last ones.
            let frame = self.timelines.get(&row).map_or(0, |timeline| timeline.remembered(version - 1));
            let from = (frame + 1).max(version - 2 * chunk + 1).max(1);
            let mut found = Vec::new();
            for (at, before, after) in self.states_between(row, &trail, (from, version))?.into_iter().rev() {
                looked += version - at + 1;
                version = at - 1;
                found.extend(trail.step_back(&before, &after)?.map(|change| (at, change)));
                if trail.has_ended() || page.writes.len() + found.len() >= request.limit {
                    break;
                }
            }
            let full = page.writes.len() + found.len() >= request.limit;
            self.with_writers((&request.aggregate, row), found, &mut page.writes)?;
            if trail.has_ended() {
                return Ok(page);
            }
            if !full {
                // What stands before them changed nothing of the path.
                looked += version - from + 1;
                version = from - 1;
            }
            if full || looked >= budget {
                page.next = (version > 0).then_some((version, trail));
                return Ok(page);
            }
        }
        Ok(page)
    }

    /// Puts to each change, the newest first, who did it; the events are read together.
    fn with_writers(
        &self,
        (aggregate, row): (&AggregateId, i64),
        changes: Vec<(Version, Change)>,
        writes: &mut Vec<PathWrite>,
    ) -> Result<()> {
        let indexes: Vec<_> =
            changes.iter().rev().filter_map(|(version, _)| usize::try_from(version - 1).ok()).collect();
        let mut fold = Fold::new(aggregate.clone(), row, self.branch.clone());
        let events = fetch(&self.store, &mut fold, &indexes)?;
        let mut events = events.iter().rev().peekable();
        for (version, change) in changes {
            // An event that was taken out since is nobody's.
            if let Some(event) = events.next_if(|event| event.version == version) {
                writes.push(PathWrite { change, writer: Writer::of(event) });
            }
        }
        Ok(())
    }

    /// Of a stretch of versions those that changed the field in which a path begins, with that field alone before and after:
    /// to keep whole states would copy each of them.
    fn states_between(
        &mut self,
        row: i64,
        trail: &Trail,
        range: (Version, Version),
    ) -> Result<Vec<(Version, State, State)>> {
        let domain = self.domain()?;
        let mut states = Vec::new();
        let Some(timeline) = self.timelines.get_mut(&row) else { return Ok(states) };
        let part = |state: &State| match trail.first() {
            None => state.clone(),
            Some(_) if state.is_null() => State::null(),
            Some(first) => {
                let field = state.get(first).map(|value| (first.to_owned(), value));
                State::of_fields(field.into_iter().collect())
            }
        };
        let mut before = None;
        timeline.along(&self.store, &domain, range, &mut |version, state| {
            let after = part(state);
            if let Some(before) = before.take().filter(|before: &State| !before.view().same(after.view())) {
                states.push((version, before, after.clone()));
            }
            before = Some(after);
            Ok(())
        })?;
        Ok(states)
    }

    /// The event of a version, as a writer; each is read once.
    fn writer(
        &self,
        row: i64,
        version: Version,
        known: &mut HashMap<Version, Writer>,
    ) -> Result<Option<Writer>> {
        if !known.contains_key(&version)
            && let Some(event) = self.store.event_of(&self.branch, row, version)?
        {
            known.insert(version, Writer::of(&event));
        }
        Ok(known.get(&version).cloned())
    }
}

impl Writer {
    fn of(event: &Event) -> Self {
        Self {
            version: event.version,
            position: event.position,
            hash: event.hash,
            occurred_at: event.occurred_at,
            actor: actor_of(&event.meta),
            reason: reason_of(&event.meta),
        }
    }
}
