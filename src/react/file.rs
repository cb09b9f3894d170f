//! A line in a JSON Lines file, which is how a warehouse loads.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::local::Local;
use super::{Errand, failed};
use crate::error::Result;

/// The folder that the configuration names, else one of this name; beside the store where it has no root. `~` is the
/// user's own folder.
pub(super) fn place(store: &Path, named: Option<&Path>, other: &str) -> PathBuf {
    let named = named.unwrap_or(Path::new(other));
    let home = || Some(etcetera::home_dir().ok()?.join(named.strip_prefix("~").ok()?));
    store.parent().unwrap_or(Path::new("")).join(home().unwrap_or_else(|| named.to_owned()))
}

pub(super) fn append(local: &Local, errand: &Errand<'_>, file: &str, row: &Value) -> Result<String> {
    let folder = place(errand.store, local.append().folder.as_deref(), "feeds");
    let path = folder.join(file).with_extension("jsonl");
    let line = json!({ "key": errand.key(), "row": row });
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).read(true).open(&path)?;
        // A line that was cut off when a machine went down does not swallow this one.
        let start = if ends_a_line(&mut file)? { "" } else { "\n" };
        // One write, so that lines of two workers do not mix.
        file.write_all(format!("{start}{line}\n").as_bytes())?;
        file.sync_data()
    });
    written.map_err(|error| failed(&path.display().to_string(), error))?;
    Ok(format!("a line in {}", path.display()))
}

fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
