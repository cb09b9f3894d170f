//! History in the explorer: branches, firing from the past, undo, waypoints and lanes, by key scripts.

use backstory::session::{CaseRequest, Session, demo, open_case};

use crate::play::{Play, START, Start, at, comment, open_at, session};

#[test]
fn a_branch_forks_at_the_cursor_and_the_explorer_goes_on_there() {
    let mut play = at("Task/42@4");
    let head = play.explorer.model().cursor.head;
    play.keys("b");
    play.sees("forks at Task/42 v4 of main");
    play.sees("new branch: what-if");
    play.keys("Enter");
    play.sees("⎇ what-if");
    play.sees("what-if forks main at #");
    let cursor = &play.explorer.model().cursor;
    assert_eq!((cursor.version, cursor.head), (4, 4));
    play.sees("HEAD");
    // The whole store is as it was then: the list lacks nothing once its heads are filled.
    let mut session = session(&play);
    let fork = session.branches(true).unwrap()[1].fork_position;
    let then = session.list(&backstory::session::ListRequest {
        at: Some(fork),
        limit: 10_000,
        ..Default::default()
    });
    let then = then.unwrap().rows.len();
    assert_eq!(play.explorer.model().filling, None);
    play.sees(&format!("{then} items"));
    play.sees(&format!("/{then}"));
    // Back to where it was, on the branch that it was on.
    play.keys("<");
    play.sees("⎇ main");
    play.sees(&format!("PAST v4/{head}"));
    play.keys(">");
    play.sees("⎇ what-if");
}

#[test]
fn the_list_of_branches_goes_over_renames_and_archives() {
    let mut play = at("Task/42@4");
    play.keys("b C-u \"idea\" Enter B");
    insta::assert_snapshot!("branches", play.text());
    play.keys("Up Enter");
    play.sees("⎇ main");
    play.keys("B / \"idea\" Enter n C-u \"plan\" Enter");
    play.sees("idea is called plan now");
    play.sees("plan");
    play.keys("Esc Esc B / \"plan\" Enter x");
    play.sees("plan is archived");
    play.sees("archived");
    play.keys("x");
    play.sees("plan is shown again");
    // The branch on the screen may get another name too.
    play.keys("Enter");
    play.sees("⎇ plan");
    play.keys("B n C-u \"scheme\" Enter Esc");
    play.sees("⎇ scheme");
    play.keys("Left");
    play.sees("PAST v3/4");
    // What the domain protects stays.
    play.keys("B / \"main\" Enter n C-u \"x\" Enter");
    play.sees("main is protected");
}

#[test]
fn a_fork_of_a_name_that_is_taken_is_refused() {
    let mut play = at("Task/42@4");
    play.keys("b C-u \"main\" Enter");
    play.sees("There is a branch named main already");
    play.sees("⎇ main");
}

#[test]
fn another_branch_is_read_live_and_alone() {
    let mut play = at("Task/42@4");
    play.keys("b Enter");
    play.sees("v4/4");
    // What others append on main does not move this branch.
    comment(&play.path, "Task/42", "on main", None);
    let mut session = session(&play);
    session.switch("what-if").unwrap();
    let fire = backstory::session::Fire {
        target: backstory::session::Target::Aggregate("Task/42".parse().unwrap()),
        command: "comment".into(),
        params: serde_json::json!({ "text": "on the branch" }).as_object().unwrap().clone(),
        actor: "ben".into(),
        reason: None,
        at: None,
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: serde_json::Map::new(),
    };
    session.fire(&fire).unwrap();
    play.until("v5/5 HEAD");
    play.sees("on the branch");
    play.lacks("on main");
}

