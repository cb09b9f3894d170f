//! An order made smaller: as few pairs turned round as lead to the same end, by delta debugging.

use std::collections::HashSet;

/// So many orders are tried for one end.
const TRIES: usize = 1_000;

/// An order with fewer pairs that stand the other way round than in the log. None of those that are left can be left out by itself,
/// unless that took too many tries.
pub fn smaller(
    order: &[usize],
    before: &[Vec<usize>],
    is_same: &mut dyn FnMut(&[usize]) -> bool,
) -> Vec<usize> {
    let (mut best, mut tries) = (order.to_vec(), TRIES);
    // To turn some pairs round turns others round too, of which fewer may do.
    loop {
        let next = fewest(turned(&best), before, is_same, &mut tries);
        match next {
            Some(next) if turned(&next).len() < turned(&best).len() => best = next,
            _ => return best,
        }
    }
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

/// The order closest to the log in which these pairs are turned round.
fn order_of(pairs: &[(usize, usize)], before: &[Vec<usize>]) -> Vec<usize> {
    let mut all: Vec<HashSet<usize>> = before.iter().map(|steps| steps.iter().copied().collect()).collect();
    for (late, early) in pairs {
        all[*early].insert(*late);
    }
    sorted(&all)
}

/// Steps in the order of the log as far as what stands before each of them allows it.
fn sorted(before: &[HashSet<usize>]) -> Vec<usize> {
    let (mut order, mut done) = (Vec::with_capacity(before.len()), vec![false; before.len()]);
    while let Some(next) =
        (0..before.len()).find(|&step| !done[step] && before[step].iter().all(|other| done[*other]))
    {
        done[next] = true;
        order.push(next);
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
        let small = smaller(&order, &before, &mut is_same);
        assert_eq!(small, [0, 1, 2, 4, 5, 6, 7, 3, 8, 9, 10, 11]);
        assert_eq!(turned(&small), [(4, 3), (5, 3), (6, 3), (7, 3)]);
    }
}
