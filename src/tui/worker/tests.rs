//! The contract, over a real store and without a terminal.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::domain;
use crate::event::{Looked, Time};
use crate::session::{self, Fire, Target};
use crate::tui::effect::Effect;
use crate::tui::question::{Lane, Part, Slot};

type Number = Slot<i64, i64>;

/// A worker over a small store, and what it says.
struct Desk {
    worker: Worker,
    said: Receiver<Reply>,
    open: Open,
    _folder: tempfile::TempDir,
}

fn create(title: &str) -> Fire {
    Fire {
        target: Target::New("Task".to_owned()),
        command: "create".to_owned(),
        params: json!({ "title": title }).as_object().unwrap().clone(),
        actor: "mira".to_owned(),
        reason: None,
        at: None,
        expect: None,
        seen: Looked::new(),
        meta: serde_json::Map::new(),
    }
}

fn desk(role: Role) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::Fixed(Time::parse("2019-05-02T09:00:00Z").unwrap());
    let open = Open { path: folder.path().join("a.db"), branch: "main".to_owned(), clock };
    let mut session = session::create(&open, Some(&Rc::new(domain::load("todo").unwrap()))).unwrap();
    session.fire(&create("one")).unwrap();
    let (send, said) = channel();
    let worker = Worker::start(role, open.clone(), move |_, reply| send.send(reply).is_ok()).unwrap();
    Desk { worker, said, open, _folder: folder }
}

impl Desk {
    fn ask(&self, effect: Effect) {
        let Effect::Ask(_, question) = effect else { panic!("no question") };
        self.worker.ask(question);
    }

    /// The next thing that is said, but for what is said of the list's upkeep.
    fn next(&self) -> Reply {
        loop {
            match self.said.recv_timeout(Duration::from_secs(20)).unwrap() {
                Reply::Filling(_) => {}
                reply => return reply,
            }
        }
    }

    /// Takes in until the slot waits no longer.
    fn finish(&self, slot: &mut Number) {
        slot.take_in("main");
        while slot.waits() {
            self.next();
            slot.take_in("main");
        }
    }
}

/// A question of so many slices; it counts those that ran.
fn sliced(slot: &mut Number, of: i64, slices: i64, ran: &Arc<AtomicUsize>) -> Effect {
    let (ran, mut left) = (Arc::clone(ran), slices);
    slot.ask("main", Lane::Long, of, move |_, _| {
        ran.fetch_add(1, Ordering::SeqCst);
        left -= 1;
        Ok(if left == 0 { Part::Whole(of) } else { Part::SoFar(-of) })
    })
}

#[test]
fn the_newest_question_of_a_slot_wins_and_a_dropped_one_ends() {
    let desk = desk(Role::Scanner);
    let (first, second, gone) = (Arc::default(), Arc::default(), Arc::default());
    let (mut slot, mut closed) = (Number::default(), Number::default());
    let older = sliced(&mut slot, 1, i64::MAX, &first);
    let newer = sliced(&mut slot, 2, 3, &second);
    let left = sliced(&mut closed, 3, i64::MAX, &gone);
    drop(closed);
    for effect in [older, newer, left] {
        desk.ask(effect);
    }
    desk.finish(&mut slot);
    assert_eq!(slot.shown(), Some(&2));
    assert_eq!([&first, &second, &gone].map(|ran| ran.load(Ordering::SeqCst)), [0, 3, 0]);
}

#[test]
fn a_long_question_keeps_nobody_waiting() {
    let desk = desk(Role::Interactive);
    let ran = Arc::default();
    let (mut long, mut short) = (Number::default(), Number::default());
    desk.ask(sliced(&mut long, 1, i64::MAX, &ran));
    while ran.load(Ordering::SeqCst) < 3 {
        desk.next();
    }
    desk.ask(short.ask("main", Lane::Now, 7, |session, _| Ok(Part::Whole(session.overview()?.events))));
    desk.finish(&mut short);
    assert!(short.shown().is_some() && long.waits());
    // It ends with the slot, in the middle of what it does.
    drop(long);
    let before = ran.load(Ordering::SeqCst);
    while !desk.worker.idle() {
        std::thread::yield_now();
    }
    assert!(ran.load(Ordering::SeqCst) <= before + 2);
}

