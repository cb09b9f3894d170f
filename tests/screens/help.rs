//! The help: of the panes, of a prompt with the page that says what may be typed, narrowed by words; and everything by
//! its name.

use crate::play::{Play, START};

#[test]
fn at_a_prompt_the_page_says_what_may_be_typed_and_what_was_typed_stays() {
    let mut play = Play::demo(&START);
    play.keys("|");
    play.types(".priority");
    play.keys("F1");
    play.settle();
    insta::assert_snapshot!("prompt", play.text());
    play.keys("/");
    play.types("$previous");
    play.settle();
    play.sees("the event before it of");
    play.lacks("its data; its metadata");
    // Esc takes the words back, then closes; what was being typed is there still.
    play.keys("Esc");
    play.settle();
    play.sees("its data; its metadata");
    play.keys("Esc");
    play.settle();
    play.sees("jq | .priority");
}

#[test]
fn the_help_is_narrowed_by_words_below_their_headings() {
    let mut play = Play::demo(&START);
    play.keys("?");
    play.settle();
    play.sees("Ask an audit log");
    play.keys("/");
    play.types("same actor");
    play.settle();
    play.sees("Next event by the same actor");
    play.lacks("One event forward");
    // Letters are letters while they are typed, and keys again behind Enter.
    play.keys("Enter q");
    play.settle();
    play.sees("Ask an audit log");
    play.keys("q");
    play.settle();
    play.lacks("Ask an audit log");
    play.keys("? /");
    play.types("no such thing");
    play.settle();
    play.sees("nothing here says that");
}

#[test]
fn pages_branches_and_waypoints_are_found_by_name() {
    let mut play = Play::demo(&START);
    play.keys(":");
    play.types("manual: filters");
    play.keys("Enter");
    play.settle();
    play.sees("Manual: filters");
    play.sees("Filters over events");
    play.keys("Esc w \"here\" Enter");
    play.settle();
    play.keys("Home Down :");
    play.types("%here");
    play.keys("Enter");
    play.settle();
    assert!(play.lines()[0].contains("HEAD"), "{}", play.lines()[0]);
    play.keys("b");
    play.settle();
    play.keys("Enter");
    play.settle();
    let branch = play.explorer.model().branch.clone();
    assert_ne!(branch, "main");
    play.keys(":");
    play.types("to the branch main");
    play.keys("Enter");
    play.settle();
    assert_eq!(play.explorer.model().branch, "main");
}
