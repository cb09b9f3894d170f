//! An order made smaller: as few pairs turned round as lead to the same end, by delta debugging.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// So many orders are tried for one end.
const TRIES: usize = 1_000;

/// An order with fewer pairs that stand the other way round than in the log. None of those that are left can be left out by itself,
/// unless that took too many tries. `left` is how many tries there are for this one and those that follow.
pub fn smaller(
    order: &[usize],
    before: &[Vec<usize>],
    left: &mut usize,
    is_same: &mut dyn FnMut(&[usize]) -> bool,
) -> Vec<usize> {
    let most = TRIES.min(*left);
    let (mut best, mut tries) = (order.to_vec(), most);
    // To turn some pairs round turns others round too, of which fewer may do.
    loop {
        let next = fewest(turned(&best), before, is_same, &mut tries);
        match next {
            Some(next) if turned(&next).len() < turned(&best).len() => best = next,
            _ => break,
        }
    }
    *left -= most - tries;
    best
}

/// The order of the fewest of these pairs that it takes; `None` where it takes all of them.
fn fewest(
    mut pairs: Vec<(usize, usize)>,
    before: &[Vec<usize>],
    is_same: &mut dyn FnMut(&[usize]) -> bool,
    tries: &mut usize,
) -> Option<Vec<usize>> {
    let (mut best, mut parts) = (None, 2);
    while pairs.len() > 1 {
        let size = pairs.len().div_ceil(parts);
        let cuts = (0..pairs.len()).step_by(size).map(|from| (from, (from + size).min(pairs.len())));
        // A part alone, then all but a part.
        let alone = cuts.clone().map(|(from, to)| (pairs[from..to].to_vec(), true));
        let without =
            cuts.map(|(from, to)| (pairs[..from].iter().chain(&pairs[to..]).copied().collect(), false));
        let mut smaller = None;
        for (left, is_part) in alone.chain(without) {
            let Some(rest) = tries.checked_sub(1) else { return best };
            *tries = rest;
            let shorter = order_of(&left, before);
            if is_same(&shorter) {
                smaller = Some((left, shorter, is_part));
                break;
            }
        }
        match smaller {
            Some((left, shorter, is_part)) => {
                (pairs, best) = (left, Some(shorter));
                parts = if is_part { 2 } else { (parts - 1).max(2) };
            }
            None if parts >= pairs.len() => break,
            None => parts = (parts * 2).min(pairs.len()),
        }
    }
    best
}

/// The pairs of steps that stand the other way round than in the log, the later one first.
pub fn turned(order: &[usize]) -> Vec<(usize, usize)> {
    let behind = |at: usize| {
        let late = order[at];
        order[at + 1..].iter().filter(move |early| **early < late).map(move |early| (late, *early))
    };
    (0..order.len()).flat_map(behind).collect()
}

/// The order closest to the log in which these pairs are turned round: always the earliest step that nothing is to stand before
/// any more.
fn order_of(pairs: &[(usize, usize)], before: &[Vec<usize>]) -> Vec<usize> {
    let mut behind = vec![Vec::new(); before.len()];
    let mut lacks: Vec<usize> = before.iter().map(Vec::len).collect();
    for (step, earlier) in before.iter().enumerate() {
        for other in earlier {
            behind[*other].push(step);
        }
    }
    for (late, early) in pairs {
        behind[*late].push(*early);
        lacks[*early] += 1;
    }
    let mut ready: BinaryHeap<_> = (0..before.len()).filter(|step| lacks[*step] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(before.len());
    while let Some(Reverse(next)) = ready.pop() {
        order.push(next);
        for step in &behind[next] {
            lacks[*step] -= 1;
            if lacks[*step] == 0 {
                ready.push(Reverse(*step));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_stays_turned_round() {
        let before = vec![Vec::new(); 12];
        let order: Vec<usize> = (0..12).rev().collect();
        let place = |order: &[usize], step| order.iter().position(|at| *at == step);
        let mut is_same = |order: &[usize]| place(order, 7) < place(order, 3);
        let mut left = TRIES;
        let small = smaller(&order, &before, &mut left, &mut is_same);
        assert!(left < TRIES);
        assert_eq!(small, [0, 1, 2, 4, 5, 6, 7, 3, 8, 9, 10, 11]);
        assert_eq!(turned(&small), [(4, 3), (5, 3), (6, 3), (7, 3)]);
        assert_eq!(smaller(&order, &before, &mut 0, &mut is_same), order, "no tries are left");
    }
}
