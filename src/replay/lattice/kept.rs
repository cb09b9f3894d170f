//! The partial order that is kept.

use std::collections::{BTreeMap, HashMap};

use crate::event::{Unit, actor_of, seen_of};
use crate::replay::another::Deeds;

/// What is kept of the log's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as on the command line")]
pub struct Keep {
    /// The steps of one actor stay in their order.
    pub actor: bool,
    /// The events of one command stay together.
    pub command: bool,
    /// A cause stays before its effect.
    pub cause: bool,
    /// What a requester had seen stays before the request.
    pub seen: bool,
}

impl Default for Keep {
    fn default() -> Self {
        Self { actor: true, command: true, cause: true, seen: true }
    }
}

impl Keep {
    /// The names of what is kept.
    pub fn names(self) -> Vec<&'static str> {
        let all =
            [(self.actor, "actor"), (self.command, "command"), (self.cause, "cause"), (self.seen, "seen")];
        all.into_iter().filter_map(|(is, name)| is.then_some(name)).collect()
    }

    /// Units as they are kept: where a command's events need not stay together each stands by itself.
    pub fn units(self, units: Vec<Unit>) -> Vec<Unit> {
        if self.command {
            return units;
        }
        units.into_iter().flat_map(|unit| unit.events).map(Unit::single).collect()
    }
}

/// For each step the steps that stand before it in every order; they all are earlier in the log.
pub fn kept(deeds: &Deeds<'_>, keep: Keep) -> Vec<Vec<usize>> {
    let (mut all, mut last) = (Vec::with_capacity(deeds.len()), HashMap::new());
    for (step, deed) in deeds.iter().enumerate() {
        let (mut before, first) = (Vec::new(), &deed.unit().events[0]);
        if keep.actor
            && let Some(actor) = actor_of(&first.meta)
        {
            before.extend(last.insert(actor, step));
        }
        if keep.cause {
            before.extend(deed.causes().iter().map(|cause| cause.deed).filter(|cause| *cause < step));
        }
        if keep.seen {
            let seen = seen_of(&first.meta);
            let was_seen = |other: &Unit| {
                let newest = other.events.last().map(|event| event.version);
                seen.get(other.aggregate()).zip(newest).is_some_and(|(seen, version)| version <= *seen)
            };
            let earlier = deeds.iter().take(step).enumerate();
            before.extend(earlier.filter(|(_, other)| was_seen(other.unit())).map(|(other, _)| other));
        }
        before.sort_unstable();
        before.dedup();
        all.push(before);
    }
    all
}

/// Whose each step is, by number; and the actors, by theirs. A step of nobody known has a lane of its own.
pub fn lanes(deeds: &Deeds<'_>) -> (Vec<usize>, Vec<Option<String>>) {
    let (mut names, mut known) = (Vec::new(), BTreeMap::new());
    let mut lane = |actor: Option<String>| {
        let new = names.len();
        let number = actor.as_ref().map_or(new, |actor| *known.entry(actor.clone()).or_insert(new));
        if number == new {
            names.push(actor);
        }
        number
    };
    let lanes = deeds.iter().map(|deed| lane(actor_of(&deed.unit().events[0].meta))).collect();
    (lanes, names)
}
