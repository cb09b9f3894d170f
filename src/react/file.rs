//! A line in a JSON Lines file, which is how a warehouse loads.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::local::Local;
use super::{Errand, failed};
use crate::error::Result;

/// The folder beside the store for what has no place of its own.
pub(super) fn beside(store: &Path, folder: &str) -> std::path::PathBuf {
    store.parent().unwrap_or(Path::new("")).join(folder)
}

pub(super) fn append(local: &Local, errand: &Errand<'_>, file: &str, row: &Value) -> Result<String> {
    let folder = local.append().folder.clone().unwrap_or_else(|| beside(errand.store, "feeds"));
    let path = folder.join(file).with_extension("jsonl");
    let line = json!({ "key": errand.key(), "row": row });
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        // One write, so that lines of two workers do not mix.
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    });
    written.map_err(|error| failed(&path.display().to_string(), error))?;
    Ok(format!("a line in {}", path.display()))
}
