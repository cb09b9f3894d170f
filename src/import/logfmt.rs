//! A line of logfmt, `level=info msg="it is done" attempt=2`, as a JSON object of texts.

use serde_json::{Map, Value};

/// Whether a first line looks like one: two fields at least, and no other text.
pub fn is_likely(line: &str) -> bool {
    record(line).is_ok_and(|fields| fields.values().filter(|value| value.is_string()).count() >= 2)
}

/// The fields of a line. A name without a value is true; of a name that comes twice all values are kept, as a list.
pub fn record(line: &str) -> Result<Map<String, Value>, String> {
    let mut fields = Map::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ', '\t']).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        if name.is_empty() || name.contains(['"', '{', '}', ',']) {
            return Err(format!(
                "expected a name and a value, such as level=info, found {}",
                beginning(rest)
            ));
        }
        let (value, behind) = match behind.strip_prefix('=') {
            None => (Value::Bool(true), behind),
            Some(quoted) if quoted.starts_with('"') => {
                let end = quote_end(quoted).ok_or_else(|| format!("the quote of {name} is not closed"))?;
                let (text, behind) = quoted.split_at(end);
                let text = serde_json::from_str(text).unwrap_or_else(|_| text[1..end - 1].to_owned());
                (Value::String(text), behind)
            }
            Some(plain) => {
                let end = plain.find([' ', '\t']).unwrap_or(plain.len());
                (Value::String(plain[..end].to_owned()), &plain[end..])
            }
        };
        put(&mut fields, name, value);
        rest = behind.trim_start();
    }
    Ok(fields)
}

/// Keeps what a name has already.
pub fn put(fields: &mut Map<String, Value>, name: &str, value: Value) {
    match fields.get_mut(name) {
        None => drop(fields.insert(name.to_owned(), value)),
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// Behind the quote that closes the one at the beginning.
pub fn quote_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut bytes = text.bytes().enumerate().skip(1);
    bytes.find_map(|(at, byte)| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(at + 1)
    })
}

fn beginning(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(line: &str) -> Result<String, String> {
        record(line).map(|fields| Value::Object(fields).to_string())
    }

    #[test]
    fn fields_are_read_with_and_without_quotes() {
        assert_eq!(
            json(r#"at=info msg="said \"no\"\n" n=2 dry tag=a tag=b tag=c empty="#).unwrap(),
            r#"{"at":"info","msg":"said \"no\"\n","n":"2","dry":true,"tag":["a","b","c"],"empty":""}"#
        );
        assert_eq!(json(r#"path="C:\x""#).unwrap(), r#"{"path":"C:\\x"}"#);
    }

    #[test]
    fn what_is_no_field_is_told() {
        assert_eq!(json("a=\"b").unwrap_err(), "the quote of a is not closed");
        assert!(json("a=1 =2").unwrap_err().starts_with("expected a name"));
        assert!(is_likely("level=info msg=done") && !is_likely("a plain line") && !is_likely("a,b=c,d=e"));
    }
}
