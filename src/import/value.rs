//! One value of a mapping: a rule, or what can be had without running one.

use crate::error::{Error, Result};
use crate::jq::{Rule, State};

/// A value over one record. Constants and plain paths, which most are, need no engine.
pub struct Value {
    rule: Rule,
    short: Option<Short>,
}

enum Short {
    Constant(State),
    Path(Vec<String>),
}

impl Value {
    /// Takes a compiled rule.
    pub fn new(rule: Rule) -> Self {
        let source = rule.source().trim();
        let short = match plain_path(source) {
            Some(path) => Some(Short::Path(path)),
            None => plain_string(source).map(Short::Constant),
        };
        Self { rule, short }
    }

    /// Whether its text names the variable that was declared at this place.
    pub fn reads(&self, var: usize) -> bool {
        self.rule.reads(var)
    }

    /// Whether it looks at the record; in doubt it does.
    pub fn reads_record(&self) -> bool {
        self.rule.needs().input()
    }

    /// The value; `None` where the rule gives null or nothing.
    pub fn get(&self, record: &State, vars: &[State]) -> Result<Option<State>> {
        let found = match &self.short {
            Some(Short::Constant(value)) => Some(value.clone()),
            Some(Short::Path(path)) => match follow(record, path) {
                Some(found) => Some(found),
                None => self.run(record, vars)?,
            },
            None => self.run(record, vars)?,
        };
        Ok(found.filter(|value| !value.is_null()))
    }

    /// The value as text: a string, or a number as it is written.
    pub fn text(&self, record: &State, vars: &[State]) -> Result<Option<String>> {
        let Some(value) = self.get(record, vars)? else { return Ok(None) };
        if let Some(text) = value.as_str() {
            return Ok(Some(text.to_owned()));
        }
        if value.is_number() {
            return value.to_json().map(Some);
        }
        Err(self.error(&format!("gives {}, not a string", brief(&value.to_value()?))))
    }

    /// Text that must be there.
    pub fn required(&self, record: &State, vars: &[State]) -> Result<String> {
        match self.text(record, vars)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(self.error("gives an empty string")),
            None => Err(self.error("gives nothing")),
        }
    }

    /// An error that names this value and its source.
    pub fn error(&self, what: &str) -> Error {
        Error::refused(format!("`{}` {what} (it is {})", self.rule.name(), self.rule.source().trim()))
    }

    fn run(&self, record: &State, vars: &[State]) -> Result<Option<State>> {
        let mut found = self.rule.run(record, vars)?;
        match found.len() {
            0 | 1 => Ok(found.pop()),
            n => Err(self.error(&format!("gives {n} values, not one"))),
        }
    }
}

/// A value cut to what fits into a message.
pub fn brief(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The keys of `.a.b`; `None` for anything else.
pub fn plain_path(source: &str) -> Option<Vec<String>> {
    let keys = source.strip_prefix('.')?.split('.');
    keys.map(|key| {
        let mut letters = key.chars();
        let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        (first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')).then(|| key.to_owned())
    })
    .collect()
}

fn plain_string(source: &str) -> Option<State> {
    let inner = source.strip_prefix('"')?.strip_suffix('"')?;
    let plain = !inner.contains(['"', '\\']) && !inner.contains(char::is_control);
    plain.then(|| State::from_value(&inner.into()))
}

/// What stands at a path; `None` where only the engine can say, such as a key of a string.
fn follow(record: &State, path: &[String]) -> Option<State> {
    let mut at = record.clone();
    for key in path {
        if at.is_object() {
            at = at.get(key).unwrap_or_else(State::null);
        } else if !at.is_null() {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Value {
        Value::new(Rule::compile("id", source, &[]).unwrap())
    }

    #[test]
    fn short_ways_agree_with_the_engine() {
        for json in
            [r#"{"a":{"b":1}}"#, r#"{"a":null}"#, r#"{"a":"x"}"#, "{}", "null", "3", r#"{"a":{"b":[]}}"#]
        {
            let record = State::from_json(json).unwrap();
            for source in [".a", ".a.b", "\"x\"", ".a.b.c"] {
                let value = value(source);
                assert!(value.short.is_some());
                let slow = value.run(&record, &[]).map(|found| found.map(|v| v.to_json().unwrap()));
                let fast = value.get(&record, &[]).map(|found| found.map(|v| v.to_json().unwrap()));
                assert_eq!(fast, slow.map(|found| found.filter(|v| v != "null")), "{source} on {json}");
            }
        }
    }

    #[test]
    fn numbers_are_ids_and_lists_are_not() {
        let record = State::from_json(r#"{"n":7,"l":[1]}"#).unwrap();
        assert_eq!(value(".n").required(&record, &[]), Ok("7".to_owned()));
        assert!(value(".l").required(&record, &[]).unwrap_err().message().contains("not a string"));
        assert!(value(".x").required(&record, &[]).unwrap_err().message().contains("nothing"));
    }
}
