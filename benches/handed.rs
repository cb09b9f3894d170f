//! What is handed over: opening a case of 1,000 events out of a log of 20,000, and writing it and a page of its record.
//! The times are the wall clock's, the median of some runs.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/history.rs"]
mod history;

use std::time::Instant;

use backstory::clock::Clock;
use backstory::session::{CaseRequest, PageRequest, Session, open_case};
use history::{Dice, open, ours};

const EVENTS: u64 = 20_000;

/// One event in so many is the record's.
const ONE_IN: u64 = 20;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (mut store, mut dice) = (ours(&path), Dice(2));
    let mut event = |i: u64| {
        let of = if i.is_multiple_of(ONE_IN) { 7 } else { 8 + i % 1_000 };
        dice.event(i, of, (i < ONE_IN * 50).then_some(150))
    };
    for from in (0..EVENTS).step_by(2_000) {
        store.append((from..from + 2_000).map(&mut event).collect());
    }
    drop(store);
    let mut session = Session::open(&open(&path)).unwrap();
    let points = vec![session.resolve("Task/7", None).unwrap()];
    let mut number = 0;
    let mut case = folder.path().join("none.case");
    measure("writing a case", || {
        number += 1;
        case = folder.path().join(format!("{number}.case"));
        let request = CaseRequest { points: points.clone(), ..CaseRequest::default() };
        let written = session.write_case(&request, Some(&case), "bench", &mut |_, _| true).unwrap();
        format!("{} events, {} left out, {} bytes", written.events, written.left_out, written.bytes)
    });
    measure("opening it", || {
        let opened = open_case(&case, Clock::System).unwrap();
        format!("{} events", opened.head.events)
    });
    measure("a page of its record", || {
        let page = session.page(PageRequest::Records(&points), "backstory").unwrap();
        format!("{} events, {} bytes", page.shown, page.html.len())
    });
}

fn measure(what: &str, mut run: impl FnMut() -> String) {
    let mut told = String::new();
    let mut times: Vec<f64> = (0..15)
        .map(|_| {
            let start = Instant::now();
            told = run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what}: {:.1} ms ({:.1} to {:.1}): {told}", times[7], times[0], times[14]);
}
