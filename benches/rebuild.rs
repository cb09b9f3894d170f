//! Building every head again on one thread and on two, by bare rules and in jq: the real path, read from the store
//! and compared with the heads, without writing. Medians of seven, turn about; where other programs keep the processors busy, the wall clock says
//! nothing, and the processor time of the busiest thread is what the fold would take alone. Then what another rule
//! would change in a longer store, beside a replay by it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/history.rs"]
mod history;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::Path;
use std::time::Instant;

use backstory::domain::Domain;
use backstory::journal::{contrast_on, rebuild_on};
use backstory::store::Store;
use history::{IN_JQ, domain, fill};

/// Half of the events but each aggregate's first go by another rule.
const ONE_RULE: (&str, &str) = ("= $data.color", "= $data.source");

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.db");
    fill(&path, 200_000, 20_000);
    let store = Store::open(&path).unwrap();
    for (what, behind) in [("bare rules", ""), ("the same in jq", IN_JQ)] {
        let domain = domain(behind);
        let time = |threads| {
            timed(|look| {
                let rebuilt = rebuild_on(threads, &store, &domain, false, look).unwrap();
                assert!(rebuilt.events == 200_000 && rebuilt.differ == 0);
            })
        };
        let (one, two): (Vec<_>, Vec<_>) = (0..7).map(|_| (time(1), time(2))).unzip();
        for (clock, one, two) in clocks(&one, &two) {
            println!("{what}, {clock}: one {one:.2} s, two {two:.2} s, {:.2} times as fast", one / two);
        }
    }
    drop(store);
    dry_run(&folder.path().join("long.db"));
}

/// What another rule would change, beside a replay by it: it does the more.
fn dry_run(path: &Path) {
    const EVENTS: u64 = 1_000_000;
    fill(path, EVENTS, 100_000);
    let store = Store::open(path).unwrap();
    for (what, behind) in [("bare rules", ""), ("the same in jq", IN_JQ)] {
        let own = domain(behind);
        let source = own.source.replace(ONE_RULE.0, ONE_RULE.1);
        assert_ne!(source, own.source);
        let other = Domain::parse("another rule", &source).unwrap();
        let replay = || {
            timed(|look| {
                assert_eq!(rebuild_on(1, &store, &other, false, look).unwrap().events as u64, EVENTS);
            })
        };
        let compare = || {
            timed(|look| {
                let contrasts = contrast_on(1, &store, [&own, &other], 5, look).unwrap();
                assert!(contrasts.events as u64 == EVENTS && contrasts.differ > 0);
            })
        };
        let (replays, compared): (Vec<_>, Vec<_>) = (0..3).map(|_| (replay(), compare())).unzip();
        for (clock, replay, compared) in clocks(&replays, &compared) {
            println!(
                "{what}, {clock}: replay by another rule {replay:.2} s, dry run {compared:.2} s, {:.2} of it",
                compared / replay
            );
        }
    }
}

type Seconds = (f64, f64);

/// The wall clock, and the processor time of the busiest thread.
fn timed(work: impl FnOnce(&mut dyn FnMut(i64, i64) -> bool)) -> Seconds {
    let (start, before) = (Instant::now(), busy());
    let mut after = before.clone();
    work(&mut |done, total| {
        // The threads are gone when all is done; the last look is at nearly all.
        if done < total {
            after = busy();
        }
        true
    });
    let busiest = after.iter().map(|(task, time)| time - before.get(task).unwrap_or(&0)).max();
    (start.elapsed().as_secs_f64(), busiest.unwrap_or(0) as f64 / 1e9)
}

/// The medians of two rows of measurements by either clock.
fn clocks(one: &[Seconds], two: &[Seconds]) -> [(&'static str, f64, f64); 2] {
    let by = |pick: fn(&Seconds) -> f64| {
        let of = |times: &[Seconds]| median(times.iter().map(pick).collect());
        (of(one), of(two))
    };
    let (wall, busiest) = (by(|time| time.0), by(|time| time.1));
    [("wall clock", wall.0, wall.1), ("processor time of the busiest thread", busiest.0, busiest.1)]
}

/// The processor time that each thread of this process has had, in nanoseconds.
fn busy() -> HashMap<OsString, u64> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(Result::unwrap);
    let time = |task: DirEntry| {
        let told = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        Some((task.file_name(), told.split(' ').next()?.parse().ok()?))
    };
    tasks.filter_map(time).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
