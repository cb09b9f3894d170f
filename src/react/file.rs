//! A line in a JSON Lines file, which is how a warehouse loads.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::local::Local;
use super::{Errand, failed};
use crate::error::Result;
use crate::private::{Folder, folder_of};

/// The folder that the configuration names, else one of this name beside the store, which is no link. `~` is the user's
/// own folder, and what has no root lies beside the store, too.
pub(super) fn place(store: &Path, named: Option<&Path>, other: &str) -> Result<Folder> {
    let Some(named) = named else {
        return Folder::beside(store, other).map_err(|error| failed(other, error));
    };
    let home = || Some(etcetera::home_dir().ok()?.join(named.strip_prefix("~").ok()?));
    let path = folder_of(store).join(home().unwrap_or_else(|| named.to_owned()));
    Folder::named(&path).map_err(|error| failed(&path.display().to_string(), error))
}

pub(super) fn append(local: &Local, errand: &Errand<'_>, file: &str, row: &Value) -> Result<String> {
    let folder = place(errand.store, local.append().folder.as_deref(), "feeds")?;
    let name = format!("{file}.jsonl");
    let path = folder.path().join(&name);
    let line = json!({ "key": errand.key(), "row": row });
    let written = folder.append(&name).and_then(|mut file| {
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
