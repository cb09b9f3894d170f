//! The graph of 1,000,000 events and 50 branches that all pass its top: the first page, and scrolling through it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::time::{Duration, Instant};

use backstory::event::{Position, Time};
use backstory::journal::{By, Rules, append, fork};
use backstory::session::{GraphRequest, Session};
use history::{Dice, fill, open};

const EVENTS: u64 = 1_000_000;
const BRANCHES: u64 = 50;
const OWN: u64 = 20;
const ROWS: usize = 60;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.db");
    fill(&path, EVENTS, 100_000);
    let store = backstory::store::Store::open(&path).unwrap();
    let main = store.branch("main").unwrap();
    let (mut rules, mut dice) = (Rules::default(), Dice(3));
    let now = Time(1_800_000_000_000_000);
    let by = By { actor: "mira".to_owned(), now };
    let branches: Vec<_> = (1..=BRANCHES)
        .map(|n| {
            fork(&store, &main, (n * EVENTS / (BRANCHES + 1)) as Position, &format!("b{n}"), &by).unwrap()
        })
        .collect();
    // In turns, so that every branch passes what the others append.
    for i in 0..OWN {
        for (n, branch) in branches.iter().enumerate() {
            let event = dice.event(EVENTS + i, 200_000 + n as u64, (i == 0).then_some(5));
            append(&store, &mut rules, branch, vec![event], None, false, now).unwrap();
        }
    }
    drop(store);

    let mut first = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let mut session = Session::open(&open(&path)).unwrap();
        let page = black_box(session.graph(GraphRequest::newest(ROWS)).unwrap());
        first.push(start.elapsed());
        assert_eq!((page.rows.len(), page.width), (ROWS, BRANCHES as usize + 1));
    }
    report("open and first page", first);

    let mut session = Session::open(&open(&path)).unwrap();
    let mut page = |request| {
        let start = Instant::now();
        let page = black_box(session.graph(request).unwrap());
        (start.elapsed(), page.next)
    };
    for (what, newer, from) in [("scroll down", false, Position::MAX), ("scroll up", true, 500_000)] {
        let mut request = GraphRequest { from, newer, limit: ROWS };
        let mut times = Vec::new();
        for _ in 0..500 {
            let (took, next) = page(request);
            times.push(took);
            request.from = next.unwrap();
        }
        report(what, times);
    }
    let anywhere = (0..500).map(|_| {
        page(GraphRequest { from: dice.below(EVENTS) as Position + 100, newer: false, limit: ROWS }).0
    });
    report("a page anywhere", anywhere.collect());
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what}: median {:.2} ms, 99 of 100 within {:.2} ms, all {:.2} ms", at(0.5), at(0.99), at(1.0));
}
