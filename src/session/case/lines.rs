//! The lines of a case, on their way into the file.

use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::EndLine;
use crate::error::{Error, Result};
use crate::event::Hash;
use crate::private;

/// A line of JSON.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A case that is being written, under a name that it has only so long.
pub(super) struct Lines {
    out: GzEncoder<BufWriter<tempfile::NamedTempFile>>,
    hash: Sha256,
    count: u64,
}

impl Lines {
    /// Begins a file; it has its name when it is finished.
    pub fn new(file: &Path) -> Result<Self> {
        let made = private::new_file_beside(file).map_err(|error| Error::from(error).at(file.display()))?;
        let out = GzEncoder::new(BufWriter::new(made), Compression::default());
        Ok(Self { out, hash: Sha256::new(), count: 0 })
    }

    /// The next line.
    pub fn put(&mut self, line: &str) -> Result<()> {
        self.hash.update(line);
        self.hash.update("\n");
        self.count += 1;
        Ok(writeln!(self.out, "{line}")?)
    }

    /// Says how many lines there are, and gives the file its name; answers its size.
    pub fn finish(mut self, file: &Path) -> Result<u64> {
        let sha256 = Hash(self.hash.finalize().into()).to_string();
        writeln!(self.out, "{}", json(&EndLine { end: self.count, sha256 }))?;
        let made = self.out.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        made.as_file().sync_all()?;
        let bytes = made.as_file().metadata()?.len();
        made.persist_noclobber(file).map_err(|error| Error::from(error.error).at(file.display()))?;
        private::sync_folder(file);
        Ok(bytes)
    }
}