#[test]
fn a_question_about_another_branch_drops_the_older_ones() {
    let desk = desk(Role::Interactive);
    session::Session::open(&desk.open).unwrap().fork("other", None, "mira").unwrap();
    let ran = Arc::default();
    let (mut here, mut there) = (Number::default(), Slot::<i64, String>::default());
    desk.ask(sliced(&mut here, 1, i64::MAX, &ran));
    desk.ask(
        there.ask("other", Lane::Now, 2, |session, _| Ok(Part::Whole(session.branch_name().to_owned()))),
    );
    while there.waits() {
        desk.next();
        there.take_in("other");
    }
    assert_eq!(there.shown().map(String::as_str), Some("other"));
    while !desk.worker.idle() {
        std::thread::yield_now();
    }
    assert!(here.waits(), "nobody answered it");
    here.take_in("other");
    assert!(!here.waits(), "and the slot does not wait for it on the other branch");
}

#[test]
fn a_failure_and_a_panic_come_back_and_the_next_question_is_answered() {
    let desk = desk(Role::Interactive);
    let mut slot = Number::default();
    desk.ask(slot.ask("main", Lane::Now, 1, |_, _| Err(Error::refused("no"))));
    desk.finish(&mut slot);
    assert_eq!(slot.failed().unwrap().message(), "no");
    desk.ask(slot.ask("main", Lane::Now, 2, |_, _| panic!("a defect")));
    desk.finish(&mut slot);
    assert!(slot.failed().unwrap().message().contains("defect of the program"));
    desk.ask(slot.ask("main", Lane::Now, 3, |session, _| Ok(Part::Whole(session.overview()?.events))));
    desk.finish(&mut slot);
    assert!(slot.failed().is_none() && slot.shown().is_some_and(|events| *events > 0));
}

#[test]
fn writes_go_in_order_before_questions_and_even_where_nobody_waits_any_more() {
    let desk = desk(Role::Interactive);
    let order = |title: &str| Order {
        branch: "main".to_owned(),
        actor: "mira".to_owned(),
        write: Write::Fire(Box::new(create(title))),
        refused: None,
    };
    let seen = Arc::new(Mutex::new(0));
    let theirs = Arc::clone(&seen);
    let mut slot = Number::default();
    desk.worker.write(order("two"));
    desk.worker.write(order("three"));
    desk.ask(slot.ask("main", Lane::Now, 1, move |session, _| {
        *theirs.lock().unwrap() = session.overview()?.events;
        Ok(Part::Whole(0))
    }));
    let path = desk.open.clone();
    desk.finish(&mut slot);
    desk.worker.write(order("four"));
    let Desk { worker, said, _folder, .. } = desk;
    drop((worker, said));
    let mut session = session::Session::open(&path).unwrap();
    let titles: Vec<_> = (1..=4)
        .map(|n| {
            session.moment(&format!("Task/{n}").parse().unwrap(), i64::MAX).unwrap().state["title"].clone()
        })
        .collect();
    assert_eq!(titles, ["one", "two", "three", "four"]);
    let all = session.overview().unwrap().events;
    assert_eq!(*seen.lock().unwrap() * 4, all * 3, "the question saw both writes before it");
}

#[test]
fn a_write_carries_the_head_that_was_seen() {
    let desk = desk(Role::Interactive);
    let stale = Fire { target: Target::Aggregate("Task/1".parse().unwrap()), expect: Some(0), ..create("x") };
    let fire = Fire { command: "complete".to_owned(), params: serde_json::Map::new(), ..stale };
    let write = Write::Fire(Box::new(fire));
    desk.worker.write(Order { branch: "main".to_owned(), actor: "mira".to_owned(), write, refused: None });
    let Reply::Fired(result) = desk.next() else { panic!("no answer") };
    assert_eq!(result.unwrap_err().kind(), crate::error::Kind::Conflict);
}
