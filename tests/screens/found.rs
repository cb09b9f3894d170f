//! Questions about history: who set a field, when something turned, links, a pinned field, the graph.

use backstory::tui::screens::graph::Graph;

use crate::play::{Play, at, comment, session};

/// Selects a field in the state pane.
fn field(play: &mut Play, wanted: &str) {
    use backstory::tui::model::state::Row;
    play.keys("2");
    let state = &play.explorer.model().state;
    let line =
        state.rows.iter().position(|row| matches!(row, Row::Field { name, .. } if name == wanted)).unwrap();
    let mut down = line - state.selected;
    while play.explorer.model().state.selected != line {
        play.keys("Down");
        down -= 1;
    }
    assert!(down < line);
}

#[test]
fn every_field_says_who_set_it_and_leads_there_and_further_back() {
    let mut play = at("Task/42");
    let model = play.explorer.model();
    assert_eq!((model.set_by("/title"), model.set_by("/due_on")), (Some(2), Some(4)));
    field(&mut play, "due_on");
    insta::assert_snapshot!("blame", play.text());
    play.keys("Enter");
    assert_eq!(play.explorer.model().cursor.version, 4);
    play.keys("Enter");
    assert_eq!(play.explorer.model().cursor.version, 1);
    play.keys("Enter");
    play.sees("no event wrote due_on before this one");
    play.keys("<");
    assert_eq!(play.explorer.model().cursor.version, 4);
    play.keys("<");
    assert_eq!(play.explorer.model().cursor.version, 6);
}

