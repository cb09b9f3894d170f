//! Chips: what narrows the list and the logs, how they are made, changed and dropped.

use backstory::session::{Chip, Test};
use crossterm::event::{MouseButton, MouseEventKind};
use serde_json::json;

use crate::play::{Play, START, Start};

fn of_log(play: &Play) -> Vec<Chip> {
    play.explorer.model().log().chips.all().to_vec()
}

fn of_list(play: &Play) -> Vec<Chip> {
    play.explorer.model().list.chips.all().to_vec()
}

#[test]
fn what_is_selected_offers_what_it_can_narrow_to() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("2 Down Down =");
    insta::assert_snapshot!("offers", play.text());
    play.keys("Esc");
    assert!(of_log(&play).is_empty());
    play.keys("= c");
    play.sees("[Log]");
    play.sees("changed⟩");
    let changed = of_log(&play);
    assert!(matches!(&changed[..], [Chip { test: Test::Changed(_), not: false, off: false }]), "{changed:?}");
    insta::assert_snapshot!("changed", play.text());
    // Of an event: who did it, and not.
    play.keys("= A");
    assert!(matches!(&of_log(&play)[..], [_, Chip { test: Test::Actor(_), not: true, .. }]));
    play.sees("0 of 6");
    play.keys("Backspace Backspace");
    assert!(of_log(&play).is_empty());
    play.sees("6");
    play.keys("Backspace");
    play.sees("nothing narrows this pane");
    // Of a record: its status, in the list.
    play.keys("1 =").keys("=");
    let chips = of_list(&play);
    assert!(matches!(&chips[..], [Chip { test: Test::Status(_), .. }]), "{chips:?}");
    play.sees(" of 346");
}

#[test]
fn a_value_narrows_the_records_or_the_events() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("2");
    let select = |play: &mut Play, field: &str| {
        for _ in 0..30 {
            let state = &play.explorer.model().state;
            if state.rows[state.selected].pointer() == Some(field) {
                return;
            }
            play.keys("Down");
        }
    };
    select(&mut play, "/title");
    play.keys("= r");
    assert_eq!(of_list(&play), [Chip::only(Test::Is("/title".into(), json!("Prepare slides")))]);
    play.sees("⟨title = Prepare slides⟩");
    play.sees("1 of 346");
    play.keys("2");
    select(&mut play, "/title");
    play.keys("= n");
    assert_eq!(of_log(&play), [Chip::not(Test::Is("/title".into(), json!("Prepare slides")))]);
    play.sees("⟨title ≠ Prepare slides⟩");
}

#[test]
fn chips_are_switched_turned_round_edited_and_dropped() {
    let mut play = Play::demo(&START);
    play.keys("t s / \"ANN\" Enter / \"slides\" Enter & n");
    assert_eq!(of_log(&play)[0], Chip::not(Test::Text("ANN".into())));
    play.keys("Down Enter");
    assert!(of_log(&play)[1].off);
    insta::assert_snapshot!("listed", play.text());
    play.keys("e C-u \"receipts\" Enter");
    assert_eq!(of_log(&play)[1].test, Test::Text("receipts".into()));
    assert!(of_log(&play)[1].off, "it stays as it was");
    play.keys("x");
    assert_eq!(of_log(&play).len(), 1);
    // With counts of what occurs: an event type and an actor of the log.
    play.keys("/ \"billing\" Enter Enter");
    assert!(matches!(&of_log(&play)[1].test, Test::Actor(names) if names == &["billing"]));
    assert!(play.explorer.model().overlays.is_empty());
    // A click on the line of chips opens them.
    let row = play.lines().iter().position(|line| line.contains('⟨')).unwrap() as u16;
    let column = play.lines()[row as usize].chars().position(|c| c == '⟨').unwrap() as u16;
    play.mouse(MouseEventKind::Down(MouseButton::Left), column + 2, row);
    play.sees("Narrow the log");
}

