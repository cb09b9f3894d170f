//! Somebody who has never seen the program has a log of 100,000 lines and one question: what changed this value, when,
//! and who was it?

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::Tui;
use portable_pty::CommandBuilder;

/// The lines of the log.
const LINES: usize = 100_000;
/// How long all of it may take.
const MOST: Duration = Duration::from_secs(180);

/// A time, so many minutes after the first of 2024.
fn minute(n: usize) -> String {
    format!("2024-{:02}-{:02}T{:02}:{:02}:00Z", 1 + n / 40_320, 1 + n / 1440 % 28, n / 60 % 24, n % 60)
}

/// Documents that are written, reviewed and signed by five people; and who signed one of them, when.
fn log() -> (String, String, &'static str) {
    let people = ["ann.lee", "bo.falk", "cyd.ray", "dee.roe", "eve.moss"];
    let (mut text, mut signed) = (String::new(), (String::new(), ""));
    for n in 0..LINES {
        // Steps that share no divisor with the number of documents: each gets its turn, in another order each time.
        let (doc, who) = (n * 7919 % 4_001, people[(n * 31 + n / 977) % 5]);
        let (what, state) =
            [("wrote", "draft"), ("reviewed", "in review"), ("commented", "in review"), ("signed", "signed")]
                [n / 4_001 % 4];
        if doc == 1234 && what == "signed" && n / 4_001 < 20 {
            signed = (minute(n), who);
        }
        // In the last round, only comments: the state stays what it was.
        let (what, state) = if n / 4_001 >= 20 { ("commented", "signed") } else { (what, state) };
        let _ = writeln!(
            text,
            r#"{{"at":"{}","who":"{who}","did":"{what}","doc":"D-{doc:04}","state":"{state}","words":{}}}"#,
            minute(n),
            n * 13 % 700
        );
    }
    (text, signed.0, signed.1)
}

/// Whether the line of the state with a text in it stands out.
fn is_selected(tui: &Tui, text: &str) -> bool {
    let screen = tui.shared.0.lock().unwrap();
    let screen = screen.0.screen();
    let found = screen.rows(0, 120).position(|row| row.contains(text));
    found.is_some_and(|y| {
        let cells = (40..80).filter_map(|x| screen.cell(y as u16, x));
        cells.filter(|cell| cell.inverse() || cell.bgcolor() != vt100::Color::Default).count() > 10
    })
}

#[test]
fn a_stranger_asks_a_log_who_changed_a_value_and_when() {
    let folder = tempfile::tempdir().unwrap();
    let (text, at, who) = log();
    std::fs::write(folder.path().join("papers.jsonl"), text).unwrap();
    let home = folder.path().join("home");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_backstory"));
    command.arg("papers.jsonl");
    command.cwd(folder.path());
    let env = [("HOME", home.to_str().unwrap()), ("XDG_DATA_HOME", home.to_str().unwrap())];
    let (began, mut keys) = (Instant::now(), 0);
    let tui = Tui::run(120, 36, command, &env, folder);
    tui.sees("id .doc  event .did  at .at  actor .who");
    let first = began.elapsed();
    tui.until_within(MOST, "all of the log", |screen| {
        let line = screen.rows(0, 120).next().unwrap_or_default();
        line.contains("100,000 events") && !line.contains("reading")
    });
    let read = began.elapsed();
    let mut press = |what: &str| {
        keys += if what.starts_with('\x1b') { 1 } else { what.len() };
        tui.send(what);
    };
    // The document is looked for by its name.
    press("/");
    tui.sees("in id, label, status and columns");
    press("D-1234");
    press("\r");
    tui.sees("1 of 4,001");
    // In its state, the value; Enter goes to the event that set it.
    press("2");
    tui.sees("keep it in sight");
    for _ in 0..12 {
        if is_selected(&tui, "state    signed") {
            break;
        }
        press("\x1b[B");
        std::thread::sleep(Duration::from_millis(50));
    }
    press("\r");
    tui.sees("in review → signed");
    tui.sees(&format!("by {who}"));
    let (day, hour) = (&at[8..10], &at[11..16]);
    let (day, hour) = (day.trim_start_matches('0').to_owned(), hour.to_owned());
    tui.until("the time", |screen| {
        let text = screen.contents();
        text.contains(&hour) && text.contains(&format!("{day} "))
    });
    let all = began.elapsed();
    println!("first screen {first:?}, read {read:?}, answered {all:?}, {keys} keys and the command");
    assert!(keys <= 14, "{keys} keys");
    assert!(all < MOST, "{all:?}");
}