#[test]
fn a_search_lists_marks_and_walks_what_turned() {
    let mut play = at("Task/42");
    play.keys("F").types(r#".due_on == "2019-04-20""#).keys("Enter");
    play.sees("2 turns");
    insta::assert_snapshot!("found", play.text());
    play.keys("Enter");
    play.sees("here it turned true");
    assert_eq!(play.explorer.model().cursor.version, 1);
    play.keys("]");
    play.sees("here it turned false");
    assert_eq!(play.explorer.model().cursor.version, 4);
    let notes = play.lines().into_iter().find(|line| line.contains("notes")).unwrap();
    assert!(notes.contains('▴') && notes.contains('▾'), "{notes}");
    play.keys("n");
    play.sees("no later hit");
    play.keys("[");
    assert_eq!(play.explorer.model().cursor.version, 1);
    // Playing stops at a hit.
    play.keys("Right Space");
    for _ in 0..4 {
        play.explorer.tick().unwrap();
        play.keys("");
        play.explorer.settle(std::time::Duration::from_secs(20)).unwrap();
    }
    assert_eq!(play.explorer.model().cursor.version, 4);
    play.sees("stopped where");
    // A mistake is explained where the hits would be.
    play.keys("F C-u \".due_on ==\" Enter");
    play.sees(" ! ");
    play.lacks("searching");
    play.keys("Esc");
    assert!(play.explorer.model().overlays.is_empty());
}

#[test]
fn a_search_through_the_store_finds_what_the_command_line_finds() {
    let mut play = at("Task/42");
    play.keys("t F").types(".completed_at != null").keys("Enter");
    let mut session = session(&play);
    let request =
        backstory::session::FindRequest { predicate: ".completed_at != null".into(), ..Default::default() };
    let mut search = session.search(request).unwrap();
    let mut hits = Vec::new();
    loop {
        let page = session.find(&mut search, usize::MAX).unwrap();
        hits.extend(page.hits.clone());
        if page.is_last() {
            break;
        }
    }
    hits.sort_by_key(|hit| hit.position);
    let places = |hits: &[backstory::session::Hit]| hits.iter().map(|hit| hit.position).collect::<Vec<_>>();
    assert!(hits.len() > 50);
    assert_eq!(places(&play.explorer.model().search.hits), places(&hits));
    play.keys("Down Enter");
    assert_eq!(play.explorer.model().cursor.place().0, hits[1].position);
    play.keys(": \"what F found\" Enter Esc ]");
    assert_eq!(play.explorer.model().cursor.place().0, hits[2].position);
}

#[test]
fn searches_races_and_monitors_fill_one_list_of_hits_that_is_walked_from_anywhere() {
    let mut play = at("Subscription/26");
    let place = |play: &Play| {
        let cursor = &play.explorer.model().cursor;
        (cursor.aggregate.clone().unwrap().to_string(), cursor.version)
    };
    let hits = |play: &Play| play.explorer.model().search.hits.len();
    play.keys("]");
    play.sees("nothing was searched yet");
    play.keys("X");
    play.until("disorder 1");
    assert_eq!(hits(&play), 2);
    // From inside a list the hits are walked in the panes.
    play.keys("[");
    play.lacks("Races");
    assert_eq!(place(&play), ("Subscription/26".to_owned(), 11));
    play.sees("2 of 2 races");
    play.sees("duplicate: the same event at the same time as v10");
    let notes = play.lines().into_iter().find(|line| line.contains("notes")).unwrap();
    assert_eq!(notes.chars().filter(|sign| *sign == '⇄').count(), 2, "{notes}");
    play.keys("[");
    assert_eq!(place(&play).1, 4);
    play.keys(": \"what F found\" Enter");
    play.sees("⇄ Subscription/26 v11");
    play.keys("Esc");
    // Other records have other races: those of the whole store are walked from one to the other.
    play.keys("X t");
    play.until("edit-war 1");
    play.keys("Esc ]");
    assert_ne!(place(&play).0, "Subscription/26");
    let races = hits(&play);
    assert!(races > 30, "{races}");
    // Monitors are the hits when somebody looks at them, and so is what F finds.
    play.keys(": \"monitors: go\" Enter");
    play.sees("Monitors");
    assert_eq!(hits(&play), play.explorer.model().alarms.len());
    play.keys("[");
    play.sees("alarms");
    play.sees("payments: ");
    play.keys("F").types(".paid_total > 0").keys("Enter Esc");
    play.until("turn");
    play.lacks("alarms");
}

#[test]
fn links_lead_to_causes_effects_and_the_same_operation() {
    let mut play = at("Task/42");
    let cause = comment(&play.path, "Task/294", "because", None);
    comment(&play.path, "Task/295", "so", Some(&cause));
    play.keys("@ \"Task/294\" Enter c");
    play.sees("Task/295");
    play.keys("C");
    play.sees("Task/294");
    play.keys("C");
    play.sees("names no cause");
    comment(&play.path, "Task/296", "so too", Some(&cause));
    play.keys("c");
    play.sees("Effects");
    play.keys("Down Enter");
    play.sees("Task/296");
    play.keys("o");
    play.sees("no later event of the same operation");
}

#[test]
fn a_pinned_field_is_walked_from_change_to_change() {
    let mut play = at("Task/42");
    play.keys("v");
    play.sees("no field is pinned");
    field(&mut play, "due_on");
    play.keys("p");
    play.sees("due_on has its row on the timeline");
    play.keys("V");
    assert_eq!(play.explorer.model().cursor.version, 4);
    play.keys("V");
    assert_eq!(play.explorer.model().cursor.version, 1);
    play.keys("V");
    play.sees("no earlier change of due_on");
    play.keys("v");
    assert_eq!(play.explorer.model().cursor.version, 4);
}

#[test]
fn the_graph_shows_every_branch_and_leads_to_its_events() {
    let mut play = at("Task/42@3");
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter P");
    insta::assert_snapshot!("graph", play.text());
    play.keys("Down Enter");
    play.sees("⎇ main");
    play.keys("P Home");
    let selected = |play: &Play| {
        let graph = play.explorer.model().screen::<Graph>().unwrap();
        (graph.lines[graph.rows.selected].event.position, graph.lines.len())
    };
    assert_eq!(selected(&play).0, 1);
    // Walking through all of it keeps a part of it, whichever way.
    for (keys, end) in [("PgUp", 1_569), ("PgDn", 1)] {
        for _ in 0..60 {
            play.keys(keys);
        }
        assert_eq!(selected(&play).0, end);
        assert!(selected(&play).1 <= 1_200);
    }
    play.keys("End");
    assert_eq!(selected(&play).0, 1_569);
    play.keys("Enter");
    play.sees("⎇ what-if");
}
