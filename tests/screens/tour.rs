//! The guided tour, step by step, by key scripts.

use std::path::Path;
use std::sync::OnceLock;

use crate::play::{Play, START, Start, open_at};
use backstory::session::{Session, Tour, Verify};

/// The tour's store, opened with the tour over it.
fn tour(size: (u16, u16)) -> Play {
    static STORE: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = STORE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tour.db");
        Tour::built_in().unwrap().build(&path).unwrap();
        std::fs::read(path).unwrap()
    });
    Play::store(&Start { size, tour: true, ..START }, |path: &Path| std::fs::write(path, bytes).unwrap())
}

fn state(play: &Play, aggregate: &str) -> serde_json::Value {
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    session.moment(&aggregate.parse().unwrap(), i64::MAX).unwrap().state
}

fn step(play: &Play) -> usize {
    play.explorer.model().tour.as_ref().unwrap().at + 1
}

/// The races of a record whose webhooks were held up, and every order of them.
fn races(play: &mut Play) {
    play.keys("F8");
    play.until("disorder 1");
    play.sees("3 The races of a record");
    play.keys("F8");
    play.until("2 orders, 2 ends");
    play.sees("by occurred");
    insta::assert_snapshot!("tour_race", play.text());
}

/// An order of them becomes a branch, which is made once, however often one comes by.
fn branch(play: &mut Play) {
    play.keys("F8");
    play.until("what the new order leads to");
    play.sees("3 An order becomes a branch");
    insta::assert_snapshot!("tour_branch", play.text());
    play.keys("F8 F7");
    play.until("⎇ main-reordered");
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    assert_eq!(session.branches(true).unwrap().len(), 2);
}

#[test]
fn the_tour_replays_three_rules_and_shows_what_they_put_right() {
    let mut play = tour(START.size);
    insta::assert_snapshot!("tour_begin", play.text());
    play.keys("F8");
    play.sees("Tour 2 of 15  1 Something nobody kept");
    play.sees("done");
    assert_eq!(state(&play, "Task/42").get("completed_at"), None);
    play.keys("F8");
    insta::assert_snapshot!("tour_lab", play.text());
    play.keys("F8");
    play.sees("114 of 346 differ");
    play.keys("F8");
    insta::assert_snapshot!("tour_put_right", play.text());
    assert_eq!(state(&play, "Task/42")["completed_by"], "mira");
    // A deleted record: gone, tried, back.
    play.keys("F8");
    play.sees("2 Deleted for good?");
    assert_eq!(state(&play, "Task/264"), serde_json::json!({}));
    play.keys("F8");
    play.sees("it is there again by this rule");
    play.keys("F8");
    play.sees("Put right");
    assert_eq!(state(&play, "Task/264")["title"], "Publish the job ad");
    // Webhooks out of order.
    play.keys("F8");
    play.sees("3 A webhook that came too late");
    assert_eq!(state(&play, "Subscription/23")["last_failure"], "insufficient funds");
    races(&mut play);
    play.keys("F8");
    insta::assert_snapshot!("tour_webhooks", play.text());
    play.sees("3 of 346 differ");
    play.sees("7, 4 meet again");
    play.keys("F8");
    let right = play.lines().into_iter().skip(1).filter(|line| line.contains("Subscription/"));
    let right: Vec<_> = right.collect();
    assert_eq!(right.len(), 3, "{right:?}");
    assert_eq!(state(&play, "Subscription/23").get("last_failure"), None);
    branch(&mut play);
    play.keys("F8");
    play.sees("Tour 15 of 15  Your turn");
    play.keys("F8");
    assert_eq!(step(&play), 15, "there is nothing behind the last step");
    play.keys("F9");
    play.lacks("Tour 15");
    assert_eq!(play.explorer.model().look.size, START.size);
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    assert_eq!(session.replay(None, false, &mut |_, _| true).unwrap().differ, 0);
    assert!(session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true).is_ok());
}

#[test]
fn going_back_puts_the_earlier_rule_back_and_other_keys_do_what_they_always_do() {
    let mut play = tour(START.size);
    play.keys("F8 F8 F8 F8");
    assert_eq!(state(&play, "Task/42")["completed_by"], "mira");
    play.keys("F7");
    play.sees("1 The whole store");
    assert_eq!(state(&play, "Task/42").get("completed_by"), None);
    play.sees("114 of 346 differ");
    // The lab is the real one: another text in it is another trial.
    play.keys("S-Tab S-Tab End \" | .x = 1\"");
    play.sees("+ x");
    // And the next step goes on from anywhere.
    play.keys("Esc \"drop\" Enter ? F8");
    play.sees("Put right");
    assert_eq!((step(&play), &state(&play, "Task/42")["completed_by"]), (5, &"mira".into()));
    play.keys("Esc t Home F8");
    play.sees("2 Deleted for good?");
    let cursor = &play.explorer.model().cursor;
    assert_eq!((cursor.aggregate.clone().unwrap().to_string(), cursor.version), ("Task/264".into(), 5));
    // All the way back and forth again.
    play.keys("F7 F7 F7 F7 F7 F7");
    assert_eq!((step(&play), state(&play, "Task/42").get("completed_by")), (1, None));
}

#[test]
fn the_tour_fits_a_small_screen() {
    let mut play = tour((80, 24));
    for _ in 0..14 {
        let text = play.text();
        let told = &play.explorer.model().tour.as_ref().unwrap().step().unwrap().text;
        let last = told.split(' ').next_back().unwrap();
        assert!(text.contains(last), "the end of the text is cut: {last}\n{text}");
        play.keys("F8");
    }
    play.keys("F7 F7 F7");
    insta::assert_snapshot!("tour_small", play.text());
}
