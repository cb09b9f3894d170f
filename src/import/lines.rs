//! The lines of a stream, however they end: with `\n`, `\r\n` or `\r`.

use std::cell::Cell;
use std::io::{self, BufRead};
use std::rc::Rc;

use memchr::memchr2;

/// What was read.
pub enum Line {
    /// A line, with its end.
    Whole,
    /// A line that is larger than a record may be; none of it is kept.
    TooLarge,
    /// There are no more.
    End,
    /// Why the stream breaks off here.
    Broken(String),
}

/// Reads line by line.
pub struct Lines<R> {
    reader: R,
    /// Bytes since the last line began, for the limit of the stream below.
    since: Rc<Cell<u64>>,
    largest: u64,
    /// What went wrong while a line was ended already; the next one tells it.
    failed: Option<io::Error>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most `largest` bytes.
    pub fn new(reader: R, since: Rc<Cell<u64>>, largest: u64) -> Self {
        Self { reader, since, largest, failed: None }
    }

    /// Puts the next line behind what `line` holds.
    pub fn next(&mut self, line: &mut Vec<u8>) -> Line {
        let start = line.len();
        let (mut some, mut large) = (false, false);
        loop {
            self.since.set(0);
            let buffer = match self.failed.take().map_or_else(|| self.reader.fill_buf(), Err) {
                Ok(buffer) => buffer,
                Err(error) => return Line::Broken(format!("the file breaks off here: {error}")),
            };
            let end = memchr2(b'\n', b'\r', buffer).map(|at| (at + 1, buffer[at]));
            let used = end.map_or(buffer.len(), |(used, _)| used);
            if !large {
                line.extend_from_slice(&buffer[..used]);
                large = (line.len() - start) as u64 > self.largest;
            }
            some |= used > 0;
            self.reader.consume(used);
            if used > 0 && end.is_none() {
                continue;
            }
            if let Some((_, b'\r')) = end {
                self.end(line);
            }
            if large {
                line.truncate(start);
                return Line::TooLarge;
            }
            return if some { Line::Whole } else { Line::End };
        }
    }

    /// `\r\n` is one end.
    fn end(&mut self, line: &mut Vec<u8>) {
        match self.reader.fill_buf() {
            Ok([b'\n', ..]) => {
                line.push(b'\n');
                self.reader.consume(1);
            }
            Ok(_) => {}
            Err(error) => self.failed = Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_in_three_ways() {
        let text = b"a\nb\r\n\rc\r\r\nd";
        // One byte at a time, so that every end lies between two reads, too.
        for size in [1, 2, 3, 100] {
            let reader = io::BufReader::with_capacity(size, &text[..]);
            let mut lines = Lines::new(reader, Rc::default(), 100);
            let mut found = Vec::new();
            let mut line = Vec::new();
            while matches!(lines.next(&mut line), Line::Whole) {
                found.push(String::from_utf8(std::mem::take(&mut line)).unwrap());
            }
            assert_eq!(found, ["a\n", "b\r\n", "\r", "c\r", "\r\n", "d"]);
        }
    }

    #[test]
    fn a_large_line_is_passed_over() {
        let mut lines = Lines::new(&b"abcdef\ngh\n"[..], Rc::default(), 4);
        let mut line = b"x".to_vec();
        assert!(matches!(lines.next(&mut line), Line::TooLarge));
        assert!(matches!(lines.next(&mut line), Line::Whole));
        assert_eq!(line, b"xgh\n");
    }
}
