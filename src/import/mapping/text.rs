//! What a mapping says of the text of its files: where the records are, how tables are written, the encoding.

use encoding_rs::Encoding;
use toml::Spanned;

use super::Format;
use super::form::{Form, Text};
use super::place::Source;
use crate::error::Result;
use crate::import::format::{Reading, Records};
use crate::import::lists::{self, List, Part};
use crate::import::table::{Dialect, Quote};
use crate::jq::Rule;

impl Source<'_> {
    /// How the files are read. A key that could have no effect is a mistake.
    pub fn reading(&self, form: &Form) -> Result<Reading> {
        let records = match &form.records {
            None => Records::Whole,
            Some(text) if form.format == Some(Format::Papertrail) => {
                return Err(self.mistake(
                    text.span().start,
                    "`records` has no effect with format = \"papertrail\": each row is a record",
                ));
            }
            Some(text) => {
                let whole = self.rule("records", text, &[])?;
                match lists::parts(text.get_ref()) {
                    Some(parts) => Records::Under(self.lists(parts)?),
                    None => Records::Rule(Box::new(whole)),
                }
            }
        };
        let dialect = self.dialect(form)?;
        let encoding = form.encoding.as_ref().map(|label| self.encoding(label)).transpose()?;
        let spans = [
            ("delimiter", form.delimiter.as_ref().map(Spanned::span)),
            ("quote", form.quote.as_ref().map(Spanned::span)),
            ("escape", form.escape.as_ref().map(Spanned::span)),
            ("header", form.header.as_ref().map(Spanned::span)),
            ("names", form.names.as_ref().map(Spanned::span)),
            ("encoding", form.encoding.as_ref().map(Spanned::span)),
            ("skip_lines", form.skip_lines.as_ref().map(Spanned::span)),
            ("strict", form.strict.as_ref().map(Spanned::span)),
        ];
        let reading = Reading {
            format: form.format,
            records,
            dialect,
            encoding,
            skip_lines: form.skip_lines.as_ref().map_or(0, |lines| *lines.get_ref()),
            strict: form.strict.as_ref().is_some_and(|strict| *strict.get_ref()),
            said: spans.iter().filter(|(_, span)| span.is_some()).map(|(key, _)| *key).collect(),
        };
        let idle = match form.format {
            // Its rows may stand in a file of any format.
            None | Some(Format::Papertrail) => None,
            Some(Format::Ocel) => reading.idle(None),
            format => reading.idle(format),
        };
        if let (Some(format), Some(key)) = (form.format, idle) {
            let start = spans.into_iter().find(|(name, _)| *name == key).and_then(|(_, span)| span);
            let message = format!("`{key}` has no effect with format = \"{}\"", format.word());
            return Err(self.mistake(start.map_or(0, |span| span.start), &message));
        }
        Ok(reading)
    }

    /// The lists that `records` names. The whole has been compiled: what is wrong with a part shows there.
    fn lists(&self, parts: Vec<Part<'_>>) -> Result<Vec<List>> {
        let list = |(keys, then, may_miss): Part<'_>| {
            let rule = |then| {
                Rule::compile_with("records", then, &[], &self.define)
                    .map_err(|mistake| self.mistake(0, &mistake.message))
            };
            Ok(List { keys, then: then.map(rule).transpose()?.map(Box::new), may_miss })
        };
        parts.into_iter().map(list).collect()
    }

    fn dialect(&self, form: &Form) -> Result<Dialect> {
        let delimiter = form.delimiter.as_ref().map(|text| self.letter("delimiter", text)).transpose()?;
        let quote = match &form.quote {
            Some(text) if text.get_ref().is_empty() => Quote::Never,
            Some(text) => Quote::Is(self.letter("quote", text)?),
            None => Quote::Usual,
        };
        let escape = form.escape.as_ref().map(|text| self.letter("escape", text)).transpose()?;
        if let (Quote::Never, Some(escape)) = (quote, &form.escape) {
            return Err(self.mistake(escape.span().start, "`escape` has no effect where `quote` is empty"));
        }
        if delimiter.is_some() && (delimiter == quote.letter() || delimiter == escape) {
            let start = form.delimiter.as_ref().map_or(0, |text| text.span().start);
            return Err(
                self.mistake(start, "`delimiter` must be another character than `quote` and `escape`")
            );
        }
        Ok(Dialect { delimiter, quote, escape, names: self.names(form)? })
    }

    /// The names of columns that have no header.
    fn names(&self, form: &Form) -> Result<Option<Vec<String>>> {
        match (&form.header, &form.names) {
            (Some(header), names) if *header.get_ref() == names.is_some() => {
                let message = if names.is_some() {
                    "`names` has no effect where the first row is a header: say header = false"
                } else {
                    "where there is no header, `names` must say what the columns are: names = [\"id\", \"at\"]"
                };
                Err(self.mistake(header.span().start, message))
            }
            (None, Some(names)) => Err(self.mistake(
                names.span().start,
                "`names` has no effect where the first row is a header: say header = false",
            )),
            (_, None) => Ok(None),
            (_, Some(names)) if names.get_ref().is_empty() => {
                Err(self.mistake(names.span().start, "`names` must name each column"))
            }
            (_, Some(names)) => Ok(Some(names.get_ref().clone())),
        }
    }

    fn letter(&self, name: &str, text: &Text) -> Result<u8> {
        match text.get_ref().as_bytes() {
            [letter] if letter.is_ascii() && !matches!(letter, b'\r' | b'\n') => Ok(*letter),
            _ => Err(self.mistake(
                text.span().start,
                &format!("`{name}` must be one ASCII character, such as \";\" or \"\\t\""),
            )),
        }
    }

    fn encoding(&self, label: &Text) -> Result<&'static Encoding> {
        Encoding::for_label_no_replacement(label.get_ref().as_bytes()).ok_or_else(|| {
            let message = format!(
                "{:?} is no encoding: expected a name of the web's, such as windows-1252 or shift_jis",
                label.get_ref()
            );
            self.mistake(label.span().start, &message)
        })
    }
}
