//! Texts that leave the explorer: to the terminal's clipboard, or into a file.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use base64::Engine;

use super::text::many;
use crate::error::{Error, Result};

/// The most bytes that terminals are known to take as copied text; more goes to a file.
const CLIPBOARD: usize = 74_000;

/// Who takes what is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clipboard {
    /// The terminal, by an escape sequence (OSC 52).
    #[default]
    Terminal,
    /// tmux: by default it lets no such sequence of a program through, but takes a text from its own command, and
    /// hands it on to the terminal outside.
    Tmux,
    /// GNU screen: no sequence comes through it, and it takes no text.
    Nobody,
}

impl Clipboard {
    /// The one of the terminal that the program runs in.
    pub fn detect() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match (set("TMUX"), set("STY")) {
            (true, _) => Self::Tmux,
            (_, true) => Self::Nobody,
            _ => Self::Terminal,
        }
    }
}

/// Hands a text to the clipboard, or to a file where it is too long for that or nobody takes it.
pub fn copy(
    clipboard: Clipboard,
    out: &mut dyn Write,
    name: &str,
    ending: &str,
    text: &str,
) -> Result<String> {
    let size = many(text.len() as i64, "byte");
    let long = text.len() > CLIPBOARD;
    if clipboard == Clipboard::Tmux && tmux(text) {
        return Ok(format!("copied {name}, {size}, into tmux's buffer"));
    }
    if clipboard == Clipboard::Terminal && !long {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        write!(out, "\x1b]52;c;{encoded}\x07")?;
        out.flush()?;
        // Whether it takes it, no terminal says.
        return Ok(format!("sent {name}, {size}, to the clipboard of the terminal"));
    }
    let mut file = tempfile::Builder::new().prefix("backstory-").suffix(&format!(".{ending}")).tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| Error::refused(error.to_string()))?;
    let why = match clipboard {
        Clipboard::Terminal => "is too long for the clipboard",
        Clipboard::Tmux => "was not taken by tmux",
        Clipboard::Nobody => "does not get through GNU screen",
    };
    Ok(format!("{name}, {size}, {why}: it is in {}", path.display()))
}

/// Whether tmux took it: into its newest buffer, and from there to the terminal outside, which older versions cannot.
fn tmux(text: &str) -> bool {
    [&["load-buffer", "-w", "-"][..], &["load-buffer", "-"]].iter().any(|arguments| given(arguments, text))
}

fn given(arguments: &[&str], text: &str) -> bool {
    let mut command = std::process::Command::new("tmux");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let written = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

/// Puts a text into a file that does not exist yet.
pub fn save(path: &Path, text: &str) -> Result<String> {
    let mut options = std::fs::OpenOptions::new();
    let written =
        options.write(true).create_new(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(format!("the domain is in {}", path.display())),
        Err(error) => Err(Error::refused(format!("{} cannot be made: {error}.", path.display()))),
    }
}
