//! A recorded request decided again, on another state than the one that it was decided on. Pure, as a fold is: a rule of a
//! command reads no clock, it is told the request's own time.

use memchr::memmem;
use serde_json::{Map, Value, json};

use super::flags::cause_of;
use super::fold::{Fold, Stored};
use super::{Keyframes, Reducer};
use crate::domain::{Asking, Command, Domain, Emitted};
use crate::error::Result;
use crate::event::{AggregateId, Recorded, Time, Version};
use crate::jq::{EventView, State};
use crate::store::{Branch, Store};

/// A request as an event's metadata remembers it, with the rule that decides it.
pub struct Request<'d> {
    domain: &'d Domain,
    rule: &'d Command,
    told: Recorded,
    meta: Map<String, Value>,
}

/// A request as one of its events remembers it, beside that event.
pub struct Again<'a> {
    request: Request<'a>,
    aggregate: &'a AggregateId,
    view: &'a EventView<'a>,
}

/// What a request comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It has these events; none where nothing changes.
    Events(Vec<Emitted>),
    /// It is refused, for this reason.
    Refused(String),
}

impl<'d> Request<'d> {
    /// The request that metadata tells of, as far as it is recorded and the domain has the command for this type.
    pub fn of(domain: &'d Domain, kind: &str, meta: &str) -> Option<Self> {
        let told = Recorded::of(meta)?;
        let rule = domain.aggregate(kind)?.commands.get(&told.name)?;
        let mut meta: Map<String, Value> = serde_json::from_str(meta).ok()?;
        // What the journal puts there when all is decided.
        for name in ["command", "origin", "schema"] {
            meta.shift_remove(name);
        }
        Some(Self { domain, rule, told, meta })
    }

    /// What it comes to on a state of an aggregate, at its own time. Before the first event the version is 0.
    pub fn on(
        &self,
        (aggregate, branch): (&AggregateId, &str),
        now: Time,
        (state, version): (&State, Version),
    ) -> Decided {
        let asking = Asking { aggregate, branch, params: &self.told.params, meta: &self.meta, now };
        match self.rule.decide(self.domain, &asking, state, version) {
            Ok((_, events)) => Decided::Events(events),
            Err(error) => Decided::Refused(error.message().to_owned()),
        }
    }

    /// The metadata of one of the events that it comes to.
    pub fn meta_of(&self, (part, of): (usize, usize), emitted: &Emitted) -> String {
        let mut meta = self.meta.clone();
        let Recorded { name, params, .. } = &self.told;
        meta.insert("command".to_owned(), json!({ "name": name, "params": params, "part": part, "of": of }));
        meta.extend(emitted.schema.clone().map(|schema| ("schema".to_owned(), schema)));
        Value::Object(meta).to_string()
    }
}

impl<'a> Again<'a> {
    /// The request that an event came of. `view` is the event as it is read today.
    pub fn of(domain: &'a Domain, aggregate: &'a AggregateId, view: &'a EventView<'a>) -> Option<Self> {
        Some(Self { request: Request::of(domain, view.kind, view.meta)?, aggregate, view })
    }

    /// The version that it was decided on.
    pub fn head(&self) -> Version {
        self.view.version.saturating_sub(Version::try_from(self.request.told.part).unwrap_or(1).max(1)).max(0)
    }

    /// What it comes to on a state of its aggregate, at its own time. Before the first event the version is 0.
    pub fn on(&self, state: &State, version: Version) -> Decided {
        self.request.on((self.aggregate, self.view.branch), self.view.occurred_at, (state, version))
    }

    /// Whether that is what was recorded, as far as this one of its events tells.
    pub fn is_as_recorded(&self, decided: &Decided) -> bool {
        let Decided::Events(events) = decided else { return false };
        let own =
            usize::try_from(self.request.told.part).ok().and_then(|part| events.get(part.checked_sub(1)?));
        events.len() as u64 == self.request.told.of && own.is_some_and(|own| self.is_own(own))
    }

    fn is_own(&self, emitted: &Emitted) -> bool {
        is_same(emitted, self.view.event, self.view.data)
    }
}

/// Whether an event of this type with this data, both as they are read today, is what a rule says.
pub(super) fn is_same(emitted: &Emitted, kind: &str, data: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    emitted.kind == kind && (emitted.data == data || value(&emitted.data) == value(data))
}

/// So many events lie between two states that are remembered of an aggregate, at first, and so many bytes these take.
const SPACING: Version = 64;
const BYTES: usize = 1 << 20;

/// An aggregate's states at earlier versions. Mostly they rise, and each is folded from the one before. Where they go back and forth,
/// as forged causes may make them, each is folded from a remembered one, not from the beginning.
#[derive(Clone, Debug)]
pub(super) struct Lagging {
    last: Option<(Version, State)>,
    frames: Keyframes,
}

impl Default for Lagging {
    fn default() -> Self {
        Self { last: None, frames: Keyframes::every(SPACING, BYTES) }
    }
}

