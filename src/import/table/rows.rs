//! The rows of a table, each a list of fields.

use std::io::BufReader;

use super::{Dialect, bare, most, numbered, quote, said};
use crate::import::lines::{Line, Lines};
use crate::import::source::{Limited, too_large};

/// How many columns a table has at most: each row names them all.
const MOST_COLUMNS: usize = 10_000;
/// How often the rest of a file is read again because a quote in it is never closed.
const MOST_RETURNS: u32 = 100;

/// What was read.
pub enum Row {
    /// A row, which starts on this line.
    Fields(u64),
    /// A line that is no row, and why.
    Bad(u64, String),
    End,
    Broken(u64, String),
}

/// Where in a row the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    Closed,
}

pub struct Rows<'a> {
    lines: Lines<BufReader<Limited<'a>>>,
    largest: u64,
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    /// Lines to be read again, and how many bytes of them were.
    again: Vec<u8>,
    taken: usize,
    /// How many lines have been read.
    pub line: u64,
    /// The lines of the row, as they stand.
    raw: Vec<u8>,
    /// Its fields one behind the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    returns: u32,
}

impl<'a> Rows<'a> {
    pub fn new(lines: Lines<BufReader<Limited<'a>>>, dialect: &Dialect, largest: u64) -> Self {
        Self {
            lines,
            largest,
            delimiter: dialect.delimiter.unwrap_or(b','),
            quote: dialect.quote.letter(),
            escape: dialect.escape,
            again: Vec::new(),
            taken: 0,
            line: 0,
            raw: Vec::new(),
            fields: Vec::new(),
            ends: Vec::new(),
            returns: 0,
        }
    }

    /// Looks at the first line that is not empty: it may only say what the delimiter is (`sep=;`), and else it is
    /// counted in it.
    pub fn begin(&mut self, dialect: &Dialect) -> Result<(), String> {
        loop {
            self.raw.clear();
            match self.take_line() {
                Line::Whole if bare(&self.raw).is_empty() => {}
                Line::Whole => break,
                Line::End => return Ok(()),
                Line::TooLarge => return Err(format!("the line {}", too_large(self.largest))),
                Line::Broken(why) => {
                    self.line += 1;
                    return Err(why);
                }
            }
        }
        let said = said(&self.raw);
        if dialect.delimiter.is_none() {
            self.delimiter = said.unwrap_or_else(|| most(&self.raw, self.quote));
        }
        if said.is_none() {
            self.back(0);
            self.line -= 1;
        }
        Ok(())
    }

    /// Puts the next line behind those of the row.
    fn take_line(&mut self) -> Line {
        let left = &self.again[self.taken..];
        let taken = if left.is_empty() {
            self.lines.next(&mut self.raw)
        } else {
            let before = self.raw.len();
            let taken = Lines::new(left, std::rc::Rc::default(), u64::MAX).next(&mut self.raw);
            self.taken += self.raw.len() - before;
            taken
        };
        self.line += u64::from(matches!(taken, Line::Whole | Line::TooLarge));
        taken
    }

    /// Everything behind so many bytes of the row is read again. The stream is read only where nothing was left to be
    /// read again, so that what comes back is in `again` as a whole, or replaces it.
    fn back(&mut self, keep: usize) {
        let back = self.raw.split_off(keep);
        if back.len() <= self.taken {
            self.taken -= back.len();
        } else {
            (self.again, self.taken) = (back, 0);
        }
    }

    pub fn next(&mut self) -> Row {
        loop {
            self.raw.clear();
            self.fields.clear();
            self.ends.clear();
            match self.take_line() {
                Line::Whole if bare(&self.raw).is_empty() => {}
                Line::Whole => return self.row(),
                Line::TooLarge => {
                    return Row::Bad(self.line, format!("the line {}", too_large(self.largest)));
                }
                Line::End => return Row::End,
                Line::Broken(why) => return Row::Broken(self.line + 1, why),
            }
        }
    }

