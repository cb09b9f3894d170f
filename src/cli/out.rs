//! Printing: buffered, with what a store holds made harmless to a terminal, and a progress bar beside it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::event::{Event, actor_of, reason_of};
use crate::replay::{Change, Op};

/// Standard output.
pub struct Out {
    inner: io::BufWriter<io::Stdout>,
}

impl Out {
    /// Standard output, buffered.
    pub fn new() -> Self {
        Self { inner: io::BufWriter::new(io::stdout()) }
    }

    /// Writes one line.
    pub fn line(&mut self, line: impl fmt::Display) -> Result<()> {
        Ok(writeln!(self.inner, "{line}")?)
    }

    /// Writes one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.inner, value).map_err(|error| Error::from(io::Error::from(error)))?;
        Ok(self.inner.write_all(b"\n")?)
    }

    /// Writes bytes as they are.
    pub fn raw(&mut self, text: &str) -> Result<()> {
        Ok(self.inner.write_all(text.as_bytes())?)
    }

    /// Hands over what is buffered.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.inner.flush()?)
    }
}

/// Text that cannot steer a terminal: control characters are shown, not sent.
pub fn visible(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push('⇥'),
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')),
            c if harmful(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
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

/// A progress bar on a terminal's standard error; nothing anywhere else.
pub fn progress(what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
