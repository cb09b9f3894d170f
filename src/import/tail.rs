//! What a file that grows has got since it was read last: while it is written, after it was rotated or cut off, and
//! after this program was started again.
//!
//! A log is rotated in three ways, and each is told from the others by what the file begins with:
//!
//! ```text
//!  appended    the same beginning, more bytes          what came is read
//!  renamed     audit.log is another file, audit.log.1  the rest of the old one is read first, then the new one
//!              begins as it did
//!  cut off     fewer bytes, or another beginning       it is read from its first byte
//! ```

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::format::Reading;
use super::mapping::Mapping;
use super::source;
use crate::error::Result;
use crate::event::Hash;
use crate::file;
use crate::store::foreign::is_sqlite;

/// A file is known again by as many bytes of its beginning.
const BEGINNING: u64 = 1024;
/// A document of at most so many bytes is looked through for its end, each time that it was written to.
const LOOKED_THROUGH: u64 = 8 << 20;

/// How far a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// SHA-256 of the bytes that it begins with, and how many those are.
    begins: (String, u64),
    /// So many of its bytes were read.
    bytes: u64,
    /// So many lines of it.
    lines: u64,
    /// So many records were read under its name, of files that were rotated away, too.
    pub records: u64,
    /// How large it was when it was last looked at whole, for what cannot be read in parts.
    size: u64,
    /// When it was written to then, and what a database has not taken into its file yet.
    #[serde(default)]
    written: Vec<(u64, u64)>,
}

/// A part of a file of lines, which is read as if it stood in a file of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What the file is called.
    pub name: PathBuf,
    /// The file that it is in; another one where that was renamed.
    pub file: PathBuf,
    /// Its first byte, and the one behind its last.
    pub bytes: (u64, u64),
    /// How many lines come before it.
    pub lines: u64,
    /// How many records were read before it.
    pub records: u64,
}

impl Part {
    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.bytes.1 - self.bytes.0
    }
}

/// What has to be read of a file, in order, and how far it is read then.
#[derive(Debug, Default)]
pub struct New {
    /// The parts; none where the file is read whole, as one that is no row of lines is.
    pub parts: Vec<Part>,
    mark: Mark,
    /// The file, and from where its lines are to be counted.
    lines: Option<(File, u64)>,
}

impl New {
    /// The mark once the parts are read; its `records` are those before them. Only now their lines are counted: whoever
    /// waits for the first records of a large file does not wait for that.
    pub fn read(mut self) -> Result<Mark> {
        if let Some((file, from)) = &mut self.lines {
            self.mark.lines += lines_between(file, *from, self.mark.bytes)?;
        }
        Ok(self.mark)
    }
}

/// Looks what a file has that was not read by `mark`; nothing where that is nothing. A last line that has no end yet
/// waits until the file is `still`.
pub fn new_in(
    path: &Path,
    mapping: Option<&Mapping>,
    mark: &Mark,
    still: &dyn Fn(&Metadata) -> bool,
) -> Result<Option<New>> {
    if is_lines(path, mapping) {
        return lines_of(path, mark, still);
    }
    let Ok(mut file) = file::open(path) else { return Ok(None) };
    let size = file.metadata()?.len();
    let written = written(path, &file)?;
    if size == mark.size && written == mark.written && begins(&mut file, mark)? {
        return Ok(None);
    }
    // Half a document is none; what is written just now is read when it is still, or has its end. A database is always whole.
    if mark.size > 0 && !is_sqlite(path) && !still(&file.metadata()?) && !is_closed(&mut file, size)? {
        return Ok(None);
    }
    let begins = beginning(&mut file, BEGINNING.min(size))?;
    let mark = Mark { begins, size, written, ..Mark::default() };
    Ok(Some(New { mark, ..New::default() }))
}

/// Whether a file is one JSON array or object, with its end; of a large one nobody looks whether it is.
fn is_closed(file: &mut File, size: u64) -> Result<bool> {
    if size > LOOKED_THROUGH {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(0))?;
    let mut text = Vec::new();
    file.take(size).read_to_end(&mut text)?;
    let text = text.trim_ascii();
    let brackets = (text.first(), text.last());
    let closed = matches!(brackets, (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}')));
    Ok(closed && serde_json::from_slice::<IgnoredAny>(text).is_ok())
}

/// Whether a file is read in parts as it grows: a row of lines, as it stands.
pub fn is_lines(path: &Path, mapping: Option<&Mapping>) -> bool {
    let own = Reading::default();
    let reading = mapping.map_or(&own, |mapping| &mapping.reading);
    !file::is_stream(path) && source::is_lines(path, reading)
}

/// When a file was written to, and what lies beside it where a database has not taken it in yet.
fn written(path: &Path, file: &File) -> Result<Vec<(u64, u64)>> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = std::fs::metadata(PathBuf::from(log)).ok().filter(|log| log.len() > 0);
    let of = |meta: Metadata| {
        let at = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        (meta.len(), at.map_or(0, |at| at.as_nanos() as u64))
    };
    Ok([Some(file.metadata()?), log].into_iter().flatten().map(of).collect())
}

