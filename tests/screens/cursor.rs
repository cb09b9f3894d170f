//! The one cursor: whatever it runs over, every screen stands where it does.

use crate::play::{Play, START, Start, comment};
use backstory::tui::screens::graph::Graph;
use backstory::tui::screens::reports::Reports;

/// The position that a screen says it is as of.
fn position(play: &Play) -> i64 {
    play.explorer.model().moment.as_ref().unwrap().event.as_ref().unwrap().position
}

/// Two aggregates chosen, and the cursor some events back among theirs.
fn chosen() -> Play {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("1 * Down * Left Left");
    play.sees("2 aggregates");
    play.sees("PAST");
    play
}

#[test]
fn among_chosen_aggregates_every_screen_stands_at_the_event_shown() {
    let mut play = chosen();
    let here = position(&play);
    play.keys("R");
    let reports = play.explorer.model().screen::<Reports>().unwrap();
    assert_eq!(reports.page.shown().unwrap().page.position, here);
    play.keys("Left");
    let before = position(&play);
    assert!(before < here);
    let reports = play.explorer.model().screen::<Reports>().unwrap();
    assert_eq!(reports.page.shown().unwrap().page.position, before);
    play.keys("Esc P");
    let graph = play.explorer.model().screen::<Graph>().unwrap();
    assert_eq!(graph.lines[graph.rows.selected].event.position, before);
    // From the set to the whole store: at the same moment.
    play.keys("Esc t");
    assert_eq!(play.explorer.model().cursor.place().0, before);
    // Its place among the chosen ones' events is not called a position.
    let play = chosen();
    let foot = play.lines().into_iter().rfind(|line| line.contains("╰") && line.contains('/')).unwrap();
    assert!(!foot.contains('#'), "{foot}");
}

#[test]
fn a_mark_in_the_whole_store_is_where_the_cursor_stood() {
    let mut play = Play::demo(&Start { at: Some("#900"), ..START });
    play.keys("t");
    if !play.explorer.model().cursor.is_whole() {
        play.keys("t");
    }
    play.keys("@ \"900\" Enter 1 Down m");
    let mark = play.explorer.model().mark.as_ref().unwrap();
    assert_eq!(mark.position, play.explorer.model().cursor.place().0);
}

#[test]
fn at_the_newest_event_of_the_chosen_ones_the_cursor_follows() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("1 * Down * End");
    let (here, last) = play.explorer.model().cursor.place();
    assert_eq!(here, last);
    comment(&play.path, "Task/42", "one more", None);
    play.until("one more");
    assert_eq!(play.explorer.model().cursor.place(), (here + 1, last + 1));
}
