//! The timeline: the overview with the window in it, and the lanes of branches.

use crate::play::{Play, START, Start, open_at};
use backstory::session::{Point, Session, demo};

/// Task/42 forked at each of its versions, with one comment of its own on each branch.
fn forked(prefix: &str, branches: i64) -> impl Fn(&std::path::Path) {
    move |path| {
        demo::build(path).unwrap();
        let mut session = Session::open(&open_at(path)).unwrap();
        for n in 1..=branches {
            let name = format!("{prefix}{n}");
            let at = Point::Aggregate {
                branch: "main".into(),
                aggregate: "Task/42".parse().unwrap(),
                version: n.min(6),
                head: 6,
            };
            session.fork(&name, Some(&at), "ben").unwrap();
            session
                .on(&name, |session| session.fire(&crate::play::commenting("Task/42", "what if")))
                .unwrap();
        }
    }
}

/// The rows of the timeline's pane.
fn timeline(play: &Play) -> String {
    let lines = play.lines();
    let first = lines.iter().position(|line| line.contains("4 Timeline")).unwrap();
    lines[first..].join("\n")
}

#[test]
fn no_event_is_hidden_by_the_overviews_brackets() {
    let mut play = Play::demo(&Start { at: Some("Account/yuki"), ..START });
    let overview = play.lines().into_iter().find(|line| line.contains("  time ")).unwrap();
    let bars = |line: &str| line.chars().filter(|c| ('▁'..='█').contains(c)).count();
    assert_eq!(bars(&overview), 2, "{overview}");
    assert!(overview.contains('[') && overview.contains(']'), "{overview}");
    play.keys("@ \"Task/42\" Enter");
    insta::assert_snapshot!(timeline(&play));
}

#[test]
fn every_lane_leaves_where_it_forks() {
    let play = Play::store(&Start { at: Some("exp-4:Task/42"), ..START }, forked("exp-", 6));
    insta::assert_snapshot!(timeline(&play));
}

#[test]
fn long_names_of_lanes_stay_apart_and_what_does_not_fit_is_counted() {
    let start = Start { at: Some("experiment-with-4:Task/42"), ..START };
    let play = Play::store(&start, forked("experiment-with-", 7));
    for n in 3..=7 {
        play.sees(&format!("experi…with-{n} "));
    }
    play.sees("+2 more branches");
    insta::assert_snapshot!(timeline(&play));
}
