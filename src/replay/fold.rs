//! The fold over the log: the one place where stored events meet the rules.
//!
//! Whoever wants a state goes through [`Fold`]: a seek, a head, a search, a comparison of two sets of rules. What holds
//! for all of them:
//!
//! - Events come in the order of an aggregate's versions along a branch's chain; each is applied once.
//! - A rule sees an event as it was recorded. `$event.branch` is the branch that *owns* the event, whichever branch it
//!   is looked at from: a state does not depend on who looks.
//! - A rule that fails changes nothing: the state before the event is kept, the failure is noted beside it, and the
//!   next event goes on from there.
//! - Nothing else is reached: no clock, no file, no reactor. A seek is unable to cause an effect.
//!
//! A state is moved through its rules and changed in place. A rule that fails takes the state with it; only then is the
//! part folded once more, with a copy kept before each event from there on.
//!
//! # Why it is so
//!
//! ## One
//!
//! There were eight loops over an aggregate's events, each with its own call of the rules: three of the timeline
//! (walking on, seeking, going through a range), and one each for heads, for searches and lint, for a walk along the
//! whole log, for the comparison of two domains, and for the rule lab. Each was right by itself, and they differed
//! where nobody looked. Timelines, searches and the rule lab told a rule the name of the branch that is looked at;
//! heads, the walk along the log and the comparison told it the branch that owns the event. A rule that used
//! `$event.branch` made one state in the list and another one in the pane beside it. A rule that failed was another
//! difference: the list told of it for good, a state told of it at that one version only, and looked healthy at the
//! next one.
//!
//! No test had found that, because each verb had tests of its own. So the loop stands here once, and the test asks
//! everybody the same question: a rule that writes down the branch, position and version it was told, seen through
//! lists, moments, filters, searches, blame, orders, the rule lab, comparisons of branches and a replay, over random
//! trees of branches.
//!
//! ## In place
//!
//! A fold goes through much memory, and what it costs is memory: with states of some 3 KB, rules that run without the
//! engine take 1.7 and 2.1 times as long as parsing the rows while the states fit in the cache, and 3.8 and 3.0 times
//! where they do not (`cargo bench --bench rules`). To keep the state before each event is to copy what the rule
//! changes, once for each event, for the sake of the few rules that fail. So the state goes in and comes out, and is
//! copied nowhere:
//!
//! - A fold begins without copies, and keeps its start. The first rule that fails has taken the state with it. Then the
//!   part is folded again from that start, *carefully*: with a copy before each event, here and for the rest of this
//!   aggregate.
//! - Who folds a part that is known to fail says so first (`Fold::carefully`), and who asks programs outside must:
//!   those are not to be asked twice about one event.
//! - What each event made is lent to `each`, and not handed over. Blame compares two states at each of 100,000 events
//!   in 1.2 of the time of their fold, and a search through all states of all aggregates takes 1.04 of a replay
//!   (`cargo bench --bench search`).
//!
//! ## Pure
//!
//! Nothing can be reached from here that could make a seek differ, or do something: a module uses only what stands to
//! its left on the map, reactors stand to the right, and no pure module may name a clock, a file or the environment.
//! What stands in for rules, where somebody allows a program to, is a trait ([`super::Outside`]); where that runs is
//! not known here.
//!
//! ## What a change must keep
//!
//! - Whoever needs a state of stored events asks here, and writes no loop. `whoever_asks_gets_the_same_state` finds one
//!   that differs; `with_rules` and `without_a_domain` hold the fold against one that was written to be simple.
//! - A rule that fails keeps the state and is told: `find_goes_on_behind_a_rule_that_fails`.
//! - `every_module_uses_only_what_stands_to_its_left` holds what can be reached, and what may be named.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Reducer;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Version};
use crate::jq::{EventView, State};
use crate::store::{Branch, RawEvent, Store};

/// A state, and why it is not the one the last event would have made.
#[derive(Clone)]
pub struct Seen {
    /// The state after the version.
    pub state: State,
    /// The rule error of that version's event.
    pub error: Option<Error>,
}

