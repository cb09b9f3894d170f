//! The lanes of an operation: in the explorer by keys, and on the command line.

use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

use crate::play::{Play, START, Start, comment, open_at};
use backstory::domain::Domain;
use backstory::session::{Fire, MOST_IN_LANES, Session, Target, create, import_into};
use backstory::tui::screens::trace::Trace;
use backstory::{clock::Clock, event::Time, import, session::Open};
use crossterm::event::{MouseButton, MouseEventKind};
use serde_json::{Map, json};

const SHOP: &str = include_str!("../data/shop.toml");

const PARCELS: &str = r#"
[aggregate.Parcel.event.Packed]
apply = '.order = $data.order'
[aggregate.Parcel.command.pack]
creates = true
params = { order = "string" }
emit = 'event("Packed"; $params)'

[[reactor]]
name = "bill-it"
on = ["Paid"]
run = "sync"
command = { type = "Bill", name = "bill", params = '{order: $event.aggregate}' }

[[reactor]]
name = "pack-it"
on = ["Paid"]
run = "sync"
command = { type = "Parcel", name = "pack", params = '{order: $event.aggregate}' }

[[reactor]]
name = "send-it"
on = ["Packed"]
run = "sync"
command = { type = "Order", id = '.order | sub("Order/"; "")', name = "send" }
"#;

fn at(path: &Path, time: &str) -> Open {
    Open { clock: Clock::Fixed(Time::parse(time).unwrap()), ..open_at(path) }
}

fn fire(open: &Open, target: Target, command: &str, params: &serde_json::Value, occurred: Option<&str>) {
    let fire = Fire {
        target,
        command: command.into(),
        params: params.as_object().unwrap().clone(),
        actor: "ben".into(),
        reason: None,
        at: occurred.map(|time| Time::parse(time).unwrap()),
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: Map::new(),
    };
    Session::open(open).unwrap().fire(&fire).unwrap();
}

/// An order that is paid a day later: bill, parcel and the order's last event follow from that.
fn shop(path: &Path) {
    let domain = Rc::new(Domain::parse("shop", &format!("{SHOP}{PARCELS}")).unwrap());
    let monday = at(path, "2019-04-29T10:00:00Z");
    create(&monday, Some(&domain)).unwrap();
    fire(&monday, Target::New("Order".into()), "order", &json!({ "item": "tea" }), None);
    let paid = at(path, "2019-04-30T12:00:03Z");
    let order = || Target::Aggregate("Order/1".parse().unwrap());
    fire(&paid, order(), "pay", &json!({}), Some("2019-04-30T11:58:00Z"));
}

fn shown(start: &Start) -> Play {
    let mut play = Play::store(start, shop);
    play.keys("T");
    play
}

const PAID: Start = Start { at: Some("Order/1@2"), ..START };

#[test]
fn an_operation_has_a_lane_for_each_aggregate() {
    let play = shown(&PAID);
    insta::assert_snapshot!("lanes", play.text());
    let small = shown(&Start { size: (80, 24), ..PAID });
    insta::assert_snapshot!("lanes_80x24", small.text());
    let plain = shown(&Start { ascii: true, ..PAID });
    assert!(plain.text().is_ascii(), "{}", plain.text());
    plain.sees("'---");
}

#[test]
fn states_follow_the_selected_row() {
    let mut play = shown(&PAID);
    play.sees("1 Order/1");
    play.sees("v2 tea paid");
    play.sees("before its first event");
    play.lacks("v1 1 Billed");
    play.keys("j");
    play.sees("#3 Bill/1 v1 Billed by reactor bill-it");
    play.sees("caused by #2 Order/1");
    play.sees("+ order");
    play.keys("G");
    insta::assert_snapshot!("lanes_end", play.text());
    play.keys("g Left");
    play.sees("v2 tea paid");
    play.keys("l l Enter");
    play.lacks("Lanes");
    assert_eq!(play.explorer.model().cursor.aggregate.as_ref().unwrap().to_string(), "Parcel/1");
}

#[test]
fn an_event_of_no_operation_has_its_causes_and_effects_alone() {
    let mut play = shown(&Start { at: Some("Order/1@1"), ..START });
    play.sees("no operation: causes and effects alone, 1 event, 1 lane");
    play.keys("Esc");
    play.lacks("Lanes");
    // Before the first event there is none.
    play.keys("Home T");
    play.sees("there is no event here");
}

