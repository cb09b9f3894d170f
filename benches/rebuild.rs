//! Building every head again on one thread and on two, by bare rules and in jq: the real path, read from the store
//! and compared with the heads, without writing. Medians of seven, turn about; where other programs keep the processors busy, the wall clock says
//! nothing, and the processor time of the busiest thread is what the fold would take alone.

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
use std::time::Instant;

use backstory::journal::rebuild_on;
use backstory::store::Store;
use history::{IN_JQ, domain, fill};

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.db");
    fill(&path, 200_000, 20_000);
    let store = Store::open(&path).unwrap();
    for (what, behind) in [("bare rules", ""), ("the same in jq", IN_JQ)] {
        let domain = domain(behind);
        let time = |threads| {
            let (start, before) = (Instant::now(), busy());
            let mut after = before.clone();
            let rebuilt = rebuild_on(threads, &store, &domain, false, &mut |done, total| {
                // The threads are gone when all is done; the last look is at nearly all.
                if done < total {
                    after = busy();
                }
                true
            });
            let rebuilt = rebuilt.unwrap();
            assert!(rebuilt.events == 200_000 && rebuilt.differ == 0);
            let busiest = after.iter().map(|(task, time)| time - before.get(task).unwrap_or(&0)).max();
            (start.elapsed().as_secs_f64(), busiest.unwrap_or(0) as f64 / 1e9)
        };
        let (one, two): (Vec<_>, Vec<_>) = (0..7).map(|_| (time(1), time(2))).unzip();
        for (clock, pick) in [("wall clock", 0), ("processor time of the busiest thread", 1)] {
            let pick = |times: &[(f64, f64)]| {
                median(times.iter().map(|t| if pick == 0 { t.0 } else { t.1 }).collect())
            };
            let (one, two) = (pick(&one), pick(&two));
            println!("{what}, {clock}: one {one:.2} s, two {two:.2} s, {:.2} times as fast", one / two);
        }
    }
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
