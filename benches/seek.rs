//! Seeking and stepping in one aggregate of 1,000,000 events whose state takes 1.5 KB, by bare rules and in jq:
//! percentiles of the wall clock, and what the keyframes take.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::time::{Duration, Instant};

use backstory::event::AggregateId;
use backstory::session::Session;
use history::{Dice, IN_JQ, domain, open, ours};

const EVENTS: u64 = 1_000_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.db");
    let (mut store, mut dice) = (ours(&path), Dice(2));
    for from in (0..EVENTS).step_by(20_000) {
        let batch = (from..from + 20_000).map(|i| dice.event(i, 7, (i == 0).then_some(150)));
        store.append(batch.collect());
    }
    drop(store);
    let mut session = Session::open(&open(&path)).unwrap();
    measure("bare rules", &mut session, &mut dice);
    session.set_domain(&domain(IN_JQ), &mut |_, _| true).unwrap();
    measure("the same in jq", &mut session, &mut dice);
}

fn measure(what: &str, session: &mut Session, dice: &mut Dice) {
    let aggregate = AggregateId::new("Task", "7");
    let state = session.state(&aggregate, EVENTS as i64).unwrap().state.to_string().len();
    let start = Instant::now();
    session.moment(&aggregate, 1).unwrap();
    while session.warm().unwrap() {}
    println!(
        "{what}: a state of {state} bytes, keyframes {:.1} MB, walked once in {:.1} s",
        session.keyframe_bytes() as f64 / 1e6,
        start.elapsed().as_secs_f64()
    );
    let mut time = |version: i64| {
        let start = Instant::now();
        black_box(session.moment(&aggregate, version).unwrap());
        start.elapsed()
    };
    report("seek to a random event", (0..3_000).map(|_| time(1 + dice.below(EVENTS) as i64)).collect());
    let from = EVENTS as i64 / 2;
    report("step forward", (from..from + 3_000).map(&mut time).collect());
    report("step back", (from..from + 3_000).rev().map(&mut time).collect());
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "  {what}: median {:.3} ms, 99 of 100 within {:.3} ms, all {:.3} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
