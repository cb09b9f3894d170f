//! YAML into JSON, Ruby's own kind too: its tags for times, decimals, symbols and sets come out as what they stand for.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

use super::limits::{charge, tick};
use crate::event::Time;

/// What a value costs in bytes with the place that it stands in, about.
const VALUE: usize = 128;

/// What a value costs with all that is in it: a few aliases of aliases can stand for more than any memory.
fn cost(value: &Value) -> usize {
    tick();
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(cost).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| VALUE + key.len() + cost(value)).sum(),
        _ => 0,
    };
    VALUE + inside
}

/// The first document of a text; nothing is null.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { parser: Parser::new_from_str(text), known: HashMap::new() };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return Ok(Value::Null),
            event => return reader.value(event),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    /// What anchors name, by their number.
    known: HashMap<usize, Value>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, String> {
        tick();
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(Event::StreamEnd),
        }
    }

    fn value(&mut self, event: Event<'t>) -> Result<Value, String> {
        tick();
        charge(VALUE);
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let value = self.known.get(&anchor).ok_or("an alias stands inside what it names")?;
                charge(cost(value));
                return Ok(value.clone());
            }
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref())?, anchor),
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        Event::StreamEnd => return Err("the text ends inside a list".to_owned()),
                        event => items.push(self.value(event)?),
                    }
                }
                (Value::Array(items), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                let name = name(tag.as_deref());
                (object(self.entries(name == "ruby/object:Set")?, name), anchor)
            }
            _ => return Err("expected a value".to_owned()),
        };
        if anchor > 0 {
            charge(cost(&value));
            self.known.insert(anchor, value.clone());
        }
        Ok(value)
    }

    /// The keys and values of a mapping that has begun. Of a set, `hash` is the list of its keys.
    fn entries(&mut self, set: bool) -> Result<Vec<(Value, Value)>, String> {
        let mut entries = Vec::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(entries),
                Event::StreamEnd => return Err("the text ends inside a mapping".to_owned()),
                event => self.value(event)?,
            };
            let value = match self.next()? {
                Event::MappingStart(..) if set && key == "hash" => {
                    self.entries(false)?.into_iter().map(|(key, _)| key).collect()
                }
                event => self.value(event)?,
            };
            entries.push((key, value));
        }
    }
}

/// `ruby/object:BigDecimal` of `!ruby/object:BigDecimal`, `binary` of `!!binary`.
fn name(tag: Option<&Tag>) -> &str {
    tag.map_or("", |tag| tag.suffix().trim_start_matches('!'))
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let text_value = || Value::String(text.to_owned());
    Ok(match name(tag) {
        // The digits stand behind the precision: 18:0.125e2.
        "ruby/object:BigDecimal" => {
            let digits = text.rsplit(':').next().unwrap_or(text);
            number(digits).unwrap_or_else(|| Value::String(digits.to_owned()))
        }
        "str" | "ruby/symbol" | "ruby/sym" | "ruby/regexp" => text_value(),
        "binary" => {
            use base64::Engine as _;
            let plain: String = text.split_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD.decode(&plain);
            let bytes = bytes.map_err(|error| format!("what is marked as binary is not base64: {error}"))?;
            String::from_utf8(bytes).map_or(Value::String(plain), Value::String)
        }
        _ if style != ScalarStyle::Plain => text_value(),
        _ => plain(text),
    })
}

/// What a text without quotes stands for, by the rules that Ruby writes it by.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return true.into(),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return false.into(),
        _ => {}
    }
    if let Some(symbol) = text.strip_prefix(':').filter(|rest| !rest.is_empty()) {
        return symbol.trim_matches('"').into();
    }
    // Ruby takes 1e3 for a text, and writes its own numbers as 1.0e+3.
    let exponent = text.split_once(['e', 'E']).is_none_or(|(_, power)| power.starts_with(['+', '-']));
    let read = if exponent { number(text) } else { None };
    read.or_else(|| time(text)).unwrap_or_else(|| text.into())
}

