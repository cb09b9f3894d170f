//! A running program: a line goes in, a line comes out, within a time.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

/// The longest line that is read.
const LONGEST: u64 = 64 << 20;

/// How long a program may take to end when nothing more is asked: so often this long.
const LEAVE: (u32, Duration) = (40, Duration::from_millis(5));

/// A program that was started.
pub(super) struct Talk {
    child: Child,
    /// `None` when nothing more is asked: its input is closed then.
    ask: Option<Sender<String>>,
    answers: Receiver<io::Result<Line>>,
}

/// What came back.
pub(super) enum Said {
    /// A line.
    Line(String),
    /// A line, and more behind it.
    Much,
    /// Nothing within the time; it does not run any more.
    Nothing,
    /// It ended, and how.
    Died(String),
}

enum Line {
    One(String),
    More,
    End,
}

impl Talk {
    /// Starts a program in a folder; one that is named by a path is looked for from there.
    pub fn start(command: &[String], folder: &Path) -> io::Result<Self> {
        let name = command.first().map_or("", String::as_str);
        let folder = folder.canonicalize()?;
        let path = if name.contains('/') { folder.join(name) } else { name.into() };
        let mut child = Command::new(path)
            .args(command.iter().skip(1))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (ask, asked) = channel();
        let (answer, answers) = sync_channel(1);
        if let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) {
            // Writing may have to wait, too, so both are done where nobody waits for them.
            std::thread::spawn(move || hand_in(input, &asked));
            std::thread::spawn(move || hand_out(output, &answer));
        }
        Ok(Self { child, ask: Some(ask), answers })
    }

    /// Asks, and waits so long for the answer.
    pub fn ask(&mut self, request: &str, limit: Duration) -> Said {
        // What nobody asked for belongs to what was asked before.
        if let Ok(Ok(Line::One(_) | Line::More)) = self.answers.try_recv() {
            return Said::Much;
        }
        let sent = self.ask.as_ref().map(|ask| ask.send(request.to_owned()));
        if !matches!(sent, Some(Ok(()))) {
            return Said::Died(self.end());
        }
        match self.answers.recv_timeout(limit) {
            Ok(Ok(Line::One(line))) => Said::Line(line),
            Ok(Ok(Line::More)) => Said::Much,
            Ok(Ok(Line::End) | Err(_)) | Err(RecvTimeoutError::Disconnected) => Said::Died(self.end()),
            Err(RecvTimeoutError::Timeout) => Said::Nothing,
        }
    }

    /// How it ended, by itself or not.
    fn end(&mut self) -> String {
        self.ask = None;
        for _ in 0..LEAVE.0 {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(LEAVE.1),
                Ok(Some(status)) => return status.to_string(),
                Err(error) => return error.to_string(),
            }
        }
        // What it does after its input has ended is nobody's wish; that it has ended already is no failure.
        let _ = self.child.kill();
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.end();
    }
}

/// Hands requests in until one of the sides is gone.
fn hand_in(mut input: ChildStdin, asked: &Receiver<String>) {
    while let Ok(request) = asked.recv() {
        let written = input.write_all(request.as_bytes()).and_then(|()| input.write_all(b"\n"));
        if written.and_then(|()| input.flush()).is_err() {
            return;
        }
    }
}

/// Hands answers out until one of the sides is gone.
fn hand_out(output: ChildStdout, answers: &SyncSender<io::Result<Line>>) {
    let mut output = BufReader::new(output);
    loop {
        let line = line(&mut output);
        let ended = !matches!(line, Ok(Line::One(_) | Line::More));
        if answers.send(line).is_err() || ended {
            return;
        }
    }
}

fn line(output: &mut BufReader<ChildStdout>) -> io::Result<Line> {
    let mut line = Vec::new();
    output.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Ok(Line::End);
    }
    if !output.buffer().is_empty() {
        return Ok(Line::More);
    }
    Ok(Line::One(String::from_utf8_lossy(&line).into_owned()))
}
