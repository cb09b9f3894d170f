//! What the explorer says: messages, empty lists, offers and the words that narrow them.

use crate::play::{Play, START, Start, open_at};
use backstory::session::create;
use backstory::tui::model::Pane;
use backstory::tui::screens::start::Start as StartScreen;

/// The screen's words, wherever its lines end.
fn words(play: &Play) -> String {
    let text = play.text().replace(['│', '╎', '┃'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_start_screen_says_all_of_it_at_every_size() {
    for size in [(40, 20), (80, 24), (120, 36)] {
        let mut play = Play::store(&Start { size, ..START }, |_| {});
        assert!(
            words(&play).contains("a small team's tasks and subscriptions over some weeks"),
            "{}",
            play.text()
        );
        assert!(words(&play).contains("how it is read is guessed"), "{}", play.text());
        play.sees("↑↓ choose");
        play.keys("Up Enter \"/nowhere/at/all/there/is/no/file/here.jsonl\" Enter");
        let failed = |play: &Play| play.explorer.model().screen::<StartScreen>().unwrap().failed.is_some();
        while !failed(&play) {
            play.settle();
        }
        play.keys("Down Up");
        assert!(words(&play).replace(' ', "").contains("there/is/no/file/here.jsonl"), "{}", play.text());
        play.lacks("␊");
    }
}

#[test]
fn an_empty_store_says_what_can_be_done() {
    let start = Start { size: (80, 24), ..START };
    let mut play = Play::store(&start, |path| drop(create(&open_at(path), None).unwrap()));
    assert!(words(&play).contains("`backstory import FILE` brings a log in;"), "{}", play.text());
    play.keys("f");
    play.sees("the store has no domain yet");
}

#[test]
fn a_list_narrowed_to_nothing_says_so() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("f \"zzz\"");
    play.sees("nothing matches zzz");
    play.keys("Esc Esc 1 / \"zzzz\" Enter");
    play.sees("nothing matches; Backspace");
}

#[test]
fn a_long_message_has_two_lines_and_every_message_is_kept() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), size: (80, 24), ..START });
    play.keys("@ \"no-such-branch-anywhere:Task/42@3\" Enter");
    let before = play.lines();
    assert!(before[22].starts_with(" ! ") && before[23].starts_with("   "), "{}", play.text());
    play.keys("Right");
    play.sees("this is the head");
    play.keys("!");
    play.sees("Messages");
    play.sees("no-such-branch-anywhere");
    play.sees("this is the head");
}

#[test]
fn positions_are_read_as_they_are_shown() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.sees("#1,253");
    play.keys("@ \"#1,000\" Enter");
    play.sees("#1,000 ");
    play.keys("t @ \"#1,200\" Enter");
    assert_eq!(play.explorer.model().cursor.place().0, 1_200);
}

#[test]
fn in_the_past_the_pane_in_focus_is_told_from_the_others() {
    let mut play = Play::demo(&Start { at: Some("Task/42@2"), ..START });
    let frame = |play: &Play, x: u16| play.explorer.terminal().backend().buffer()[(x, 5)].style();
    play.keys("1");
    let (list, state) = (frame(&play, 0), frame(&play, 38));
    assert_ne!(list, state);
    play.keys("2");
    assert_eq!(play.explorer.model().focus, Pane::State);
    assert_eq!(frame(&play, 0), state);
}

#[test]
fn what_is_typed_takes_the_place_of_a_proposed_name() {
    let mut play = Play::demo(&Start { at: Some("Task/42@2"), ..START });
    play.keys("b \"mine\" Enter");
    play.sees("⎇ mine");
}

#[test]
fn actions_that_begin_with_what_is_typed_come_first() {
    let mut play = Play::demo(&START);
    play.keys(": \"re\"");
    let first = play.lines().into_iter().find(|line| line.contains("╭ Actions")).map(|_| {
        let lines = play.lines();
        let at = lines.iter().position(|line| line.contains("Actions")).unwrap();
        lines[at + 3].clone()
    });
    assert!(first.as_ref().is_some_and(|line| line.contains(" Re")), "{first:?}");
}

#[test]
fn what_is_said_at_the_start_goes_with_the_first_key() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), welcome: Some("replay this record"), ..START });
    play.sees("replay this record");
    play.keys("Left");
    play.lacks("replay this record");
}

#[test]
fn an_overlay_tells_its_own_keys() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("Left d ?");
    play.sees("╭ Help");
    play.sees("Close");
    play.lacks("Fire a command");
    play.keys("Esc Esc : F1");
    play.sees("The keys of this place");
    play.keys("Esc Esc Esc ? PgDn PgDn PgDn PgDn PgDn");
    play.sees("a record that is deleted");
}

#[test]
fn a_refusal_names_the_reason_and_not_the_rule() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("f \"retitle\" Enter Enter");
    play.lacks(" emit: ");
}

#[test]
fn changes_have_their_columns_in_the_log() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("s");
    play.sees("completed_at 24 Apr 2019 12:02:11");
    play.keys("3");
    play.sees("TaskCompleted (complete)");
}

#[test]
fn on_the_least_screen_the_header_says_where_the_cursor_is() {
    let play = Play::demo(&Start { at: Some("Task/42@4"), size: (40, 12), ..START });
    let header = &play.lines()[0];
    assert!(header.contains("◀ PAST v4/6 ") && header.ends_with("● live"), "{header}");
}

#[test]
fn records_event_types_and_actors_are_found_by_name() {
    let mut play = Play::demo(&START);
    play.keys(": \"task/294\" Enter");
    assert_eq!(play.explorer.model().cursor.aggregate.as_ref().unwrap().to_string(), "Task/294");
    play.keys(": \"of type invoicefailed\" Enter");
    play.sees("⟨InvoiceFailed⟩");
    play.sees("41 of 1,568");
    play.keys("Backspace : \"events by chiara\" Enter");
    play.sees("⟨actor chiara⟩");
}
