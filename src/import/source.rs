//! The files of an import: opened, unpacked, and read record by record.

mod part;
mod stream;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

pub use part::is_lines;
pub use stream::Limited;
use stream::{Broken, Counted, fill};

use super::alien::Alien;
use super::document;
use super::format::{self, Reading, Records};
use super::lines::{Line, Lines};
use super::mapping::Format;
use super::{ocel, papertrail, text};
use crate::error::{Error, Result};
use crate::event::Hash;
use crate::file;
use crate::store::foreign::{self, Bound, Rows, SQLITE};

/// A record larger than this is refused where nothing else is said: it is a broken file more often than a record.
pub const LARGEST_RECORD: u64 = 64 << 20;

/// What is said of a record that is larger.
pub fn too_large(largest: u64) -> String {
    format!("is larger than {} MB, which `--largest MB` allows to be more", largest >> 20)
}

/// How much of a file is looked at to tell what it is.
const HEAD: u64 = 64 << 10;

/// So many steps a database may take to tell its first records, unless somebody waits for them who can stop that.
const STEPS: u64 = 200_000_000;

/// What compressed streams begin with.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// A file that was opened, and not read yet.
pub struct Source {
    /// The name that is shown: the path as given, or `-`.
    pub name: String,
    /// What its records are named by, where that is not all that it holds.
    named: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    file: File,
    /// The place behind the last byte that is read.
    end: u64,
    largest: u64,
    bound: Bound,
}

/// What a reader hands over for each record: where it stands, and its JSON text or why it has none.
pub struct Found<'a> {
    /// The file, with the member where it is an archive.
    pub file: &'a str,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// The record's JSON, or what is wrong with it; `None`: there is no record in what was read here.
    pub text: Result<Option<&'a str>, String>,
    /// Whether words that are no JSON were taken for null in it.
    pub tamed: bool,
    /// How many bytes of the file have been read so far.
    pub bytes: u64,
    /// Whether this says that the whole file is something else than a log.
    pub alien: bool,
}

/// Takes a record; `false` stops the reading.
pub type Sink<'a> = dyn FnMut(Found<'_>) -> Result<bool> + 'a;

impl Source {
    /// Opens a file, or a stream (`-`, a pipe), which is kept in a temporary file so that it can be read twice.
    /// No record may be larger than `largest` bytes, and a database takes only so many steps.
    pub fn open(path: &Path, largest: u64) -> Result<Self> {
        let name = path.display().to_string();
        let place = |error: io::Error| Error::refused(format!("{name} cannot be read: {error}"));
        let file = if file::is_stream(path) {
            let mut kept = tempfile::tempfile().map_err(place)?;
            io::copy(&mut file::stream(path).map_err(place)?, &mut kept).map_err(place)?;
            kept.seek(SeekFrom::Start(0)).map_err(place)?;
            kept
        } else {
            file::open(path).map_err(place)?
        };
        let size = file.metadata().map_err(place)?.len();
        Ok(Self { name, named: None, size, file, end: u64::MAX, largest, bound: Bound::steps(STEPS) })
    }

    /// The same where somebody can stop the reading, however long it takes.
    pub fn within(self, bound: Bound) -> Self {
        Self { bound, ..self }
    }

    /// How far a database goes.
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Names its records by this, and not by all that it holds.
    pub fn name_by(&mut self, name: &str) {
        self.named = Some(Hash(Sha256::digest(name).into()).to_string());
    }

    /// What its records are named by where nothing else names them: SHA-256 of all of it, in hexadecimal digits.
    pub fn hash(&mut self) -> Result<String> {
        if let Some(named) = &self.named {
            return Ok(named.clone());
        }
        let place = |error: io::Error| Error::refused(format!("{} cannot be read: {error}", self.name));
        let mut hasher = Sha256::new();
        let mut reader = BufReader::with_capacity(1 << 16, &mut self.file);
        while let part @ [_, ..] = reader.fill_buf().map_err(place)? {
            if self.bound.is_reached() {
                return Err(Error::refused("the import was stopped while a file was looked at"));
            }
            hasher.update(part);
            let used = part.len();
            reader.consume(used);
        }
        self.file.seek(SeekFrom::Start(0)).map_err(place)?;
        Ok(Hash(hasher.finalize().into()).to_string())
    }

    /// The largest record that is read of it, in bytes.
    pub fn largest(&self) -> u64 {
        self.largest
    }

    /// Whether it is a SQLite database.
    pub fn is_sqlite(&mut self) -> Result<bool> {
        let mut head = [0; SQLITE.len()];
        let read = fill(&mut self.file, &mut head).map_err(|e| Error::from(e).at(&self.name))?;
        self.file.seek(SeekFrom::Start(0)).map_err(|e| Error::from(e).at(&self.name))?;
        Ok(&head[..read] == SQLITE)
    }

