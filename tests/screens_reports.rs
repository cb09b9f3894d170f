//! The domain's reports in the explorer, by key scripts.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[path = "support/play.rs"]
mod play;

use play::{Play, START, Start};

#[test]
fn reports_follow_the_cursor_through_time() {
    let mut play = Play::demo(&START);
    play.keys("R Tab Tab");
    play.sees("[workload]");
    insta::assert_snapshot!("reports_workload", play.text());
    let now = play.text();
    // The whole store's cursor: the same report as the world was then.
    play.keys("Esc t Home S-Right S-Right R Tab Tab");
    play.sees("◀ PAST");
    let then = play.text();
    assert_ne!(now, then);
    play.keys("Right");
    let position = play.explorer.model().cursor.position;
    play.sees(&format!("as of #{position}"));
    play.keys("End");
    play.lacks("◀ PAST");
    assert_eq!(
        play.lines().iter().skip(2).take(6).collect::<Vec<_>>(),
        now.lines().skip(2).take(6).collect::<Vec<_>>(),
        "at the head again the rows are what they were"
    );
    // A list, the newest first; Enter goes to the event behind a row.
    play.keys("S-Tab S-Tab");
    play.sees("[feed]");
    insta::assert_snapshot!("reports_feed", play.text());
    play.keys("Down Down Enter");
    play.lacks("Reports");
}

#[test]
fn reports_fit_a_small_screen_and_say_when_there_are_none() {
    let mut play = Play::demo(&Start { size: (80, 24), ..START });
    play.keys("R Tab");
    insta::assert_snapshot!("reports_narrow", play.text());
}
