//! Every outcome that some order of a window of steps reaches.
//!
//! The order in which the log has them is one of many. Some are kept whatever happens, such as a cause before its effect, which
//! makes the steps a partial order. Its ideals (sets of steps that hold whatever stands before any of them) are gone through
//! breadth-first: what two orders of the same set lead to, the same states, is gone on with once. With each goes how many orders
//! lead there, and the fewest pairs of steps that stand the other way round than in the log. Where two actors of eight steps
//! each keep their own order, that is 81 sets instead of 12,870 orders.
//!
//! Where there are too many pairs of a set and its states, random orders are tried instead: by priorities of lanes that change at
//! few places, each with a seed of its own, which finds what needs few changes to be found; and each new outcome's order is made
//! smaller, until no pair less is turned round.
//!
//! # Why it is so
//!
//! Bounds are counts, never a clock: the same window has the same answer on every machine. What is reached first ends the exact
//! search, and every number is *at least* from there on, apart from the smallest swap, which is *at most*.
//!
//! States are taken for one where they are equal, in whatever order their keys stand: two events that each set a field of their
//! own would otherwise never meet. A rule that tells the order of keys apart is noticed by its text, and its states are then only
//! one where they are written alike. Which outcomes there are goes by what is equal, as everywhere.

mod count;
mod exact;
mod kept;
mod random;
mod shrink;
mod world;

pub use count::Count;
pub use kept::{Keep, kept, lanes};
pub use shrink::turned;

use self::exact::Exact;
use self::random::Random;
use self::world::Worlds;
use super::another::{Bases, Deeds};
use crate::event::AggregateId;
use crate::jq::State;

/// So many pairs of a set of steps and its states are gone through.
pub const PAIRS: usize = 200_000;
/// So many times a rule is applied or asked.
pub const APPLICATIONS: usize = 2_000_000;
/// So many bytes of distinct states are kept.
pub const BYTES: usize = 64 << 20;
/// So many events a window has for all of its orders to be tried.
pub const EVENTS: usize = 128;

/// Why not every order was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// There are more than [`EVENTS`] events.
    Events,
    /// There are more than [`PAIRS`] pairs of a set and its states.
    Pairs,
    /// More than [`APPLICATIONS`] times a rule would have been applied.
    Applications,
    /// The distinct states have more than [`BYTES`] bytes.
    Bytes,
}

impl Bound {
    /// The same in words.
    pub fn says(self) -> String {
        match self {
            Self::Events => format!("the window has more than {EVENTS} events"),
            Self::Pairs => format!("there are more than {PAIRS} sets of events with their states"),
            Self::Applications => format!("rules were applied {APPLICATIONS} times"),
            Self::Bytes => format!("the states have more than {} MB", BYTES >> 20),
        }
    }
}

/// An end that some orders reach. Two are the same where they have the same states by both answers.
#[derive(Clone)]
pub struct Reached {
    /// The states of the aggregates, in the order of their names, where the same events are folded.
    pub events: Vec<State>,
    /// The same where the same requests are decided again; `None` where none can be.
    pub requests: Option<Vec<State>>,
    /// Whether the invariant does not hold somewhere on the way, by either answer.
    pub breaks: [bool; 2],
    /// How many orders lead there.
    pub orders: Count,
    /// How many pairs of steps stand the other way round than in the log, in the order that has the fewest of them.
    pub swaps: usize,
    /// That order.
    pub order: Vec<usize>,
    /// The seed by which it was found, where it was tried at random.
    pub seed: Option<u64>,
}

impl Reached {
    /// Whether it is the same end as another one.
    fn is_same(&self, other: &Self) -> bool {
        self.breaks == other.breaks && self.events == other.events && self.requests == other.requests
    }
}

/// What holds in every state, if anything is to.
pub type Holds<'h> = Option<&'h dyn Fn(&[(&AggregateId, &State)]) -> bool>;

/// A search through the orders of a window. It is gone on with in slices, with the same steps each time.
pub struct Lattice {
    before: Vec<Vec<usize>>,
    lanes: Vec<usize>,
    worlds: Worlds,
    phase: Phase,
    bound: Option<Bound>,
    reached: Vec<Reached>,
}

enum Phase {
    Exact(Exact),
    Random(Random),
    Done,
}

impl Lattice {
    /// Nothing tried yet. `before` names for each step those that stand before it in every order, all of them earlier in the log;
    /// `lanes` says whose each is.
    pub fn new(deeds: &Deeds<'_>, bases: &Bases, before: Vec<Vec<usize>>, lanes: Vec<usize>) -> Self {
        let worlds = Worlds::new(deeds, bases);
        let phase = Phase::Exact(Exact::new(&before));
        let mut new = Self { before, lanes, worlds, phase, bound: None, reached: Vec::new() };
        if deeds.iter().map(|deed| deed.unit().events.len()).sum::<usize>() > EVENTS {
            new.give_up(Bound::Events);
        }
        new
    }

    /// Goes on for about so many steps; says whether that was all.
    pub fn go(&mut self, deeds: &Deeds<'_>, holds: Holds<'_>, work: usize) -> bool {
        let until = self.worlds.work + work;
        while self.worlds.work < until {
            let around = (deeds, holds);
            match &mut self.phase {
                Phase::Done => return true,
                Phase::Exact(exact) => match exact.step(&mut self.worlds, around) {
                    Ok(false) => {}
                    Ok(true) => {
                        self.reached = exact.reached(&self.worlds);
                        self.phase = Phase::Done;
                    }
                    Err(bound) => self.give_up(bound),
                },
                Phase::Random(random) => {
                    if random.step(&mut self.worlds, around, &self.before) {
                        self.reached = std::mem::take(&mut random.reached);
                        self.phase = Phase::Done;
                    }
                }
            }
        }
        matches!(self.phase, Phase::Done)
    }

    /// Goes over to random orders.
    fn give_up(&mut self, bound: Bound) {
        self.worlds.begin_again(APPLICATIONS / 2);
        self.bound = Some(bound);
        self.phase = Phase::Random(Random::new(self.lanes.clone()));
    }

    /// The aggregates, in the order in which an end has their states.
    pub fn aggregates(&self) -> &[AggregateId] {
        &self.worlds.aggregates
    }

    /// What was reached, what has the smallest swap first, which is the log's own order; nothing before the end.
    pub fn reached(&self) -> &[Reached] {
        &self.reached
    }

    /// Why not every order was tried.
    pub fn bound(&self) -> Option<Bound> {
        self.bound
    }

    /// How many orders were tried, or at least stood for.
    pub fn orders(&self) -> Count {
        self.reached.iter().fold(Count::default(), |sum, reached| sum.and(reached.orders))
    }

    /// How far it has come, about: how many steps the sets have, or how many orders were tried; and of how many.
    pub fn progress(&self, deeds: &Deeds<'_>) -> (usize, usize) {
        match &self.phase {
            Phase::Exact(exact) => (exact.depth(), deeds.len()),
            Phase::Random(random) => (random.tried, random::ORDERS),
            Phase::Done => (1, 1),
        }
    }
}