    /// Reads the records of the rows that are asked for, where it is a SQLite database.
    pub fn read_rows(&mut self, rows: &Rows, records: &Records, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.is_sqlite()? || file::is_stream(Path::new(&self.name)) {
            return Err(Error::refused(format!("{} is no SQLite database in a file", self.name))
                .hint("`--table` and `--query` ask one; of another file leave them out"));
        }
        let (name, bytes, mut line, mut go) = (&self.name, self.size, 0, true);
        foreign::rows(Path::new(name), rows, (self.largest, &self.bound), &mut |row| {
            line += 1;
            let mut give = |text: Result<Option<&str>, String>| {
                sink(Found { file: name, line, text, tamed: false, bytes, alien: false })
            };
            go = match row.map(|row| serde_json::Value::Object(row).to_string()) {
                Ok(row) => document::each(&row, records, &mut give)?,
                Err(why) => give(Err(why))?,
            };
            Ok(go)
        })?;
        Ok(go)
    }

    /// Reads every record of it, members of an archive in the order of their names. `false`: the sink said stop.
    pub fn read(&mut self, format: Option<Format>, reading: &Reading, sink: &mut Sink<'_>) -> Result<bool> {
        if format == Some(Format::Papertrail) {
            return papertrail::read(self, reading, sink);
        }
        if format == Some(Format::Ocel) {
            return ocel::read(self, &reading.records, sink);
        }
        if self.is_sqlite()? {
            let giver = Giver::new(&self.name, &Rc::new(Cell::new(self.size)));
            let tables = foreign::tables(Path::new(&self.name)).unwrap_or_default().join(", ");
            let reason =
                format!("it is a SQLite database: --table NAME says which table is read, of {tables}");
            return giver.give_as(sink, 1, Err(reason), true);
        }
        let (mut counted, bytes) = Counted::new(&self.file, self.end);
        let mut magic = [0; 4];
        let n = fill(&mut counted, &mut magic).map_err(|e| Error::from(e).at(&self.name))?;
        counted.seek(SeekFrom::Start(0)).map_err(|e| Error::from(e).at(&self.name))?;
        if magic[..n].starts_with(b"PK\x03\x04") || magic[..n].starts_with(b"PK\x05\x06") {
            return read_zip(&self.name, counted, (&bytes, self.largest), format, reading, sink);
        }
        let name = self.name.clone();
        read_stream(&name, Box::new(counted), (&bytes, self.largest), format, reading, sink)
    }
}

