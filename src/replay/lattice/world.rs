//! The states that steps lead to, each kept once.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;

use super::{APPLICATIONS, BYTES, Bound, Holds, PAIRS};
use crate::event::{AggregateId, Version};
use crate::jq::State;
use crate::replay::another::{Answer, Base, Bases, Deeds, How, lacks};

/// So many steps from a state are remembered.
const REMEMBERED: usize = 100_000;

/// Where one aggregate stands: its version, and its state by its number.
type Place = (Version, u32);

/// Where all aggregates stand by one of the answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Side {
    pub places: Box<[Place]>,
    /// The events that some request answers and that did not come to be, by their numbers, rising.
    pub lacking: Vec<u32>,
    /// Whether the invariant did not hold somewhere.
    pub breaks: bool,
}

/// Where they stand by both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub events: Side,
    pub requests: Option<Side>,
}

/// What a step makes of a place, and which of its events, from 0, do not come to be.
#[derive(Clone)]
struct Made {
    place: Place,
    lacking: Vec<u32>,
}

/// Of a step its aggregate, the number of its first event, and its causes: the step and the number of the event.
struct Step {
    aggregate: usize,
    first: u32,
    causes: Vec<(usize, u32)>,
}

/// Which step, by which answer, on which place, and whether its cause is there.
type Asked = (usize, Answer, Place, bool);

/// What was met.
pub struct Worlds {
    pub aggregates: Vec<AggregateId>,
    steps: Vec<Step>,
    /// The numbers of the events that are causes.
    answered: HashSet<u32>,
    start: World,
    states: Vec<State>,
    known: HashMap<u64, Vec<u32>>,
    bytes: usize,
    /// Whether states are one only where they are written alike.
    strictly: bool,
    met: IndexSet<World>,
    made: HashMap<Asked, Made>,
    held: HashMap<Vec<u32>, bool>,
    /// How many times a rule was applied or asked, and how many times that is allowed.
    applications: usize,
    most: usize,
    /// The same with what was known already: what it takes to go on.
    pub work: usize,
}

impl Worlds {
    /// The one that the window begins with is number 0.
    pub fn new(deeds: &Deeds<'_>, bases: &Bases) -> Self {
        let mut all: Vec<AggregateId> = deeds.iter().map(|deed| deed.aggregate().clone()).collect();
        all.extend(bases.keys().cloned());
        all.sort_unstable();
        all.dedup();
        let mut first = 0;
        let firsts: Vec<u32> = deeds
            .iter()
            .map(|deed| {
                let of = first;
                first += deed.unit().events.len() as u32;
                of
            })
            .collect();
        let steps = deeds.iter().zip(&firsts).map(|(deed, first)| {
            let causes =
                deed.causes().iter().map(|cause| (cause.deed, firsts[cause.deed] + cause.part as u32));
            let aggregate = all.binary_search(deed.aggregate()).unwrap_or_default();
            let causes = if deed.is_request() { causes.collect() } else { Vec::new() };
            Step { aggregate, first: *first, causes }
        });
        let steps: Vec<Step> = steps.collect();
        let answered = steps.iter().flat_map(|step| &step.causes).map(|(_, event)| *event).collect();
        let nowhere = Side { places: Box::default(), lacking: Vec::new(), breaks: false };
        let mut worlds = Self {
            steps,
            answered,
            start: World { events: nowhere, requests: None },
            states: Vec::new(),
            known: HashMap::new(),
            bytes: 0,
            strictly: deeds.minds_key_order(),
            met: IndexSet::new(),
            made: HashMap::new(),
            held: HashMap::new(),
            applications: 0,
            most: APPLICATIONS,
            work: 0,
            aggregates: all,
        };
        let base = |aggregate| bases.get(aggregate).cloned().unwrap_or_default();
        let starts: Vec<Base> = worlds.aggregates.iter().map(base).collect();
        let places = starts.into_iter().map(|base| (base.version, worlds.state(base.state))).collect();
        let events = Side { places, lacking: Vec::new(), breaks: false };
        let requests = (deeds.requests() > 0).then(|| events.clone());
        worlds.start = World { events, requests };
        worlds.met.insert(worlds.start.clone());
        worlds
    }

    /// Forgets all that was met but the start, and allows so many more applications.
    pub fn begin_again(&mut self, applications: usize) {
        self.forget();
        self.most = self.applications + applications;
    }