    /// The row that begins with the line at hand.
    fn row(&mut self) -> Row {
        let (first, keep) = (self.line, self.raw.len());
        let (mut from, mut at, mut opened) = (0, At::Start, first);
        loop {
            match self.scan(from, &mut at, &mut opened) {
                Ok(true) => return Row::Fields(first),
                Ok(false) => {}
                Err(why) => return self.not_a_row(first, keep, why),
            }
            from = self.raw.len();
            match self.take_line() {
                Line::Whole if self.raw.len() as u64 <= self.largest => {}
                Line::Whole | Line::TooLarge => {
                    let why = format!(
                        "the quote that is opened on line {opened} is not closed: the record {}",
                        too_large(self.largest)
                    );
                    return self.give_up(first, keep, why);
                }
                Line::End if at == At::Quoted => {
                    let why = format!("the quote that is opened on line {opened} is never closed");
                    return self.give_up(first, keep, why);
                }
                Line::End => {
                    self.ends.push(self.fields.len());
                    return Row::Fields(first);
                }
                Line::Broken(why) => return Row::Broken(first, why),
            }
        }
    }

    /// Takes fields out of the row's lines from a place on; whether the row ends there.
    fn scan(&mut self, from: usize, at: &mut At, opened: &mut u64) -> Result<bool, String> {
        let mut escaped = false;
        for i in from..self.raw.len() {
            let byte = self.raw[i];
            if escaped {
                escaped = false;
                self.fields.push(byte);
                continue;
            }
            match *at {
                At::Start if Some(byte) == self.quote => {
                    (*at, *opened) = (At::Quoted, self.line);
                }
                At::Quoted if Some(byte) == self.escape => {
                    // Before anything else it is a letter like any other.
                    let next = self.raw.get(i + 1).copied();
                    escaped = next.is_some() && (next == self.quote || next == self.escape);
                    if !escaped {
                        self.fields.push(byte);
                    }
                }
                At::Quoted if Some(byte) == self.quote => *at = At::Closed,
                At::Quoted => self.fields.push(byte),
                At::Closed if Some(byte) == self.quote => {
                    self.fields.push(byte);
                    *at = At::Quoted;
                }
                _ if byte == self.delimiter => {
                    self.ends.push(self.fields.len());
                    *at = At::Start;
                }
                _ if matches!(byte, b'\r' | b'\n') => {
                    self.ends.push(self.fields.len());
                    return Ok(true);
                }
                At::Closed => return Err("there is text behind a closing quote".to_owned()),
                At::Start | At::Plain => {
                    self.fields.push(byte);
                    *at = At::Plain;
                }
            }
        }
        Ok(false)
    }

    /// Only the first line of what looked like a row is bad.
    fn not_a_row(&mut self, first: u64, keep: usize, why: String) -> Row {
        self.back(keep);
        self.line = first;
        Row::Bad(first, why)
    }

    /// The same where the rest of the file was read in vain, which happens a bounded number of times.
    fn give_up(&mut self, first: u64, keep: usize, why: String) -> Row {
        self.returns += 1;
        if self.returns <= MOST_RETURNS {
            return self.not_a_row(first, keep, why);
        }
        Row::Broken(first, format!("{why}, as {MOST_RETURNS} before it; the rest of the file is not read"))
    }

    fn texts(&self) -> impl Iterator<Item = Result<&str, std::str::Utf8Error>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = &self.fields[start..*end];
            start = *end;
            std::str::from_utf8(field)
        })
    }

    /// The names in the header, as JSON strings.
    pub fn header(&self, encoding: &str) -> Result<Vec<String>, String> {
        if self.ends.len() > MOST_COLUMNS {
            return Err(format!("the header names {} columns, more than {MOST_COLUMNS}", self.ends.len()));
        }
        let names: Vec<&str> =
            self.texts().collect::<Result<_, _>>().map_err(|_| format!("the header is not {encoding}"))?;
        Ok(numbered(names.into_iter().map(str::trim)))
    }

    /// Writes the row as a JSON object of strings.
    pub fn object(
        &self,
        names: &[String],
        among: &str,
        encoding: &str,
        text: &mut String,
    ) -> Result<(), String> {
        if self.ends.len() != names.len() {
            return Err(format!("it has {} fields, {among} {}", self.ends.len(), names.len()));
        }
        text.clear();
        for (name, field) in names.iter().zip(self.texts()) {
            let field = field.map_err(|_| format!("the field {name} is not {encoding}"))?;
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(name);
            text.push(':');
            quote(field, text);
        }
        text.push('}');
        Ok(())
    }
}