fn read_zip<R: Read + Seek>(
    name: &str,
    file: R,
    (bytes, largest): (&Rc<Cell<u64>>, u64),
    format: Option<Format>,
    reading: &Reading,
    sink: &mut Sink<'_>,
) -> Result<bool> {
    let broken = |sink: &mut Sink<'_>, file: &str, error: &dyn std::fmt::Display| {
        let text = Err(format!("the archive cannot be read: {error}"));
        sink(Found { file, line: 1, text, tamed: false, bytes: bytes.get(), alien: false })
    };
    let mut archive = match ZipArchive::new(BufReader::new(file)) {
        Ok(archive) => archive,
        Err(error) => return broken(sink, name, &error),
    };
    let mut members: Vec<(String, usize)> = archive
        .file_names()
        .enumerate()
        .map(|(i, name)| (name.map_or_else(|_| format!("member {}", i + 1), std::borrow::Cow::into_owned), i))
        // What a Mac adds to its archives is not data.
        .filter(|(name, _)| !name.ends_with('/') && !name.starts_with("__MACOSX/"))
        .collect();
    members.sort();
    if let Some(alien) = Alien::of_zip(members.iter().map(|(name, _)| name.as_str())) {
        let giver = Giver::new(name, bytes);
        return giver.give_as(sink, 1, Err(alien.reason(name)), true);
    }
    for (member, index) in members {
        let shown = format!("{name}:{member}");
        let go = match archive.by_index(index) {
            Ok(member) => read_stream(&shown, Box::new(member), (bytes, largest), format, reading, sink)?,
            Err(error) => broken(sink, &shown, &error)?,
        };
        if !go {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads one stream, which may be compressed again.
fn read_stream<'a>(
    name: &str,
    mut stream: Box<dyn Read + 'a>,
    (bytes, largest): (&Rc<Cell<u64>>, u64),
    format: Option<Format>,
    reading: &Reading,
    sink: &mut Sink<'_>,
) -> Result<bool> {
    let mut plain = name;
    let mut head = Vec::new();
    for _ in 0..2 {
        head.clear();
        let read = stream.by_ref().take(HEAD).read_to_end(&mut head);
        // A stream that breaks this early is read again below, where the break is reported with its line.
        let again = io::Cursor::new(head.clone()).chain(Broken(read.err())).chain(stream);
        if head.starts_with(GZIP) {
            stream = Box::new(MultiGzDecoder::new(BufReader::new(again)));
            plain = plain.strip_suffix(".gz").unwrap_or(plain);
        } else if head.starts_with(ZSTD) {
            stream = Box::new(zstd::Decoder::new(again)?);
            plain = plain.strip_suffix(".zst").unwrap_or(plain);
        } else {
            stream = Box::new(again);
            break;
        }
    }
    let mut giver = Giver::new(name, bytes);
    if let Some(alien) = Alien::told(&head) {
        return giver.give_as(sink, 1, Err(alien.reason(name)), true);
    }
    let (encoding, mark) = match encoding(&head, reading.encoding) {
        Ok(encoding) => encoding,
        Err(why) => return giver.give(sink, 1, Err(why)),
    };
    stream.read_exact(&mut vec![0; mark])?;
    let mut stream = BufReader::new(text::decoded(stream, encoding));
    giver.skipped = reading.skip_lines;
    skip_lines(&mut stream, reading.skip_lines, largest);
    head.clear();
    let failure = stream.by_ref().take(HEAD).read_to_end(&mut head).err();
    let whole = failure.is_none() && (head.len() as u64) < HEAD;
    let format = format.unwrap_or_else(|| reading.told(plain, &head, whole));
    if let Some(why) = reading.idle_in(format) {
        return giver.give_as(sink, 1, Err(why), true);
    }
    let again = io::Cursor::new(head).chain(Broken(failure)).chain(stream);
    let (limited, since) = Limited::new(Box::new(again), largest);
    let reader = BufReader::with_capacity(1 << 16, limited);
    let encoding = if encoding == encoding_rs::UTF_8 { "UTF-8" } else { encoding.name() };
    format::read(format, Input { reader, since, giver, largest, encoding }, reading, sink)
}

/// The encoding of a stream with these first bytes, and how many of them mark it.
fn encoding(head: &[u8], said: Option<&'static Encoding>) -> Result<(&'static Encoding, usize), String> {
    match (text::marked(head), said) {
        (Some((marked, _)), Some(said)) if marked != said => Err(format!(
            "it begins with the mark of {}, and `encoding` says {}: leave `encoding` out",
            marked.name(),
            said.name()
        )),
        (Some(marked), _) => Ok(marked),
        (None, said) => Ok((said.unwrap_or(encoding_rs::UTF_8), 0)),
    }
}

/// Passes over lines at the beginning. What breaks there breaks again behind them, where it is told.
fn skip_lines(stream: &mut impl BufRead, count: u64, largest: u64) {
    let mut lines = Lines::new(stream, Rc::default(), largest);
    let mut line = Vec::new();
    for _ in 0..count {
        line.clear();
        if matches!(lines.next(&mut line), Line::End | Line::Broken(_)) {
            return;
        }
    }
}

/// A plain stream of text, with what readers of all formats need to know of it.
pub struct Input<'a> {
    /// The text, as UTF-8 and without a byte order mark.
    pub reader: BufReader<Limited<'a>>,
    /// Bytes since the last record began; a reader sets it to 0 for each.
    pub since: Rc<Cell<u64>>,
    /// Hands the records over.
    pub giver: Giver,
    /// The largest record that is read, in bytes.
    pub largest: u64,
    /// What the file's encoding is called.
    pub encoding: &'static str,
}

/// Hands the records of a stream over, under its name.
pub struct Giver {
    name: String,
    bytes: Rc<Cell<u64>>,
    /// Lines that were left out before the first.
    skipped: u64,
    /// Set by the reader where the next record has words that were taken for null.
    pub tamed: Rc<Cell<bool>>,
}

impl Giver {
    fn new(name: &str, bytes: &Rc<Cell<u64>>) -> Self {
        Self { name: name.to_owned(), bytes: bytes.clone(), skipped: 0, tamed: Rc::default() }
    }

    /// Hands one record to the sink: the line it starts on among those that were not left out, and its JSON, `None`
    /// where there is no record, or what is wrong with it.
    pub fn give(&self, sink: &mut Sink<'_>, line: u64, text: Result<Option<&str>, String>) -> Result<bool> {
        self.give_as(sink, line, text, false)
    }

    /// The same, of the whole file where that is something else than a log.
    pub fn give_as(
        &self,
        sink: &mut Sink<'_>,
        line: u64,
        text: Result<Option<&str>, String>,
        alien: bool,
    ) -> Result<bool> {
        let (tamed, line) = (self.tamed.replace(false), self.skipped + line);
        sink(Found { file: &self.name, line, text, tamed, bytes: self.bytes.get(), alien })
    }
}
