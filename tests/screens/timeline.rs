//! The timeline: the overview with the window in it, and the lanes of branches.

use crate::play::{Play, START, Start, open_at};
use backstory::session::{Point, Session, demo};
use backstory::tui::areas::{areas, timeline_width};
use crossterm::event::Event;

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

/// Where the cursor stands in the window, as the screen draws it.
fn column(play: &Play) -> Option<u16> {
    let model = play.explorer.model();
    let (here, last) = model.cursor.place();
    let width = timeline_width(&areas(model));
    backstory::tui::timeline::column(&model.timeline.placed(width, last), here)
}

#[test]
fn the_whole_store_has_a_time_axis_too() {
    let mut play = Play::demo(&START);
    play.keys("t x");
    play.sees("time axis");
    let lane = |play: &Play| play.lines().into_iter().find(|line| line.contains(" store ")).unwrap();
    // Nothing happened in April's nights: in the log's order there is no gap, in time there are.
    assert!(lane(&play).contains('─'), "{}", play.text());
    let here = column(&play).unwrap();
    play.keys("S-Left S-Left S-Left");
    assert!(column(&play).unwrap() < here);
    play.keys("x");
    play.sees("log order");
    assert!(!lane(&play).contains('─'), "{}", play.text());
}

#[test]
fn bursts_are_found_beyond_what_is_loaded() {
    for keys in ["t", "t x"] {
        let mut play = Play::demo(&START);
        play.keys(keys).keys("Home");
        let mut places = vec![0];
        for _ in 0..5 {
            play.keys("}");
            places.push(play.explorer.model().cursor.place().0);
        }
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        let (_, last) = play.explorer.model().cursor.place();
        assert!(places[5] < last, "{places:?}");
        for place in places[1..5].iter().rev() {
            play.keys("{");
            assert_eq!(play.explorer.model().cursor.place().0, *place);
        }
    }
}

#[test]
fn back_goes_to_every_place_that_was_jumped_from() {
    let place = |play: &Play| {
        let cursor = play.explorer.model().cursor.clone();
        (cursor.place().0, cursor.aggregate.unwrap(), cursor.version, play.explorer.model().list.lanes.len())
    };
    let jumps = [
        "Left Left",
        "Home",
        "End",
        "{",
        "a",
        "t",
        "}",
        "{",
        "@ \"300\" Enter",
        "R Down Down Enter",
        "t",
        "Down",
        "Left",
        "t",
        "e",
        "o",
        "Home",
        "}",
        "1 Enter",
        "@ \"Task/42@2\" Enter",
        "1 * Down *",
        "Left",
        "Home",
        "@ \"#200\" Enter",
        "P Home Enter",
    ];
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    let mut left = Vec::new();
    for keys in jumps {
        let before = place(&play);
        play.keys(keys);
        let moves = matches!(keys, "Left Left" | "Left" | "1 Enter");
        if place(&play) != before && !moves {
            left.push((keys, before));
        }
    }
    assert!(left.len() > 12, "{left:?}");
    for (keys, before) in left.into_iter().rev() {
        play.keys("<");
        assert_eq!(place(&play).0, before.0, "back over {keys}\n{}", play.text());
        assert_eq!(
            (place(&play).1, place(&play).2),
            (before.1, before.2),
            "back over {keys}\n{}",
            play.text()
        );
    }
}

#[test]
fn the_cursor_stays_in_sight_in_every_size() {
    let sizes = [(120, 36), (60, 20), (200, 50), (41, 13), (100, 30), (300, 60), (80, 24), (120, 36)];
    for (at, keys) in [
        ("Task/42", ""),
        ("Task/42", "+ + Left"),
        ("Task/42", "x"),
        ("Task/42", "t"),
        ("Task/42", "t Home"),
        ("Task/42", "t + + + Left Left"),
        ("Task/42", "t x"),
        ("Task/42", "t x + + }"),
        ("Task/42", "1 * Down *"),
        ("Task/42@2", "t - - Z 4"),
    ] {
        let mut play = Play::demo(&Start { at: Some(at), ..START });
        play.keys(keys);
        for (width, height) in sizes {
            play.explorer.terminal_mut().backend_mut().resize(width, height);
            play.input(Event::Resize(width, height));
            let (here, _) = play.explorer.model().cursor.place();
            assert!(here == 0 || column(&play).is_some(), "{keys} {width}x{height}\n{}", play.text());
        }
    }
}

/// A store in which Task/1's events are late, repeated, and found by somebody.
fn noted(path: &std::path::Path) {
    demo::build(path).unwrap();
    let mut session = Session::open(&open_at(path)).unwrap();
    for (text, at) in
        [("a", "2019-05-02T08:00:00Z"), ("a", "2019-05-01T08:00:00Z"), ("a", "2019-05-01T07:00:00Z")]
    {
        let mut fire = crate::play::commenting("Task/42", text);
        fire.at = Some(backstory::event::Time::parse(at).unwrap());
        session.fire(&fire).unwrap();
    }
}

#[test]
fn no_sign_on_the_timeline_hides_another_one() {
    let mut play = Play::store(&Start { at: Some("Task/42"), ..START }, noted);
    let notes = |play: &Play| play.lines().into_iter().find(|line| line.contains("  notes")).unwrap();
    // The newest is late and repeated: one sign stands for both.
    assert!(notes(&play).contains('+') && !notes(&play).contains('!'), "{}", notes(&play));
    play.keys("w \"odd\" Enter F \".title != null\" Enter Esc End m");
    let row = notes(&play);
    for sign in ['M', '⚑', '+', '▴'] {
        assert!(row.contains(sign), "{sign} in {row}");
    }
    // What has no room leaves the sign that is seen reversed.
    let buffer = play.explorer.terminal().backend().buffer();
    let y = play.lines().iter().position(|line| line.contains("  notes")).unwrap() as u16;
    let reversed = (0..120).any(|x| buffer[(x, y)].modifier.contains(ratatui::style::Modifier::REVERSED));
    assert!(reversed || row.matches('+').count() > 1, "{row}");
    // In the whole store the same events are marked.
    play.keys("t m x");
    assert!(['+', '!', '='].iter().any(|sign| notes(&play).contains(*sign)), "{}", play.text());
    play.keys("x + + + + + + + + + +");
    assert!(notes(&play).contains('+'), "{}", play.text());
}