/// When a file, or what lies beside it, was written to last, in microseconds since 1970.
pub fn written_at(path: &Path) -> Option<i64> {
    let written = file::open(path).ok().and_then(|file| written(path, &file).ok())?;
    written.iter().map(|(_, nanos)| (nanos / 1000) as i64).max()
}

fn lines_of(path: &Path, mark: &Mark, still: &dyn Fn(&Metadata) -> bool) -> Result<Option<New>> {
    let Ok(mut file) = file::open(path) else {
        // It is being rotated just now, or is gone; then what was read is all there is.
        return Ok(None);
    };
    let size = file.metadata()?.len();
    let mut new = New { mark: Mark { records: mark.records, ..Mark::default() }, ..New::default() };
    let mut from = (0, 0);
    if mark.bytes > 0 && begins(&mut file, mark)? && size >= mark.bytes {
        from = (mark.bytes, mark.lines);
    } else if mark.bytes > 0
        && let Some(rotated) = rotated(path, mark)?
    {
        // What was written to it before it was renamed.
        let end = File::open(&rotated)?.metadata()?.len();
        if end > mark.bytes {
            new.parts.push(Part {
                name: path.to_owned(),
                file: rotated,
                bytes: (mark.bytes, end),
                lines: mark.lines,
                records: mark.records,
            });
        }
    }
    let still = still(&file.metadata()?);
    let end = if still { size } else { end_of_lines(&mut file, from.0, size)? };
    if end > from.0 {
        new.parts.push(Part {
            name: path.to_owned(),
            file: path.to_owned(),
            bytes: (from.0, end),
            lines: from.1,
            records: mark.records,
        });
    }
    if new.parts.is_empty() {
        return Ok(None);
    }
    new.mark.begins = beginning(&mut file, BEGINNING.min(end))?;
    (new.mark.bytes, new.mark.lines, new.mark.size) = (end, from.1, size);
    new.lines = Some((file, from.0));
    Ok(Some(new))
}

fn begins(file: &mut File, mark: &Mark) -> Result<bool> {
    Ok(beginning(file, mark.begins.1)? == mark.begins)
}

fn beginning(file: &mut File, bytes: u64) -> Result<(String, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut begins = Vec::new();
    file.take(bytes).read_to_end(&mut begins)?;
    Ok((Hash(Sha256::digest(&begins).into()).to_string(), begins.len() as u64))
}

