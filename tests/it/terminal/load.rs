//! A large paste, a program that writes beside it, large states: it goes on, and stays small.

use super::Tui;

#[test]
fn a_large_paste_is_refused_and_what_is_typed_like_one_ends_where_it_is_full() {
    let text = "lorem ipsum ".repeat(7000);
    for key in ["/", "@", "|", "F"] {
        let mut tui = Tui::start(100, 30, &["--at", "Task/42"], &[]);
        tui.sees("v6/6 HEAD");
        tui.send(key);
        tui.sees(match key {
            "/" => "in id, label",
            "@" => "go to @",
            "|" => "jq |",
            _ => "turned true or false",
        });
        tui.send(&format!("\x1b[200~{text}\x1b[201~"));
        tui.sees("Not pasted: 83,999 characters are too many here, 10,000 more fit in.");
        // A terminal that does not mark what is pasted types it.
        tui.send(&text);
        tui.sees("Nothing more fits in here: 10,000 characters at most.");
        tui.send("\x1b");
        tui.until("the closed prompt", |screen| screen.contents().contains("q quit"));
        tui.send("q");
        let (status, screen) = tui.ended();
        assert!(status.success(), "{status:?}");
        Tui::restored(&screen);
    }
}

#[test]
fn while_another_program_writes_everything_but_the_write_goes_on() {
    let tui = Tui::start(120, 36, &[], &[]);
    tui.sees("HEAD");
    let other = rusqlite::Connection::open(tui.folder.path().join("todo.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    tui.send("w");
    tui.sees("waypoint %");
    tui.send("abc\r");
    for _ in 0..7 {
        tui.send("\x1b[B");
    }
    tui.sees("another program is writing");
    // The header, the state and the timeline are of the same record.
    tui.until("the eighth record", |screen| {
        let (_, columns) = screen.size();
        let lines: Vec<String> = screen.rows(0, columns.get()).collect();
        let label = lines[0].split('"').nth(1).unwrap_or("none").to_owned();
        let state = |line: &String| line.chars().skip(38).take(46).collect::<String>().contains(&label);
        lines[10].contains('▸') && lines[2..28].iter().any(state) && lines[0].contains("HEAD")
    });
    other.execute_batch("ROLLBACK").unwrap();
    tui.sees("abc");
    tui.until("no more waiting", |screen| !screen.contents().contains("another program is writing"));
}

/// The most memory that the program has taken so far, in megabytes.
#[cfg(target_os = "linux")]
fn peak(tui: &Tui) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", tui.child.process_id().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[cfg(target_os = "linux")]
#[test]
fn over_large_states_its_memory_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("large.db");
    let mut lines = String::new();
    for version in 1..=100 {
        let data: serde_json::Map<_, _> =
            (0..40).map(|i| (format!("part{i}"), format!("{version} {i} ").repeat(2_500).into())).collect();
        let data = serde_json::Value::Object(data);
        lines += &format!(
            "{{\"aggregate\":\"Doc/1\",\"type\":\"Saved\",\"occurred_at\":\"2026-01-01T00:00:00Z\",\"data\":{data}}}\n"
        );
    }
    let log = folder.path().join("log.jsonl");
    std::fs::write(&log, &lines).unwrap();
    let mut import = std::process::Command::new(env!("CARGO_BIN_EXE_backstory"));
    let import = import.args(["import", "-s"]).arg(&store).arg(&log).output().unwrap();
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    assert!(lines.len() > 40_000_000);
    let tui = Tui::spawn(160, 40, &store, &[], &[], folder);
    tui.sees("CHANGED");
    // The log of the aggregate and that of the whole store hold a page of rows each.
    tui.send("s");
    tui.sees("part0 [99 0");
    tui.send("\x1b[D\x1b[D\x1b[D");
    tui.sees("PAST v97/100");
    tui.send("t");
    tui.sees("#97");
    tui.send("\x1b[D");
    tui.sees("#96");
    let peak = peak(&tui);
    assert!(peak < 160, "{peak} MB");
}
