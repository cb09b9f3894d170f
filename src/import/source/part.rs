//! A part of a file of lines, read as if it stood in a file of its own.

use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{GZIP, HEAD, Source, ZSTD};
use crate::error::{Error, Result};
use crate::file;
use crate::import::alien::Alien;
use crate::import::format::Reading;
use crate::import::mapping::Format;
use crate::import::tail::Part;
use crate::import::text;
use crate::store::foreign::{Bound, SQLITE};

impl Source {
    /// Opens a part of a file of lines; of a table its header comes first. The other number is added to the number of a
    /// line in what is read then.
    pub fn part(part: &Part, reading: &Reading, (largest, bound): (u64, Bound)) -> Result<(Self, i64)> {
        let name = part.name.display().to_string();
        let place = |error: io::Error| Error::refused(format!("{name} cannot be read: {error}"));
        let (named, size) = (None, part.size());
        let file = file::open(&part.file).map_err(place)?;
        if part.bytes.0 == 0 {
            return Ok((
                Self { name, named, size, file, end: part.bytes.1, largest, bound },
                part.lines as i64,
            ));
        }
        let mut whole = BufReader::new(file);
        let mut kept = tempfile::tempfile().map_err(place)?;
        // What stands above the records stands above each part of them.
        let header = u64::from(
            reading.dialect.names.is_none() && told(&name, &mut whole, reading) == Some(Format::Csv),
        );
        let above = reading.skip_lines + header;
        let mut line = Vec::new();
        for _ in 0..above {
            whole.read_until(b'\n', &mut line).map_err(place)?;
        }
        io::Write::write_all(&mut kept, &line).map_err(place)?;
        whole.seek(SeekFrom::Start(part.bytes.0)).map_err(place)?;
        let size = io::copy(&mut whole.take(part.size()), &mut kept).map_err(place)?;
        kept.seek(SeekFrom::Start(0)).map_err(place)?;
        let end = u64::MAX;
        Ok((Self { name, named, size, file: kept, end, largest, bound }, part.lines as i64 - above as i64))
    }
}

/// Whether a file is a row of lines as it stands: one that can grow, and be read from any of its lines on.
pub fn is_lines(path: &Path, reading: &Reading) -> bool {
    let Ok(file) = file::open(path) else { return false };
    let format = told(&path.display().to_string(), &mut BufReader::new(file), reading);
    matches!(format, Some(Format::Jsonl | Format::Csv | Format::Logfmt | Format::Syslog))
}

/// What a file looks like from its beginning, where it is plain text; it is at its beginning again then.
fn told(name: &str, file: &mut (impl Read + Seek), reading: &Reading) -> Option<Format> {
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    let plain = ![GZIP, ZSTD, SQLITE, b"PK".as_slice()].iter().any(|magic| head.starts_with(magic));
    let utf8 = reading.encoding.is_none() && text::marked(&head).is_none();
    let whole = (head.len() as u64) < HEAD;
    let told = || reading.format.unwrap_or_else(|| reading.told(name, &head, whole));
    (plain && utf8 && Alien::told(&head).is_none()).then(told)
}
