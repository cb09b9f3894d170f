//! The walk that finds races: one over each history, with the newest events at hand.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::duplicate::Doubles;
use super::otherwise::Otherwise;
use super::recent::{Passed, Recent};
use super::{Kind, Race, Racer, Stake, decided, disorder, lost, war};
use crate::domain::{Domain, Emitted};
use crate::error::Result;
use crate::event::{Position, Recorded, Time, Version, seen_of};
use crate::jq::{EventView, Reads, State};
use crate::replay::decide::{Decided, Lagging};
use crate::replay::fold::Fold;
use crate::replay::past::Shown;
use crate::replay::{Flag, Flags, Needs, Past, Reducer, WITHIN};
use crate::store::{Branch, Store};

/// Which races are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of these kinds; of all where none is named.
    pub kinds: Vec<Kind>,
    /// How far two events may lie apart, in microseconds, where nothing else says that one belongs to the other.
    pub within: i64,
    /// Only where the event at which they show occurred at or after.
    pub since: Option<Time>,
    /// The same, at or before.
    pub until: Option<Time>,
    /// Nothing behind this version.
    pub up_to_version: Version,
    /// Nothing behind this position.
    pub up_to_position: Position,
}

impl Default for Asked {
    fn default() -> Self {
        let (up_to_version, up_to_position) = (Version::MAX, Position::MAX);
        Self { kinds: Vec::new(), within: WITHIN, since: None, until: None, up_to_version, up_to_position }
    }
}

impl Asked {
    fn wants(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    fn is_in_time(&self, at: Time) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }
}