impl Lagging {
    /// The state of an event's aggregate after a version.
    pub fn at(
        &mut self,
        (store, branch): (&Store, &Branch),
        rules: Reducer<'_>,
        event: &Stored<'_>,
        version: Version,
    ) -> Result<State> {
        let (mut from, mut state) =
            self.last.take().filter(|(known, _)| *known <= version).unwrap_or_else(|| (0, State::empty()));
        if let Some((frame, json)) = self.frames.before(version).filter(|(frame, _)| *frame > from) {
            (from, state) = (frame, State::from_stored(json)?);
        }
        let mut fold = Fold::new(event.aggregate.clone(), event.raw.aggregate, branch.clone());
        let seen = fold.fold(store, rules, state.into(), (from, version), &mut |event, seen| {
            // What JSON has no word for is folded again.
            let wanted = self.frames.wants(event.raw.version).then(|| seen.state.to_json().ok());
            wanted.flatten().into_iter().for_each(|json| self.frames.put(event.raw.version, json));
            Ok(true)
        })?;
        self.last = Some((version, seen.state.clone()));
        Ok(seen.state)
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.last.as_ref().map_or(0, |(_, state)| state.weight()) + self.frames.bytes()
    }
}

/// The request of a reactor's command that came behind other events than the one it answers, what it comes to right behind that
/// one, and the version there.
pub(super) fn behind_cause<'a>(
    states: &mut Lagging,
    (store, branch): (&Store, &Branch),
    rules: Reducer<'a>,
    (event, view): (&'a Stored<'_>, &'a EventView<'a>),
) -> Result<Option<(Again<'a>, Version, Decided)>> {
    if memmem::find(view.meta.as_bytes(), b"\"reactor\"").is_none() {
        return Ok(None);
    }
    let Some(again) = Again::of(rules.domain, event.aggregate, view) else { return Ok(None) };
    let Some(cause) = cause_of(store, branch, view.meta)? else { return Ok(None) };
    let version = store.version_at(branch, event.raw.aggregate, cause)?;
    if version >= again.head() {
        return Ok(None);
    }
    let state = states.at((store, branch), rules, event, version)?;
    let decided = again.on(&state, version);
    Ok(Some((again, version, decided)))
}

/// Whether it would have been decided otherwise there.
pub(super) fn is_old_reaction(
    states: &mut Lagging,
    place: (&Store, &Branch),
    rules: Reducer<'_>,
    (event, view): (&Stored<'_>, &EventView<'_>),
) -> Result<bool> {
    let found = behind_cause(states, place, rules, (event, view))?;
    Ok(found.is_some_and(|(again, _, decided)| !again.is_as_recorded(&decided)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::event::NewEvent;
    use crate::journal::{Rules, append};
    use crate::replay::Outside;

    /// Counts the events that it applies.
    struct Counting(Cell<i64>);

    impl Outside for Counting {
        fn stands_for(&self, _: &str) -> bool {
            true
        }

        fn apply(&self, state: &State, _: &EventView<'_>) -> Result<State> {
            self.0.set(self.0.get() + 1);
            let n = state.get("n").map_or(Ok(Value::from(0)), |n| n.to_value())?.as_i64().unwrap();
            State::from_json(&format!("{{\"n\":{}}}", n + 1))
        }
    }

    #[test]
    fn states_asked_for_back_and_forth_are_not_folded_from_the_beginning() {
        const EVENTS: Version = 3_000;
        const ASKED: Version = 200;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db"), Time(0)).unwrap();
        let branch = store.branch("main").unwrap();
        let aggregate = AggregateId::new("Box", "1");
        let event = |_| NewEvent {
            aggregate: aggregate.clone(),
            kind: "Put".to_owned(),
            occurred_at: Time(0),
            data: "{}".to_owned(),
            meta: "{}".to_owned(),
        };
        append(
            &store,
            &mut Rules::default(),
            &branch,
            (0..EVENTS).map(event).collect(),
            None,
            false,
            Time(1),
        )
        .unwrap();
        let row = store.aggregate_row(&aggregate).unwrap().unwrap();
        let (domain, counting) = (Domain::default(), Counting(Cell::new(0)));
        let rules = Reducer { domain: &domain, outside: Some(&counting) };
        let (mut states, mut fold) = (Lagging::default(), Fold::new(aggregate.clone(), row, branch.clone()));
        fold.pass(&store, (0, 1), &mut |event| {
            for asked in 0..ASKED {
                for version in [EVENTS - asked, 1 + asked] {
                    let state = states.at((&store, &branch), rules, event, version)?;
                    assert_eq!(state.to_json()?, format!("{{\"n\":{version}}}"));
                }
            }
            Ok(true)
        })
        .unwrap();
        let most = EVENTS + 2 * ASKED * SPACING;
        assert!(counting.0.get() <= most, "{} of at most {most}", counting.0.get());
    }
}
