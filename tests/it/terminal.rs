//! The explorer in a real pseudo-terminal: it starts, scrubs, fires, resizes, and gives the terminal back however it ends.
#![cfg(unix)]

mod ends;
mod foreign;
mod load;
mod pipes;
mod stranger;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use backstory::session::demo;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Screen};

const WAIT: Duration = Duration::from_secs(60);

type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// What a real terminal answers to queries; a bare pseudo-terminal answers nothing.
struct Replies(Writer);

impl vt100::Callbacks for Replies {
    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        first: Option<u8>,
        _second: Option<u8>,
        params: &[&[u16]],
        c: char,
    ) {
        let reply = match (first, c, params.first().and_then(|p| p.first())) {
            (None, 'n', Some(6)) => {
                let (row, column) = screen.cursor_position();
                format!("\x1b[{};{}R", row + 1, column + 1)
            }
            (None, 'c', _) => "\x1b[?62;22c".into(),
            (Some(b'?'), 'u', _) => "\x1b[?0u".into(),
            _ => return,
        };
        let _ = self.0.lock().unwrap().write_all(reply.as_bytes());
    }
}

/// The screen, and whether the program's end has been seen.
type Shared = Arc<(Mutex<(vt100::Parser<Replies>, bool)>, Condvar)>;

struct Tui {
    shared: Shared,
    writer: Writer,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    folder: tempfile::TempDir,
}

fn size(columns: u16, rows: u16) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap())
}

impl Tui {
    fn demo() -> (tempfile::TempDir, PathBuf) {
        static DEMO: OnceLock<Vec<u8>> = OnceLock::new();
        let bytes = DEMO.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("demo.db");
            demo::build(&path).unwrap();
            std::fs::read(path).unwrap()
        });
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("todo.db");
        std::fs::write(&store, bytes).unwrap();
        (folder, store)
    }

    fn start(columns: u16, rows: u16, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let (folder, store) = Self::demo();
        Self::spawn(columns, rows, &store, arguments, env, folder)
    }

    fn spawn(
        columns: u16,
        rows: u16,
        store: &Path,
        arguments: &[&str],
        env: &[(&str, &str)],
        folder: tempfile::TempDir,
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_backstory"));
        command.args(["-s", store.to_str().unwrap(), "open", "--actor", "mira"]);
        command.args(arguments);
        Self::run(columns, rows, command, env, folder)
    }

    /// The same below a shell, whose script calls the program `"$0" "$@"`.
    fn shell(script: &str, env: &[(&str, &str)]) -> Self {
        let (folder, store) = Self::demo();
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_backstory"), "-s", store.to_str().unwrap(), "open"]);
        command.cwd(folder.path());
        Self::run(100, 30, command, env, folder)
    }

    fn run(
        columns: u16,
        rows: u16,
        mut command: CommandBuilder,
        env: &[(&str, &str)],
        folder: tempfile::TempDir,
    ) -> Self {
        let shape = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(shape).unwrap();
        command.env_clear();
        // What a user has, such as views of stores, is the test's own.
        command.env("HOME", folder.path());
        for (name, value) in
            [("TERM", "xterm-256color"), ("TZ", "UTC"), ("LANG", "C.UTF-8")].iter().chain(env)
        {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // Held open, it would hide the program's end.
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer: Writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let (rows, columns) = size(columns, rows);
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Replies(Arc::clone(&writer)));
        let shared: Shared = Arc::new((Mutex::new((parser, false)), Condvar::new()));
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            loop {
                let n = reader.read(&mut buffer).unwrap_or(0);
                let mut screen = theirs.0.lock().unwrap();
                if n == 0 {
                    screen.1 = true;
                } else {
                    screen.0.process(&buffer[..n]);
                }
                theirs.1.notify_all();
                if n == 0 {
                    break;
                }
            }
        });
        Self { shared, writer, master: pair.master, child, folder }
    }

    fn send(&self, keys: &str) {
        let mut writer = self.writer.lock().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until it holds on the screen; never for a time.
    #[track_caller]
    fn until(&self, what: &str, holds: impl Fn(&Screen) -> bool) {
        self.until_within(WAIT, what, holds);
    }

    /// The same for what may take longer.
    #[track_caller]
    fn until_within(&self, most: Duration, what: &str, holds: impl Fn(&Screen) -> bool) {
        let end = Instant::now() + most;
        let mut screen = self.shared.0.lock().unwrap();
        while !holds(screen.0.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !screen.1,
                "waiting for {what} (ended: {})\n{}",
                screen.1,
                screen.0.screen().contents()
            );
            screen = self.shared.1.wait_timeout(screen, left).unwrap().0;
        }
    }

    #[track_caller]
    fn sees(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    fn resize(&self, columns: u16, rows: u16) {
        let (tall, wide) = size(columns, rows);
        self.shared.0.lock().unwrap().0.set_size(tall, wide);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Button 0 is the left one, 64 and 65 are the wheel; 32 more is a drag. The cell is counted from 0.
    fn mouse(&self, button: u8, column: u16, row: u16, press: bool) {
        let end = if press { 'M' } else { 'm' };
        self.send(&format!("\x1b[<{button};{};{}{end}", column + 1, row + 1));
    }

    /// Where a text stands on the screen.
    #[track_caller]
    fn find(&self, text: &str) -> (u16, u16) {
        let screen = self.shared.0.lock().unwrap();
        let (_, columns) = screen.0.screen().size();
        for (y, line) in screen.0.screen().rows(0, columns.get()).enumerate() {
            if let Some(at) = line.find(text) {
                return (backstory::tui::text::width(&line[..at]) as u16, y as u16);
            }
        }
        panic!("no {text:?} on\n{}", screen.0.screen().contents());
    }

    /// Waits for the end: how it ended, and the screen that it left.
    fn ended(&mut self) -> (portable_pty::ExitStatus, Screen) {
        let end = Instant::now() + WAIT;
        let mut screen = self.shared.0.lock().unwrap();
        while !screen.1 && Instant::now() < end {
            screen = self.shared.1.wait_timeout(screen, Duration::from_millis(100)).unwrap().0;
        }
        assert!(screen.1, "it does not end\n{}", screen.0.screen().contents());
        (self.child.wait().unwrap(), screen.0.screen().clone())
    }

    #[track_caller]
    fn restored(screen: &Screen) {
        assert!(!screen.alternate_screen(), "the alternate screen is still on");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None, "the mouse is still captured");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pasting is still bracketed");
    }
}