#[test]
fn causes_and_effects_are_drawn_without_an_operation_too() {
    let mut play = Play::demo(&START);
    let cause = comment(&play.path, "Task/294", "because", None);
    let effect = comment(&play.path, "Task/295", "so", Some(&cause));
    comment(&play.path, "Task/294", "and so", Some(&effect));
    comment(&play.path, "Task/296", "nothing to do with it", None);
    play.keys("@ \"Task/295\" Enter T");
    play.sees("no operation: causes and effects alone, 3 events, 2 lanes");
    play.sees("caused by #1,569 Task/294");
    // What others append meanwhile comes in; the selected row stays.
    comment(&play.path, "Task/297", "so too", Some(&cause));
    play.until("4 events, 3 lanes");
    play.sees("caused by #1,569 Task/294");
    let drawn: Vec<_> =
        play.lines()[2..6].iter().map(|line| line.chars().skip(2).take(37).collect::<String>()).collect();
    let drawn: Vec<_> = drawn.iter().map(|line| line.trim_end()).collect();
    assert_eq!(drawn, ["●", "├─────────────▸◉", "○◂─────────────╯", "╰────────────────────────────▸○"]);
}

#[test]
fn what_another_branch_has_is_counted_and_not_shown() {
    let mut play = Play::store(&Start { at: Some("main:Order/1@2"), ..START }, |path| {
        shop(path);
        let mut session = Session::open(&open_at(path)).unwrap();
        let point = session.resolve("Order/1@2", None).unwrap();
        session.fork("early", Some(&point), "ben").unwrap();
    });
    play.keys("B / \"early\" Enter Enter");
    play.until("⎇ early");
    play.keys("T");
    play.sees("1 event, 1 lane, 3 on other branches");
}

/// Events of many aggregates in one operation, each caused by the first.
fn many(path: &Path, aggregates: usize, events: usize) {
    let mut log = String::new();
    for n in 0..events {
        let id = n % aggregates;
        writeln!(
            log,
            r#"{{"aggregate":"Part/{id}","type":"Moved","occurred_at":"2019-04-29T10:{:02}:{:02}Z","data":{{"n":{n}}},"meta":{{"correlation_id":"run-7"}}}}"#,
            n / 60 % 60,
            n % 60
        )
        .unwrap();
    }
    let file = path.with_extension("jsonl");
    std::fs::write(&file, log).unwrap();
    let options = import::Options { files: vec![file], ..import::Options::default() };
    create(&open_at(path), None).unwrap();
    import_into(&open_at(path), &options, &mut |_| true).unwrap();
}

#[test]
fn more_lanes_than_fit_are_scrolled_with_the_selected_one_in_sight() {
    let mut play =
        Play::store(&Start { size: (80, 24), at: Some("Part/0@1"), ..START }, |path| many(path, 60, 120));
    play.keys("T");
    play.sees("operation run-7, 120 events, 60 lanes");
    play.sees("60 lanes, 1 to 8 drawn");
    play.lacks("31 Part/30");
    for _ in 0..30 {
        play.keys("Tab");
    }
    play.sees("31 Part/30");
    play.sees("before its first event");
    play.keys("G");
    play.sees("60 lanes, 53 to 60 drawn");
    play.sees("60 Part/59");
    play.keys("S-Tab");
    play.sees("59 Part/58");
    insta::assert_snapshot!("many_lanes", play.text());
}

#[test]
fn a_long_operation_is_read_up_to_a_limit_around_the_event() {
    let events = MOST_IN_LANES + 1_500;
    let mut play = Play::store(&Start { at: Some("Part/1@1"), ..START }, |path| many(path, 3, events));
    play.keys("T");
    play.sees("5,000 events, 3 lanes; of more, those around #2 are read");
    play.keys("G");
    play.sees("#5,000 Part/1");
    play.keys("Enter o T");
    // From an event far behind, what is before it is cut, and it stays selected.
    play.sees("of more, those around");
    play.sees("◉");
}

#[test]
fn the_mouse_selects_rows_and_lanes() {
    let mut play = shown(&PAID);
    play.mouse(MouseEventKind::ScrollDown, 10, 5);
    play.sees("#3 Bill/1 v1");
    let row = play.lines().iter().position(|line| line.contains("Packed")).unwrap() as u16;
    play.mouse(MouseEventKind::Down(MouseButton::Left), 30, row);
    play.sees("#4 Parcel/1 v1");
    // A lane is chosen by its state; the row stays.
    let lane = |play: &Play| play.explorer.model().screen::<Trace>().unwrap().drawn.selected;
    assert_eq!(lane(&play), 2);
    let state = play.lines().iter().rposition(|line| line.contains("1 Order/1")).unwrap() as u16;
    play.mouse(MouseEventKind::Down(MouseButton::Left), 8, state + 1);
    assert_eq!(lane(&play), 0);
    play.sees("#4 Parcel/1 v1");
}
