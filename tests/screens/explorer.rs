//! Screens driven by key scripts through the real loop, against a test backend: what is on the screen, as text,
//! and beneath it the styles, one letter for each.

use backstory::tui::keys::event;
use backstory::tui::theme::Palette;
use crossterm::event::{Event, MouseButton, MouseEventKind};

use backstory::session::{Chip, Test};

use crate::play::{Play, START, Start, comment};

#[test]
fn the_head_of_a_task() {
    let play = Play::demo(&Start { at: Some("Task/42"), ..START });
    insta::assert_snapshot!(play.picture());
}

#[test]
fn the_past_is_not_the_present() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("Left Left");
    play.sees("◀ PAST");
    play.sees("2 behind");
    insta::assert_snapshot!(play.picture());
    play.keys("End");
    play.sees("HEAD");
    play.lacks("PAST");
}

#[test]
fn eighty_by_twenty_four() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), size: (80, 24), ..START });
    insta::assert_snapshot!("eighty_state", play.picture());
    play.keys("3");
    insta::assert_snapshot!("eighty_event", play.text());
    play.keys("2 s");
    insta::assert_snapshot!("eighty_log", play.text());
}

#[test]
fn two_hundred_columns() {
    let play = Play::demo(&Start { at: Some("Task/42"), size: (200, 50), ..START });
    insta::assert_snapshot!(play.text());
}

#[test]
fn ascii_without_colour() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ascii: true, palette: Palette::Plain, ..START });
    play.keys("Left");
    let picture = play.picture();
    insta::assert_snapshot!(picture);
    // The titles of the records may hold anything; what the program draws is ASCII.
    let drawn: String = play.lines()[28..].join("\n");
    assert!(drawn.is_ascii(), "{drawn}");
}

#[test]
fn the_mark_shows_what_differs() {
    let mut play = Play::demo(&Start { at: Some("Task/42@2"), ..START });
    play.keys("m End");
    play.sees("MARK v2");
    let cursor = play.explorer.model().cursor.version;
    play.keys("'");
    assert_eq!(play.explorer.model().cursor.version, 2);
    assert_eq!(play.explorer.model().mark.as_ref().unwrap().version, cursor);
    play.keys("m m");
    assert!(play.explorer.model().mark.is_none());
}

#[test]
fn steps_stop_at_both_ends_and_say_so() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    let head = play.explorer.model().cursor.head;
    play.keys("Right");
    play.sees("this is the head");
    play.keys("Home");
    play.sees(&format!("v0/{head}"));
    play.sees("before the first event");
    play.keys("Left");
    assert_eq!(play.explorer.model().cursor.version, 0);
    play.keys("G");
    assert_eq!(play.explorer.model().cursor.version, head);
}

#[test]
fn up_and_down_move_in_the_pane_left_and_right_in_time() {
    let mut play = Play::demo(&START);
    let first = play.explorer.model().list.selected.clone();
    play.keys("Down Down Up");
    assert_eq!(play.explorer.model().list.index(), Some(1));
    assert_ne!(play.explorer.model().list.selected, first);
    play.keys("2 Down Left");
    assert_eq!(play.explorer.model().list.index(), Some(1));
    assert!(play.explorer.model().cursor.past());
}

#[test]
fn escape_goes_out_and_never_quits_or_moves_the_cursor() {
    let mut play = Play::demo(&Start { at: Some("Task/42@3"), ..START });
    for _ in 0..8 {
        assert!(play.input(Event::Key(event("Esc").unwrap())));
    }
    assert_eq!(play.explorer.model().cursor.version, 3);
    assert!(!play.input(Event::Key(event("q").unwrap())));
}

#[test]
fn the_log_row_is_the_cursor() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    let head = play.explorer.model().cursor.head;
    play.keys("s Up Up");
    assert_eq!(play.explorer.model().cursor.version, head - 2);
    insta::assert_snapshot!(play.text());
    play.keys("S Up");
    assert_eq!(play.explorer.model().cursor.version, head - 1);
}

