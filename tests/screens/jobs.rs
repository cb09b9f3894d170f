//! Jobs in the explorer: consent, what the worker does and says, the list, and what an event would cause.

use std::path::Path;
use std::rc::Rc;

use crate::play::{Play, START, Start, open_at};
use backstory::domain::Domain;
use backstory::session::{Fire, JobState, Session, Target, create};
use backstory::tui::screens::jobs::Jobs;
use crossterm::event::MouseEventKind;
use serde_json::json;

const SHOP: &str = include_str!("../data/shop.toml");

const REACTORS: &str = r#"
[[reactor]]
name = "bill-it"
on = ["Paid"]
command = { type = "Bill", name = "bill", params = '{order: $event.aggregate}' }

[[reactor]]
name = "tell"
on = ["Paid"]
run = "sync"
notify = '"\(.item) is paid"'

[[reactor]]
name = "count-it"
on = ["Ordered"]
notify = '.item | tonumber | "\(.) ordered"'
"#;

const OUTSIDE: &str = r#"
[[reactor]]
name = "load"
on = ["Order/*"]
append = { file = "warehouse", row = '{type: $event.type, item: .item}' }
"#;

const WORK: Start = Start { work: true, ..START };

fn fire(path: &Path, target: Target, command: &str, params: &serde_json::Value) {
    let fire = Fire {
        target,
        command: command.into(),
        params: params.as_object().unwrap().clone(),
        actor: "ben".into(),
        reason: None,
        at: None,
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: serde_json::Map::new(),
    };
    Session::open(&open_at(path)).unwrap().fire(&fire).unwrap();
}

fn order(path: &Path, item: &str) {
    fire(path, Target::New("Order".into()), "order", &json!({ "item": item }));
}

fn shop(path: &Path, more: &str) {
    let domain = Rc::new(Domain::parse("shop", &format!("{SHOP}{REACTORS}{more}")).unwrap());
    create(&open_at(path), Some(&domain)).unwrap();
}

fn states(play: &Play) -> Vec<(String, JobState)> {
    let jobs = Session::open(&open_at(&play.path)).unwrap().jobs(None, None, 100).unwrap();
    jobs.into_iter().rev().map(|info| (info.job.reactor, info.job.state)).collect()
}

fn feed(play: &Play) -> std::path::PathBuf {
    play.path.parent().unwrap().join("feeds/warehouse.jsonl")
}

#[test]
fn what_would_leave_the_store_is_held_and_nothing_is_asked_on_opening() {
    let mut play = Play::store(&WORK, |path| {
        shop(path, OUTSIDE);
        order(path, "3");
    });
    play.until("1 effect held");
    play.lacks("May this leave");
    play.keys("J");
    play.until("would send a line in warehouse.jsonl");
    play.keys("c");
    insta::assert_snapshot!("consent", play.text());
    // What is chosen beforehand is no.
    play.keys("Enter");
    play.lacks("May this leave");
    play.keys("Esc");
    assert_eq!(states(&play)[0], ("count-it".into(), JobState::Done), "what stays inside is done");
    assert_eq!(states(&play)[1], ("load".into(), JobState::Waiting));
    order(&play.path, "4");
    play.until("count-it: 4 ordered");
    play.until("2 effects held");
    assert!(!feed(&play).exists());
}

#[test]
fn consent_lets_the_jobs_go_on() {
    let mut play = Play::store(&WORK, |path| {
        shop(path, OUTSIDE);
        order(path, "3");
    });
    play.until("1 effect held");
    play.keys("J c Tab Enter Esc");
    assert_eq!(std::fs::read_to_string(feed(&play)).unwrap().lines().count(), 1);
    play.lacks("held");
    // What it declares is known on this machine now.
    order(&play.path, "4");
    play.until("count-it: 4 ordered");
    play.lacks("held");
    assert_eq!(std::fs::read_to_string(feed(&play)).unwrap().lines().count(), 2);
}

#[test]
fn jobs_are_left_to_others_where_nobody_works() {
    let mut play = Play::store(&START, |path| {
        shop(path, OUTSIDE);
        order(path, "3");
    });
    play.lacks("May this");
    play.keys("J");
    play.sees("waiting");
    assert!(states(&play).iter().all(|(_, state)| *state == JobState::Waiting));
}

