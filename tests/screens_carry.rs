//! The pinned field's row, and carrying events over in the explorer, by key scripts.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

#[path = "support/play.rs"]
mod play;

use std::fmt::Write as _;

use backstory::import;
use backstory::session::{create, import_into};
use backstory::tui::model::state::Row;
use play::{Play, START, Start, comment, open_at};

fn at(revision: &'static str) -> Play {
    Play::demo(&Start { at: Some(revision), ..START })
}

/// Selects a field in the state pane and pins it.
fn pin(play: &mut Play, wanted: &str) {
    play.keys("2");
    let state = &play.explorer.model().state;
    let named = |row: &Row| matches!(row, Row::Field { name, .. } if name.split(' ').next() == Some(wanted));
    let line = state.rows.iter().position(named).unwrap();
    for _ in state.selected..line {
        if play.explorer.model().state.selected != line {
            play.keys("Down");
        }
    }
    play.keys("p");
}

/// The row of the timeline that a name stands before.
fn row(play: &Play, name: &str) -> String {
    let lines = play.lines();
    let line = lines.iter().rev().find(|line| line.trim_start_matches(['│', '╎', ' ']).starts_with(name));
    line.unwrap_or_else(|| panic!("no row {name}\n{}", play.text())).clone()
}

/// A store of one host, whose load is `load(n)` after the event `n` of so many.
fn host(events: i64, load: impl Fn(i64) -> i64) -> Play {
    Play::store(&START, |path| {
        let mut lines = String::new();
        for n in 1..=events {
            let at = backstory::event::Time(1_700_000_000_000_000 + n * 60_000_000);
            let line = serde_json::json!({
                "aggregate": "Host/a", "type": "Measured", "occurred_at": at,
                "data": { "load": load(n), "phase": format!("p{}", n / 500) }, "meta": {}
            });
            writeln!(lines, "{line}").unwrap();
        }
        let file = path.with_extension("jsonl");
        std::fs::write(&file, lines).unwrap();
        drop(create(&open_at(path), None).unwrap());
        let options = import::Options { files: vec![file], ..import::Options::default() };
        import_into(&open_at(path), &options, &mut |_| true).unwrap();
    })
}

#[test]
fn a_pinned_field_has_its_row_on_the_timeline() {
    let mut play = at("Task/42");
    pin(&mut play, "due_on");
    insta::assert_snapshot!("pinned", play.text());
    // Each value stands where its event stands, whatever the zoom and the axis.
    play.keys("-");
    let (lane, values) = (row(&play, "main"), row(&play, "due_on"));
    let column = |line: &str, what: char| line.chars().position(|c| c == what);
    assert_eq!(column(&lane, '●'), column(&values, '2'), "{lane}\n{values}");
    play.keys("x");
    insta::assert_snapshot!("pinned_in_time", play.text());
    // In the whole store it is what the aggregate shown was at each position.
    play.keys("x t");
    assert!(row(&play, "due_on").contains("2019-04-"), "{}", play.text());
    play.keys("t");
    // Another aggregate has other values; the same key lets the field go.
    let before = row(&play, "due_on");
    play.keys("@ \"Task/7\" Enter");
    assert_ne!(row(&play, "due_on"), before);
    pin(&mut play, "due_on");
    play.sees("no field is pinned");
}

#[test]
fn what_others_append_and_other_branches_change_the_pinned_row() {
    let mut play = at("Task/42");
    pin(&mut play, "comments");
    let before = row(&play, "commen…");
    comment(&play.path, "Task/42", "one more", None);
    play.until("one more");
    let after = row(&play, "commen…");
    assert_ne!(before, after);
    play.keys("Left Left Left b Enter");
    play.sees("⎇ what-if");
    assert_ne!(row(&play, "commen…"), after);
}

#[test]
fn numbers_are_bars_and_a_cell_of_many_events_shows_the_last_value() {
    let mut play = host(1_900, |n| n);
    pin(&mut play, "load");
    insta::assert_snapshot!("pinned_numbers", play.text());
    play.sees("load 20 to 1900");
    let bars: Vec<_> = row(&play, "load").chars().filter(|c| ('▁'..='█').contains(c)).collect();
    assert_eq!(bars.len(), 95);
    assert!(bars.is_sorted() && bars[0] == '▁' && bars[94] == '█', "{bars:?}");
    // Closer it is another window of the same.
    play.keys("+ + Left");
    let closer = row(&play, "load");
    assert!(closer.contains('█') && closer.contains('▁'), "{closer}");
    pin(&mut play, "phase");
    play.keys("0");
    let row = row(&play, "phase");
    assert!(row.contains("p0────") && row.contains("p1────") && row.contains("p3────"), "{row}");
}
