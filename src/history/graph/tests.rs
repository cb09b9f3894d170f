//! Graphs as drawn, the newest event on top.

use super::*;
use crate::event::Version;

fn line(branch: i64, parent: i64, fork: Position, tip: Position) -> Line {
    Line {
        branch,
        parent: (parent > 0).then_some(parent),
        fork,
        tip: (tip > 0).then_some(tip),
        archived: false,
    }
}

/// The rows of events, given as the branches that own positions 1, 2, …
fn drawn(lines: &[Line], owners: &[i64]) -> Vec<String> {
    let graph = Graph::new(lines);
    let rows = owners.iter().enumerate().rev();
    let rows = rows.filter_map(|(at, &owner)| graph.row(owner, at as Position + 1));
    rows.map(|row| row.text(false).trim_end().to_owned()).collect()
}

#[test]
fn one_branch_is_one_line() {
    assert_eq!(drawn(&[line(1, 0, 0, 3)], &[1, 1, 1]), ["●", "●", "●"]);
    let row = Graph::new(&[line(1, 0, 0, 2)]).row(1, 2).unwrap();
    assert_eq!((row.cells[0].up, row.cells[0].down), (false, true));
    let row = Graph::new(&[line(1, 0, 0, 2)]).row(1, 1).unwrap();
    assert_eq!((row.cells[0].up, row.cells[0].down), (true, false));
}

#[test]
fn a_branch_goes_up_from_the_event_it_forks_at() {
    let lines = [line(1, 0, 0, 5), line(2, 1, 2, 4)];
    assert_eq!(
        drawn(&lines, &[1, 1, 1, 2, 1]),
        [
            "●",   //
            "│ ●", //
            "● │", //
            "●─╯", //
            "●",
        ]
    );
}

#[test]
fn a_lane_is_taken_again_where_its_branch_has_ended() {
    // The second branch ends at 3; the third forks after that, the fourth before.
    let lines = [line(1, 0, 0, 8), line(2, 1, 1, 3), line(3, 1, 4, 7), line(4, 1, 2, 6)];
    assert_eq!(
        drawn(&lines, &[1, 1, 2, 1, 1, 4, 3, 1]),
        [
            "●",     //
            "│ ●",   //
            "│ │ ●", //
            "● │ │", //
            "●─╯ │", //
            "│ ● │", //
            "●─┼─╯", //
            "●─╯",
        ]
    );
    let graph = Graph::new(&lines);
    assert_eq!([1, 2, 3, 4].map(|branch| graph.lane(branch)), [Some(0), Some(1), Some(1), Some(2)]);
    let crossing = graph.row(1, 2).unwrap().cells[1];
    assert_eq!((crossing.branch, crossing.across), (Some(2), Some(4)));
}

#[test]
fn two_forks_of_one_event_share_its_row() {
    let lines = [line(1, 0, 0, 1), line(2, 1, 1, 2), line(3, 1, 1, 3)];
    assert_eq!(drawn(&lines, &[1, 2, 3]), ["    ●", "  ● │", "●─┴─╯"]);
}

#[test]
fn a_branch_of_a_branch_can_lie_left_of_it() {
    // 2 ends early, so that its lane is free for 4, which forks from 3.
    let lines = [line(1, 0, 0, 6), line(2, 1, 1, 2), line(3, 1, 1, 5), line(4, 3, 4, 7)];
    assert_eq!(
        drawn(&lines, &[1, 2, 3, 3, 3, 1, 4]),
        [
            "  ●",   //
            "● │",   //
            "│ │ ●", //
            "│ ╰─●", //
            "│   ●", //
            "│ ● │", //
            "●─┴─╯",
        ]
    );
}

#[test]
fn a_branch_without_events_is_a_name_at_the_event_it_forks_at() {
    let lines = [line(1, 0, 0, 3), line(2, 1, 2, 0)];
    let graph = Graph::new(&lines);
    assert_eq!(drawn(&lines, &[1, 1, 1]), ["●", "●", "●"]);
    assert_eq!((graph.heads(3), graph.heads(2), graph.lane(2)), (&[1][..], &[2][..], None));
}