/// A number that survives as JSON; a longer one stays a text.
fn number(text: &str) -> Option<Value> {
    let digits = text.trim_start_matches(['-', '+']);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain: String = text.trim_start_matches('+').chars().filter(|c| !matches!(c, '_' | ',')).collect();
    if let Ok(whole) = plain.parse::<i64>() {
        // A leading zero is octal to Ruby, and a postcode to whoever wrote it.
        let leading = digits.len() > 1 && digits.starts_with('0');
        return (!leading).then(|| whole.into());
    }
    if !plain.contains('.') {
        return None;
    }
    let decimal: f64 = plain.parse().ok().filter(|n: &f64| n.is_finite())?;
    if digits.chars().filter(char::is_ascii_digit).count() > 17 {
        return None;
    }
    // A BigDecimal writes 12 as 0.12e2.
    if plain.contains(['e', 'E']) && decimal.fract() == 0.0 && decimal.abs() < 1e15 {
        return Some((decimal as i64).into());
    }
    Number::from_f64(decimal).map(Value::Number)
}

/// `2019-04-24 12:02:11.123000000 Z`, as RFC 3339.
fn time(text: &str) -> Option<Value> {
    if text.len() < 19 || !text.as_bytes()[0].is_ascii_digit() || !text.contains(':') {
        return None;
    }
    let (day, rest) = text.split_once([' ', 'T'])?;
    let rest: String = rest.chars().filter(|c| *c != ' ').collect();
    let zoned = rest.ends_with('Z') || rest.contains(['+', '-']);
    let read = |rest: &str| Time::parse(&format!("{day}T{rest}")).map(|time| time.to_string().into());
    read(&if zoned { rest.clone() } else { format!("{rest}Z") }).or_else(|| read(&format!("{rest}:00")))
}

