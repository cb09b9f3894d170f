//! Where in a mapping's text a mistake stands, and its rules, compiled.

use std::fmt::Write as _;
use std::ops::Range;

use super::form::Text;
use crate::error::{Error, Result};
use crate::import::value::Value;
use crate::jq::{Mistake, Rule};

/// The text being read, for the place of a mistake.
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
    /// jq definitions that every rule of the mapping can call.
    pub define: String,
}

impl Source<'_> {
    pub fn mistake(&self, offset: usize, message: &str) -> Error {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let mut sentence = String::new();
        // A message of several lines becomes one sentence.
        for part in message.lines().map(str::trim).filter(|part| !part.is_empty()) {
            let _ = write!(sentence, "{}{part}", if sentence.is_empty() { "" } else { ", " });
        }
        Error::refused(format!("{}:{line}:{column}: {sentence}", self.file))
    }

    /// Where a place inside a TOML string is in the file.
    fn inside(&self, string: &Range<usize>, place: usize) -> usize {
        let raw = &self.text[string.clone()];
        let quotes = if raw.starts_with("'''") || raw.starts_with("\"\"\"") { 3 } else { 1 };
        // The newline right after three quotes is no part of the string.
        let newline = match raw.as_bytes().get(quotes..) {
            Some([b'\r', b'\n', ..]) if quotes == 3 => 2,
            Some([b'\n', ..]) if quotes == 3 => 1,
            _ => 0,
        };
        // Escapes shift what follows them; then the string's start is the best that can be said.
        let place = if raw.starts_with('"') && raw.contains('\\') { 0 } else { place };
        (string.start + quotes + newline + place).min(string.end)
    }

    fn wrong(&self, name: &str, text: &Text, mistake: &Mistake) -> Error {
        let offset = self.inside(&text.span(), mistake.span.start);
        self.mistake(offset, &format!("in `{name}`: {}", mistake.message))
    }

    pub fn rule(&self, name: &str, text: &Text, vars: &[&'static str]) -> Result<Rule> {
        Rule::compile_with(name, text.get_ref(), vars, &self.define).map_err(|mistake| {
            let source = text.get_ref();
            if let Some(late) = ["$previous", "$changed"].into_iter().find(|var| source.contains(var))
                && !vars.contains(&late)
            {
                let offset = source.find(late).unwrap_or_default();
                let message = if vars.is_empty() {
                    format!("{late} is not known here")
                } else {
                    format!("{late} is known only with mode = \"snapshots\", in event, actor, reason, received and meta")
                };
                return self.wrong(name, text, &Mistake { message, span: offset..offset + late.len() });
            }
            self.wrong(name, text, &mistake)
        })
    }

    pub fn value(&self, name: &str, text: &Text, vars: &[&'static str]) -> Result<Value> {
        Ok(Value::new(self.rule(name, text, vars)?))
    }
}