#[test]
fn an_archived_branch_is_shown_as_far_as_another_one_sees_it() {
    let mut lines = [line(1, 0, 0, 1), line(2, 1, 1, 4), line(3, 2, 3, 5)];
    lines[1].archived = true;
    let owners = [1, 2, 2, 2, 3];
    assert_eq!(drawn(&lines, &owners), ["    ●", "  ●─╯", "  ●", "●─╯"]);
    assert!(Graph::new(&lines).heads(4).is_empty());
    lines[2].archived = true;
    assert_eq!(drawn(&lines, &owners), ["●"]);
}

#[test]
fn a_window_is_laid_out_as_the_whole_is() {
    let lines: Vec<_> = std::iter::once(line(1, 0, 0, 1_000_000))
        .chain((2..52).map(|n| line(n, 1, n * 10_000, n * 10_000 + n * 3_001)))
        .collect();
    let graph = Graph::new(&lines);
    for position in [1, 20_000, 20_001, 515_151, 999_999] {
        let row = graph.row(1, position).unwrap();
        let passing = lines[1..].iter().filter(|line| {
            let (fork, tip) = (line.fork, line.tip.unwrap());
            (fork..=tip).contains(&position)
        });
        let mut lanes: Vec<_> = passing.map(|line| graph.lane(line.branch).unwrap()).collect();
        lanes.sort_unstable();
        let seen = row.cells.iter().enumerate().skip(1).filter(|(_, cell)| cell.branch.is_some());
        assert_eq!(seen.map(|(at, _)| at).collect::<Vec<_>>(), lanes);
    }
    assert!(graph.width() < 20);
}

#[test]
fn plain_characters_draw_the_same() {
    let lines = [line(1, 0, 0, 5), line(2, 1, 1, 4), line(3, 1, 2, 3)];
    let graph = Graph::new(&lines);
    assert_eq!(graph.row(1, 2).unwrap().text(true).trim_end(), "*-+-'");
}

/// The lanes of an aggregate, one version in three columns.
fn lanes(lines: &[Line], owned: &[(i64, Version, Version, Position)]) -> Vec<String> {
    let owned: Vec<_> = owned
        .iter()
        .map(|&(branch, first, last, position)| Owned {
            branch,
            first: (first, position),
            last: (last, position + last - first),
        })
        .collect();
    let lanes = aggregate_lanes(lines, &owned);
    let mut rows = Vec::new();
    for lane in &lanes {
        let mut row = " ".repeat(lane.fork as usize * 3);
        if lane.from.is_some() {
            row.replace_range(row.len() - 2.., "╰─");
        }
        for version in lane.owned.first.0..=lane.owned.last.0 {
            row += &format!("●{version}─");
        }
        let from = lane.from.map_or(0, |from| lanes[from].owned.branch);
        rows.push(format!("{} from {from}: {}", lane.owned.branch, row.trim_end_matches('─')));
    }
    rows
}

#[test]
fn an_aggregates_lanes_leave_their_parents_lane_without_crossing_another() {
    let lines = [
        line(1, 0, 0, 20),
        line(2, 1, 2, 21),
        line(3, 1, 4, 30),
        line(4, 2, 21, 40),
        // It forks from a branch that owns nothing of the aggregate.
        line(5, 6, 31, 50),
        line(6, 1, 3, 31),
    ];
    let owned = [(1, 1, 4, 1), (2, 3, 3, 21), (3, 5, 5, 30), (4, 4, 5, 39), (5, 4, 4, 50)];
    assert_eq!(
        lanes(&lines, &owned),
        [
            "1 from 0: ●1─●2─●3─●4",
            "3 from 1:           ╰─●5",
            "5 from 1:        ╰─●4",
            "2 from 1:     ╰─●3",
            "4 from 2:        ╰─●4─●5",
        ]
    );
}

#[test]
fn an_aggregate_that_begins_on_two_branches_has_two_lanes_from_nothing() {
    let lines = [line(1, 0, 0, 9), line(2, 1, 2, 5)];
    assert_eq!(lanes(&lines, &[(2, 1, 1, 4), (1, 1, 2, 7)]), ["1 from 0: ●1─●2", "2 from 0: ●1"]);
}