impl From<State> for Seen {
    fn from(state: State) -> Self {
        Self { state, error: None }
    }
}

/// The names of event types and branches by their rows, each looked up once.
#[derive(Default)]
pub struct Names {
    types: HashMap<i64, String>,
    branches: HashMap<i64, String>,
}

impl Names {
    /// An event of an aggregate, with its names.
    pub fn stored<'r>(
        &'r mut self,
        store: &Store,
        aggregate: &'r AggregateId,
        raw: &'r RawEvent<'r>,
    ) -> Result<Stored<'r>> {
        let branch = name(&mut self.branches, raw.branch, |row| store.branch_name(row))?;
        Ok(Stored {
            raw,
            aggregate,
            event: name(&mut self.types, raw.kind, |row| store.type_name(row))?,
            branch,
        })
    }

    /// The name of an event type that was met.
    pub fn known(&self, row: i64) -> Option<&str> {
        self.types.get(&row).map(String::as_str)
    }

    /// The name of an event type.
    pub fn event(&mut self, store: &Store, row: i64) -> Result<&str> {
        name(&mut self.types, row, |row| store.type_name(row))
    }
}

fn name(
    names: &mut HashMap<i64, String>,
    row: i64,
    look: impl FnOnce(i64) -> Result<String>,
) -> Result<&str> {
    Ok(match names.entry(row) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => entry.insert(look(row)?),
    })
}

/// An event as it is stored, with its names.
#[derive(Clone, Copy)]
pub struct Stored<'r> {
    /// The event's row.
    pub raw: &'r RawEvent<'r>,
    /// Whose event it is.
    pub aggregate: &'r AggregateId,
    /// Its type, as it was called when it was stored.
    pub event: &'r str,
    /// The branch that owns it.
    pub branch: &'r str,
}

impl<'r> Stored<'r> {
    /// What a domain's rule sees of it.
    pub fn view<'v>(&self, domain: &'v Domain) -> EventView<'v>
    where
        'r: 'v,
    {
        let Self { raw, aggregate, event, branch } = *self;
        EventView {
            position: raw.position,
            branch,
            kind: &aggregate.kind,
            id: &aggregate.id,
            version: raw.version,
            event,
            occurred_at: raw.occurred_at,
            recorded_at: raw.recorded_at,
            data: raw.data,
            meta: raw.meta,
            defaults: domain.defaults(&aggregate.kind, event),
        }
    }

    /// The whole of it.
    pub(crate) fn to_event(self) -> Event {
        self.raw.to_event(self.branch.to_owned(), self.aggregate.clone(), self.event.to_owned())
    }
}

/// What goes on from event to event: a state, or what two sets of rules make side by side.
pub(super) trait Folded: Clone {
    /// The rules.
    type Rules<'a>: Copy;

    /// What an event makes of it. `None` where a rule fails, unless what was before is kept (`careful`).
    fn step(self, rules: Self::Rules<'_>, event: &Stored<'_>, careful: bool) -> Option<Self>;
}

impl Seen {
    /// What an event makes of a state; the same state where its rule fails.
    pub(super) fn after(rules: Reducer<'_>, state: State, event: &Stored<'_>) -> Self {
        let (state, error) = rules.apply_or_keep(state, &event.view(rules.domain));
        Self { state, error }
    }
}

impl Folded for Seen {
    type Rules<'a> = Reducer<'a>;

    fn step(self, rules: Reducer<'_>, event: &Stored<'_>, careful: bool) -> Option<Self> {
        if careful {
            return Some(Self::after(rules, self.state, event));
        }
        rules.apply(self.state, &event.view(rules.domain)).ok().map(Self::from)
    }
}

/// A cursor over one aggregate's events on a branch, and over what is folded from them. The state itself is with whoever
/// folds: it goes in, and the next one comes out.
pub struct Fold {
    aggregate: AggregateId,
    row: i64,
    branch: Branch,
    names: Names,
    /// Whether a rule has failed: states are then copied before each event.
    careful: bool,
}

