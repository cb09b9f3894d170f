//! Printing: buffered, with what a store holds made harmless to a terminal, and a progress bar beside it.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::event::{Event, actor_of, reason_of};
use crate::manual::{Line, Look};
use crate::replay::{Change, Op};
use crate::tui::detect;
pub use crate::visible::visible;
use crate::visible::{escaped_json, visible_lines};

/// Standard output.
pub struct Out {
    inner: io::BufWriter<io::Stdout>,
    /// What the verb has written to the store so far.
    done: Option<String>,
    /// Whether a person looks at it.
    terminal: bool,
    /// Whether it shows colours and the like.
    looks: bool,
    /// The lines so far, where they are kept to be printed otherwise.
    kept: Option<Vec<String>>,
}

/// How wide running text is where nobody says how wide the terminal is, and at most: longer lines are hard to read.
const COLUMNS: usize = 80;
const MOST_COLUMNS: usize = 100;

impl Out {
    /// Standard output, buffered.
    pub fn new() -> Self {
        let terminal = io::stdout().is_terminal();
        let inner = io::BufWriter::new(io::stdout());
        let looks = terminal && detect::has_colours(detect::environment);
        Self { inner, done: None, terminal, looks, kept: None }
    }

    /// Keeps the lines from here on in place of printing them.
    pub fn capture(&mut self) {
        (self.kept, self.looks) = (Some(Vec::new()), false);
    }

    /// The lines that were kept; from here on lines are printed again.
    pub fn captured(&mut self) -> Vec<String> {
        self.kept.take().unwrap_or_default()
    }

    /// Prints text, or keeps its lines.
    fn put(&mut self, text: &str) -> Result<()> {
        if let Some(kept) = &mut self.kept {
            kept.extend(text.lines().map(str::to_owned));
            return Ok(());
        }
        let written = self.inner.write_all(text.as_bytes());
        written.map_err(|error| self.lost(error))
    }

    /// Notes what stands in the store whatever becomes of the output.
    pub fn done(&mut self, what: String) {
        self.done = Some(what);
    }

    /// Writes a line, or several: whatever stands in it, nothing harmful reaches a terminal.
    pub fn line(&mut self, line: impl fmt::Display) -> Result<()> {
        let line = line.to_string();
        self.put(&format!("{}\n", visible_lines(&line)))
    }

    /// How wide running text is.
    pub fn columns(&self) -> usize {
        let size = terminal_size::terminal_size().filter(|_| self.terminal);
        size.map_or(COLUMNS, |(width, _)| usize::from(width.0).clamp(10, MOST_COLUMNS))
    }

    /// Whether what reads it shows colours and the like.
    pub fn has_looks(&self) -> bool {
        self.looks
    }

    /// Writes a line of the manual: with its looks where a terminal shows them, else the text alone.
    pub fn styled(&mut self, line: &Line) -> Result<()> {
        let mut text = String::new();
        for piece in &line.0 {
            let shown = visible(&piece.text);
            match look(piece.look).filter(|_| self.looks) {
                Some(code) => drop(write!(text, "\x1b[{code}m{shown}\x1b[0m")),
                None => text.push_str(&shown),
            }
        }
        text.push('\n');
        self.put(&text)
    }

    /// Writes one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|error| Error::from(io::Error::from(error)))?;
        self.json_text(&text)
    }

    /// Writes one line that is JSON already.
    pub fn json_text(&mut self, json: &str) -> Result<()> {
        self.put(&format!("{}\n", escaped_json(json)))
    }

    /// Writes text that is to be read back by a program, as it is; to a terminal only what is harmless.
    pub fn kept(&mut self, text: &str) -> Result<()> {
        let text = if self.terminal { visible_lines(text) } else { text.into() };
        self.put(&text)
    }

    /// The same for a line of JSON, which can be escaped for a terminal.
    pub fn kept_json(&mut self, json: &str) -> Result<()> {
        let json = if self.terminal { escaped_json(json) } else { json.into() };
        self.put(&format!("{json}\n"))
    }

    /// Hands over what is buffered.
    pub fn flush(&mut self) -> Result<()> {
        let written = self.inner.flush();
        written.map_err(|error| self.lost(error))
    }

    /// The output could not be written, which takes nothing back.
    fn lost(&self, error: io::Error) -> Error {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return error.into();
        }
        let done = self.done.as_ref().map_or_else(String::new, |done| format!(" {done}."));
        Error::refused(format!("The output cannot be written: {error}.{done}"))
            .hint("What the command did to the store stands all the same: `backstory op log` lists it.")
    }
}

/// What a terminal is told for a look.
fn look(look: Look) -> Option<&'static str> {
    match look {
        Look::Plain => None,
        Look::Heading => Some("1;33"),
        Look::Strong => Some("1"),
        Look::Emphasis => Some("3"),
        Look::Code => Some("36"),
        Look::Link => Some("4"),
        Look::Faint => Some("2"),
    }
}

/// A value on one line, cut to about `most` characters.
pub fn short(value: &Value, most: usize) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = visible(&text);
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}

/// An event on one line.
pub fn event_line(event: &Event) -> String {
    let mut line = format!(
        "#{:<6} {}  {}  {}@{}  {}",
        event.position,
        event.hash.short(),
        event.occurred_at,
        visible(&event.aggregate.to_string()),
        event.version,
        visible(&event.kind)
    );
    if let Some(actor) = actor_of(&event.meta) {
        let _ = write!(line, "  by {}", visible(&actor));
    }
    if let Some(reason) = reason_of(&event.meta) {
        let _ = write!(line, "  \"{}\"", visible(&reason));
    }
    line
}

/// A change on one line: `~ priority  normal → high`.
pub fn change_line(change: &Change) -> String {
    let path = if change.path.is_empty() { ".".to_owned() } else { change.dotted() };
    let (path, old, value) = (visible(&path).into_owned(), short(&change.old, 60), short(&change.value, 60));
    match change.op {
        Op::Add => format!("+ {path}  {value}"),
        Op::Remove => format!("- {path}  {old}"),
        Op::Replace => format!("~ {path}  {old} → {value}"),
    }
}

/// A number of things: `1 event`, `2 events`.
pub fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A progress bar on a terminal's standard error; nothing anywhere else.
pub fn progress(what: &'static str) -> ProgressBar {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if dumb || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
