//! The domain's reports in the explorer, by key scripts.

use crate::play::{Play, START, Start};
use backstory::tui::screens::reports::Reports;
use crossterm::event::{MouseButton, MouseEventKind};

/// The first columns of the rows: what changes between two frames further right is another report's.
fn rows(play: &Play) -> Vec<String> {
    play.lines().iter().skip(1).take(8).map(|line| line.chars().take(24).collect()).collect()
}

#[test]
fn reports_follow_the_cursor_through_time() {
    let mut play = Play::demo(&START);
    play.keys("R");
    insta::assert_snapshot!("reports_feed", play.text());
    play.keys("Tab Tab");
    play.sees("[workload]");
    let now = rows(&play);
    assert_eq!((now[0].trim_end(), now[1].trim_end()), ("│ who     open  urgent", "│ aisha     13       2"));
    // The whole store's cursor: the same report as the world was then.
    play.keys("Esc t Home S-Right S-Right R Tab Tab");
    play.sees("◀ PAST");
    assert_ne!(rows(&play), now);
    play.keys("Right");
    let position = play.explorer.model().cursor.place().0;
    play.sees(&format!("as of #{position}"));
    play.keys("End");
    play.lacks("◀ PAST");
    assert_eq!(rows(&play), now, "at the head again the rows are what they were");
    // Enter goes to the event behind a row.
    play.keys("S-Tab S-Tab");
    play.sees("[feed]");
    play.keys("Down Enter");
    play.lacks("Reports");
    play.sees("Task/294");
}

#[test]
fn what_monitors_found_is_marked_and_listed() {
    let mut play = Play::demo(&START);
    let alarms = play.explorer.model().alarms.clone();
    assert!(alarms.len() > 10);
    play.keys("t : \"monitors: go\" Enter");
    play.sees("Monitors");
    let rows = play.lines().into_iter().filter(|line| line.contains("0 of at least 1 within 1h, behind #"));
    assert!(rows.filter(|row| row.contains(":00 to ")).count() > 5, "{}", play.text());
    // The first is of the first event of all, at the timeline's edge.
    play.keys("Down Enter");
    let (aggregate, version) = &alarms[1].at;
    let cursor = &play.explorer.model().cursor;
    assert_eq!((cursor.aggregate.as_ref(), cursor.version), (Some(aggregate), *version));
    let notes = |play: &Play| play.lines().into_iter().find(|line| line.contains("  notes")).unwrap();
    assert!(notes(&play).contains('◆'), "{}", play.text());
    let found = notes(&play).matches('◆').count();
    // A name at the very same event stands beside it.
    play.keys("w \"found\" Enter");
    play.until("⚑");
    assert!(notes(&play).contains("⚑found"), "{}", play.text());
    assert_eq!(notes(&play).matches('◆').count(), found, "{}", play.text());
}

#[test]
fn a_click_chooses_a_report_a_row_and_its_event() {
    const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
    let mut play = Play::demo(&START);
    play.keys("R");
    play.sees("[feed] recap workload");
    // The title begins with ` Reports  [feed] recap workload`.
    play.mouse(CLICK, 27, 0);
    play.sees("feed recap [workload]");
    play.mouse(CLICK, 12, 0);
    play.sees("[feed]");
    play.mouse(CLICK, 10, 4);
    let reports = play.explorer.model().screen::<Reports>().unwrap();
    assert_eq!(reports.rows.selected, 2);
    let position = reports.page.shown().unwrap().page.rows[2].position;
    play.mouse(CLICK, 10, 4);
    play.lacks("Reports");
    let moment = play.explorer.model().moment.as_ref().unwrap();
    assert_eq!(moment.event.as_ref().unwrap().position, position);
}

#[test]
fn reports_fit_a_small_screen() {
    let mut play = Play::demo(&Start { size: (80, 24), ..START });
    play.keys("R Tab");
    play.sees("feed [recap] workload");
    play.sees("Esc close");
    let shown = play.lines();
    assert!(shown[1].contains("day") && shown[1].contains("completed") && shown[1].contains("tasks"));
    assert!(shown[2].contains("2019-04-01") && shown[2].contains("tomas 1"));
    play.keys("Tab Tab Tab Tab");
    play.sees("[feed]");
}

#[test]
fn a_report_is_a_list_like_others() {
    let mut play = Play::demo(&START);
    play.keys("R");
    play.sees(" 1,252 rows ");
    // Every row is reachable.
    for _ in 0..60 {
        play.keys("PgDn");
    }
    let reports = play.explorer.model().screen::<Reports>().unwrap();
    assert_eq!(reports.rows.selected, 1_251);
    // Narrowed by a text, by a value, by jq; counted; Backspace drops.
    play.keys("/ \"TOMAS\" Enter");
    let found = |play: &Play| play.explorer.model().screen::<Reports>().unwrap().page.shown().unwrap().found;
    let some = found(&play);
    assert!(some > 10 && some < 1_000, "{some}");
    play.sees(&format!(" {some} rows of 1,252"));
    play.keys("= 1");
    assert!(found(&play) >= 1 && found(&play) <= some);
    play.keys("Backspace");
    assert_eq!(found(&play), some);
    play.keys("| \".nonsense > \" Enter");
    play.sees("not jq at column");
    play.keys("C-u \"false\" Enter");
    play.sees("nothing matches");
    play.keys("& x Esc Backspace");
    assert_eq!(found(&play), 1_252);
    // Another report has no chips, and sorts by its columns.
    play.keys("/ \"ann\" Enter Tab Tab S S");
    play.sees("sorted by open");
    let page = &play.explorer.model().screen::<Reports>().unwrap().page.shown().unwrap().page;
    let open: Vec<i64> = page.rows.iter().map(|row| row.row["open"].as_i64().unwrap()).collect();
    assert!(open.len() > 3 && open.is_sorted_by(|a, b| a >= b), "{open:?}");
    insta::assert_snapshot!("sorted", play.text());
}
