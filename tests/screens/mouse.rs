//! The mouse: words of the bottom line, and what is open above the panes.

use crate::play::{Play, START, Start};
use crossterm::event::{Event, MouseButton, MouseEventKind};

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

/// Clicks on a text in the last line, so many columns behind where it begins.
#[track_caller]
fn click(play: &mut Play, text: &str, behind: u16) {
    let last = play.lines().pop().unwrap();
    assert!(last.contains(text), "no {text} in {last}");
    let x = last.split(text).next().unwrap().chars().count() as u16;
    play.mouse(CLICK, x + behind, play.explorer.model().look.size.1 - 1);
}

#[test]
fn a_word_of_the_bottom_line_does_what_its_key_does() {
    for ascii in [false, true] {
        let mut play = Play::demo(&Start { at: Some("Task/42"), ascii, ..START });
        let arrows = if ascii { "<-> step" } else { "←→ step" };
        click(&mut play, arrows, 0);
        click(&mut play, arrows, 4);
        assert_eq!(play.explorer.model().cursor.version, 4, "{}", play.text());
        click(&mut play, arrows, 1 + u16::from(ascii));
        assert_eq!(play.explorer.model().cursor.version, 5, "{}", play.text());
        click(&mut play, "? help", 3);
        play.sees(" Help ");
        click(&mut play, "Esc close", 5);
        assert!(play.explorer.model().overlays.is_empty());
        play.keys("R");
        click(&mut play, "Tab next report", 1);
        play.sees("[recap]");
        click(&mut play, "Esc close", 0);
        assert!(play.explorer.model().overlays.is_empty());
    }
}

#[test]
fn a_click_beside_a_box_closes_it_but_nothing_that_was_typed_is_lost() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    let before = play.explorer.model().cursor.clone();
    for keys in ["?", ":", "y", "B", "f", "&"] {
        play.keys(keys);
        assert_eq!(play.explorer.model().overlays.len(), 1, "{keys}");
        // On its frame it stays open.
        let area = backstory::tui::view::closable(play.explorer.model()).unwrap();
        play.mouse(CLICK, area.x, area.y);
        play.mouse(CLICK, area.x + 3, area.bottom() - 1);
        assert_eq!(play.explorer.model().overlays.len(), 1, "{keys}");
        play.mouse(CLICK, area.x.saturating_sub(1), area.y + 1);
        assert!(play.explorer.model().overlays.is_empty(), "{keys}\n{}", play.text());
    }
    assert_eq!(play.explorer.model().cursor, before, "what is beneath is not clicked");
    play.keys("f \"comment\" Enter \"half a sentence\"");
    play.mouse(CLICK, 0, 3);
    play.sees("half a sentence");
    play.keys("Esc Esc Esc @ \"#12\"");
    play.mouse(CLICK, 3, 3);
    play.sees("#12");
    assert_eq!(play.explorer.model().overlays.len(), 1);
}

#[test]
fn a_row_is_selected_by_a_click_and_opened_by_a_second_one() {
    let mut play = Play::demo(&Start { at: Some("Task/42@2"), ..START });
    play.keys("W");
    play.mouse(CLICK, 5, 2);
    play.lacks("Change this event");
    play.mouse(CLICK, 5, 2);
    play.sees("Change this event");
    play.keys("Esc Esc r");
    play.input(Event::Paste(" | .x = 1".into()));
    let row = play.lines().iter().position(|line| line.contains("Task.TaskRetitled:")).unwrap() as u16 + 2;
    let before = play.explorer.model().cursor.aggregate.clone();
    play.mouse(CLICK, 90, row);
    assert_eq!(play.explorer.model().cursor.aggregate, before);
    play.mouse(CLICK, 90, row);
    assert_ne!(play.explorer.model().cursor.aggregate, before);
}
