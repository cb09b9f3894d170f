//! What filters and rules see of an event beside the states around it: what it changed, its flags, the event before it,
//! and who had set what. All of it is made by the one fold, and only what is read.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::blame::{Blame, Undone};
use super::decide::{Lagging, is_old_reaction};
use super::diff::{Change, Op, changes};
use super::flags::{Flag, Flags, Near, is_caused_by};
use super::fold::{Fold, Seen, Stored};
use super::needs::Needs;
use super::reducer::Reducer;
use crate::domain::{Domain, Known, Moment, is_quiet};
use crate::error::Result;
use crate::event::{Position, Time, Version, actor_of};
use crate::jq::{EventView, Need, State};
use crate::store::{Branch, Store};

/// An event that set something.
#[derive(Debug, Default)]
struct Setter {
    version: Version,
    position: Position,
    at: Time,
    kind: String,
    meta: String,
    actor: OnceCell<Option<String>>,
    told: OnceCell<State>,
}

impl Setter {
    fn actor(&self) -> Option<&str> {
        self.actor.get_or_init(|| actor_of(&self.meta)).as_deref()
    }

    /// As `$by` has it.
    fn told(&self) -> State {
        let told = || {
            State::from_value(&json!({
                "actor": self.actor(), "at": self.at, "version": self.version, "type": self.kind,
            }))
        };
        self.told.get_or_init(told).clone()
    }
}

/// What is known of an aggregate's events so far.
#[derive(Clone, Debug, Default)]
pub struct Past {
    near: Near,
    blame: Blame<Rc<Setter>>,
    previous: State,
    old: Lagging,
}

/// An event as it is read today, between two states.
struct Step<'a> {
    event: &'a Stored<'a>,
    view: &'a EventView<'a>,
    before: &'a State,
    seen: &'a Seen,
}

impl Past {
    /// About how many bytes it takes, without what its states take.
    pub fn bytes(&self) -> usize {
        self.near.bytes() + self.old.bytes()
    }

    /// What is known of the next event, which is in no log that could be walked over.
    pub(super) fn next(
        &mut self,
        place: (&Store, &Branch),
        rules: Reducer<'_>,
        needs: &Needs,
        event: &Stored<'_>,
        (before, seen): (&State, &Seen),
    ) -> Result<Known> {
        if needs.is_plain() {
            return Ok(Known::default());
        }
        let mut upcast = None;
        let view = today(rules.domain, event, &mut upcast);
        Ok(self.step(place, rules, needs, &Step { event, view: &view, before, seen })?.1)
    }

    fn step(
        &mut self,
        (store, branch): (&Store, &Branch),
        rules: Reducer<'_>,
        needs: &Needs,
        step: &Step<'_>,
    ) -> Result<(Flags, Known)> {
        let (mut flags, mut known) = (Flags::default(), Known::default());
        if !needs.flags.only(Flags::near()).is_empty() {
            flags = self.near.next(store, branch, step.event)?;
        }
        if !needs.by.is_nothing() {
            known.by = self.by(&needs.by);
        }
        let differs = if needs.keeps_before() && (needs.changes() || needs.flags.has(Flag::Nothing)) {
            changes(step.before, &step.seen.state)?
        } else {
            Vec::new()
        };
        let failed = step.seen.error.is_some();
        flags = flags.with(Flag::RejectedByRule, failed).with(Flag::Nothing, !failed && differs.is_empty());
        if needs.blames() {
            let overwrote = self.blame((store, branch), rules, needs, step)?;
            flags = flags.with(Flag::Overwrote, overwrote);
        }
        if needs.flags.has(Flag::OldReaction) {
            let old = is_old_reaction(&mut self.old, (store, branch), rules, (step.event, step.view))?;
            flags = flags.with(Flag::OldReaction, old);
        }
        let flags = flags.only(needs.flags);
        if !needs.told.is_empty() {
            known.flags =
                State::from_value(&serde_json::to_value(flags.only(needs.told)).unwrap_or_default());
        }
        if needs.changes() {
            known.changed = State::from_value(&ends(&differs).into());
        }
        if !needs.previous.is_empty() {
            let next = previous(&needs.previous, step.view, &known.changed)?;
            known.previous = std::mem::replace(&mut self.previous, next);
        }
        Ok((flags, known))
    }

    /// Who set each field that is asked for, of those that a walk took note of.
    pub fn by(&self, need: &Need) -> State {
        let names = match need {
            Need::Whole => None,
            Need::Fields(names) => Some(names.as_slice()),
        };
        let mut fields = Vec::new();
        self.blame.named(names, &mut |name, setter| {
            if setter.version > 0 && !name.is_empty() {
                fields.push((name.to_owned(), setter.told()));
            }
        });
        State::of_fields(fields)
    }