impl Fold {
    /// The history of an aggregate on a branch.
    pub fn new(aggregate: AggregateId, row: i64, branch: Branch) -> Self {
        Self { aggregate, row, branch, names: Names::default(), careful: false }
    }

    /// The histories of a branch's aggregates, one after the other by `Fold::go_to`.
    pub fn over(branch: Branch) -> Self {
        Self::new(AggregateId::new("", ""), 0, branch)
    }

    /// Goes over to another aggregate; the names are kept.
    pub(crate) fn go_to(&mut self, aggregate: AggregateId, row: i64) {
        (self.aggregate, self.row, self.careful) = (aggregate, row, false);
    }

    /// Keeps a copy before each event from the beginning: no event is applied twice, whatever fails.
    pub(crate) fn carefully(&mut self) {
        self.careful = true;
    }

    /// Which aggregate.
    pub fn aggregate(&self) -> &AggregateId {
        &self.aggregate
    }

    /// The aggregate's row.
    pub fn row(&self) -> i64 {
        self.row
    }

    /// The branch that it is looked at from.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The names it has met.
    pub fn names(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Goes over the versions behind `from` up to `to` without folding; `each` ends it with false.
    pub(crate) fn pass(
        &mut self,
        store: &Store,
        (from, to): (Version, Version),
        each: &mut dyn FnMut(&Stored<'_>) -> Result<bool>,
    ) -> Result<()> {
        let Self { aggregate, row, branch, names, .. } = self;
        store.events_of(branch, *row, from + 1, to, &mut |raw| each(&names.stored(store, aggregate, raw)?))
    }

    /// Folds the versions behind `from` up to `to` into a state; `each` gets an event and what is after it, and ends the
    /// fold with false.
    pub(super) fn run<F: Folded>(
        &mut self,
        store: &Store,
        rules: F::Rules<'_>,
        start: F,
        (from, to): (Version, Version),
        each: &mut dyn FnMut(&Stored<'_>, &F) -> Result<bool>,
    ) -> Result<F> {
        let Self { aggregate, row, branch, names, careful } = self;
        let kept = (!*careful).then(|| start.clone());
        let mut now = Some(start);
        store.events_of(branch, *row, from + 1, to, &mut |raw| {
            let event = names.stored(store, aggregate, raw)?;
            let mut next = now.take().and_then(|before| before.step(rules, &event, *careful));
            if next.is_none() && !*careful {
                *careful = true;
                let (mut again, mut known) = (kept.clone(), Names::default());
                store.events_of(branch, *row, from + 1, raw.version, &mut |raw| {
                    let event = known.stored(store, aggregate, raw)?;
                    again = again.take().and_then(|before| before.step(rules, &event, true));
                    Ok(true)
                })?;
                next = again;
            }
            let more = next.as_ref().map_or(Ok(false), |next| each(&event, next))?;
            now = next;
            Ok(more)
        })?;
        now.ok_or_else(|| Error::damaged(format!("{aggregate}: a rule took the state with it.")))
    }

    /// Folds the versions behind `from` up to `to` into a state; `each` gets an event and what is after it, and ends the
    /// fold with false.
    pub fn fold<'a>(
        &mut self,
        store: &Store,
        rules: impl Into<Reducer<'a>>,
        start: Seen,
        range: (Version, Version),
        each: &mut dyn FnMut(&Stored<'_>, &Seen) -> Result<bool>,
    ) -> Result<Seen> {
        self.run(store, rules.into(), start, range, each)
    }

    /// The same with the state before each event beside the one after it.
    pub fn around<'a>(
        &mut self,
        store: &Store,
        rules: impl Into<Reducer<'a>>,
        start: State,
        range: (Version, Version),
        each: &mut dyn FnMut(&Stored<'_>, &State, &Seen) -> Result<bool>,
    ) -> Result<Seen> {
        let mut before = start.clone();
        self.fold(store, rules, start.into(), range, &mut |event, seen| {
            let more = each(event, &before, seen)?;
            before.clone_from(&seen.state);
            Ok(more)
        })
    }
}
