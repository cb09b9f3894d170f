//! Seeking and stepping in one aggregate of 1,000,000 events whose state takes 1.5 KB, by bare rules and in jq:
//! percentiles, and what the keyframes take. The times are the wall clock's without those in which the thread
//! waited because other programs had the processors.

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
        let (waited, start) = (waited(), Instant::now());
        black_box(session.moment(&aggregate, version).unwrap());
        let took = start.elapsed();
        took.saturating_sub(self::waited().saturating_sub(waited))
    };
    report("seek to a random event", (0..5_000).map(|_| time(1 + dice.below(EVENTS) as i64)).collect());
    let from = EVENTS as i64 / 2;
    report("step forward", (from..from + 5_000).map(&mut time).collect());
    report("step back", (from..from + 5_000).rev().map(&mut time).collect());
}

/// How long this thread has waited for a processor, where the system tells it.
fn waited() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').nth(1).and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
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
