//! The list: what narrows and sorts it, and that the cursor's record stays in sight.

use crate::play::{Play, START, Start};
use crossterm::event::Event;

/// The selected row is one of those on the screen.
#[track_caller]
fn selected_is_seen(play: &Play) {
    let list = &play.explorer.model().list;
    let index = list.index().unwrap_or_else(|| panic!("the row is not there\n{}", play.text()));
    assert!(index >= list.top, "{index} above {}", list.top);
    play.sees("▸");
}

#[test]
fn the_record_shown_stays_in_sight_whatever_becomes_of_the_list() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    for keys in ["1 / \"slides\" Enter Esc", "S", "S", "S S", "S", "/ \"pre\" Enter Down Down Esc"] {
        play.keys(keys);
        selected_is_seen(&play);
        let before = play.explorer.model().list.index().unwrap();
        play.keys("Down Up");
        assert_eq!(play.explorer.model().list.index(), Some(before), "{keys}");
    }
    play.keys("PgDn PgDn");
    play.explorer.terminal_mut().backend_mut().resize(80, 24);
    play.input(Event::Resize(80, 24));
    selected_is_seen(&play);
}

#[test]
fn escape_takes_away_one_level_of_filters_the_newest() {
    let mut play = Play::demo(&START);
    play.keys(") / \"a\" Enter | \".x == null\" Enter");
    let narrowed = |play: &Play| {
        let list = &play.explorer.model().list;
        (list.kind.is_some(), !list.text.is_empty(), !list.filter.is_empty())
    };
    assert_eq!(narrowed(&play), (true, true, true));
    play.keys("Esc");
    assert_eq!(narrowed(&play), (true, true, false));
    play.keys("Esc");
    assert_eq!(narrowed(&play), (true, false, false));
    play.keys("Esc");
    assert_eq!(narrowed(&play), (false, false, false));
    selected_is_seen(&play);
}

#[test]
fn a_filter_that_fails_says_so() {
    let mut play = Play::demo(&START);
    play.keys("| \".title.x\" Enter");
    play.sees("The filter fails on 300 of 346: cannot index");
    play.keys("Esc | \".title == 1\" Enter");
    play.lacks("The filter fails");
}