/// The file beside it that is the one which was read, by now under another name.
fn rotated(path: &Path, mark: &Mark) -> Result<Option<PathBuf>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        // `audit.log.1`, `audit.log-20240301`, `audit-1.log`: what logrotate and its like make of a name.
        let stem = path.file_stem().unwrap_or(name);
        let like = other != name && other.as_encoded_bytes().starts_with(stem.as_encoded_bytes());
        if like
            && let Ok(mut file) = file::open(&entry.path())
            && file.metadata()?.len() >= mark.bytes
            && begins(&mut file, mark)?
        {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

/// Where the last line ends behind a place. It is looked for from the end on, however much stands before it.
fn end_of_lines(file: &mut File, from: u64, size: u64) -> Result<u64> {
    const BLOCK: u64 = 1 << 16;
    let (mut to, mut block) = (size, Vec::new());
    while to > from {
        let begin = from.max(to.saturating_sub(BLOCK));
        file.seek(SeekFrom::Start(begin))?;
        block.clear();
        file.by_ref().take(to - begin).read_to_end(&mut block)?;
        if let Some(place) = memchr::memrchr(b'\n', &block) {
            return Ok(begin + place as u64 + 1);
        }
        to = begin;
    }
    Ok(from)
}

/// How many lines stand between two places; one without an end counts.
fn lines_between(file: &mut File, from: u64, to: u64) -> Result<u64> {
    file.seek(SeekFrom::Start(from))?;
    let mut reader = BufReader::with_capacity(1 << 16, file.take(to - from));
    let (mut lines, mut last) = (0, b'\n');
    loop {
        let buffer = io::BufRead::fill_buf(&mut reader)?;
        let Some(end) = buffer.last() else { return Ok(lines + u64::from(last != b'\n')) };
        last = *end;
        lines += memchr::memchr_iter(b'\n', buffer).count() as u64;
        let used = buffer.len();
        io::BufRead::consume(&mut reader, used);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    struct Log {
        folder: tempfile::TempDir,
        mark: Mark,
        still: bool,
    }

    impl Log {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), mark: Mark::default(), still: false }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("audit.jsonl")
        }

        fn write(&self, text: &str) {
            let mut file = fs::File::options().create(true).append(true).open(self.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        /// What is new, as text, with the number of its first line; it counts as read then.
        fn look(&mut self) -> Vec<(String, u64)> {
            let Some(new) = new_in(&self.path(), None, &self.mark, &|_| self.still).unwrap() else {
                return Vec::new();
            };
            let parts = new.parts.clone();
            self.mark = new.read().unwrap();
            let text = |part: &Part| {
                let bytes = fs::read(&part.file).unwrap();
                let (from, to) = (part.bytes.0 as usize, part.bytes.1 as usize);
                (String::from_utf8(bytes[from..to].to_vec()).unwrap(), part.lines + 1)
            };
            parts.iter().map(text).collect()
        }
    }

    #[test]
    fn what_was_appended_is_read_once_and_by_whole_lines() {
        let mut log = Log::new();
        assert_eq!(log.look(), []);
        log.write("{\"a\":1}\n{\"a\":2}\n{\"a\"");
        assert_eq!(log.look(), [("{\"a\":1}\n{\"a\":2}\n".to_owned(), 1)]);
        assert_eq!(log.look(), []);
        log.write(":3}\n");
        assert_eq!(log.look(), [("{\"a\":3}\n".to_owned(), 3)]);
        // A last line without an end is read where nothing comes any more.
        log.write("{\"a\":4}");
        assert_eq!(log.look(), []);
        log.still = true;
        assert_eq!(log.look(), [("{\"a\":4}".to_owned(), 4)]);
        assert_eq!(log.look(), []);
    }

    #[test]
    fn of_a_log_that_was_renamed_the_rest_is_read_first() {
        let mut log = Log::new();
        log.write("{\"a\":1}\n");
        log.look();
        log.write("{\"a\":2}\n");
        fs::rename(log.path(), log.folder.path().join("audit.jsonl.1")).unwrap();
        assert_eq!(log.look(), []);
        log.write("{\"b\":1}\n");
        assert_eq!(log.look(), [("{\"a\":2}\n".to_owned(), 2), ("{\"b\":1}\n".to_owned(), 1)]);
        log.write("{\"b\":2}\n");
        assert_eq!(log.look(), [("{\"b\":2}\n".to_owned(), 2)]);
    }

    #[test]
    fn a_document_is_read_as_soon_as_it_has_its_end() {
        let log = Log::new();
        let path = log.folder.path().join("audit.json");
        let new = |mark: &Mark| new_in(&path, None, mark, &|_| false).unwrap();
        fs::write(&path, "[{\"a\":1}]").unwrap();
        let mark = new(&Mark::default()).unwrap().read().unwrap();
        for half in ["[{\"a\":1},{\"a\":2}", "[{\"a\":1},{\"a\":\"]", "{\"a\":[1}", ""] {
            fs::write(&path, half).unwrap();
            assert!(new(&mark).is_none(), "{half}");
        }
        fs::write(&path, "[{\"a\":1},\n{\"a\":2}]\n").unwrap();
        assert!(new(&mark).is_some());
    }

    #[test]
    fn of_a_large_file_only_the_beginning_and_the_end_are_looked_at() {
        let log = Log::new();
        log.write(&"{\"a\":1}\n".repeat(20_000));
        // So much that looking through it would not end.
        let size = 1 << 40;
        fs::File::options().write(true).open(log.path()).unwrap().set_len(size).unwrap();
        log.write("\n{\"a\":2}\n{\"a\"");
        let new = new_in(&log.path(), None, &log.mark, &|_| false).unwrap().unwrap();
        assert_eq!(new.parts[0].bytes, (0, size + 9));
    }

    #[test]
    fn a_log_that_was_copied_away_and_cut_off_is_read_from_its_first_line() {
        let mut log = Log::new();
        log.write("{\"a\":1}\n{\"a\":2}\n");
        log.look();
        log.write("{\"a\":3}\n");
        fs::copy(log.path(), log.folder.path().join("audit-1.jsonl")).unwrap();
        fs::write(log.path(), "{\"b\":1}\n").unwrap();
        assert_eq!(log.look(), [("{\"a\":3}\n".to_owned(), 3), ("{\"b\":1}\n".to_owned(), 1)]);
    }
}
