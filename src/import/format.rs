//! The formats of a source: which one it is, and lines read from it.

use encoding_rs::Encoding;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::document::{self, Taker};
use super::lines::{Line, Lines};
use super::lists::List;
use super::mapping::Format;
use super::source::{Input, Sink, too_large};
use super::table::{self, Dialect};
use super::{logfmt, syslog, words};
use crate::error::{Error, Result};
use crate::jq::Rule;

/// Where the records of a document, a line or a row are.
#[derive(Default)]
pub enum Records {
    /// The elements of a list at the top, or else the document is the record.
    #[default]
    Whole,
    /// The elements of these lists; read one by one, whatever the size of the document.
    Under(Vec<List>),
    /// What a rule gives for the whole document, the line or the row.
    Rule(Box<Rule>),
}

/// How the files of an import are read, as its mapping says.
#[derive(Default)]
pub struct Reading {
    /// What they are; `None`: what they look like.
    pub format: Option<Format>,
    /// Where the records are.
    pub records: Records,
    /// How tables are written.
    pub dialect: Dialect,
    /// The encoding of files that do not mark theirs; else UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// Lines to leave out at the beginning of each file.
    pub skip_lines: u64,
    /// Whether what is not quite JSON is refused.
    pub strict: bool,
    /// The keys of the mapping that have an effect only where a file is written as they suppose.
    pub said: Vec<&'static str>,
}

/// The keys that say something of tables; `strict` does of JSON, and the others of any text.
const OF_TABLES: [&str; 5] = ["delimiter", "quote", "escape", "header", "names"];

impl Reading {
    /// The first key of the mapping that has no effect in a format; without one in the rows of a database.
    pub fn idle(&self, format: Option<Format>) -> Option<&'static str> {
        self.said.iter().copied().find(|key| match format {
            Some(format) if OF_TABLES.contains(key) => format != Format::Csv,
            Some(format) if *key == "strict" => !matches!(format, Format::Json | Format::Jsonl),
            Some(_) => false,
            None => true,
        })
    }

    /// The format that a stream has by its name and its first bytes; `whole` where these are all.
    pub fn told(&self, name: &str, head: &[u8], whole: bool) -> Format {
        let json = matches!(head.trim_ascii_start().first(), Some(b'{' | b'['));
        match sniff(name, head, whole, &self.records) {
            // What only a table can have says what a text is that looks like nothing else.
            Format::Json | Format::Jsonl if !json && !is_named_lines(name) && self.is_of_table() => {
                Format::Csv
            }
            format => format,
        }
    }

    /// An error where a key of the mapping has no effect on the rows of a database that somebody asks for.
    pub fn heeds_rows(&self) -> Result<()> {
        let Some(key) = self.format.map(|_| "format").or_else(|| self.idle(None)) else { return Ok(()) };
        let message = format!("`{key}` has no effect on the rows that --table or --query names.");
        Err(Error::refused(message).hint(format!("Leave one of the two out: `{key}` stands in the mapping.")))
    }

    /// What is said of a stream of a format in which a key of the mapping has no effect.
    pub fn idle_in(&self, format: Format) -> Option<String> {
        let key = self.idle(Some(format))?;
        let way = if OF_TABLES.contains(&key) {
            "; where it is a table all the same, format = \"csv\" says so"
        } else {
            ""
        };
        Some(format!("it looks like {}, where `{key}` of the mapping has no effect{way}", format.says()))
    }

    fn is_of_table(&self) -> bool {
        self.said.iter().any(|key| OF_TABLES.contains(key))
    }
}

/// Whether the name of a stream says that it is JSON Lines.
fn is_named_lines(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("jsonl" | "ndjson"))
}

/// Tells the format from the name of a stream and its first bytes; `whole` where these are all.
fn sniff(name: &str, head: &[u8], whole: bool, records: &Records) -> Format {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    if matches!(extension.as_deref(), Some("csv" | "tsv")) {
        return Format::Csv;
    }
    if is_named_lines(name) {
        return Format::Jsonl;
    }
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(head.len());
    let text = &head[start..];
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(first_line).unwrap_or_default().trim_end();
    match text.first() {
        None | Some(b'[') => Format::Json,
        Some(b'<') if syslog::is_likely(line) => Format::Syslog,
        Some(b'{') => sniff_objects(text, whole, extension.as_deref() == Some("json"), records),
        Some(_) if logfmt::is_likely(line) => Format::Logfmt,
        Some(_) if first_line.iter().any(|byte| b",;\t|".contains(byte)) => Format::Csv,
        Some(_) => Format::Jsonl,
    }
}

