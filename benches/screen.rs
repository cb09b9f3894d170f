//! The first screen over 1,000 and 1,000,000 events: what a session takes to answer it, what the explorer takes
//! until it stands in a terminal, and the memory that it holds then and after walking about.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use backstory::session::{ListRequest, Session};
use history::{fill, open};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const ROWS: NonZeroU16 = NonZeroU16::new(40).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(120).unwrap();

fn main() {
    let folder = tempfile::tempdir().unwrap();
    for (events, aggregates) in [(1_000, 100), (1_000_000, 100_000)] {
        let path = folder.path().join(format!("{events}.db"));
        fill(&path, events, aggregates);
        println!("{events} events of {aggregates} aggregates");
        answers(&path);
        explorer(&path);
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Opening, the overview, the first page and the first row's moment.
fn answers(path: &Path) {
    let times = (0..11).map(|_| {
        let start = Instant::now();
        let mut session = Session::open(&open(path)).unwrap();
        black_box(session.overview().unwrap());
        let page = session.list(&ListRequest { limit: 50, ..ListRequest::default() }).unwrap();
        let first = &page.rows[0];
        black_box(session.moment(&first.aggregate, first.version).unwrap());
        start.elapsed()
    });
    println!("  open, overview, first page, first moment: {:.1} ms", median(times.collect()));
}

/// The program itself in a terminal of 120 columns and 40 rows.
fn explorer(path: &Path) {
    let mut times = Vec::new();
    for last in [false, false, false, false, true] {
        let start = Instant::now();
        let pair = native_pty_system()
            .openpty(PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_backstory"));
        command.args(["-s", path.to_str().unwrap(), "open", "--actor", "mira"]);
        command.env("TERM", "xterm-256color");
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut writer = pair.master.take_writer().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let theirs = Arc::clone(&screen);
        let reading = std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                theirs.lock().unwrap().process(&buffer[..n]);
            }
        });
        // The header names the version, and the first row's state is there.
        let stands = || {
            let text = screen.lock().unwrap().screen().contents();
            text.contains("HEAD") && text.contains("created_by")
        };
        while !stands() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{}",
                screen.lock().unwrap().screen().contents()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(start.elapsed());
        if last {
            let pid = child.process_id().unwrap();
            std::thread::sleep(Duration::from_secs(2));
            let (first, _) = memory(pid);
            // Down the list, back in time, the whole store's log and its ends, the counts.
            for key in ["j", "j", "\x1b[6~", "G", "g", "h", "h", "t", "h", "H", "g", "G", "t", "s"] {
                writer.write_all(key.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(250));
            }
            std::thread::sleep(Duration::from_secs(2));
            let (then, peak) = memory(pid);
            println!("  resident: {first:.1} MB, after walking about {then:.1} MB, at most {peak:.1} MB");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        drop(pair.master);
        reading.join().unwrap();
    }
    println!("  the explorer, from its start to its screen: {:.1} ms", median(times));
}

/// What a process holds and the most it held, in MB.
fn memory(pid: u32) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
    };
    (field("VmRSS:"), field("VmHWM:"))
}