#[test]
fn a_text_is_one_chip_that_narrows_as_it_is_typed_and_goes_with_escape() {
    let mut play = Play::demo(&START);
    play.keys("t s / \"SLID\"");
    assert_eq!(of_log(&play), [Chip::only(Test::Text("SLID".into()))]);
    play.keys("Esc");
    assert!(of_log(&play).is_empty());
    play.keys("/ \"slides\" Enter");
    let found = play.explorer.model().log().count.answer().unwrap().found;
    assert!(found > 3);
    play.sees(&format!("{found} of 1,568"));
}

#[test]
fn a_narrowed_log_holds_every_hit_on_either_side_of_the_cursor() {
    let mut play = Play::demo(&START);
    play.keys("t s @ \"700\" Enter | \"true\" Enter");
    let log = |play: &Play| {
        let log = play.explorer.model().log();
        (log.rows[0].event.position, log.rows.last().unwrap().event.position, log.rows.len())
    };
    let (first, last, _) = log(&play);
    assert!(first < 700 && last > 700, "{first} {last}");
    play.keys("Home");
    assert_eq!(log(&play).0, 1);
    play.keys("End");
    assert_eq!(log(&play).1, 1_568);
    play.keys("PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp");
    let here = play.explorer.model().log_place().0;
    assert!(play.explorer.model().log().row(here).is_some());
    play.sees("1,568 of 1,568");
}

#[test]
fn chosen_records_have_one_log_and_the_listed_ones_narrow_the_stores() {
    let mut play = Play::demo(&START);
    play.keys("* Down * s");
    insta::assert_snapshot!("chosen", play.text());
    let log = play.explorer.model().log();
    let whose: std::collections::HashSet<_> =
        log.rows.iter().map(|row| row.event.aggregate.clone()).collect();
    assert_eq!(whose.len(), 2);
    play.keys("Up Up");
    let (here, log) = (play.explorer.model().log_place().0, play.explorer.model().log());
    assert!(log.row(here).is_some(), "{here}");
    let mut play = Play::demo(&START);
    play.keys("/ \"slides\" Enter t s & Enter");
    assert_eq!(of_log(&play), [Chip::only(Test::Listed)]);
    let listed: Vec<_> = play.explorer.model().list.rows.iter().map(|row| row.aggregate.clone()).collect();
    let log = play.explorer.model().log();
    assert!(!log.rows.is_empty() && log.rows.iter().all(|row| listed.contains(&row.event.aggregate)));
}

#[test]
fn chips_take_one_line_at_every_width() {
    for (size, name) in [((80, 24), "chips_80"), ((200, 60), "chips_200")] {
        let mut play = Play::demo(&Start { at: Some("Task/42"), size, ..START });
        play.keys("s / \"e\" Enter | \".done != true\" Enter = e 1 / \"a\" Enter = s");
        insta::assert_snapshot!(name, play.text());
    }
    let mut play = Play::demo(&Start { at: Some("Task/42"), size: (80, 24), ascii: true, ..START });
    play.keys("s / \"e\" Enter = E");
    insta::assert_snapshot!("chips_ascii", play.text());
}

#[test]
fn a_view_is_named_shown_forgotten_and_the_last_one_is_there_again() {
    let mut play = Play::demo(&START);
    play.keys(") / \"slides\" Enter S t s / \"mira\" Enter");
    play.keys(": \"keep view\" Enter \"slides by mira\" Enter");
    play.sees("kept as slides by mira");
    play.keys("Backspace 1 Backspace Backspace");
    assert!(of_list(&play).is_empty() && of_log(&play).is_empty());
    play.keys(": \"views that\" Enter");
    play.sees("slides by mira");
    play.keys("Enter");
    let shown = |play: &Play| {
        let list = &play.explorer.model().list;
        assert_eq!(list.chips.all(), [Chip::only(Test::Text("slides".into()))]);
        assert_eq!((list.kind.as_deref(), list.sort), (Some("Account"), backstory::session::Sort::Label));
        assert_eq!(play.explorer.model().store_log.chips.all(), [Chip::only(Test::Text("mira".into()))]);
    };
    shown(&play);
    play.keys("2");
    play.sees("⟨mira⟩");
    let mut play = play.reopened(&START);
    shown(&play);
    play.keys("1 Backspace : \"views that\" Enter x");
    play.sees("the view slides by mira is forgotten");
    play.keys(": \"views that\" Enter");
    play.sees("no view has a name yet");
}
