//! The first pass: every file and every part of one, record by record.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::Stager;
use crate::error::{Error, Result};
use crate::event::Hash;
use crate::import::format::Reading;
use crate::import::mapping::Format;
use crate::import::source::{Found, LARGEST_RECORD, Source};
use crate::import::{Aside, Part, files};

impl Stager<'_> {
    pub(super) fn read(&mut self) -> Result<()> {
        // A name that is wrong shows before the first of many files is read.
        let files = files::listed(&self.options.files)?;
        self.total += self.options.parts.iter().map(Part::size).sum::<u64>();
        for file in files.iter().filter(|file| file.path.as_path() != Path::new("-")) {
            let found = std::fs::metadata(&file.path).map_err(|error| {
                Error::refused(format!("{} cannot be read: {error}", file.path.display()))
            })?;
            self.total += found.len();
        }
        for file in &files {
            if let Some(reason) = file.is_odd() {
                self.report.aside.push(Aside { file: file.path.display().to_string(), reason });
                continue;
            }
            let mut source = Source::open(&file.path, self.options.largest.unwrap_or(LARGEST_RECORD))?;
            if file.path.as_path() == Path::new("-") {
                self.total += source.size;
            }
            self.index = 0;
            self.hash = self.name_of(&mut source)?;
            if !self.read_file(&mut source, file.found)? {
                return Ok(());
            }
            self.done += source.size;
            self.report.read.push((file.path.clone(), self.index as u64));
        }
        self.read_parts()
    }

    /// What records are named by, together with their numbers, where their mapping names them by nothing.
    fn name_of(&self, source: &mut Source) -> Result<String> {
        let named = self.options.mapping.as_ref().is_some_and(|mapping| mapping.key.is_some());
        if named && self.options.try_first.is_some() {
            return Ok(String::new());
        }
        let hash = source.hash()?;
        Ok(match &self.options.rows {
            None => hash,
            // Other rows of the same file are other records.
            Some(rows) => Hash(Sha256::digest(format!("{hash} {rows:?}")).into()).to_string(),
        })
    }

    /// Reads what files of lines have got.
    fn read_parts(&mut self) -> Result<()> {
        let (options, own) = (self.options, Reading::default());
        let reading = options.mapping.as_ref().map_or(&own, |mapping| &mapping.reading);
        for part in &options.parts {
            let (mut source, lines) = Source::part(part, reading, options.largest.unwrap_or(LARGEST_RECORD))?;
            // Of a file that was rotated two parts are read, one after the other.
            let before = self.report.read.iter().rfind(|(name, _)| *name == part.name);
            self.index = before.map_or(part.records, |(_, records)| *records) as i64;
            (self.lines, self.hash) = (lines, source.hash()?);
            if !self.read_file(&mut source, false)? {
                return Ok(());
            }
            self.done += source.size;
            self.report.read.push((part.name.clone(), self.index as u64));
        }
        Ok(())
    }

    /// Reads one file. What was only found, and not asked for, may be something else than a log.
    fn read_file(&mut self, source: &mut Source, was_found: bool) -> Result<bool> {
        let options = self.options;
        let own = Reading { format: Some(Format::Jsonl), ..Reading::default() };
        let reading = options.mapping.as_ref().map_or(&own, |mapping| &mapping.reading);
        let mut sink = |found: Found<'_>| match found.text {
            // Nothing else is said of it.
            _ if was_found && self.report.aside.last().is_some_and(|aside| aside.file == found.file) => {
                Ok(true)
            }
            Err(reason) if found.alien && was_found => {
                self.report.aside.push(Aside { file: found.file.to_owned(), reason });
                Ok(true)
            }
            text => {
                let line = found.line.saturating_add_signed(self.lines);
                self.take(&Found { line, text, ..found })
            }
        };
        match &options.rows {
            Some(rows) => source.read_rows(rows, &mut sink),
            None => source.read(reading.format, reading, &mut sink),
        }
    }
}