/// One object a line, or documents: a line that is complete and is followed by more makes it lines.
fn sniff_objects(text: &[u8], whole: bool, named_json: bool, records: &Records) -> Format {
    // Something says that a document holds them all.
    let document = named_json || !matches!(records, Records::Whole);
    let Some(end) = text.iter().position(|byte| *byte == b'\n').or_else(|| whole.then_some(text.len()))
    else {
        // A first line this long is one record of many, or a document without line ends.
        return if document { Format::Json } else { Format::Jsonl };
    };
    let more = text[end..].trim_ascii_start();
    let next_line = more.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let lines = match serde_json::from_slice::<IgnoredAny>(&text[..end]) {
        Ok(_) => !more.is_empty() || !document,
        // Cut off, while the next line is an object of its own.
        Err(error) if error.classify() == Category::Eof => {
            matches!(records, Records::Whole)
                && next_line.starts_with(b"{")
                && serde_json::from_slice::<IgnoredAny>(next_line).is_ok()
        }
        Err(_) => true,
    };
    if lines { Format::Jsonl } else { Format::Json }
}

/// Reads every record of a stream. `false`: the sink said stop.
pub fn read(format: Format, input: Input<'_>, reading: &Reading, sink: &mut Sink<'_>) -> Result<bool> {
    match format {
        Format::Json => document::read(input, reading, sink),
        // The readers of these two ask for one of the others, or for none.
        Format::Jsonl | Format::Papertrail | Format::Ocel => {
            let tame = !reading.strict;
            lines(input, sink, Some(tame), &mut |line, take| document::each(line, &reading.records, take))
        }
        Format::Logfmt => lines(input, sink, None, &mut |line, take| take_fields(logfmt::record(line), take)),
        Format::Syslog => lines(input, sink, None, &mut |line, take| take_fields(syslog::record(line), take)),
        Format::Csv => table::read(input, &reading.dialect, &reading.records, sink),
    }
}

fn take_fields(fields: Result<Map<String, Value>, String>, take: &mut Taker<'_>) -> Result<bool> {
    match fields {
        Ok(fields) => take(Ok(Some(&Value::Object(fields).to_string()))),
        Err(why) => take(Err(why)),
    }
}

/// Gives the records of each line that is not empty. `json`: each begins with a bracket, and whether words that are no
/// JSON are taken for null in it.
fn lines(
    input: Input<'_>,
    sink: &mut Sink<'_>,
    json: Option<bool>,
    each: &mut dyn FnMut(&str, &mut Taker<'_>) -> Result<bool>,
) -> Result<bool> {
    let Input { reader, since, giver, largest, encoding } = input;
    let mut lines = Lines::new(reader, since, largest);
    let mut bytes = Vec::new();
    let mut line = 0;
    let mut first = true;
    loop {
        line += 1;
        bytes.clear();
        let go = match lines.next(&mut bytes) {
            Line::End => return Ok(true),
            Line::Broken(why) => return giver.give(sink, line, Err(why)),
            Line::TooLarge => giver.give(sink, line, Err(format!("the line {}", too_large(largest))))?,
            Line::Whole => match std::str::from_utf8(&bytes) {
                Ok(text) if text.trim_ascii().is_empty() => true,
                Ok(text) => {
                    let tamed = json.filter(|tame| *tame).and_then(|_| words::tamed(text));
                    giver.tamed.set(tamed.is_some());
                    let text = tamed.as_deref().unwrap_or(text).trim_ascii();
                    let alien = json.is_some() && std::mem::take(&mut first) && !text.starts_with(['{', '[']);
                    each(text, &mut |record| giver.give_as(sink, line, record, alien))?
                }
                Err(error) => {
                    let reason =
                        format!("it is not {encoding}: byte {} of the line", error.valid_up_to() + 1);
                    giver.give(sink, line, Err(reason))?
                }
            },
        };
        if !go {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(name: &str, text: &str) -> Format {
        sniff(name, text.as_bytes(), true, &Records::Whole)
    }

    #[test]
    fn a_format_is_told_by_its_content() {
        assert_eq!(format("a.json", "{\"a\":1}\n{\"a\":2}\n"), Format::Jsonl);
        assert_eq!(format("a.json", "{\n  \"a\": 1\n}\n"), Format::Json);
        assert_eq!(format("a.json", "[\n{\"a\":1},\n{\"a\":2}]"), Format::Json);
        assert_eq!(format("a.log", "{\"a\":\n{\"a\":2}\n"), Format::Jsonl);
        for table in ["a,b\n1,2\n", "a;b\n", "a\tb\n", "a|b\n"] {
            assert_eq!(format("-", table), Format::Csv);
        }
        assert_eq!(format("-", "at=1 level=info msg=\"a, b\"\n"), Format::Logfmt);
        assert_eq!(format("-", "<34>1 2003-10-11T22:14:15Z host su - - - no\n"), Format::Syslog);
    }
}
