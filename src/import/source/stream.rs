//! Streams that count, that break where they broke before, and that end before they fill the memory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::too_large;

/// Reads until the buffer is full or the file ends.
pub fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut full = 0;
    while full < buffer.len() {
        match reader.read(&mut buffer[full..])? {
            0 => break,
            n => full += n,
        }
    }
    Ok(full)
}

/// Counts what is read of a file, for the progress, and ends where it is to end.
pub struct Counted<'a> {
    inner: &'a File,
    at: u64,
    end: u64,
    count: Rc<Cell<u64>>,
}

impl<'a> Counted<'a> {
    /// A file that ends at a place, with the count of what is read of it.
    pub fn new(inner: &'a File, end: u64) -> (Self, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (Self { inner, at: 0, end, count: count.clone() }, count)
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.take(self.end.saturating_sub(self.at)).read(buffer)?;
        self.at += n as u64;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.inner.seek(to)?;
        Ok(self.at)
    }
}

/// Gives the error that a stream broke with, at the place where it broke; nothing where it did not.
pub struct Broken(pub Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Stops a record that never ends before it fills the memory.
pub struct Limited<'a> {
    inner: Box<dyn Read + 'a>,
    since: Rc<Cell<u64>>,
    largest: u64,
}

impl<'a> Limited<'a> {
    /// A stream, with the count of bytes since the last record began.
    pub fn new(inner: Box<dyn Read + 'a>, largest: u64) -> (Self, Rc<Cell<u64>>) {
        let since = Rc::new(Cell::new(0));
        (Self { inner, since: since.clone(), largest }, since)
    }
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        let since = self.since.get() + n as u64;
        self.since.set(since);
        if since > self.largest.saturating_add(1 << 17) {
            return Err(io::Error::other(format!("a record {}", too_large(self.largest))));
        }
        Ok(n)
    }
}
