//! Comparing in the explorer: differences, three states, another clock's order, rewriting; by key scripts.

use std::path::Path;
use std::rc::Rc;

use crate::play::{Play, START, Start, comment, open_at};
use backstory::domain::Domain;
use backstory::import;
use backstory::session::{Session, create, import_into};
use crossterm::event::{MouseButton, MouseEventKind};

fn at(revision: &'static str) -> Play {
    Play::demo(&Start { at: Some(revision), ..START })
}

#[test]
fn the_cursor_is_compared_with_the_head_or_with_the_mark() {
    let mut play = at("Task/42@2");
    play.keys("d");
    play.sees("Task/42 v2 → head v");
    insta::assert_snapshot!("diff_to_head", play.text());
    play.keys("Esc m");
    play.keys("Right Right Right d");
    play.sees("Task/42 v2 → Task/42 v5");
    insta::assert_snapshot!("diff_from_mark", play.text());
    play.keys("d m End m d");
    play.sees("nothing differs");
    play.keys("Esc m d");
    play.sees("this is the head");
}

#[test]
fn a_long_value_unfolds() {
    let mut play = at("Task/42");
    comment(&play.path, "Task/42", &"a long word and another ".repeat(12), None);
    play.until("v7/7");
    play.keys("Left d");
    play.lacks("after");
    play.sees("▸ + comments.1");
    play.keys("Enter");
    insta::assert_snapshot!("diff_unfolded", play.text());
    play.keys("Enter");
    play.lacks("after");
}

#[test]
fn a_click_selects_a_line_and_one_more_unfolds_it() {
    let mut play = at("Task/42");
    comment(&play.path, "Task/42", &"a long word and another ".repeat(12), None);
    play.until("v7/7");
    play.keys("Left d");
    let line = play.lines().iter().position(|line| line.contains("+ comments.1")).unwrap() as u16;
    // The first line is selected already.
    play.mouse(MouseEventKind::Down(MouseButton::Left), 8, line);
    play.sees("after");
    play.mouse(MouseEventKind::Down(MouseButton::Left), 8, line + 1);
    play.sees("after");
    play.mouse(MouseEventKind::Down(MouseButton::Left), 8, line);
    play.mouse(MouseEventKind::Down(MouseButton::Left), 8, line);
    play.lacks("after");
}

#[test]
fn three_states_stand_beside_each_other() {
    let mut play = at("Task/42@5");
    play.keys("D");
    insta::assert_snapshot!("three_states", play.text());
    play.keys("Esc Home D");
    play.sees("this is before the first event");
    let mut play = Play::demo(&Start { at: Some("Task/42@5"), size: (60, 24), ..START });
    play.keys("D");
    insta::assert_snapshot!("three_states_narrow", play.text());
}

#[test]
fn the_whole_store_is_compared_and_leads_to_its_events() {
    let mut play = at("Task/42@5");
    play.keys("b Enter f \"comment\" Enter \"here\" Enter Tab Enter");
    play.sees("appended on what-if");
    // The branch's head against the head of main.
    play.keys("t m B / \"main\" Enter Enter End d");
    play.sees("what-if:#");
    insta::assert_snapshot!("diff_of_branches", play.text());
    play.keys("Enter");
    play.sees("⎇ main");
    let aggregate = play.explorer.model().cursor.aggregate.clone().unwrap().to_string();
    play.sees(&aggregate);
}

#[test]
fn another_clock_s_order_stands_beside_the_log_s_and_leads_to_where_they_part() {
    let mut play = at("Subscription/37");
    play.keys("X X");
    play.sees("by the time occurred");
    insta::assert_snapshot!("order_occurred", play.text());
    play.keys("X");
    play.sees("Order by the time received");
    play.keys("X");
    play.sees("Order by the time recorded");
    play.sees("0 of");
    play.sees("the same state");
    play.keys("X Tab Enter");
    insta::assert_snapshot!("order_gone_to", play.text());
}

#[test]
fn where_no_event_says_when_it_was_received_the_order_is_that_of_the_recording() {
    let mut play = at("Task/42");
    play.keys("X X X");
    play.sees("Order by the time received");
    play.sees("the same state");
}

const RULES: &str = r#"
[domain]
name = "subs"
[aggregate.Sub.event.Created]
apply = '.status = "inactive"'
[aggregate.Sub.event.Paid]
apply = '.status = "active" | .paid += 1'
[aggregate.Sub.event.Failed]
apply = 'if .status == null then error("nothing to fail") else .status = "inactive" end'
"#;

/// The failed payment is no reason any more where a later one was made.
const CAREFUL: &str = r#"
[domain]
name = "subs"
[aggregate.Sub.event.Created]
apply = '.status = "inactive"'
[aggregate.Sub.event.Paid]
apply = '.status = "active" | .paid += 1 | .paid_at = $at'
[aggregate.Sub.event.Failed]
apply = 'if (.paid_at // "") > $at then . else .status = "inactive" end'
"#;