#[test]
fn what_is_not_on_a_branch_is_not_shown_there() {
    let mut play = at("Task/1@1");
    play.keys("b Enter @ \"main:Task/253\" Enter");
    play.sees("⎇ main");
    play.sees("Task/253");
    play.keys("B / \"what\" Enter Enter");
    play.sees("⎇ what-if");
    play.sees("Task/253 is not on what-if");
    assert_ne!(play.explorer.model().cursor.aggregate, Some("Task/253".parse().unwrap()));
    assert!(play.explorer.model().moment.is_some());
}

#[test]
fn the_whole_store_of_a_branch_skips_what_others_wrote() {
    let mut play = at("Task/42");
    play.keys("b Enter");
    for text in ["one", "two", "three"] {
        comment(&play.path, "Task/7", text, None);
    }
    play.keys("f \"comment\" Enter \"here\" Enter Tab Enter");
    play.sees("appended on what-if");
    play.keys("t");
    let head = play.explorer.model().cursor.place().0;
    play.keys("Left");
    let before = play.explorer.model().cursor.place().0;
    assert!(before < head - 3, "{before} {head}");
    play.keys("Right");
    assert_eq!(play.explorer.model().cursor.place().0, head);
    play.sees("HEAD");
}

#[test]
fn firing_from_the_past_forks_first_and_goes_on_there() {
    let mut play = at("Task/42@4");
    let head = play.explorer.model().cursor.head;
    play.keys("f \"comment\" Enter \"what if\"");
    play.sees("new branch");
    play.sees("v5 TaskCommented");
    // The name can be changed; one that is taken is refused while it is typed.
    play.keys("Tab Tab C-u \"main\"");
    play.sees("There is a branch named main already");
    play.keys("C-u \"trial\"");
    play.sees("IT WOULD APPEND");
    play.keys("Enter");
    insta::assert_snapshot!("fire_from_the_past", play.text());
    play.keys("Tab Enter");
    play.sees("TaskCommented appended on trial: Task/42 v5");
    play.sees("⎇ trial");
    play.sees("v5/5 HEAD");
    assert!(play.explorer.model().overlays.is_empty());
    // Nothing happened on main.
    let mut session = session(&play);
    assert_eq!(session.moment(&"Task/42".parse().unwrap(), i64::MAX).unwrap().head, head);
    assert_eq!(session.branches(true).unwrap().len(), 2);
}

#[test]
fn nothing_is_forked_where_the_form_is_left() {
    let mut play = at("Task/42@4");
    play.keys("f \"comment\" Enter \"what if\" Enter Enter Esc Esc Esc");
    assert_eq!(session(&play).branches(true).unwrap().len(), 1);
    play.sees("PAST v4/");
}

#[test]
fn undo_says_what_it_would_do_and_redo_does_it_again() {
    let mut play = at("Task/1");
    let head = play.explorer.model().cursor.head;
    play.keys("u");
    play.sees("There is nothing to undo for mira");
    play.keys("f \"comment\" Enter \"hello\" Enter Tab Enter u");
    insta::assert_snapshot!("undo", play.text());
    // Enter alone does nothing.
    play.keys("Enter");
    assert_eq!(play.explorer.model().cursor.head, head + 1);
    play.keys("u Tab Enter");
    play.sees("done: appends an event that takes back");
    assert_eq!(play.explorer.model().cursor.version, head + 2);
    play.keys("C-r Tab Enter");
    assert_eq!(play.explorer.model().cursor.version, head + 3);
    play.keys("b C-u \"idea\" Enter u Tab Enter");
    play.sees("archives the branch idea");
    play.sees("⎇ main");
    play.keys(": \"operation log\" Enter");
    insta::assert_snapshot!("operations", play.text());
}