    /// Takes note of who set what, and says whether the event set a field that somebody else had set just before.
    fn blame(
        &mut self,
        (store, branch): (&Store, &Branch),
        rules: Reducer<'_>,
        needs: &Needs,
        step: &Step<'_>,
    ) -> Result<bool> {
        let raw = step.event.raw;
        let setter = Rc::new(Setter {
            version: raw.version,
            position: raw.position,
            at: raw.occurred_at,
            kind: step.view.event.to_owned(),
            meta: raw.meta.to_owned(),
            ..Setter::default()
        });
        let undone = self.blame.step(&step.seen.state, &setter);
        if !needs.flags.has(Flag::Overwrote) {
            return Ok(false);
        }
        let quiet = rules.domain.quiet(step.view.kind);
        let counts = |undone: &Undone<_>| quiet.is_empty() || !is_quiet(quiet, &undone.dotted());
        for undone in undone.iter().filter(|undone| !undone.is_whole()) {
            if is_just_before(&undone.by, &setter, needs.within)
                && counts(undone)
                && !is_caused_by(store, branch, raw.meta, undone.by.position)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether somebody set something shortly before somebody else; of whom it is not known who they are, nothing is said.
fn is_just_before(before: &Setter, after: &Setter, within: i64) -> bool {
    let known = before.at != Time::UNKNOWN && after.at != Time::UNKNOWN;
    let apart = after.at.0.saturating_sub(before.at.0);
    before.version > 0
        && known
        && (0..=within).contains(&apart)
        && before.actor().zip(after.actor()).is_some_and(|(before, after)| before != after)
}

/// The fields at which two states differ, each by itself, where whole objects or lists came or went, too.
fn ends(changes: &[Change]) -> Vec<String> {
    fn walk(path: &mut String, value: &Value, names: &mut Vec<String>) {
        let length = path.len();
        let mut below = |step: &str, value: &Value| {
            path.push('.');
            path.push_str(step);
            walk(path, value, names);
            path.truncate(length);
        };
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().for_each(|(name, value)| below(name, value));
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().for_each(|(place, value)| below(&place.to_string(), value));
            }
            _ if names.contains(path) => {}
            _ => names.push(path.clone()),
        }
    }
    let mut names = Vec::new();
    for change in changes {
        let mut path = change.dotted();
        if change.op != Op::Add {
            walk(&mut path, &change.old, &mut names);
        }
        if change.op != Op::Remove {
            walk(&mut path, &change.value, &mut names);
        }
    }
    names
}

/// An event as the next one sees it in `$previous`.
fn previous(fields: &[String], view: &EventView<'_>, changed: &State) -> Result<State> {
    let mut told = Vec::with_capacity(fields.len());
    for name in fields {
        let value = match name.as_str() {
            "type" => State::from_value(&view.event.into()),
            "at" => State::of_time(view.occurred_at),
            "actor" => State::from_value(&actor_of(view.meta).map_or(Value::Null, Value::String)),
            "data" => State::data_of(view)?,
            "changed" => changed.clone(),
            "version" => State::from_value(&view.version.into()),
            _ => continue,
        };
        told.push((name.clone(), value));
    }
    Ok(State::of_fields(told))
}

/// An event as it is read today; where an upcast fails, as it is stored.
fn today<'v>(domain: &'v Domain, event: &Stored<'v>, upcast: &'v mut Option<String>) -> EventView<'v> {
    let stored = event.view(domain);
    *upcast = domain.upcast(stored.kind, stored.event, stored.data, stored.meta).ok().flatten();
    EventView {
        event: domain.current_name(stored.kind, stored.event),
        data: upcast.as_deref().unwrap_or(stored.data),
        ..stored
    }
}

/// What a walk shows of an event.
#[derive(Clone)]
pub struct Shown<'a> {
    /// The event as it is stored.
    pub event: &'a Stored<'a>,
    /// As it is read today.
    pub view: &'a EventView<'a>,
    /// The state before it; null where nobody reads it, and before the first event.
    pub before: &'a State,
    /// The state after it; null where nobody reads it.
    pub seen: &'a Seen,
    /// The flags that are asked for.
    pub flags: Flags,
    /// What else is asked for.
    pub known: Known,
}

impl<'a> Shown<'a> {
    /// What filters and rules see of it.
    pub fn moment(self, domain: &'a Domain) -> Moment<'a> {
        let (raw, states) = (self.event.raw, (self.before.clone(), &self.seen.state));
        Moment::shown(domain, *self.view, (raw.hash, raw.parent), states).knowing(self.known)
    }
}

impl Fold {
    /// Walks over the versions behind `from` up to `to`, with what is asked for made of each event, and no more: states
    /// are folded only where that takes them. The state and the past of `from` go in, and the last ones come out;
    /// `each` ends the walk with false.
    pub fn witness<'a>(
        &mut self,
        store: &Store,
        rules: impl Into<Reducer<'a>>,
        needs: &Needs,
        (state, past): (State, &mut Past),
        (from, to): (Version, Version),
        each: &mut dyn FnMut(Shown<'_>) -> Result<bool>,
    ) -> Result<State> {
        let (rules, branch) = (rules.into(), self.branch().clone());
        let nothing = State::null();
        let mut before = if needs.keeps_before() { state.clone() } else { State::null() };
        let mut show = |event: &Stored<'_>, before: &State, seen: &Seen| {
            let mut upcast = None;
            let view = today(rules.domain, event, &mut upcast);
            let before = if event.raw.version == 1 { &nothing } else { before };
            let (flags, known) = if needs.is_plain() {
                (Flags::default(), Known::default())
            } else {
                past.step((store, &branch), rules, needs, &Step { event, view: &view, before, seen })?
            };
            each(Shown { event, view: &view, before, seen, flags, known })
        };
        if !needs.folds() {
            let unseen = Seen::from(State::null());
            self.pass(store, (from, to), &mut |event| show(event, &nothing, &unseen))?;
            return Ok(state);
        }
        let seen = self.fold(store, rules, state.into(), (from, to), &mut |event, seen| {
            let more = show(event, &before, seen)?;
            if needs.keeps_before() {
                before.clone_from(&seen.state);
            }
            Ok(more)
        })?;
        Ok(seen.state)
    }
}
