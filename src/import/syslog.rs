//! A line of syslog as RFC 5424 writes it, as a JSON object: `facility`, `severity`, `at`, `host`, `app`, `process`,
//! `message_id`, `data` and `message`, without those that the line leaves out.

use serde_json::{Map, Value};

use super::logfmt::{put, quote_end};

/// How severe what is said is, by its number.
const SEVERITIES: [&str; 8] =
    ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

/// Whether a line begins as one.
pub fn is_likely(line: &str) -> bool {
    priority(line).is_ok_and(|(_, rest)| rest.starts_with("1 "))
}

/// The fields of a line.
pub fn record(line: &str) -> Result<Map<String, Value>, String> {
    let (number, rest) = priority(line)?;
    let rest = rest.strip_prefix("1 ").ok_or(
        "it is not of RFC 5424 (<34>1 2003-10-11T22:14:15Z …); lines of the older kind name no year and cannot be ordered",
    )?;
    let mut fields = Map::new();
    fields.insert("facility".to_owned(), (number / 8).into());
    fields.insert("severity".to_owned(), SEVERITIES[usize::from(number % 8)].into());
    let mut rest = rest;
    for name in ["at", "host", "app", "process", "message_id"] {
        let (value, behind) =
            rest.split_once(' ').ok_or_else(|| format!("the line ends before its {name}"))?;
        if value != "-" {
            fields.insert(name.to_owned(), value.into());
        }
        rest = behind;
    }
    let (data, rest) = structured(rest)?;
    if !data.is_empty() {
        fields.insert("data".to_owned(), data.into());
    }
    let message = rest.strip_prefix(' ').unwrap_or(rest);
    let message = message.strip_prefix('\u{feff}').unwrap_or(message);
    if !message.is_empty() {
        fields.insert("message".to_owned(), message.into());
    }
    Ok(fields)
}

/// `<34>`: facility and severity in one number.
fn priority(line: &str) -> Result<(u8, &str), String> {
    let inside = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let read = inside.and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
    read.filter(|(number, _)| *number < 192)
        .ok_or_else(|| "expected a line such as <34>1 2003-10-11T22:14:15Z host app - - - text".to_owned())
}

/// `[id name="value" …][…]` or `-`.
fn structured(text: &str) -> Result<(Map<String, Value>, &str), String> {
    let mut data = Map::new();
    if let Some(rest) = text.strip_prefix('-') {
        return Ok((data, rest));
    }
    let mut rest = text;
    while let Some(element) = rest.strip_prefix('[') {
        let end = element.find([' ', ']']).ok_or("the structured data is not closed")?;
        let (id, mut inside) = element.split_at(end);
        let mut values = Map::new();
        while let Some(pair) = inside.strip_prefix(' ') {
            let (name, value) =
                pair.split_once('=').ok_or("expected name=\"value\" in the structured data")?;
            let end = value.starts_with('"').then(|| quote_end(value)).flatten();
            let end = end.ok_or_else(|| format!("the value of {name} is not quoted"))?;
            put(&mut values, name, unescaped(&value[1..end - 1]).into());
            inside = &value[end..];
        }
        rest = inside.strip_prefix(']').ok_or("the structured data is not closed")?;
        data.insert(id.to_owned(), values.into());
    }
    if data.is_empty() {
        Err("expected structured data: - or [id name=\"value\"]".to_owned())
    } else {
        Ok((data, rest))
    }
}

/// Only `\"`, `\\` and `\]` are escapes.
fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\]", "]").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(line: &str) -> Result<String, String> {
        record(line).map(|fields| Value::Object(fields).to_string())
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        assert_eq!(
            json("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed")
                .unwrap(),
            r#"{"facility":4,"severity":"critical","at":"2003-10-11T22:14:15.003Z","host":"mymachine.example.com","app":"su","message_id":"ID47","message":"'su root' failed"}"#
        );
        assert_eq!(
            json(r#"<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [a@1 iut="3" s="x\"y"][b@1 n="1" n="2"] An event"#).unwrap(),
            r#"{"facility":20,"severity":"notice","at":"2003-10-11T22:14:15.003Z","host":"host","app":"evntslog","message_id":"ID47","data":{"a@1":{"iut":"3","s":"x\"y"},"b@1":{"n":["1","2"]}},"message":"An event"}"#
        );
    }

    #[test]
    fn what_is_no_line_of_it_is_told() {
        assert!(json("<34>Oct 11 22:14:15 host su: failed").unwrap_err().contains("RFC 5424"));
        assert!(json("<192>1 - - - - - -").is_err());
        assert!(json("<1>1 - - - - - [a b=\"c\"").unwrap_err().contains("not closed"));
        assert!(json("<1>1 - - -").unwrap_err().contains("ends before"));
        assert!(is_likely("<34>1 2003") && !is_likely("<34>Oct 11") && !is_likely("<html>"));
    }
}
