//! Random orders, where there are too many to try all.

use std::collections::HashSet;

use fastrand::Rng;

use super::shrink::{smaller, turned};
use super::world::{World, Worlds};
use super::{Bound, Count, Holds, Reached};
use crate::replay::another::Deeds;

/// So many orders are tried.
pub const ORDERS: usize = 2_000;
/// So many places at which another lane goes first: what needs no more of them to be found is found soon.
const CHANGES: usize = 3;
/// So many ends are told apart.
const ENDS: usize = 256;
/// So many orders are tried to make those of the ends smaller, all together.
const TRIES: usize = 2_000;

/// The search.
pub struct Random {
    lanes: Vec<usize>,
    pub tried: usize,
    orders: HashSet<Vec<usize>>,
    /// How many more orders may be tried to make those of the ends smaller.
    tries: usize,
    pub reached: Vec<Reached>,
}

impl Random {
    /// Nothing tried yet; `lanes` says whose each step is.
    pub fn new(lanes: Vec<usize>) -> Self {
        Self { lanes, tried: 0, orders: HashSet::new(), tries: TRIES, reached: Vec::new() }
    }

    /// Tries one more order, the log's own first; says whether that was the last one.
    pub fn step(
        &mut self,
        worlds: &mut Worlds,
        around: (&Deeds<'_>, Holds<'_>),
        before: &[Vec<usize>],
    ) -> bool {
        worlds.make_room();
        worlds.work += 1;
        let seed = self.tried as u64;
        let order = if seed == 0 { (0..before.len()).collect() } else { self.order(seed, before) };
        self.tried += 1;
        let Ok(end) =
            (if self.orders.contains(&order) { Ok(None) } else { end_of(worlds, around, &order).map(Some) })
        else {
            return self.finish();
        };
        if let Some(mut end) = end {
            self.orders.insert(order);
            end.seed = (seed > 0).then_some(seed);
            self.take(end, worlds, around, before);
        }
        if self.tried >= ORDERS || worlds.is_spent() { self.finish() } else { false }
    }

    fn finish(&mut self) -> bool {
        self.reached.sort_by(|one, other| (one.swaps, &one.order).cmp(&(other.swaps, &other.order)));
        true
    }

    /// An end that was reached: an order more of one that is known, or a new one, whose order is made smaller.
    fn take(
        &mut self,
        mut end: Reached,
        worlds: &mut Worlds,
        around: (&Deeds<'_>, Holds<'_>),
        before: &[Vec<usize>],
    ) {
        if let Some(known) = self.reached.iter_mut().find(|known| known.is_same(&end)) {
            known.orders = known.orders.and(Count::of(1));
            if end.swaps < known.swaps {
                (known.swaps, known.order, known.seed) = (end.swaps, end.order, end.seed);
            }
            return;
        }
        if self.reached.len() >= ENDS {
            return;
        }
        let mut is_same =
            |order: &[usize]| end_of(worlds, around, order).is_ok_and(|other| other.is_same(&end));
        let order = smaller(&end.order, before, &mut self.tries, &mut is_same);
        let swaps = turned(&order).len();
        if swaps < end.swaps {
            self.orders.insert(order.clone());
            (end.swaps, end.order) = (swaps, order);
        }
        self.reached.push(end);
    }

    /// The order of a seed: of the steps that can be taken, always the one whose lane has the highest priority. At some places the
    /// lane that goes first becomes the last one; of every second seed each step is a lane of its own.
    fn order(&self, seed: u64, before: &[Vec<usize>]) -> Vec<usize> {
        let (mut random, count) = (Rng::with_seed(seed), before.len());
        let lane = |step: usize| if seed.is_multiple_of(2) { step } else { self.lanes[step] };
        let lanes = (0..count).map(lane).max().map_or(0, |last| last + 1);
        let mut priorities: Vec<i64> = (CHANGES as i64..).take(lanes).collect();
        random.shuffle(&mut priorities);
        let mut changes: Vec<usize> = (0..CHANGES).map(|_| random.usize(0..count.max(1))).collect();
        changes.sort_unstable();
        let (mut order, mut done) = (Vec::with_capacity(count), vec![false; count]);
        let mut lowest = CHANGES as i64;
        while order.len() < count {
            let ready =
                (0..count).filter(|&step| !done[step] && before[step].iter().all(|other| done[*other]));
            let Some(next) = ready.max_by_key(|&step| (priorities[lane(step)], std::cmp::Reverse(step)))
            else {
                break;
            };
            if changes.first() == Some(&order.len()) {
                changes.remove(0);
                lowest -= 1;
                priorities[lane(next)] = lowest;
                continue;
            }
            done[next] = true;
            order.push(next);
        }
        order
    }
}

/// What an order comes to.
fn end_of(worlds: &mut Worlds, around: (&Deeds<'_>, Holds<'_>), order: &[usize]) -> Result<Reached, Bound> {
    let (mut world, mut done) = (0, vec![false; order.len()]);
    for step in order {
        world = worlds.after(world, *step, &|other| done.get(other).copied().unwrap_or(false), around)?;
        done[*step] = true;
    }
    let World { events, requests } = worlds.get(world);
    Ok(Reached {
        breaks: [events.breaks, requests.as_ref().is_some_and(|requests| requests.breaks)],
        events: worlds.states_of(events),
        requests: requests.as_ref().map(|requests| worlds.states_of(requests)),
        orders: Count::of(1),
        swaps: turned(order).len(),
        order: order.to_vec(),
        seed: None,
    })
}
