//! However it ends, the terminal is given back: by a signal, a panic, a stop, a terminal that is gone.

use std::io::Read;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use vt100::MouseProtocolMode;

use super::{Tui, WAIT, size};

#[test]
fn a_signal_ends_it_and_restores_the_terminal() {
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let mut tui = Tui::start(100, 30, &[], &[]);
        tui.sees("HEAD");
        kill(name, tui.child.process_id().unwrap());
        let (status, screen) = tui.ended();
        assert!(!status.success(), "{status:?} after {name} ({number})");
        Tui::restored(&screen);
    }
}

/// A loop that never comes back to its messages.
#[cfg(debug_assertions)]
fn hung() -> Tui {
    let tui = Tui::start(100, 30, &[], &[("BACKSTORY_TEST_TROUBLE", "hang")]);
    tui.sees("HEAD");
    tui.send("\x1b[23~");
    tui
}

fn kill(name: &str, id: u32) {
    let id = id.to_string();
    assert!(std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

#[cfg(debug_assertions)]
#[test]
fn whatever_it_does_a_signal_and_the_key_that_interrupts_end_it() {
    for name in ["TERM", "HUP", "INT", "QUIT"] {
        let mut tui = hung();
        kill(name, tui.child.process_id().unwrap());
        let (status, screen) = tui.ended();
        assert!(!status.success(), "{status:?} after {name}");
        Tui::restored(&screen);
    }
    let mut tui = hung();
    tui.send("\x03");
    let (status, screen) = tui.ended();
    assert!(!status.success(), "{status:?}");
    Tui::restored(&screen);
}

/// A session of its own gets no signal when the terminal goes: it has to see that by itself.
#[cfg(target_os = "linux")]
#[test]
fn it_ends_when_its_terminal_is_gone() {
    let (folder, store) = Tui::demo();
    let pair = native_pty_system().openpty(PtySize { rows: 30, cols: 100, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new("/bin/sh");
    let script = r#"exec 3<&0; setsid "$0" "$@" <&3 & echo $! > id; wait"#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_backstory"), "-s", store.to_str().unwrap(), "open"]);
    command.cwd(folder.path());
    command.env("TERM", "xterm");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut parser = vt100::Parser::new(size(100, 30).0, size(100, 30).1, 0);
    let mut buffer = vec![0; 65536];
    while !parser.screen().contents().contains("HEAD") {
        let n = reader.read(&mut buffer).unwrap();
        parser.process(&buffer[..n]);
    }
    let id = std::fs::read_to_string(folder.path().join("id")).unwrap();
    let stat = format!("/proc/{}/stat", id.trim());
    // Its name and its state; one that nobody has asked after yet has ended all the same.
    let lives = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(lives() && std::fs::read_to_string(&stat).unwrap().contains("(backstory)"));
    drop((reader, pair.master));
    child.wait().unwrap();
    let end = Instant::now() + WAIT;
    while lives() {
        assert!(Instant::now() < end, "it goes on without a terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_stops_and_goes_on_as_the_shell_wants_it() {
    let script = r#"set -m; "$0" "$@"; echo stopped here; read go; fg; echo over"#;
    for by_key in [true, false] {
        let mut tui = Tui::shell(script, &[("PATH", "/usr/bin:/bin")]);
        tui.sees("HEAD");
        if by_key {
            tui.send("\x1a");
        } else {
            let folder = tui.folder.path().display().to_string();
            let found = std::process::Command::new("pgrep").args(["-f", &folder, "-n"]).output().unwrap();
            kill("TSTP", String::from_utf8(found.stdout).unwrap().trim().parse().unwrap());
        }
        tui.sees("stopped here");
        Tui::restored(tui.shared.0.lock().unwrap().0.screen());
        tui.send("\n");
        tui.until("the explorer", |screen| {
            let mouse = screen.mouse_protocol_mode() != MouseProtocolMode::None;
            screen.alternate_screen() && mouse && screen.contents().contains("HEAD")
        });
        tui.send("q");
        tui.sees("over");
        let (status, screen) = tui.ended();
        assert!(status.success(), "{status:?}");
        Tui::restored(&screen);
    }
}

#[test]
fn without_a_shell_nothing_stops() {
    let tui = Tui::start(100, 30, &[], &[]);
    tui.sees("HEAD");
    tui.send("\x1a");
    tui.sees("there is no shell below");
    kill("TSTP", tui.child.process_id().unwrap());
    tui.send("?");
    tui.sees("Ask an audit log");
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_restores_the_terminal_and_is_seen() {
    let mut tui = Tui::start(100, 30, &[], &[("BACKSTORY_TEST_TROUBLE", "panic")]);
    tui.sees("HEAD");
    tui.send("\x1b[23~");
    let (status, screen) = tui.ended();
    assert_eq!(status.exit_code(), 101);
    assert!(screen.contents().contains("asked to panic"), "{}", screen.contents());
    Tui::restored(&screen);
}

#[test]
fn what_is_no_store_gets_a_sentence_and_a_clean_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "these are notes, not a store\n".repeat(100)).unwrap();
    let mut tui = Tui::spawn(100, 30, &path, &[], &[], folder);
    let (status, screen) = tui.ended();
    assert!(!status.success());
    assert!(screen.contents().contains("backstory: "), "{}", screen.contents());
    Tui::restored(&screen);
}
