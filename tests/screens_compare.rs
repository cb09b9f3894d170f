//! Comparing in the explorer: differences, three states, another clock's order, rewriting; by key scripts.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[path = "support/play.rs"]
mod play;

use play::{Play, START, Start, comment};

fn at(revision: &'static str) -> Play {
    Play::demo(&Start { at: Some(revision), ..START })
}

#[test]
fn the_cursor_is_compared_with_the_head_or_with_the_mark() {
    let mut play = at("Task/42@2");
    play.keys("d");
    play.sees("Task/42 v2 → head v");
    insta::assert_snapshot!("diff_to_head", play.text());
    play.keys("Esc m");
    play.keys("Right Right Right d");
    play.sees("Task/42 v2 → Task/42 v5");
    insta::assert_snapshot!("diff_from_mark", play.text());
    play.keys("d m End m d");
    play.sees("nothing differs");
    play.keys("Esc m d");
    play.sees("this is the head");
}

#[test]
fn a_long_value_unfolds() {
    let mut play = at("Task/42");
    comment(&play.path, "Task/42", &"a long word and another ".repeat(12), None);
    play.until("v7/7");
    play.keys("Left d");
    play.lacks("after");
    play.sees("▸ + comments.1");
    play.keys("Enter");
    insta::assert_snapshot!("diff_unfolded", play.text());
    play.keys("Enter");
    play.lacks("after");
}

#[test]
fn three_states_stand_beside_each_other() {
    let mut play = at("Task/42@5");
    play.keys("D");
    insta::assert_snapshot!("three_states", play.text());
    play.keys("Esc Home D");
    play.sees("this is before the first event");
    let mut play = Play::demo(&Start { at: Some("Task/42@5"), size: (60, 24), ..START });
    play.keys("D");
    insta::assert_snapshot!("three_states_narrow", play.text());
}

#[test]
fn the_whole_store_is_compared_and_leads_to_its_events() {
    let mut play = at("Task/42@5");
    play.keys("b Enter f \"comment\" Enter \"here\" Enter Tab Enter");
    play.sees("appended on what-if");
    // The branch's head against the head of main.
    play.keys("t m B \"main\" Enter End d");
    play.sees("what-if:#");
    insta::assert_snapshot!("diff_of_branches", play.text());
    play.keys("Enter");
    play.sees("⎇ main");
    let aggregate = play.explorer.model().cursor.aggregate.clone().unwrap().to_string();
    play.sees(&aggregate);
}

#[test]
fn another_clock_s_order_stands_beside_the_log_s_and_leads_to_where_they_part() {
    let mut play = at("Subscription/37");
    play.keys("X");
    play.sees("by the time occurred");
    insta::assert_snapshot!("order_occurred", play.text());
    play.keys("X");
    play.sees("Order by the time received");
    play.keys("X");
    play.sees("Order by the time recorded");
    play.sees("0 of");
    play.sees("the same state");
    play.keys("X Right Enter");
    insta::assert_snapshot!("order_gone_to", play.text());
}

#[test]
fn an_order_that_no_event_tells_is_refused_and_the_next_clock_is_near() {
    let mut play = at("Task/42");
    play.keys("X X");
    play.sees("None of these events says when it was received");
    play.keys("X");
    play.sees("the same state");
}
