//! Files that go to somebody else: written whole, and never over another one.

use std::path::Path;

use crate::error::{Error, Result};
use crate::private;

/// Refuses a file that is there already.
pub fn check_new(file: &Path) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    Err(Error::refused(format!("{} exists already.", file.display()))
        .hint("What is handed over never overwrites: choose another name."))
}

/// Writes a file that is not there yet, all of it or nothing.
pub fn hand_over(file: &Path, text: &str) -> Result<()> {
    check_new(file)?;
    private::write_new(file, text.as_bytes()).map_err(|error| Error::from(error).at(file.display()))
}
