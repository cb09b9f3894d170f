//! Branches: forking and going over at two sizes of the log, appending beside live branches, listing far from main.
//! Medians, each pair measured in turns in one run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot set up has nothing to measure"
)]

#[path = "made/history.rs"]
mod history;

use std::time::Instant;

use backstory::session::{ListRequest, Session};
use history::{Dice, fill, open};

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

/// Forking at the head and in the middle, and going over to the new branch, in milliseconds.
fn forking() {
    let folder = tempfile::tempdir().unwrap();
    let mut sessions: Vec<(i64, Session)> = [1_000, 1_000_000]
        .map(|events| {
            let path = folder.path().join(format!("{events}.db"));
            fill(&path, events, events / 10);
            (events as i64, Session::open(&open(&path)).unwrap())
        })
        .into();
    for (what, share) in [("at the head", 1), ("in the middle", 2)] {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..60 {
            for (index, (events, session)) in sessions.iter_mut().enumerate() {
                let point = session.resolve(&(*events / share).to_string(), None).unwrap();
                let name = format!("fork-{share}-{round}");
                times[index].push(timed(|| {
                    session.fork(&name, Some(&point), "bench").unwrap();
                    session.switch(&name).unwrap();
                }));
                session.switch("main").unwrap();
                session.archive_branch(&name, true, "bench").unwrap();
            }
        }
        let [small, large] = times.map(median);
        println!(
            "fork {what} and go over: {small:.2} ms at 1,000 events, {large:.2} ms at 1,000,000: {:.2}",
            large / small
        );
    }
}

/// One durable append on main, alone and beside ten branches that fork at its head.
fn appending() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = ["alone.db", "beside.db"].map(|name| {
        let path = folder.path().join(name);
        fill(&path, 20_000, 10_000);
        let mut session = Session::open(&open(&path)).unwrap();
        if name == "beside.db" {
            for branch in 0..10 {
                session.fork(&format!("live-{branch}"), None, "bench").unwrap();
            }
        }
        history::again(&path)
    });
    for size in [1_usize, 1_000] {
        let mut dice = Dice(11);
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..if size == 1 { 300 } else { 12 } {
            let make = |i: usize, dice: &mut Dice| {
                let aggregate = dice.below(10_000);
                dice.event((round * size + i) as u64, aggregate, None)
            };
            let events: Vec<_> = (0..size).map(|i| make(i, &mut dice)).collect();
            for (index, store) in stores.iter_mut().enumerate() {
                let events = events.clone();
                times[index].push(timed(|| store.append(events)));
            }
        }
        let [alone, beside] = times.map(median);
        println!(
            "append {size} on main: {alone:.2} ms alone, {beside:.2} ms beside ten branches: {:.2}",
            beside / alone
        );
    }
}

/// The first page of the list on main and on a branch of depth ten, once its heads are filled.
fn listing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.db");
    fill(&path, 200_000, 100_000);
    let mut session = Session::open(&open(&path)).unwrap();
    let mut from = "main".to_owned();
    for depth in 1..=10 {
        let name = format!("deep-{depth}");
        session.switch(&from).unwrap();
        session.fork(&name, None, "bench").unwrap();
        let mut store = history::on(&path, &name);
        let mut dice = Dice(depth);
        let events = (0..500).map(|i| {
            let aggregate = dice.below(100_000);
            dice.event(i, aggregate, None)
        });
        store.append(events.collect());
        from = name;
    }
    session.switch(&from).unwrap();
    while session.fill().unwrap() {}
    let request = ListRequest { limit: 50, ..ListRequest::default() };
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..200 {
        for (index, branch) in ["main", from.as_str()].into_iter().enumerate() {
            session.switch(branch).unwrap();
            // The number of rows is counted once, before.
            session.list(&request).unwrap();
            times[index].push(timed(|| {
                session.list(&request).unwrap();
            }));
        }
    }
    let [main, deep] = times.map(median);
    println!("first page: {main:.3} ms on main, {deep:.3} ms on a branch of depth ten: {:.2}", deep / main);
}

fn main() {
    forking();
    appending();
    listing();
}
