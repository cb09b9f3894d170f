//! Where two sequences of events part: what both have, and what each has that the other has not.

use std::ops::RangeInclusive;

use crate::event::Position;
use crate::store::Branch;

/// Events that one branch's row owns at a range of positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The row of the branch that owns them.
    pub owner: i64,
    /// The positions.
    pub range: RangeInclusive<Position>,
}

/// Two sequences of events beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// What both have.
    pub common: Branch,
    /// What only the first one has.
    pub only_a: Vec<Own>,
    /// What only the second one has.
    pub only_b: Vec<Own>,
}

/// A branch as it was right after a position.
pub fn up_to(branch: &Branch, position: Position) -> Branch {
    let segments = branch.segments.iter().map(|&(id, limit)| (id, limit.min(position)));
    Branch { segments: segments.collect(), ..branch.clone() }
}

/// Takes two sequences apart. Which events one has is told by the limit for each owner alone, so that what both
/// have of an owner is what lies below the lower limit.
pub fn part(a: &Branch, b: &Branch) -> Parting {
    let limit = |branch: &Branch, owner: i64| {
        branch.segments.iter().find(|&&(id, _)| id == owner).map_or(0, |&(_, limit)| limit)
    };
    let only = |one: &Branch, other: &Branch| {
        let own = |&(owner, to): &(i64, Position)| {
            let shared = limit(other, owner);
            (shared < to).then(|| Own { owner, range: shared + 1..=to })
        };
        one.segments.iter().filter_map(own).collect()
    };
    let shared = a.segments.iter().map(|&(owner, to)| (owner, to.min(limit(b, owner))));
    Parting {
        common: Branch {
            id: a.id,
            name: a.name.clone(),
            segments: shared.filter(|&(_, to)| to > 0).collect(),
        },
        only_a: only(a, b),
        only_b: only(b, a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Position = Position::MAX;

    fn branch(segments: &[(i64, Position)]) -> Branch {
        let id = segments.last().map_or(0, |segment| segment.0);
        Branch { id, name: format!("b{id}"), segments: segments.to_vec() }
    }

    fn parted(a: &Branch, b: &Branch) -> (Vec<(i64, Position)>, Vec<Own>, Vec<Own>) {
        let Parting { common, only_a, only_b } = part(a, b);
        (common.segments, only_a, only_b)
    }

    fn own(owner: i64, range: RangeInclusive<Position>) -> Own {
        Own { owner, range }
    }

    #[test]
    fn a_fork_and_its_parent_share_what_lies_before_the_fork() {
        let (main, fork) = (branch(&[(1, END)]), branch(&[(1, 5), (2, END)]));
        assert_eq!(parted(&main, &fork), (vec![(1, 5)], vec![own(1, 6..=END)], vec![own(2, 1..=END)]));
        assert_eq!(parted(&main, &main), (vec![(1, END)], vec![], vec![]));
    }

    #[test]
    fn two_branches_of_one_branch_share_its_events_up_to_the_earlier_fork() {
        let (a, b) = (branch(&[(1, 5), (2, 9), (3, END)]), branch(&[(1, 5), (2, 7), (4, END)]));
        assert_eq!(
            parted(&a, &b),
            (vec![(1, 5), (2, 7)], vec![own(2, 8..=9), own(3, 1..=END)], vec![own(4, 1..=END)])
        );
    }

    #[test]
    fn two_moments_of_one_branch_differ_by_the_events_between_them() {
        let line = branch(&[(1, 5), (2, END)]);
        let (early, late) = (up_to(&line, 3), up_to(&line, 8));
        assert_eq!(parted(&early, &late).2, [own(1, 4..=5), own(2, 4..=8)]);
        assert_eq!(parted(&late, &early).2, []);
    }
}
