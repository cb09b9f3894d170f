//! The formats of a source: which one it is, and lines and CSV read from it.

use std::io::{BufRead, Read};

use csv::{ByteRecord, ReaderBuilder};
use indexmap::IndexSet;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::document::{self, Taker};
use super::lists::List;
use super::mapping::Format;
use super::source::{Input, Sink, too_large};
use super::{logfmt, syslog};
use crate::error::Result;
use crate::jq::Rule;

/// How many columns a table has at most: each row names them all.
const MOST_COLUMNS: usize = 10_000;

/// Where the records of a JSON document are.
pub enum Records {
    /// The elements of a list at the top, or else the document is the record.
    Whole,
    /// The elements of these lists; read one by one, whatever the size of the document.
    Under(Vec<List>),
    /// What a rule gives for the whole document.
    Rule(Box<Rule>),
}

/// Tells the format from the name of a stream and its first bytes; `whole` where these are all.
pub fn sniff(name: &str, head: &[u8], whole: bool, records: &Records) -> Format {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("csv" | "tsv") => return Format::Csv,
        Some("jsonl" | "ndjson") => return Format::Jsonl,
        _ => {}
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
        Some(_) if first_line.contains(&b',') || first_line.contains(&b'\t') => Format::Csv,
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
pub fn read(format: Format, input: Input<'_>, records: &Records, sink: &mut Sink<'_>) -> Result<bool> {
    match format {
        Format::Json => document::read(input, records, sink),
        // PaperTrail's own reader asks for one of the others.
        Format::Jsonl | Format::Papertrail => {
            lines(input, sink, true, &mut |line, take| document::each(line, records, take))
        }
        Format::Logfmt => {
            lines(input, sink, false, &mut |line, take| take_fields(logfmt::record(line), take))
        }
        Format::Syslog => {
            lines(input, sink, false, &mut |line, take| take_fields(syslog::record(line), take))
        }
        Format::Csv => table(input, sink),
    }
}

fn take_fields(fields: Result<Map<String, Value>, String>, take: &mut Taker<'_>) -> Result<bool> {
    match fields {
        Ok(fields) => take(Ok(&Value::Object(fields).to_string())),
        Err(why) => take(Err(why)),
    }
}

/// Gives the records of each line that is not empty; `json` where each begins with a bracket.
fn lines(
    mut input: Input<'_>,
    sink: &mut Sink<'_>,
    json: bool,
    each: &mut dyn FnMut(&str, &mut Taker<'_>) -> Result<bool>,
) -> Result<bool> {
    let mut bytes = Vec::new();
    let mut line = 0;
    let mut first = true;
    loop {
        line += 1;
        bytes.clear();
        input.since.set(0);
        if let Err(error) = input.reader.by_ref().take(input.largest + 1).read_until(b'\n', &mut bytes) {
            return input.giver.give(sink, line, Err(format!("the file breaks off here: {error}")));
        }
        if bytes.is_empty() {
            return Ok(true);
        }
        let broken = bytes.len() as u64 > input.largest;
        let go = if broken {
            skip_line(&mut input)?;
            let reason = format!("the line {}", too_large(input.largest));
            input.giver.give(sink, line, Err(reason))?
        } else {
            match std::str::from_utf8(&bytes) {
                Ok(text) if text.trim_ascii().is_empty() => true,
                Ok(text) => {
                    let text = text.trim_ascii();
                    let alien = json && std::mem::take(&mut first) && !text.starts_with(['{', '[']);
                    each(text, &mut |record| input.giver.give_as(sink, line, record, alien))?
                }
                Err(error) => {
                    let reason = format!("it is not UTF-8: byte {} of the line", error.valid_up_to() + 1);
                    input.giver.give(sink, line, Err(reason))?
                }
            }
        };
        if !go {
            return Ok(false);
        }
    }
}

fn skip_line(input: &mut Input<'_>) -> Result<()> {
    loop {
        input.since.set(0);
        let buffer = input.reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Rows under a header, each an object of strings.
fn table(mut input: Input<'_>, sink: &mut Sink<'_>) -> Result<bool> {
    let giver = &input.giver;
    let delimiter = match input.reader.fill_buf() {
        Ok(start) => delimiter(start),
        Err(error) => return giver.give(sink, 1, Err(format!("the file breaks off here: {error}"))),
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(&mut input.reader);
    let mut row = ByteRecord::new();
    let mut names: Option<Vec<String>> = None;
    let mut text = String::new();
    loop {
        input.since.set(0);
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => return Ok(true),
            Err(error) => {
                let line = reader.position().line();
                return giver.give(sink, line, Err(format!("the file breaks off here: {error}")));
            }
        }
        let line = row.position().map_or(0, csv::Position::line);
        let Some(names) = &names else {
            match header(&row) {
                Ok(header) => names = Some(header),
                Err(reason) => return giver.give(sink, line, Err(reason)),
            }
            continue;
        };
        let outcome = object(names, &row, &mut text).map(|()| text.as_str());
        if !giver.give(sink, line, outcome)? {
            return Ok(false);
        }
    }
}

/// The delimiter that the first line holds most of.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.split(|byte| *byte == delimiter).count();
    // The last of equals wins, so the comma comes last.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// The names in the header, as JSON strings.
fn header(row: &ByteRecord) -> Result<Vec<String>, String> {
    if row.len() > MOST_COLUMNS {
        return Err(format!("the header names {} columns, more than {MOST_COLUMNS}", row.len()));
    }
    let mut names = IndexSet::with_capacity(row.len());
    for name in row {
        let name = std::str::from_utf8(name).map_err(|_| "the header is not UTF-8".to_owned())?;
        let name = serde_json::to_string(name.trim()).map_err(|error| error.to_string())?;
        if let Some(twice) = names.replace(name) {
            return Err(format!("the header names {twice} twice"));
        }
    }
    Ok(names.into_iter().collect())
}

/// Writes a row as a JSON object of strings.
fn object(names: &[String], row: &ByteRecord, text: &mut String) -> Result<(), String> {
    if row.len() != names.len() {
        return Err(format!("it has {} fields, the header has {}", row.len(), names.len()));
    }
    text.clear();
    for (name, field) in names.iter().zip(row) {
        let field = std::str::from_utf8(field).map_err(|_| format!("the field {name} is not UTF-8"))?;
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(name);
        text.push(':');
        quote(field, text)?;
    }
    text.push('}');
    Ok(())
}

fn quote(field: &str, text: &mut String) -> Result<(), String> {
    if field.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(field);
        text.push('"');
    } else {
        text.push_str(&serde_json::to_string(field).map_err(|error| error.to_string())?);
    }
    Ok(())
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
        assert_eq!(format("-", "a,b\n1,2\n"), Format::Csv);
        assert_eq!(format("-", "a\tb\n1\t2\n"), Format::Csv);
        assert_eq!(format("-", "at=1 level=info msg=\"a, b\"\n"), Format::Logfmt);
        assert_eq!(format("-", "<34>1 2003-10-11T22:14:15Z host su - - - no\n"), Format::Syslog);
    }

    #[test]
    fn a_delimiter_is_told_by_the_header() {
        assert_eq!(delimiter(b"a;b;c\n1,2;3"), b';');
        assert_eq!(delimiter(b"a\tb\n"), b'\t');
        assert_eq!(delimiter(b"a\n"), b',');
    }
}
