//! Tables: rows of fields between delimiters, read so that nothing is taken for what it is not. A quote that is never
//! closed and text behind a closing quote make a bad record of one line, and reading goes on with the next line.

mod rows;

use std::collections::HashSet;

use self::rows::{Row, Rows};
use super::document;
use super::format::Records;
use super::lines::Lines;
use super::source::{Input, Sink};
use crate::error::Result;

/// How a table is written, as far as the mapping says.
#[derive(Default)]
pub struct Dialect {
    /// What stands between two fields; else what the first line holds most of.
    pub delimiter: Option<u8>,
    /// What stands around a field.
    pub quote: Quote,
    /// What makes a quote inside quotes a part of the field, besides doubling it.
    pub escape: Option<u8>,
    /// The names of the columns, where the first row is none of names.
    pub names: Option<Vec<String>>,
}

/// What stands around a field that holds a delimiter or the end of a line.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Quote {
    /// The mapping says nothing: `"`.
    #[default]
    Usual,
    /// This character.
    Is(u8),
    /// Nothing: fields are never quoted.
    Never,
}

impl Quote {
    /// The character, where there is one.
    pub fn letter(self) -> Option<u8> {
        match self {
            Self::Usual => Some(b'"'),
            Self::Is(letter) => Some(letter),
            Self::Never => None,
        }
    }
}

/// Reads a table: each row is an object of strings, and `records` finds the records in it.
pub fn read(input: Input<'_>, dialect: &Dialect, records: &Records, sink: &mut Sink<'_>) -> Result<bool> {
    let Input { reader, since, giver, largest, encoding } = input;
    let mut rows = Rows::new(Lines::new(reader, since, largest), dialect, largest);
    if let Err(why) = rows.begin(dialect) {
        return giver.give(sink, rows.line, Err(why));
    }
    let mut names = dialect.names.as_ref().map(|names| numbered(names.iter().map(String::as_str)));
    let among = if names.is_some() { "`names` has" } else { "the header has" };
    let mut text = String::new();
    loop {
        let (line, outcome) = match rows.next() {
            Row::Fields(line) => match &names {
                Some(names) => (line, rows.object(names, among, encoding, &mut text).map(|()| text.as_str())),
                None => match rows.header(encoding) {
                    Ok(header) => {
                        names = Some(header);
                        continue;
                    }
                    Err(why) => return giver.give(sink, line, Err(why)),
                },
            },
            Row::Bad(line, why) if names.is_none() => return giver.give(sink, line, Err(why)),
            Row::Bad(line, why) => (line, Err(why)),
            Row::Broken(line, why) => return giver.give(sink, line, Err(why)),
            Row::End => return Ok(true),
        };
        let go = match outcome {
            Ok(row) => document::each(row, records, &mut |record| giver.give(sink, line, record))?,
            Err(why) => giver.give(sink, line, Err(why))?,
        };
        if !go {
            return Ok(false);
        }
    }
}

/// The delimiter that a line says and nothing else, as Excel writes it.
fn said(line: &[u8]) -> Option<u8> {
    let line = bare(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*delimiter),
        _ => None,
    }
}

/// A line without its end.
fn bare(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    &line[..end]
}

/// The delimiter that a line holds most of, outside of quotes.
fn most(line: &[u8], quote: Option<u8>) -> u8 {
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = line.iter().filter(|byte| {
            quoted ^= Some(**byte) == quote;
            !quoted && **byte == delimiter
        });
        outside.count()
    };
    // The last of equals wins, so the comma comes last.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Names as JSON strings; one that was there before gets a number: `t`, `t_2`.
fn numbered<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let names: Vec<&str> = names.collect();
    let mut taken: HashSet<String> = HashSet::new();
    let written: HashSet<&str> = names.iter().copied().collect();
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        let mut own = name.to_owned();
        let mut number = 2;
        while taken.contains(&own) || (own != name && written.contains(own.as_str())) {
            own = format!("{name}_{number}");
            number += 1;
        }
        let mut text = String::new();
        quote(&own, &mut text);
        out.push(text);
        taken.insert(own);
    }
    out
}

fn quote(field: &str, text: &mut String) {
    if field.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(field);
        text.push('"');
    } else {
        text.push_str(&serde_json::Value::from(field).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_told_by_the_header() {
        assert_eq!(most(b"a;b;c\n1,2;3", Some(b'"')), b';');
        assert_eq!(most(b"a\tb\n", Some(b'"')), b'\t');
        assert_eq!(most(b"a|b\n", Some(b'"')), b'|');
        assert_eq!(most(b"\"a,b,c\";d\n", Some(b'"')), b';');
        assert_eq!(most(b"a\n", Some(b'"')), b',');
    }

    #[test]
    fn a_first_line_may_say_the_delimiter() {
        assert_eq!(
            [said(b"sep=;\r\n"), said(b"\"SEP=,\"\n"), said(b"sep=\t")],
            [Some(b';'), Some(b','), Some(b'\t')]
        );
        assert_eq!([said(b"sep=;;\n"), said(b"sep\n"), said(b"sep=\n")], [None; 3]);
    }

    #[test]
    fn names_that_come_twice_are_numbered() {
        let named = numbered(["t", "t", "t_2", "t", ""].into_iter());
        assert_eq!(named, ["\"t\"", "\"t_3\"", "\"t_2\"", "\"t_4\"", "\"\""]);
    }
}