#[test]
fn a_text_filter_narrows_the_list_as_it_is_typed() {
    let mut play = Play::demo(&START);
    play.keys("/ \"prepare s\"");
    play.sees("Prepare slides");
    play.sees(" of 346");
    // Confirming it selects the first hit; a selected hit stays selected.
    let first = |play: &Play| play.explorer.model().list.rows[0].aggregate.clone();
    assert_ne!(play.explorer.model().list.selected, Some(first(&play)));
    play.keys("Enter");
    assert_eq!(play.explorer.model().cursor.aggregate, Some(first(&play)));
    play.keys("Down");
    let second = play.explorer.model().list.selected.clone();
    assert_ne!(second, Some(first(&play)));
    play.keys("Backspace / \"prepare\" Enter");
    assert_eq!(play.explorer.model().list.selected, second);
    play.keys("Backspace");
    play.sees("/346");
}

#[test]
fn a_jq_filter_narrows_the_list_and_a_mistake_is_explained() {
    let mut play = Play::demo(&START);
    play.keys("| \".priority ==\" Enter");
    play.sees("The filter is not jq at column 13");
    // What is wrong is said where it was typed, and it can be put right.
    play.keys("C-u \".priority == 1\" Enter");
    play.sees("nothing matches");
    play.keys("Backspace |").types(r#".priority == "high""#).keys("Enter");
    let hit = play.explorer.model().list.rows[0].aggregate.clone();
    assert_eq!(play.explorer.model().cursor.aggregate, Some(hit));
    play.keys("Backspace");
    play.sees("/346");
}

#[test]
fn types_and_facets() {
    let mut play = Play::demo(&START);
    play.keys(")");
    play.sees("Account  1/6");
    play.keys(")");
    play.sees("Subscription  40");
    play.keys(") )");
    play.sees("/346");
    play.keys("&");
    insta::assert_snapshot!(play.text());
    play.keys("/ \"done\" Enter Enter");
    assert!(play.explorer.model().overlays.is_empty());
    let chips = play.explorer.model().list.chips.all();
    assert_eq!(chips, [Chip::only(Test::Status(vec!["done".into()]))]);
    play.sees(" of 346");
}

#[test]
fn firing_takes_a_form_a_preview_and_a_last_step() {
    let mut play = Play::demo(&Start { at: Some("Task/1"), ..START });
    let head = play.explorer.model().cursor.head;
    play.keys("f");
    play.sees("Fire a command");
    play.keys("\"comment\" Enter");
    play.sees("IT REFUSES");
    play.keys("\"hello\" Tab \"why not\"");
    play.sees("IT WOULD APPEND");
    insta::assert_snapshot!("fire_form", play.text());
    play.keys("Enter");
    insta::assert_snapshot!("fire_confirm", play.text());
    play.sees("branch  main");
    // Enter alone never appends: the button that goes back is chosen first.
    play.keys("Enter");
    assert_eq!(play.explorer.model().cursor.head, head);
    play.keys("Enter Tab Enter");
    play.sees("TaskCommented appended");
    assert_eq!(play.explorer.model().cursor.version, head + 1);
    play.sees("\"why not\"");
}

#[test]
fn an_append_by_others_takes_the_last_step_back() {
    let mut play = Play::demo(&Start { at: Some("Task/1"), ..START });
    let head = play.explorer.model().cursor.head;
    play.keys("f \"comment\" Enter \"mine\" Enter");
    play.sees("Append to the log?");
    comment(&play.path, "Task/1", "theirs", None);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while play.text().contains("Append to the log?") {
        assert!(std::time::Instant::now() < end, "{}", play.text());
        std::thread::sleep(std::time::Duration::from_millis(50));
        play.settle();
    }
    play.sees("look at it once more");
    play.sees(&format!("v{} TaskCommented", head + 2));
    play.keys("Enter Tab Enter");
    play.sees("TaskCommented appended");
    assert_eq!(play.explorer.model().cursor.version, head + 2);
}

#[test]
fn others_append_the_head_follows_and_the_past_counts() {
    let mut play = Play::demo(&Start { at: Some("Task/1"), ..START });
    let head = play.explorer.model().cursor.head;
    let path = play.path.clone();
    comment(&path, "Task/1", "one", None);
    let until = |play: &mut Play, done: &dyn Fn(&Play) -> bool| {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !done(play) {
            assert!(std::time::Instant::now() < end, "{}", play.text());
            std::thread::sleep(std::time::Duration::from_millis(50));
            play.settle();
        }
    };
    until(&mut play, &|play| play.explorer.model().cursor.version == head + 1);
    play.keys("Left");
    comment(&path, "Task/1", "two", None);
    until(&mut play, &|play| play.text().contains("+1 since"));
    assert_eq!(play.explorer.model().cursor.version, head);
    play.keys("End");
    assert_eq!(play.explorer.model().cursor.version, head + 2);
    play.sees("live");
}

#[test]
fn going_to_revisions_and_walking_back() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("@ \"3\" Enter");
    assert_eq!(play.explorer.model().cursor.version, 3);
    play.keys("@ \"Task/7@1\" Enter");
    play.sees("Task/7");
    play.keys("<");
    play.sees("Task/42");
    assert_eq!(play.explorer.model().cursor.version, 3);
    play.keys(">");
    play.sees("Task/7");
    play.keys("@ \"Task/99999\" Enter");
    play.sees(" ! ");
    play.sees("Task/7");
}