impl Drop for Tui {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn starts_scrubs_and_quits() {
    let mut tui = Tui::start(120, 36, &["--at", "Task/42"], &[]);
    tui.sees("v6/6 HEAD");
    assert!(tui.shared.0.lock().unwrap().0.screen().alternate_screen());
    tui.send("\x1b[D\x1b[D");
    tui.sees("PAST v4/6, 2 behind");
    tui.send("\x1b[F");
    tui.sees("v6/6 HEAD");
    // A lone escape is a key of its own, and no reason to leave.
    tui.send("/");
    tui.sees("in id, label, status and columns");
    tui.send("\x1b");
    tui.until("the closed prompt", |screen| {
        let text = screen.contents();
        text.contains("q quit") && !text.contains("in id, label, status and columns")
    });
    tui.send("q");
    let (status, screen) = tui.ended();
    assert!(status.success(), "{status:?}");
    Tui::restored(&screen);
}

#[test]
fn scrubs_with_the_mouse() {
    let tui = Tui::start(120, 36, &["--at", "Task/42"], &[]);
    tui.sees("v6/6 HEAD");
    tui.sees("●1");
    let (x, y) = tui.find("●1");
    tui.mouse(0, x, y, true);
    tui.sees("PAST v1/6");
    tui.sees("○5");
    let (last, _) = tui.find("○5");
    tui.mouse(32, last, y, true);
    tui.sees("PAST v5/6");
    tui.mouse(0, last, y, false);
    tui.mouse(65, x, y, true);
    tui.sees("v6/6 HEAD");
}

#[test]
fn fires_a_command() {
    let mut tui = Tui::start(100, 30, &["--at", "Task/1"], &[]);
    tui.sees("v3/3 HEAD");
    tui.send("f");
    tui.sees("Say something about it");
    tui.send("comment\r");
    tui.sees("IT REFUSES");
    tui.send("from a terminal");
    tui.sees("TaskCommented {\"text\":\"from a terminal\"}");
    tui.send("\r");
    tui.sees("Append to the log?");
    tui.send("\t\r");
    tui.sees("TaskCommented appended");
    tui.send("q");
    let (status, screen) = tui.ended();
    assert!(status.success());
    Tui::restored(&screen);
}

#[test]
fn follows_the_terminal_s_size() {
    let tui = Tui::start(120, 36, &[], &[]);
    tui.sees("3 Event");
    tui.resize(80, 24);
    tui.until("the event pane as a tab", |screen| {
        let text = screen.contents();
        text.contains("3  Event") && text.lines().count() <= 24
    });
    tui.resize(30, 8);
    tui.sees("needs");
    tui.resize(200, 50);
    tui.sees("4 Timeline");
}

#[test]
fn it_follows_the_size_while_half_a_key_has_come() {
    let tui = Tui::start(100, 30, &[], &[]);
    tui.sees("HEAD");
    tui.send("\x1b[7");
    tui.resize(140, 40);
    tui.until("a picture of the new size", |screen| {
        let rows: Vec<String> = screen.rows(0, 140).collect();
        rows.iter().any(|row| row.trim_end().chars().count() > 120)
    });
}

#[test]
fn what_the_terminal_cannot_show_is_not_sent() {
    for env in [[("LANG", "C"), ("TERM", "xterm")], [("LANG", "C.UTF-8"), ("TERM", "dumb")]] {
        let tui = Tui::start(100, 30, &["--at", "Task/42"], &env);
        tui.sees("v6/6 HEAD");
        tui.until("the state", |screen| screen.contents().contains("title"));
        let screen = tui.shared.0.lock().unwrap();
        let contents = screen.0.screen().contents();
        assert!(contents.is_ascii(), "{env:?}\n{contents}");
        let coloured = (0..30).flat_map(|y| (0..100).map(move |x| (y, x))).any(|(y, x)| {
            screen.0.screen().cell(y, x).is_some_and(|cell| cell.fgcolor() != vt100::Color::Default)
        });
        assert_eq!(coloured, env[1].1 != "dumb");
    }
}

#[test]
fn in_tmux_what_is_copied_goes_through_its_own_command() {
    use std::os::unix::fs::PermissionsExt;
    let bin = tempfile::tempdir().unwrap();
    let tmux = bin.path().join("tmux");
    let took = bin.path().join("took");
    let path = format!("{}:/usr/bin:/bin", bin.path().display());
    let env = [("TMUX", "/tmp/tmux-0/default,1,0"), ("PATH", path.as_str())];
    for (script, says) in [
        (format!("#!/bin/sh\necho \"$@\" > {0}; cat >> {0}\n", took.display()), "into tmux's buffer"),
        ("#!/bin/sh\nexit 1\n".to_owned(), "was not taken by tmux: it is in"),
    ] {
        std::fs::write(&tmux, script).unwrap();
        std::fs::set_permissions(&tmux, std::fs::Permissions::from_mode(0o755)).unwrap();
        let tui = Tui::start(160, 30, &["--at", "Task/42"], &env);
        tui.sees("CHANGED");
        tui.send("y");
        tui.sees("COPY");
        tui.send("j");
        tui.sees(says);
    }
    let took = std::fs::read_to_string(took).unwrap();
    assert!(took.starts_with("load-buffer -w -\n") && took.lines().count() > 1, "{took}");
}

/// No terminal counts from 0, but whatever comes must not leave the explorer without ears.
#[test]
fn a_mouse_report_that_no_terminal_sends_leaves_it_neither_deaf_nor_the_terminal_changed() {
    let mut tui = Tui::start(100, 30, &[], &[]);
    tui.sees("HEAD");
    tui.send("\x1b[<0;0;1M\x1b[<0;1;0M");
    tui.send("q");
    let (_, screen) = tui.ended();
    Tui::restored(&screen);
}
