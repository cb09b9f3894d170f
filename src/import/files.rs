//! Which files an import is to read: those that are named, all that lie in a folder, and those that a pattern fits.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{Error, Result};
use crate::store::is_being_made;

/// A file to read.
pub struct Listed {
    /// Where it is; `-` is standard input.
    pub path: PathBuf,
    /// Whether it lay in a folder or fits a pattern: then it may be something else than a log.
    pub found: bool,
}

/// How the names of logs end, compressed or not; many have no ending.
const LOGS: &[&str] = &[
    "json", "jsonl", "ndjson", "csv", "tsv", "log", "logfmt", "txt", "zip", "gz", "zst", "db", "sqlite",
    "sqlite3",
];

impl Listed {
    /// Why it is not even opened: it was found, and its name says that it is something else.
    pub fn is_odd(&self) -> Option<String> {
        let name = self.path.file_name().filter(|_| self.found)?.to_string_lossy();
        if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            return Some("a text about others has such a name; name it to have it read".to_owned());
        }
        if !self.path.is_file() {
            return Some("it is no file; name it to have it read".to_owned());
        }
        let ending = self.path.extension().filter(|_| self.found)?.to_string_lossy().to_ascii_lowercase();
        (!LOGS.contains(&&*ending))
            .then(|| format!("the names of logs do not end in .{ending}; name it to have it read"))
    }
}

/// The files that names stand for, those of a folder or a pattern in the order of their names.
pub fn listed(names: &[PathBuf]) -> Result<Vec<Listed>> {
    let mut all = Vec::new();
    for name in names {
        if name.is_dir() {
            all.extend(within(name)?);
        } else if !name.exists() && is_pattern(name) {
            all.extend(fitting(name)?);
        } else {
            all.push(Listed { path: name.clone(), found: false });
        }
    }
    Ok(all)
}

/// All files below a folder. A link to a folder is not followed: it may lead back.
fn within(folder: &Path) -> Result<Vec<Listed>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry =
            entry.map_err(|error| Error::refused(format!("{} cannot be read: {error}", folder.display())))?;
        // The store that is made just now may lie there, too.
        if entry.path().is_file() && !is_being_made(entry.path()) {
            files.push(Listed { path: entry.into_path(), found: true });
        }
    }
    if files.is_empty() {
        return Err(Error::refused(format!("there is no file in {}", folder.display())));
    }
    Ok(files)
}

fn is_pattern(name: &Path) -> bool {
    name.to_string_lossy().contains(['*', '?', '['])
}

/// The files that a pattern fits, as a shell would have listed them.
fn fitting(pattern: &Path) -> Result<Vec<Listed>> {
    let text = pattern.to_string_lossy();
    let wrong =
        |error: &dyn std::fmt::Display| Error::refused(format!("{text} is no pattern of files: {error}"));
    let mut files = Vec::new();
    for found in glob::glob(&text).map_err(|error| wrong(&error))? {
        let path = found.map_err(|error| wrong(&error))?;
        if path.is_dir() {
            files.extend(within(&path)?);
        } else {
            files.push(Listed { path, found: true });
        }
    }
    if files.is_empty() {
        return Err(Error::refused(format!("no file fits {text}")).hint("`**` stands for folders in folders"));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_made_in_a_folder_is_not_found_there() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.json", "a.json", ".backstory-x1.tmp", ".backstory-x1.tmp-wal", ".hidden.json"] {
            std::fs::write(folder.path().join(name), "{}").unwrap();
        }
        let found = listed(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found.iter().map(|file| file.path.file_name().unwrap()).collect();
        assert_eq!(names, [".hidden.json", "a.json", "b.json"]);
    }
}
