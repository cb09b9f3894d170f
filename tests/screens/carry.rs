//! The pinned field's row, and carrying events over in the explorer, by key scripts.

use std::fmt::Write as _;

use crate::play::{Play, START, Start, comment, open_at};
use backstory::import;
use backstory::session::{Fire, LogRequest, Open, Session, Target, create, import_into};
use backstory::tui::model::state::Row;

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

/// Somebody else fires a command on a branch.
fn fire(play: &Play, branch: &str, task: &str, command: &str, params: &serde_json::Value) {
    let fire = Fire {
        target: Target::Aggregate(task.parse().unwrap()),
        command: command.into(),
        params: params.as_object().unwrap().clone(),
        actor: "ben".into(),
        reason: None,
        at: None,
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: serde_json::Map::new(),
    };
    let open = Open { branch: branch.into(), ..open_at(&play.path) };
    Session::open(&open).unwrap().fire(&fire).unwrap();
}

/// The newest version on a branch, and the state there.
fn head(play: &Play, branch: &str, aggregate: &str) -> (i64, serde_json::Value) {
    let mut session = Session::open(&Open { branch: branch.into(), ..open_at(&play.path) }).unwrap();
    let moment = session.moment(&aggregate.parse().unwrap(), i64::MAX).unwrap();
    (moment.version, moment.state)
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
    // The newest events are about accounts; the one before them is about a task.
    play.keys("h h h h h h h h h h");
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
    let before = row(&play, "comments");
    comment(&play.path, "Task/42", "one more", None);
    play.until("one more");
    let after = row(&play, "comments");
    assert_ne!(before, after);
    play.keys("Left Left Left b Enter");
    play.sees("⎇ what-if");
    assert_ne!(row(&play, "comments"), after);
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

#[test]
fn a_branch_is_merged_after_its_table_was_seen_and_undone() {
    let mut play = at("Task/42@3");
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter");
    play.sees("⎇ what-if");
    play.keys(": \"merge this\" Enter");
    insta::assert_snapshot!("merge", play.text());
    // No single key appends.
    play.keys("Enter");
    assert!(play.explorer.model().overlays.is_empty());
    assert_eq!(head(&play, "main", "Task/42").0, 6);
    play.keys("B m Right Enter");
    play.sees("appended on main: Task/42 v7 TaskCommented");
    play.sees("⎇ what-if");
    assert_eq!(head(&play, "main", "Task/42").0, 7);
    // Once more there is nothing to choose.
    play.keys(": \"merge this\" Enter");
    play.sees("already there");
    play.keys("Right Enter");
    assert_eq!(head(&play, "main", "Task/42").0, 7);
    play.keys("u Tab Enter");
    play.sees("done: appends an event that takes back");
    assert_eq!(head(&play, "main", "Task/42").1["comments"].as_array().unwrap().len(), 1);
}

#[test]
fn the_event_at_the_cursor_is_picked_onto_a_branch() {
    let mut play = at("Task/42@3");
    play.keys("b Enter @ \"main:Task/42@4\" Enter");
    play.sees("⎇ main");
    play.keys(": \"cherry-pick\" Enter");
    play.sees("Onto which branch?");
    play.keys("Enter");
    play.sees("Cherry-pick Task/42 v4 of main onto what-if");
    play.keys("Right Enter");
    play.sees("appended on what-if: Task/42 v4 TaskScheduled");
    play.sees("PAST v4/6");
    assert_eq!(head(&play, "what-if", "Task/42").1["due_on"], "2019-04-24");
    // From the list it goes onto the branch that is selected there; what is there stays as it is.
    play.keys("B / \"what\" Enter p");
    play.sees("already there");
    play.keys("Esc Esc Esc u Tab Enter");
    assert_eq!(head(&play, "what-if", "Task/42").1["due_on"], "2019-04-20");
    // Before the first event there is nothing to pick.
    play.keys("Home : \"cherry-pick\" Enter");
    play.sees("there is no event here");
}

#[test]
fn what_is_rejected_keeps_all_out_or_is_skipped() {
    let mut play = at("Task/42@3");
    play.keys("b Enter");
    fire(&play, "what-if", "Task/42", "retitle", &serde_json::json!({ "title": "Prepare talk" }));
    fire(&play, "what-if", "Task/7", "comment", &serde_json::json!({ "text": "there" }));
    fire(&play, "main", "Task/42", "delete", &serde_json::json!({}));
    let before = head(&play, "main", "Task/7").0;
    play.until("v4/4");
    play.until("●7▷");
    play.keys(": \"merge this\" Enter");
    insta::assert_snapshot!("merge_rejected", play.text());
    play.keys("Esc");
    assert_eq!(head(&play, "main", "Task/7").0, before);
    play.keys(": \"merge this\" Enter Tab Enter");
    play.sees("appended on main: Task/7");
    play.sees("1 left out");
    assert_eq!(head(&play, "main", "Task/7").0, before + 1);
}

#[test]
fn a_conflict_shows_the_field_both_values_and_both_events() {
    let mut play = host(2, |n| n);
    play.keys("b Enter");
    let import = |play: &Play, branch: &str, name: &str, load: i64| {
        let line = serde_json::json!({
            "aggregate": "Host/a", "type": "Measured", "occurred_at": "2024-01-01T00:00:00Z",
            "data": { "load": load }, "meta": { "actor": branch }
        });
        let file = play.path.with_extension(name);
        std::fs::write(&file, line.to_string()).unwrap();
        let options = import::Options { files: vec![file], ..import::Options::default() };
        let open = Open { branch: branch.into(), ..open_at(&play.path) };
        import_into(&open, &options, &mut |_| true).unwrap();
    };
    import(&play, "what-if", "1.jsonl", 20);
    import(&play, "main", "2.jsonl", 30);
    play.until("v3/3");
    play.keys(": \"merge this\" Enter");
    insta::assert_snapshot!("merge_conflict", play.text());
    // All of it is refused: there is nothing to choose.
    play.keys("Right Enter");
    assert_eq!(head(&play, "main", "Host/a"), (3, serde_json::json!({ "load": 30, "phase": "p0" })));
}

#[test]
fn what_was_refused_meanwhile_is_shown_and_nothing_is_written() {
    let mut play = at("Task/42@3");
    play.keys("b Enter");
    fire(&play, "what-if", "Task/42", "retitle", &serde_json::json!({ "title": "Prepare talk" }));
    play.keys(": \"merge this\" Enter Right");
    play.sees("Append all 1");
    fire(&play, "main", "Task/42", "delete", &serde_json::json!({}));
    play.keys("Enter");
    play.sees("nothing was written: the branch has moved on");
    play.sees("rejected");
    assert_eq!(head(&play, "main", "Task/42").0, 7);
}

#[test]
fn the_event_at_the_cursor_is_taken_back_at_the_head() {
    let mut play = at("Task/42@4");
    play.keys(": \"revert\" Enter");
    insta::assert_snapshot!("revert", play.text());
    play.keys("Left Enter");
    play.sees("appended on main: Task/42 v7");
    play.sees("v7/7 HEAD");
    assert_eq!(head(&play, "main", "Task/42").1["due_on"], "2019-04-20");
    play.keys("<");
    play.sees("PAST v4/7");
    // It is not taken back twice, unless that is asked for; and here there is nothing left to take back.
    play.keys(": \"revert\" Enter");
    play.sees("backstory.Reverted #");
    play.sees("takes it back already");
    play.keys("Right Enter");
    play.sees("conflict");
    play.keys("Esc");
    assert_eq!(head(&play, "main", "Task/42").0, 7);
    play.keys("u Tab Enter");
    assert_eq!(head(&play, "main", "Task/42").1["due_on"], "2019-04-24");
}

#[test]
fn a_branch_is_rebased_from_the_list_and_the_undo_brings_it_back() {
    let mut play = at("Task/42@3");
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter s");
    play.sees("v4/4 HEAD");
    play.keys("B r Enter");
    insta::assert_snapshot!("rebase", play.text());
    play.keys("Right Enter");
    play.sees("appended on what-if: Task/42 v7 TaskCommented");
    play.sees("⎇ what-if");
    play.sees("v7/7 HEAD");
    // What looks through much reads the new branch too.
    play.keys("F").types(".completed_at != null").keys("Enter");
    play.sees("1 turn");
    play.keys("Esc u Tab Enter");
    play.sees("⎇ what-if");
    play.sees("v4/4 HEAD");
}

#[test]
fn what_lies_behind_the_cursor_in_the_store_is_counted_on_this_branch() {
    let mut play = at("Task/42");
    play.keys("b Enter");
    for text in ["one", "two", "three"] {
        comment(&play.path, "Task/7", text, None);
    }
    fire(&play, "what-if", "Task/42", "comment", &serde_json::json!({ "text": "here" }));
    comment(&play.path, "Task/7", "four", None);
    play.until("v7/7");
    play.keys("t Left");
    play.sees("1 behind");
    play.keys("Left");
    play.sees("2 behind");
    play.keys("End B / \"main\" Enter Enter Left Left");
    play.sees("2 behind");
    // At every position of either branch it is what the log says.
    for branch in ["main", "what-if"] {
        let open = Open { branch: branch.into(), ..open_at(&play.path) };
        let mut session = Session::open(&open).unwrap();
        let request = LogRequest { limit: 2_000, oldest_first: true, ..LogRequest::default() };
        let rows = session.log(&request).unwrap().rows;
        let positions: Vec<_> = rows.into_iter().map(|row| row.event.position).collect();
        assert!(positions.len() > 1_200);
        for at in (0..1_600).filter(|at| at % 50 == 0 || *at > 1_540) {
            let behind = positions.iter().filter(|position| **position > at).count() as i64;
            assert_eq!(session.count_behind(at).unwrap(), behind, "{branch} #{at}");
        }
    }
}

#[test]
fn a_lane_grows_when_its_branch_moves_on_and_another_one_is_shown() {
    let mut play = at("Task/42@3");
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter");
    let heads = |play: &Play| -> Vec<_> {
        play.explorer.model().lanes().iter().map(|lane| (lane.branch.clone(), lane.head)).collect()
    };
    assert_eq!(heads(&play), [("main".to_owned(), 6), ("what-if".to_owned(), 4)]);
    comment(&play.path, "Task/42", "on main", None);
    play.until("●7");
    assert_eq!(heads(&play), [("main".to_owned(), 7), ("what-if".to_owned(), 4)]);
    // In the past too, where this branch only raises a counter.
    play.keys("Left");
    fire(&play, "what-if", "Task/42", "comment", &serde_json::json!({ "text": "more" }));
    play.until("+1 since");
    comment(&play.path, "Task/42", "on main again", None);
    play.until("●8");
    play.sees("PAST v3/4");
}