#[test]
fn an_event_names_its_cause_and_counts_its_effects() {
    let mut play = Play::demo(&START);
    let cause = comment(&play.path, "Task/294", "because", None);
    comment(&play.path, "Task/295", "so", Some(&cause));
    comment(&play.path, "Task/296", "so", Some(&cause));
    play.keys("@ \"Task/294\" Enter");
    play.sees("effects 2");
    play.keys("@ \"Task/296\" Enter");
    play.sees("effects 0");
    play.sees("cause Task/294 v");
    play.keys("3 C");
    play.sees("effects 2");
}

#[test]
fn a_field_leads_to_its_writer() {
    let mut play = Play::demo(&Start { at: Some("Task/253"), ..START });
    play.keys("2");
    let rows = &play.explorer.model().state.rows;
    let line = rows
        .iter()
        .position(
            |row| matches!(row, backstory::tui::model::state::Row::Field { name, .. } if name == "title"),
        )
        .unwrap();
    let down = "Down ".repeat(line - play.explorer.model().state.selected - 1);
    play.keys(&down).keys("Enter");
    assert_eq!(play.explorer.model().cursor.version, 1, "{}", play.text());
}

#[test]
fn playing_runs_to_the_head() {
    let mut play = Play::demo(&Start { at: Some("Task/42@2"), ..START });
    let head = play.explorer.model().cursor.head;
    play.keys("Space");
    play.sees("▶ 1×");
    for _ in 0..head {
        play.explorer.tick().unwrap();
        play.settle();
    }
    assert_eq!(play.explorer.model().cursor.version, head);
    play.lacks("▶ 1×");
    play.keys("0 Space . . ,");
    play.sees("2×");
}

#[test]
fn the_mouse_clicks_drags_and_turns() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    let head = play.explorer.model().cursor.head;
    let find = |play: &Play, sign: &str| {
        let lines = play.lines();
        let y = lines.iter().position(|line| line.contains("main  ●") || line.contains("main  ◉")).unwrap();
        let line: Vec<char> = lines[y].chars().collect();
        let x = line.iter().position(|c| c.to_string() == sign).unwrap();
        (x as u16, y as u16)
    };
    let (x, y) = find(&play, "●");
    play.mouse(MouseEventKind::Down(MouseButton::Left), x, y);
    assert_eq!(play.explorer.model().cursor.version, 1);
    let (last, _) = find(&play, "▷");
    play.mouse(MouseEventKind::Drag(MouseButton::Left), last, y);
    play.mouse(MouseEventKind::Up(MouseButton::Left), last, y);
    assert_eq!(play.explorer.model().cursor.version, head);
    play.mouse(MouseEventKind::ScrollUp, x, y);
    assert_eq!(play.explorer.model().cursor.version, head - 1);
    let top = play.explorer.model().list.top;
    play.mouse(MouseEventKind::Down(MouseButton::Left), 5, 6);
    assert_eq!(play.explorer.model().list.index(), Some(top + 3));
}

#[test]
fn copies_say_what_and_how_much() {
    let mut play = Play::demo(&Start { at: Some("Task/42@2"), ..START });
    play.keys("Y");
    play.sees("sent the command line");
    let copied = String::from_utf8(play.out.0.lock().unwrap().clone()).unwrap();
    assert!(copied.starts_with("\x1b]52;c;") && copied.ends_with('\x07'), "{copied:?}");
    play.keys("y j");
    play.sees("sent the state of Task/42 v2");
}

#[test]
fn help_and_palette_come_from_the_key_table() {
    let mut play = Play::demo(&START);
    play.keys("?");
    insta::assert_snapshot!("help", play.text());
    play.keys("Esc : \"whole store\"");
    insta::assert_snapshot!("palette", play.text());
    play.keys("Enter");
    play.sees("the list shows the world as of the cursor");
}
