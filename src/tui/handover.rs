//! Texts that leave the explorer: to the terminal's clipboard, or into a file.

use std::io::Write;
use std::path::Path;

use base64::Engine;

use super::text::many;
use crate::error::{Error, Result};

/// The most bytes that terminals are known to take as copied text; more goes to a file.
const CLIPBOARD: usize = 74_000;

/// Hands a text to the terminal's clipboard (OSC 52), or to a file where it is too long for that.
pub fn copy(out: &mut dyn Write, name: &str, ending: &str, text: &str) -> Result<String> {
    let size = many(text.len() as i64, "byte");
    if text.len() <= CLIPBOARD {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        write!(out, "\x1b]52;c;{encoded}\x07")?;
        out.flush()?;
        return Ok(format!("copied {name}, {size}, through the terminal"));
    }
    let mut file = tempfile::Builder::new().prefix("backstory-").suffix(&format!(".{ending}")).tempfile()?;
    file.write_all(text.as_bytes())?;
    let (_, path) = file.keep().map_err(|error| Error::refused(error.to_string()))?;
    Ok(format!("{name}, {size}, is too long for the clipboard: it is in {}", path.display()))
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