/// A payment failed, the next one went through, and the news arrived the other way round.
fn raced(size: (u16, u16)) -> Play {
    let build = |path: &Path| {
        let open = open_at(path);
        create(&open, Some(&Rc::new(Domain::parse("subs.toml", RULES).unwrap()))).unwrap();
        let event = |kind: &str, day: u32| {
            format!(
                r#"{{"aggregate":"Sub/1","type":"{kind}","occurred_at":"2019-04-0{day}T00:00:00Z","data":{{"n":{day}}}}}"#
            )
        };
        let lines = [event("Created", 1), event("Paid", 3), event("Failed", 2)].join("\n");
        let file = path.with_extension("jsonl");
        std::fs::write(&file, lines).unwrap();
        let options = import::Options { files: vec![file], ..import::Options::default() };
        import_into(&open, &options, &mut |_| true).unwrap();
    };
    Play::store(&Start { at: Some("Sub/1@1"), size, ..START }, build)
}

#[test]
fn a_click_on_the_other_order_selects_its_event_and_one_more_goes_there() {
    let mut play = raced(START.size);
    play.keys("X X");
    let row =
        play.lines().iter().position(|line| line.contains("Paid") && line.contains("Failed")).unwrap() as u16;
    play.mouse(MouseEventKind::Down(MouseButton::Left), 80, row);
    play.sees("Order by the time occurred");
    play.mouse(MouseEventKind::Down(MouseButton::Left), 80, row);
    play.lacks("Order by the time");
    assert_eq!(play.explorer.model().cursor.version, 3);
}

/// The branches' names and how many events there are in all.
fn holds(play: &Play) -> (Vec<String>, i64) {
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    let branches = session.branches(true).unwrap();
    (branches.iter().map(|branch| branch.name.clone()).collect(), branches.iter().map(|b| b.events).sum())
}

#[test]
fn events_are_moved_and_dropped_while_what_that_leads_to_is_shown() {
    let mut play = raced(START.size);
    play.keys("W");
    play.sees("nothing is changed yet");
    play.keys("Enter");
    play.sees("there is nothing to rewrite");
    // The failure before the payment that it came after.
    play.keys("Down J");
    play.sees("1 become nothing, 0 late, 0 rejected");
    insta::assert_snapshot!("rewrite_moved", play.text());
    play.keys("K");
    play.sees("nothing is changed yet");
    // Without the first event there is nothing to fail.
    play.keys("Home d End K");
    insta::assert_snapshot!("rewrite_rejected", play.text());
    play.sees("0 become nothing, 0 late, 1 rejected");
    play.sees("rejected: Sub Failed apply");
    // All of that was a look: nothing is written, and leaving is asked about.
    play.keys("Esc");
    play.sees("Esc once more");
    play.keys("Esc");
    play.sees("v1/3");
    assert_eq!(holds(&play), (vec!["main".to_owned()], 3));
    // On a low and narrow screen the list stands above what it leads to.
    let mut play = raced((80, 24));
    play.keys("W Down J");
    insta::assert_snapshot!("rewrite_narrow", play.text());
}

#[test]
fn a_rewrite_makes_a_new_branch_and_goes_there() {
    let mut play = raced(START.size);
    play.keys("W Down J Enter");
    play.sees("new branch: main-rewritten");
    play.keys("C-u \"main\" Enter");
    play.sees("There is a branch named main already");
    play.sees("Rewrite main");
    play.keys("Enter C-u \"fair\" Enter");
    insta::assert_snapshot!("rewritten", play.text());
    play.keys("Esc");
    play.sees("⎇ fair");
    play.sees("v3/3 HEAD");
    play.sees("active");
    assert_eq!(holds(&play), (vec!["main".to_owned(), "fair".to_owned()], 5));
    play.keys("<");
    play.sees("⎇ main");
    play.keys("End");
    play.sees("inactive");
    // It is undone like a fork: the branch is archived.
    play.keys("u");
    play.sees("Undo?");
    play.keys("Tab Enter");
    assert_eq!(Session::open(&open_at(&play.path)).unwrap().branches(false).unwrap().len(), 1);
}

#[test]
fn another_set_of_rules_tells_whether_the_order_or_the_rule_is_to_blame() {
    let mut play = raced((160, 36));
    let file = play.path.with_file_name("careful.toml");
    std::fs::write(&file, CAREFUL).unwrap();
    play.keys(&format!("W Down J r \"{}\" Enter", file.display()));
    play.sees("the order and the rules make a difference");
    play.keys("Enter Enter");
    insta::assert_snapshot!("rewritten_by_two_rules", play.text());
    let mut play = raced(START.size);
    play.keys("W Down J r \"nowhere.toml\" Enter");
    play.sees("IT CANNOT BE TOLD");
}

#[test]
fn events_are_changed_and_inserted() {
    let mut play = raced(START.size);
    play.keys("W Down c");
    insta::assert_snapshot!("rewrite_change", play.text());
    // What is no JSON is told and not taken.
    play.keys("Down End \"x\" C-s");
    play.sees("Change this event");
    play.keys("Esc");
    play.sees("nothing is changed yet");
    play.keys("c S-Tab S-Tab C-u \"Failed\" C-s");
    play.sees("change");
    play.sees("2 become nothing");
    play.keys("p");
    play.sees("nothing is changed yet");
    play.keys("i \"Paid\" C-s");
    insta::assert_snapshot!("rewrite_inserted", play.text());
    play.keys("Enter C-u \"more\" Enter Esc");
    play.sees("⎇ more");
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    session.switch("more").unwrap();
    let state = session.state(&"Sub/1".parse().unwrap(), i64::MAX).unwrap();
    assert_eq!(state.state["paid"], 2);
    assert_eq!(play.explorer.model().cursor.version, 4);
}