    /// Forgets what was met, apart from the start, where it has become much.
    pub fn make_room(&mut self) {
        if self.bytes > BYTES / 2 || self.met.len() > PAIRS {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let first = self.start.events.places.iter().map(|(_, state)| *state as usize + 1).max().unwrap_or(0);
        self.states.truncate(first);
        self.bytes = self.states.iter().map(State::weight).sum();
        self.known.values_mut().for_each(|known| known.retain(|state| (*state as usize) < first));
        self.known.retain(|_, known| !known.is_empty());
        self.met.clear();
        self.met.insert(self.start.clone());
        self.made.clear();
        self.held.clear();
    }

    /// Whether no more applications are allowed.
    pub fn is_spent(&self) -> bool {
        self.applications >= self.most
    }

    /// The number of a state.
    fn state(&mut self, state: State) -> u32 {
        let alike = |one: &State, other: &State| {
            if self.strictly { one.view().same(other.view()) } else { one.view().equals(other.view()) }
        };
        let same = self.known.entry(state.digest()).or_default();
        if let Some(known) = same.iter().find(|known| alike(&self.states[**known as usize], &state)) {
            return *known;
        }
        let number = self.states.len() as u32;
        same.push(number);
        self.bytes += state.weight();
        self.states.push(state);
        number
    }

    /// A world by its number.
    pub fn get(&self, number: usize) -> &World {
        &self.met[number]
    }

    /// The states of a side.
    pub fn states_of(&self, side: &Side) -> Vec<State> {
        side.places.iter().map(|(_, state)| self.states[*state as usize].clone()).collect()
    }

    /// The number of the world behind a step; `done` says which steps were taken before. An error is the bound that was reached.
    pub fn after(
        &mut self,
        world: usize,
        step: usize,
        done: &dyn Fn(usize) -> bool,
        (deeds, holds): (&Deeds<'_>, Holds<'_>),
    ) -> Result<usize, Bound> {
        let World { events, requests } = self.met[world].clone();
        let events = self.side(events, (step, Answer::Events), done, (deeds, holds));
        let requests =
            requests.map(|requests| self.side(requests, (step, Answer::Requests), done, (deeds, holds)));
        if self.bytes > BYTES {
            return Err(Bound::Bytes);
        }
        if self.is_spent() {
            return Err(Bound::Applications);
        }
        self.work += 1;
        Ok(self.met.insert_full(World { events, requests }).0)
    }

    fn side(
        &mut self,
        mut side: Side,
        (step, answer): (usize, Answer),
        done: &dyn Fn(usize) -> bool,
        (deeds, holds): (&Deeds<'_>, Holds<'_>),
    ) -> Side {
        let Step { aggregate, first, ref causes } = self.steps[step];
        let missing = answer == Answer::Requests
            && causes.iter().any(|(cause, event)| !done(*cause) || side.lacking.contains(event));
        let place = side.places[aggregate];
        let made = self.made((step, answer, place, missing), deeds);
        let lacking =
            made.lacking.iter().map(|part| first + part).filter(|event| self.answered.contains(event));
        side.lacking.extend(lacking);
        side.lacking.sort_unstable();
        if made.place != place {
            side.places[aggregate] = made.place;
            side.breaks |= !self.holds(&side.places, holds);
        }
        side
    }

    fn made(&mut self, asked: Asked, deeds: &Deeds<'_>) -> Made {
        if let Some(made) = self.made.get(&asked) {
            return made.clone();
        }
        let (step, answer, (version, state), missing) = asked;
        let Some(deed) = deeds.get(step) else { return Made { place: asked.2, lacking: Vec::new() } };
        let mut base = Base { state: self.states[state as usize].clone(), version, last_at: None };
        let missing = missing.then(|| lacks(deed.aggregate(), 0, false));
        let went = deed.take(answer, &mut base, missing);
        let spent = went.events.len() + usize::from(went.how != How::Folded);
        (self.applications, self.work) = (self.applications + spent, self.work + spent);
        let lacks = |part: &usize| !deed.brings(&went.how, *part);
        let lacking = (0..deed.unit().events.len()).filter(lacks).map(|part| part as u32).collect();
        let made = Made { place: (base.version, self.state(base.state)), lacking };
        if self.made.len() >= REMEMBERED {
            self.made.clear();
        }
        self.made.insert(asked, made.clone());
        made
    }

    /// Whether the invariant holds where the aggregates stand so.
    fn holds(&mut self, places: &[Place], holds: Holds<'_>) -> bool {
        let Some(holds) = holds else { return true };
        let key: Vec<u32> = places.iter().map(|(_, state)| *state).collect();
        let room = self.held.len() < REMEMBERED;
        match self.held.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let states = places.iter().map(|(_, state)| &self.states[*state as usize]);
                let states: Vec<_> = self.aggregates.iter().zip(states).collect();
                (self.applications, self.work) = (self.applications + 1, self.work + 1);
                let is = holds(&states);
                if room {
                    new.insert(is);
                }
                is
            }
        }
    }
}