/// A filter over the events at which races show.
pub type Keep<'k> = &'k mut dyn FnMut(Shown<'_>) -> Result<bool>;

/// Finds the races in one history after the other.
pub struct Hunt {
    asked: Asked,
    needs: Needs,
}

/// An event of a walk, and where it stands.
pub(super) struct Here<'w, 's> {
    pub store: &'w Store,
    pub branch: &'w Branch,
    pub rules: Reducer<'w>,
    pub within: i64,
    pub quiet: &'w [String],
    pub shown: &'w Shown<'s>,
    pub racer: Rc<Racer>,
    /// The version that its command was decided on.
    pub head: Version,
    /// The last version of its command.
    pub last: Version,
    /// The version of its aggregate that its requester had looked at.
    pub seen: Option<Version>,
}

/// What may be a race, if somebody asks for one of its kind here.
pub(super) struct Suspect {
    pub kind: Kind,
    pub with: Vec<Racer>,
    pub stakes: Vec<Stake>,
    pub note: String,
    /// The state behind the event as it would have been, and the last version that is as if it had never been; `None` where
    /// it is not known.
    pub otherwise: Option<(State, Version)>,
}

impl<'w, 's> Here<'w, 's> {
    fn of(
        (store, branch): (&'w Store, &'w Branch),
        domain: &'w Domain,
        within: i64,
        shown: &'w Shown<'s>,
    ) -> Self {
        let (raw, view) = (shown.event.raw, shown.view);
        let (part, of) = Recorded::of(view.meta).map_or((1, 1), |told| (told.part, told.of));
        let (part, of) = (Version::try_from(part).unwrap_or(1).max(1), Version::try_from(of).unwrap_or(1));
        let head = raw.version.saturating_sub(part).max(0);
        Self {
            store,
            branch,
            rules: domain.into(),
            within,
            quiet: domain.quiet(view.kind),
            shown,
            racer: Rc::new(Racer::of(domain, shown.event)),
            head,
            last: head.saturating_add(of).max(raw.version),
            seen: seen_of(raw.meta).get(shown.event.aggregate).copied(),
        }
    }

    /// Whether it is the first event of its command.
    pub fn is_first(&self) -> bool {
        self.head + 1 == self.racer.version
    }

    /// A suspect that would have come to nothing without the event.
    pub fn without(&self, kind: Kind, with: Vec<Racer>, stakes: Vec<Stake>, note: String) -> Suspect {
        let otherwise = Some((self.shown.before.clone(), self.last));
        Suspect { kind, with, stakes, note, otherwise }
    }

    /// The state behind the event, if its request had come to this, and the last version that is none then.
    pub fn decided_so(&self, answer: &Decided) -> (State, Version) {
        let apply = |state: State, emitted: &Emitted| {
            let view = EventView { event: &emitted.kind, data: &emitted.data, ..*self.shown.view };
            self.rules.apply_or_keep(state, &view).0
        };
        let events = match answer {
            Decided::Events(events) => events.as_slice(),
            Decided::Refused(_) => &[],
        };
        (events.iter().fold(self.shown.before.clone(), apply), self.last)
    }

    fn race(&self, suspect: Suspect) -> (Race, Option<(State, Version)>) {
        let Suspect { kind, with: mut events, stakes, note, otherwise } = suspect;
        events.sort_by_key(|event| event.version);
        events.dedup();
        events.push((*self.racer).clone());
        let aggregate = self.shown.event.aggregate.clone();
        let (weight, differs) = (super::Weight::Nothing, Vec::new());
        (Race { kind, aggregate, events, stakes, weight, differs, note }, otherwise)
    }
}

/// What goes along with a walk.
#[derive(Default)]
struct Along {
    recent: Recent,
    doubles: Doubles,
    states: Lagging,
    otherwise: Otherwise,
    clocks: disorder::Clocks,
    /// The commands whose lost update was told: one for all of its events.
    told: Option<Version>,
    /// The last version that was walked over, and the state there.
    last: (Version, State),
}

impl Hunt {
    /// What is looked for, with what a filter over the events reads.
    pub fn new<'r>(asked: Asked, filter: impl IntoIterator<Item = &'r Reads>) -> Self {
        let flags = [
            (Kind::LostUpdate, Flag::Overwrote),
            (Kind::Stale, Flag::Stale),
            (Kind::Source, Flag::Gap),
            (Kind::Source, Flag::Clash),
            (Kind::BeforeCause, Flag::BeforeCause),
        ];
        let flags: Flags =
            flags.into_iter().filter(|(kind, _)| asked.wants(*kind)).map(|(_, flag)| flag).collect();
        let needs = Needs::of(filter, asked.within).with_flags(flags).of_states().of_befores();
        Self { asked, needs }
    }

    /// The races of the fold's aggregate; `stop` ends the walk, and nothing is told of it then.
    pub fn history(
        &self,
        fold: &mut Fold,
        (store, domain): (&Store, &Domain),
        stop: &AtomicBool,
        keep: Keep<'_>,
        found: &mut Vec<Race>,
    ) -> Result<()> {
        let (branch, mut along, mut mine) = (fold.branch().clone(), Along::default(), Vec::new());
        let (start, mut past) = (State::empty(), Past::default());
        let range = (0, self.asked.up_to_version);
        fold.witness(store, domain, &self.needs, (start, &mut past), range, &mut |shown| {
            if stop.load(Ordering::Relaxed) || shown.event.raw.position > self.asked.up_to_position {
                return Ok(false);
            }
            let here = Here::of((store, &branch), domain, self.asked.within, &shown);
            let suspects = self.suspects(&here, &mut along)?;
            let after = &shown.seen.state;
            along.otherwise.step(here.rules, shown.event, after, &mut mine);
            let unsorted = along.clocks.step(shown.event.raw) && self.asked.wants(Kind::Disorder);
            if (!suspects.is_empty() || unsorted)
                && self.asked.is_in_time(here.racer.at)
                && keep(shown.clone())?
            {
                along.clocks.keep(unsorted);
                for suspect in suspects {
                    let (race, otherwise) = here.race(suspect);
                    along.otherwise.follow(race, otherwise, after, &mut mine);
                }
            }
            let (before, after) = (shown.before.clone(), after.clone());
            along.last = (here.racer.version, after.clone());
            along.recent.push(Passed { racer: here.racer, before, after });
            Ok(true)
        })?;
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let Along { otherwise, clocks, last: (version, state), .. } = along;
        otherwise.end(&state, &mut mine)?;
        disorder::races(fold, (store, domain), &clocks, version, &mut mine)?;
        found.append(&mut mine);
        Ok(())
    }

    /// What may be a race at an event.
    fn suspects(&self, here: &Here<'_, '_>, along: &mut Along) -> Result<Vec<Suspect>> {
        let mut suspects = Vec::new();
        let wants = |kind: Kind| self.asked.wants(kind);
        if wants(Kind::LostUpdate) && (here.is_first() || along.told != Some(here.head)) {
            let lost = lost::lost_update(here, &along.recent, &mut along.states)?;
            if lost.is_some() {
                along.told = Some(here.head);
            }
            suspects.extend(lost);
        }
        if wants(Kind::Duplicate) {
            suspects.extend(along.doubles.next(here)?);
        }
        if wants(Kind::EditWar) {
            suspects.extend(war::edit_war(here, &along.recent)?);
        }
        if wants(Kind::Stale) {
            suspects.extend(decided::stale(here, &mut along.states)?);
        }
        if wants(Kind::OldReaction) {
            suspects.extend(decided::old_reaction(here, &mut along.states)?);
        }
        suspects.extend(decided::flagged(here, &wants));
        Ok(suspects)
    }
}
