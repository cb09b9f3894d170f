//! The list: what narrows and sorts it, and that the cursor's record stays in sight.

use crate::play::{Play, START, Start};
use backstory::tui::screens::reports::Reports;
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
    for keys in
        ["1 / \"slides\" Enter Backspace", "S", "S", "S S", "S", "/ \"pre\" Enter Down Down Backspace"]
    {
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
fn backspace_takes_the_newest_chip_away_and_escape_never_does() {
    let mut play = Play::demo(&START);
    play.keys(") / \"a\" Enter | \".x == null\" Enter");
    let narrowed = |play: &Play| {
        let list = &play.explorer.model().list;
        (list.kind.is_some(), list.chips.all().len())
    };
    assert_eq!(narrowed(&play), (true, 2));
    play.keys("Esc Esc Esc");
    assert_eq!(narrowed(&play), (true, 2));
    play.keys("Backspace");
    assert_eq!(narrowed(&play), (true, 1));
    play.keys("Backspace");
    assert_eq!(narrowed(&play), (true, 0));
    play.keys("Backspace");
    assert_eq!(narrowed(&play), (false, 0));
    selected_is_seen(&play);
}

#[test]
fn a_filter_that_fails_says_so() {
    let mut play = Play::demo(&START);
    play.keys("| \".title.x\" Enter");
    play.sees("The filter fails on 300 of 346: Cannot index");
    play.keys("Backspace | \".title == 1\" Enter");
    play.lacks("The filter fails");
    play.keys("Backspace | \".title.x\" Enter");
    play.sees("The filter fails on 300 of 346: Cannot index");
}

#[test]
fn letters_are_keys_in_every_list_and_typed_in_a_picker() {
    let mut play = Play::demo(&Start { at: Some("Task/42@3"), ..START });
    let copied = |play: &Play| !play.out.0.lock().unwrap().is_empty();
    let lists = ["B", "I", "!", ": \"operation log\" Enter", "F \".done\" Enter", "P", "T", "X", "R"];
    play.keys("b C-u \"idea\" Enter i");
    for keys in lists {
        play.out.0.lock().unwrap().clear();
        play.keys(keys);
        let open = play.explorer.model().overlays.len();
        play.keys("Down y");
        play.sees(" Hand over");
        play.sees("COPY");
        play.keys("Enter");
        assert_eq!(play.explorer.model().overlays.len(), open, "{keys}");
        assert!(copied(&play), "{keys}\n{}", play.text());
        play.keys("?");
        play.sees(" Help ");
        play.keys("Esc q");
        assert!(play.explorer.model().overlays.is_empty(), "{keys}\n{}", play.text());
    }
    // A list is narrowed with /, and Esc shows all of it again before it closes.
    play.keys("B / \"idea\"");
    play.lacks("  main  ");
    play.keys("Enter Esc");
    assert_eq!(play.explorer.model().overlays.len(), 1);
    play.keys("q : \"quit\"");
    assert_eq!(play.explorer.model().overlays.len(), 1, "a picker takes what is typed");
}

#[test]
fn a_page_is_a_page_everywhere() {
    let mut play = Play::demo(&START);
    play.keys("R PgDn");
    let reports = play.explorer.model().screen::<Reports>().unwrap();
    let page = reports.rows.selected;
    assert!(page > 20, "{page}");
    play.keys("PgDn PgUp");
    let reports = play.explorer.model().screen::<Reports>().unwrap();
    assert_eq!(reports.rows.selected, page);
}

/// More records fit what is asked for than rows are kept: all are counted, and each is come to.
#[test]
fn every_record_of_a_narrowed_list_is_in_reach_however_many_there_are() {
    use std::fmt::Write as _;
    let mut log = String::new();
    for n in 0..26_000 {
        let (ticket, open) = (n % 13_000, n % 13 > 0);
        let at = format!("2024-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60);
        let action = if n < 13_000 { "opened" } else { "noted" };
        writeln!(log, r#"{{"ticket":"T{ticket:05}","action":"{action}","at":"{at}","open":{open}}}"#)
            .unwrap();
    }
    let mut play = Play::log(&Start { size: (200, 80), ..START }, "tickets.jsonl", &log);
    play.keys("1 | \".open\" Enter");
    play.sees("12,000 of 13,000");
    let seen = |play: &Play| {
        let list = &play.explorer.model().list;
        let here = list.selected.clone().map(|aggregate| aggregate.id).unwrap_or_default();
        (here, list.rows.len())
    };
    // The newest one is first; behind the last row that is kept more come.
    play.keys(&"PgDn ".repeat(230));
    assert_eq!(seen(&play).0, "T00001");
    assert!((10_001..=20_000).contains(&seen(&play).1), "{}", seen(&play).1);
    play.sees("12,000 of 13,000");
}