/// A mapping, or what it stands for by its tag.
fn object(entries: Vec<(Value, Value)>, name: &str) -> Value {
    let part = match name {
        "ruby/object:ActiveSupport::TimeWithZone" => Some("utc"),
        "ruby/object:Set" => Some("hash"),
        "set" | "ruby/set" => return entries.into_iter().map(|(key, _)| key).collect(),
        _ if name.starts_with("ruby/hash-with-ivars") => Some("elements"),
        _ => None,
    };
    let of = |key: &Value| part.is_some_and(|part| key == part);
    if let Some((_, value)) = entries.iter().find(|(key, _)| of(key)) {
        return value.clone();
    }
    let mut fields = Map::new();
    let mut keys: HashMap<String, Value> = HashMap::new();
    for (key, value) in entries {
        let text = match &key {
            Value::String(key) => key.clone(),
            // As Ruby writes it in JSON.
            Value::Null => String::new(),
            other => other.to_string(),
        };
        // The number 1 and the text '1' are two keys, and JSON has one for them.
        let mut own = text.clone();
        let mut number = 2;
        while keys.get(&own).is_some_and(|before| *before != key) {
            own = format!("{text}_{number}");
            number += 1;
        }
        fields.insert(own.clone(), value);
        keys.insert(own, key);
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jq::Rule;
    use crate::jq::State;

    fn read(text: &str) -> Result<Value, String> {
        let rule = Rule::compile("t", "fromyaml", &[]).unwrap();
        let read =
            rule.one(&State::from_value(&text.into()), &[]).map_err(|error| error.message().to_owned())?;
        read.to_value().map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_rails_writes_comes_out_as_what_it_stands_for() {
        let text = "--- !ruby/hash:ActiveSupport::HashWithIndifferentAccess
id: 7
title: \"yes\"
postcode: 01234
done: false
status: :open
price: !ruby/object:BigDecimal 18:0.1250e2
weight: 2.0
large: 1.5e+20
code: 1e3
version: 1.5e3
bin: !binary |-
  //4=
dt: !ruby/object:DateTime 2019-04-24 12:02:11.000000000 Z
symq: :a b
due: 2019-04-24
tags:
- a
- ''
note: |
  two
  lines
created_at: !ruby/object:ActiveSupport::TimeWithZone
  utc: &1 2019-04-24 12:02:11.120000000 Z
  zone: !ruby/object:ActiveSupport::TimeZone
    name: Etc/UTC
  time: *1
updated_at: 2019-04-24 14:02:11.000000000 +02:00
seen: !ruby/object:Set
  hash:
    x: true
owner:
";
        let expected = json!({
            "id": 7, "title": "yes", "postcode": "01234", "done": false, "status": "open", "price": 12.5,
            "weight": 2.0, "large": 1.5e20, "code": "1e3", "version": "1.5e3", "bin": "//4=",
            "dt": "2019-04-24T12:02:11Z", "symq": "a b", "due": "2019-04-24", "tags": ["a", ""], "note": "two\nlines\n",
            "created_at": "2019-04-24T12:02:11.120Z", "updated_at": "2019-04-24T12:02:11Z", "seen": ["x"],
            "owner": null,
        });
        assert_eq!(read(text), Ok(expected));
        assert_eq!(read("--- \n...\n"), Ok(Value::Null));
        assert_eq!(read(""), Ok(Value::Null));
        assert_eq!(
            read("---\n- !ruby/object:BigDecimal 18:0.12e2\n- 123456789012345678901234567890\n"),
            Ok(json!([12, "123456789012345678901234567890"]))
        );
    }

    #[test]
    fn no_key_hides_another_one() {
        assert_eq!(
            read("---\n'1': One\n'': none\n'2': Two\n"),
            Ok(json!({ "1": "One", "": "none", "2": "Two" }))
        );
        assert_eq!(read("a: 1\n~: none\nb: 2\n"), Ok(json!({ "a": 1, "": "none", "b": 2 })));
        assert_eq!(
            read("'': x\n~: y\n1: a\n'1': b\n1: c\n"),
            Ok(json!({ "": "x", "_2": "y", "1": "c", "1_2": "b" }))
        );
        assert_eq!(read("? [1, 2]\n: x\ntrue: y\n"), Ok(json!({ "[1,2]": "x", "true": "y" })));
    }

    #[test]
    fn a_set_holds_what_it_held() {
        let set = "--- !ruby/object:Set\nhash:\n  1: true\n  two: true\n  :three: true\n  : true\n";
        assert_eq!(read(set), Ok(json!([1, "two", "three", null])));
        assert_eq!(read("--- !ruby/set\n1: true\n'': true\n"), Ok(json!([1, ""])));
        assert_eq!(read("--- !!set\n? a\n? 2\n"), Ok(json!(["a", 2])));
        assert_eq!(
            read("a: !ruby/object:Set\n  hash: {}\nb: &x !ruby/object:Set\n  hash: {y: true}\nc: *x\n"),
            Ok(json!({ "a": [], "b": ["y"], "c": ["y"] }))
        );
    }

    #[test]
    fn line_ends_of_other_kinds_are_letters() {
        for (written, meant) in [
            ("\"a\\Lb\\Pc\\Nd\\_e\"", "a\u{2028}b\u{2029}c\u{85}d\u{a0}e"),
            ("a\u{2028}b", "a\u{2028}b"),
            ("'a\u{2029}b\u{85}c'", "a\u{2029}b\u{85}c"),
            ("|-\n  a\u{2028}b\n  c", "a\u{2028}b\nc"),
        ] {
            assert_eq!(
                read(&format!("x: {written}\ny: 1\n")),
                Ok(json!({ "x": meant, "y": 1 })),
                "{written:?}"
            );
        }
    }

    #[test]
    fn what_is_no_yaml_or_too_much_is_refused() {
        assert!(read("a: [1").is_err());
        assert!(read("a: &x [*x]").is_err());
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", "));
        }
        assert!(read(&bomb).unwrap_err().contains("stopped"), "{:?}", read(&bomb));
        // What an alias stands for costs what it takes, not what it is written as.
        let wide = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 300].join(","), vec!["*a"; 300].join(","));
        assert!(read(&wide).is_ok());
        let wide = format!("a: &a [{}]\nb: [{}]\n", vec!["x"; 1_500].join(","), vec!["*a"; 1_500].join(","));
        assert!(read(&wide).unwrap_err().contains("stopped"));
        assert!(read(&"- ".repeat(5_000)).is_err());
        assert!(read(&"- ".repeat(500_000)).is_err());
    }
}
