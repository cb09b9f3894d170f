//! All orders: breadth-first over sets of steps with the states that they lead to.

use std::collections::HashMap;

use super::world::{World, Worlds};
use super::{Bound, Count, Holds, PAIRS, Reached};
use crate::jq::State;
use crate::replay::another::Deeds;

/// A set of steps that are done, with where they lead to.
struct Node {
    done: u128,
    world: usize,
    orders: Count,
    swaps: usize,
    /// The node and the step that lead here with the fewest swaps.
    from: Option<(usize, usize)>,
}

/// The search.
pub struct Exact {
    /// For each step the set of those that stand before it.
    before: Vec<u128>,
    nodes: Vec<Node>,
    /// The nodes of the next layer, by what they are.
    next: HashMap<(u128, usize), usize>,
    /// The node that is gone on with next, and where the layer ends.
    at: usize,
    end: usize,
}

fn bit(step: usize) -> u128 {
    1u128.checked_shl(step as u32).unwrap_or_default()
}

impl Exact {
    /// Nothing done yet.
    pub fn new(before: &[Vec<usize>]) -> Self {
        let before = before.iter().map(|steps| steps.iter().fold(0, |set, step| set | bit(*step))).collect();
        let start = Node { done: 0, world: 0, orders: Count::of(1), swaps: 0, from: None };
        Self { before, nodes: vec![start], next: HashMap::new(), at: 0, end: 1 }
    }

    /// How many steps the sets have that are gone on with.
    pub fn depth(&self) -> usize {
        self.nodes[self.at].done.count_ones() as usize
    }

    /// Goes on from one node; says whether all is done.
    pub fn step(&mut self, worlds: &mut Worlds, around: (&Deeds<'_>, Holds<'_>)) -> Result<bool, Bound> {
        let Node { done, world, orders, swaps, .. } = self.nodes[self.at];
        if done.count_ones() as usize == self.before.len() {
            return Ok(true);
        }
        worlds.work += 1;
        for step in 0..self.before.len() {
            if done & bit(step) != 0 || self.before[step] & !done != 0 {
                continue;
            }
            let after = worlds.after(world, step, &|other| done & bit(other) != 0, around)?;
            // Each earlier one that is still to come stands the other way round.
            let earlier = bit(step).wrapping_sub(1);
            let swaps = swaps + (earlier & !done).count_ones() as usize;
            let (set, from) = (done | bit(step), Some((self.at, step)));
            match self.next.get(&(set, after)) {
                Some(&known) => {
                    let known = &mut self.nodes[known];
                    known.orders = known.orders.and(orders);
                    if swaps < known.swaps {
                        (known.swaps, known.from) = (swaps, from);
                    }
                }
                None if self.nodes.len() >= PAIRS => return Err(Bound::Pairs),
                None => {
                    self.next.insert((set, after), self.nodes.len());
                    self.nodes.push(Node { done: set, world: after, orders, swaps, from });
                }
            }
        }
        self.at += 1;
        if self.at == self.end {
            self.end = self.nodes.len();
            self.next.clear();
        }
        Ok(false)
    }

    /// The ends, when all is done; the one with the fewest swaps first.
    pub fn reached(&self, worlds: &Worlds) -> Vec<Reached> {
        let (mut all, mut known) = (Vec::<Reached>::new(), HashMap::<Vec<u64>, Vec<usize>>::new());
        for (index, node) in self.nodes.iter().enumerate().skip(self.at) {
            let World { events, requests } = worlds.get(node.world);
            let breaks = [events.breaks, requests.as_ref().is_some_and(|requests| requests.breaks)];
            let events = worlds.states_of(events);
            let requests = requests.as_ref().map(|requests| worlds.states_of(requests));
            let key = events.iter().chain(requests.iter().flatten()).map(State::digest).collect();
            let same = known.entry(key).or_default();
            let (orders, swaps, order) = (node.orders, node.swaps, Vec::new());
            let end = Reached { events, requests, breaks, orders, swaps, order, seed: None };
            let Some(there) = same.iter().copied().find(|there| all[*there].is_same(&end)) else {
                same.push(all.len());
                all.push(Reached { order: self.order(index), ..end });
                continue;
            };
            let there = &mut all[there];
            there.orders = there.orders.and(node.orders);
            if node.swaps < there.swaps {
                (there.swaps, there.order) = (node.swaps, self.order(index));
            }
        }
        all.sort_by(|one, other| (one.swaps, &one.order).cmp(&(other.swaps, &other.order)));
        all
    }

    fn order(&self, node: usize) -> Vec<usize> {
        let mut order: Vec<usize> =
            std::iter::successors(self.nodes[node].from, |(from, _)| self.nodes[*from].from)
                .map(|(_, step)| step)
                .collect();
        order.reverse();
        order
    }
}