#[test]
fn a_job_that_failed_is_told_retried_and_skipped() {
    let mut play = Play::store(&WORK, |path| {
        shop(path, "");
        order(path, "3");
        order(path, "many");
    });
    play.until("1 job failed");
    play.keys("J");
    insta::assert_snapshot!("jobs", play.text());
    let selected = |play: &Play| play.explorer.model().screen::<Jobs>().unwrap().rows.selected;
    play.mouse(MouseEventKind::ScrollDown, 10, 3);
    assert_eq!(selected(&play), 1);
    play.mouse(MouseEventKind::ScrollUp, 10, 3);
    assert_eq!(selected(&play), 0);
    play.keys("r");
    play.until("! count-it failed, see J");
    play.keys("x");
    play.sees("is skipped");
    play.until("skipped   count-it");
    assert_eq!(states(&play)[1].1, JobState::Skipped);
    play.keys("z");
    play.sees("no job failed");
    play.keys("z Enter");
    play.sees("Order/2");
    play.sees("live");
    play.lacks("1 job failed");
    assert_eq!(play.explorer.model().cursor.aggregate.as_ref().unwrap().to_string(), "Order/2");
}

#[test]
fn a_notice_stands_behind_what_was_fired() {
    let mut play = Play::store(&Start { at: Some("Order/1"), ..WORK }, |path| {
        shop(path, "");
        order(path, "3");
    });
    play.keys("f \"pay\" Enter Enter Right Enter");
    play.sees("tell: 3 is paid");
    play.until("2 items");
    assert!(states(&play).contains(&("bill-it".into(), JobState::Done)));
}

#[test]
fn the_event_pane_says_what_reactors_did_and_would_do() {
    let mut play = Play::store(&Start { at: Some("Order/1@1"), ..WORK }, |path| {
        shop(path, "");
        order(path, "many");
        fire(path, Target::Aggregate("Order/1".parse().unwrap()), "pay", &json!({}));
        let domain = Domain::parse("shop", &format!("{SHOP}{REACTORS}{OUTSIDE}")).unwrap();
        Session::open(&open_at(path)).unwrap().set_domain(&Rc::new(domain), &mut |_, _| true).unwrap();
    });
    play.keys("3");
    play.until("dead");
    play.sees("would fire: to warehouse:");
    play.keys("Right");
    play.until("→ Bill/1");
    // What nobody asked for on a branch where reactors rest is what would fire.
    play.keys("Left b C-u \"rest\" Enter");
    play.until("⎇ rest");
    play.keys("f \"pay\" Enter Enter Right Enter");
    play.until("would fire: bill a new");
}

#[test]
fn however_long_a_name_is_the_place_and_the_counts_stand_apart() {
    let play = Play::store(&Start { at: Some("Order/1"), size: (100, 24), ..START }, |path| {
        shop(path, "");
        order(path, &"a long name ".repeat(9));
    });
    play.sees("v1/1 HEAD  1 item ");
}

#[test]
fn the_form_says_what_reactors_would_append_and_ask_for() {
    let now = r#"
[[reactor]]
name = "bill-now"
on = ["Paid"]
run = "sync"
command = { type = "Bill", name = "bill", params = '{order: $event.aggregate}' }
"#;
    let mut play = Play::store(&Start { at: Some("Order/1"), ..START }, |path| {
        shop(path, now);
        order(path, "3");
    });
    play.keys("f \"pay\" Enter");
    play.sees("Bill/1 v1 Billed");
    play.sees("bill-it  asks for: bill a new Bill");
    play.sees("tell  3 is paid");
    play.keys("Enter");
    play.sees("Append to the log?");
    insta::assert_snapshot!("confirm_reactions", play.text());
    play.keys("Right Enter");
    play.sees("Paid appended on main");
}

#[test]
fn firing_at_the_head_stays_there_when_a_reactor_appends_to_the_same_record() {
    let sent = r#"
[[reactor]]
name = "ship"
on = ["Paid"]
run = "sync"
command = { name = "send" }
"#;
    let mut play = Play::store(&WORK, |path| {
        shop(path, sent);
        order(path, "7");
    });
    play.keys("f \"pay\" Enter Enter y Enter");
    play.sees("Paid appended on main: Order/1 v2, #2, then Sent on Order/1 v3 by ship");
    play.sees("v3/3 HEAD");
    play.lacks("PAST");
    play.keys("Left");
    play.sees("effects 2");
}
