//! The domain's reports in the explorer, by key scripts.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[path = "support/play.rs"]
mod play;

use play::{Play, START, Start};

/// The first columns of the rows: what changes between two frames further right is another report's.
fn rows(play: &Play) -> Vec<String> {
    play.lines().iter().skip(1).take(8).map(|line| line.chars().take(24).collect()).collect()
}

#[test]
fn reports_follow_the_cursor_through_time() {
    let mut play = Play::demo(&START);
    play.keys("R");
    insta::assert_snapshot!("reports_feed", play.text());
    play.keys("Tab Tab");
    play.sees("[workload]");
    let now = rows(&play);
    assert_eq!((now[0].trim_end(), now[1].trim_end()), ("│ who     open  urgent", "│ aisha     13       2"));
    // The whole store's cursor: the same report as the world was then.
    play.keys("Esc t Home S-Right S-Right R Tab Tab");
    play.sees("◀ PAST");
    assert_ne!(rows(&play), now);
    play.keys("Right");
    let position = play.explorer.model().cursor.position;
    play.sees(&format!("as of #{position}"));
    play.keys("End");
    play.lacks("◀ PAST");
    assert_eq!(rows(&play), now, "at the head again the rows are what they were");
    // Enter goes to the event behind a row.
    play.keys("S-Tab S-Tab");
    play.sees("[feed]");
    play.keys("Down Enter");
    play.lacks("Reports");
    play.sees("Task/294");
}

#[test]
fn reports_fit_a_small_screen() {
    let mut play = Play::demo(&Start { size: (80, 24), ..START });
    play.keys("R Tab");
    play.sees("feed [recap] workload");
    let shown = play.lines();
    assert!(shown[1].contains("day") && shown[1].contains("completed") && shown[1].contains("tasks"));
    assert!(shown[2].contains("2019-04-01") && shown[2].contains("tomas 1"));
    play.keys("Tab Tab Tab Tab");
    play.sees("[feed]");
}
