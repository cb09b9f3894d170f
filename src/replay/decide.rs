//! A recorded request decided again, on another state than the one that it was decided on. Pure, as a fold is: a rule of a
//! command reads no clock, it is told the request's own time.

use memchr::memmem;
use serde_json::{Map, Value};

use super::Reducer;
use super::flags::cause_of;
use super::fold::{Fold, Stored};
use crate::domain::{Asking, Command, Domain, Emitted};
use crate::error::Result;
use crate::event::{AggregateId, Recorded, Version};
use crate::jq::{EventView, State};
use crate::store::{Branch, Store};

/// A request as one of its events remembers it, with the rule that decides it.
pub struct Again<'a> {
    domain: &'a Domain,
    rule: &'a Command,
    aggregate: &'a AggregateId,
    view: &'a EventView<'a>,
    told: Recorded,
    meta: Map<String, Value>,
}

/// What a request comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It has these events; none where nothing changes.
    Events(Vec<Emitted>),
    /// It is refused, for this reason.
    Refused(String),
}

impl<'a> Again<'a> {
    /// The request that an event came of, as far as it is recorded and its domain has the command. `view` is the event as it is
    /// read today.
    pub fn of(domain: &'a Domain, aggregate: &'a AggregateId, view: &'a EventView<'a>) -> Option<Self> {
        let told = Recorded::of(view.meta)?;
        let rule = domain.aggregate(view.kind)?.commands.get(&told.name)?;
        let mut meta: Map<String, Value> = serde_json::from_str(view.meta).ok()?;
        // What the journal puts there when all is decided.
        for name in ["command", "origin", "schema"] {
            meta.shift_remove(name);
        }
        Some(Self { domain, rule, aggregate, view, told, meta })
    }

    /// The version that it was decided on.
    pub fn head(&self) -> Version {
        self.view.version.saturating_sub(Version::try_from(self.told.part).unwrap_or(1).max(1)).max(0)
    }

    /// What it comes to on a state of its aggregate, at its own time. Before the first event the version is 0.
    pub fn on(&self, state: &State, version: Version) -> Decided {
        let asking = Asking {
            aggregate: self.aggregate,
            branch: self.view.branch,
            params: &self.told.params,
            meta: &self.meta,
            now: self.view.occurred_at,
        };
        match self.rule.decide(self.domain, &asking, state, version) {
            Ok((_, events)) => Decided::Events(events),
            Err(error) => Decided::Refused(error.message().to_owned()),
        }
    }

    /// Whether that is what was recorded, as far as this one of its events tells.
    pub fn is_as_recorded(&self, decided: &Decided) -> bool {
        let Decided::Events(events) = decided else { return false };
        let own = usize::try_from(self.told.part).ok().and_then(|part| events.get(part.checked_sub(1)?));
        events.len() as u64 == self.told.of && own.is_some_and(|own| self.is_own(own))
    }

    fn is_own(&self, emitted: &Emitted) -> bool {
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        emitted.kind == self.view.event
            && (emitted.data == self.view.data || value(&emitted.data) == value(self.view.data))
    }
}

/// An aggregate's states at earlier versions, which mostly rise: each is folded from the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Lagging(Option<(Version, State)>);

impl Lagging {
    /// The state of an event's aggregate after a version.
    pub fn at(
        &mut self,
        (store, branch): (&Store, &Branch),
        rules: Reducer<'_>,
        event: &Stored<'_>,
        version: Version,
    ) -> Result<State> {
        let behind = self.0.take().filter(|(known, _)| *known <= version);
        let (from, state) = behind.unwrap_or_else(|| (0, State::empty()));
        let mut fold = Fold::new(event.aggregate.clone(), event.raw.aggregate, branch.clone());
        let seen = fold.fold(store, rules, state.into(), (from, version), &mut |_, _| Ok(true))?;
        self.0 = Some((version, seen.state.clone()));
        Ok(seen.state)
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |(_, state)| state.weight())
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