#[test]
fn waypoints_are_named_shown_gone_to_and_forgotten() {
    let mut play = at("Task/42@3");
    play.keys("w \"asked\" Enter");
    play.sees("this point is called %asked");
    play.sees("⚑asked");
    play.keys("End");
    play.sees("⚑asked");
    play.keys("@ \"Task/7\" Enter");
    play.lacks("⚑asked");
    play.keys("@ \"%asked\" Enter");
    play.sees("Task/42");
    assert_eq!(play.explorer.model().cursor.version, 3);
    play.keys("t");
    play.sees("⚑asked");
    play.keys("w \"moment\" Enter Left Left : \"waypoints\" Enter");
    insta::assert_snapshot!("waypoints", play.text());
    play.keys("/ \"moment\" Enter Enter");
    play.sees("PAST #");
    play.keys(": \"waypoints\" Enter x x");
    play.sees("no point has a name");
}

#[test]
fn notes_are_written_shown_found_and_removed() {
    let mut play = at("Task/42@3");
    play.keys("w \"%asked who asked for this?\" Enter");
    play.sees("✎ who asked for this?");
    play.sees("⚑asked");
    play.keys("w \"record: the blue one\" Enter Left");
    play.lacks("✎ who asked for this?");
    play.sees("on Task/42: mira");
    play.keys("w \"before that\" Enter");
    insta::assert_snapshot!("notes", play.text());
    play.keys("Home Home : \"note: who asked\" Enter");
    play.sees("✎ who asked for this?");
    assert_eq!(play.explorer.model().cursor.version, 3);
    play.keys(": \"waypoints: \" Enter");
    insta::assert_snapshot!("notes_listed", play.text());
    // The name first, then the notes, the oldest of them first.
    play.keys("Down x");
    play.lacks("who asked for this?");
    play.keys("x x Esc");
    play.lacks("before that");
    play.keys("u");
    play.sees("brings the note");
}

/// The store of a case of one task of the demo.
fn case(path: &std::path::Path) {
    let folder = tempfile::tempdir().unwrap();
    let (from, file) = (folder.path().join("demo.db"), folder.path().join("lost.case"));
    demo::build(&from).unwrap();
    let open = open_at(&from);
    let mut session = Session::open(&open).unwrap();
    let points = vec![session.resolve("Task/42", None).unwrap()];
    let request = CaseRequest { points, ..CaseRequest::default() };
    session.write_case(&request, Some(&file), "mira", &mut |_, _| true).unwrap();
    std::fs::copy(open_case(&file, open.clock).unwrap().store, path).unwrap();
}

#[test]
fn a_case_is_named_in_the_first_line_and_changes_on_a_branch() {
    let mut play = Play::store(&Start { at: Some("Task/42@3"), ..START }, case);
    play.sees("case lost.case");
    play.sees("PAST v3/6");
    insta::assert_snapshot!("case", play.text());
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter");
    play.sees("⎇ what-if");
    play.sees("v4/4 HEAD");
    // What came with it stays as it is.
    play.keys("@ \"main:Task/42\" Enter f \"comment\" Enter \"on main\" Enter Tab Enter");
    play.sees("main came with the case lost.case, and stays as it is");
    play.keys("Esc Esc t Home");
    play.sees("case lost.case");
}

#[test]
fn every_branch_of_an_aggregate_is_a_lane() {
    let mut play = at("Task/42@3");
    assert!(play.explorer.model().lanes().is_empty());
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter");
    play.sees("v4/4 HEAD");
    insta::assert_snapshot!("lanes", play.text());
    // Up goes over to main at the same version; left and right stay on it.
    play.keys("4 Up");
    play.sees("⎇ main");
    play.sees("PAST v4/6");
    play.keys("End");
    play.sees("v6/6 HEAD");
    insta::assert_snapshot!("lanes_from_main", play.text());
    play.keys("Down");
    play.sees("⎇ what-if");
    play.sees("v4/4 HEAD");
    // A branch of the branch hangs on its own parent.
    play.keys("Left b C-u \"other\" Enter f \"comment\" Enter \"else\" Enter Tab Enter");
    insta::assert_snapshot!("lanes_of_three", play.text());
    play.keys("x");
    insta::assert_snapshot!("lanes_in_time", play.text());
}
