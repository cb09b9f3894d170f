//! The door: which JSON texts come in, and how they are kept.

use std::collections::HashSet;

use serde::de::IgnoredAny;

use crate::error::{Error, Result};

/// The deepest nesting of arrays and objects that is taken in, counted in levels.
pub(super) const MAX_DEPTH: usize = 100;

/// Checks a JSON text and removes its insignificant whitespace; key order and the spelling of strings and
/// numbers stay as they came in. Refused, with its path: more than 100 levels, a number that would not
/// survive (an integer beyond 64 bits, a decimal that a double cannot hold), a key that stands twice.
pub fn compact(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    scan(text, &mut Door { out: Some(&mut out), keys: true })?;
    Ok(out)
}

/// The same check of levels and numbers for a text that is only read, not kept.
pub(super) fn check(text: &str) -> Result<()> {
    scan(text, &mut Door { out: None, keys: false })
}

struct Door<'o> {
    out: Option<&'o mut String>,
    keys: bool,
}

/// An open array or object, and where in it the scan stands.
struct Level<'t> {
    object: bool,
    index: usize,
    key: &'t str,
    seen: HashSet<String>,
}

fn scan(text: &str, door: &mut Door<'_>) -> Result<()> {
    // The syntax is serde_json's business: below, the text is known to be JSON.
    serde_json::from_str::<IgnoredAny>(text).map_err(|e| Error::refused(format!("not JSON: {e}")))?;
    let bytes = text.as_bytes();
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut expect_key = false;
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        i += 1;
        match bytes[start] {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            open @ (b'{' | b'[') => {
                if levels.len() == MAX_DEPTH {
                    return Err(Error::refused(format!(
                        "{}: nested deeper than {MAX_DEPTH} levels",
                        path(&levels)
                    )));
                }
                expect_key = open == b'{';
                levels.push(Level { object: expect_key, index: 0, key: "", seen: HashSet::new() });
            }
            b'}' | b']' => {
                levels.pop();
                expect_key = false;
            }
            b',' => {
                if let Some(level) = levels.last_mut() {
                    level.index += 1;
                    expect_key = level.object;
                }
            }
            b'"' => {
                while bytes[i] != b'"' {
                    i += if bytes[i] == b'\\' { 2 } else { 1 };
                }
                i += 1;
                let literal = &text[start..i];
                if expect_key {
                    expect_key = false;
                    if let Some(level) = levels.last_mut() {
                        level.key = literal;
                    }
                    if door.keys || literal.contains("\\u") {
                        let key = decode(literal, &levels)?;
                        if door.keys && levels.last_mut().is_some_and(|level| !level.seen.insert(key)) {
                            return Err(Error::refused(format!("{}: the key stands twice", path(&levels))));
                        }
                    }
                } else if literal.contains("\\u") {
                    decode(literal, &levels)?;
                }
            }
            b'-' | b'0'..=b'9' => {
                while i < bytes.len() && matches!(bytes[i], b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
                    i += 1;
                }
                let number = &text[start..i];
                if let Some(why) = lossy(number) {
                    return Err(Error::refused(format!("{}: {} {why}", path(&levels), short(number)))
                        .hint("write it as a string to keep every digit"));
                }
            }
            _ => {}
        }
        if let Some(out) = &mut door.out {
            out.push_str(&text[start..i]);
        }
    }
    Ok(())
}

fn decode(literal: &str, levels: &[Level<'_>]) -> Result<String> {
    serde_json::from_str(literal).map_err(|_| {
        Error::refused(format!("{}: the text holds an escape that is no character", path(levels)))
    })
}

/// Why a number would not come out as it went in, if so.
fn lossy(number: &str) -> Option<&'static str> {
    if !number.contains(['.', 'e', 'E']) {
        let fits = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
        return (!fits).then_some("is an integer beyond 64 bits");
    }
    let value: f64 = number.parse().unwrap_or(f64::INFINITY);
    if value.is_infinite() {
        return Some("is beyond what a double can hold");
    }
    let (digits, exponent) = significant(number);
    if digits.is_empty() {
        return None;
    }
    // The double holds the decimal if, rounded to as many digits, it reads the same.
    let (held, at) = significant(&format!("{value:.*e}", digits.len() - 1));
    (held != digits || at != exponent).then_some("has more digits than a double can hold")
}

/// The significant digits of a decimal, and the power of ten of the first one.
fn significant(number: &str) -> (String, i64) {
    let number = number.trim_start_matches('-');
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // An exponent of more digits than fit makes zero or infinity, which is told apart before.
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX / 2);
    let all = format!("{whole}{fraction}");
    let zeros = all.len() - all.trim_start_matches('0').len();
    let first = exponent.saturating_add(whole.len() as i64 - 1).saturating_sub(zeros as i64);
    (all.trim_matches('0').to_owned(), first)
}

/// A hostile number or key may be as long as the whole text.
fn short(part: &str) -> String {
    let mut shown: String = part.chars().take(60).collect();
    if shown.len() < part.len() {
        shown.push('…');
    }
    shown
}

fn path(levels: &[Level<'_>]) -> String {
    use std::fmt::Write as _;
    let mut path = String::new();
    for level in levels {
        let plain = level.key.trim_matches('"');
        let identifier = !plain.is_empty()
            && plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !plain.as_bytes()[0].is_ascii_digit();
        let _ = match (level.object, identifier) {
            (true, true) => write!(path, ".{}", short(plain)),
            (true, false) => write!(path, "[{}]", short(level.key)),
            (false, _) => write!(path, "[{}]", level.index),
        };
    }
    if path.is_empty() { ".".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_goes_and_spelling_stays() {
        let text = " { \"b\" : [ 1.50 , -0.0 , 1E3, 18446744073709551615 ] , \"a\" : \"\\u0041 \\\" x\" } ";
        assert_eq!(compact(text).unwrap(), r#"{"b":[1.50,-0.0,1E3,18446744073709551615],"a":"\u0041 \" x"}"#);
    }

    #[test]
    fn numbers_that_would_change_are_named() {
        for text in
            [r#"{"a":[0,18446744073709551616]}"#, r#"{"a":[0,1.00000000000000000001]}"#, r#"{"a":[0,1e400]}"#]
        {
            assert!(compact(text).unwrap_err().message().starts_with(".a[1]: "), "{text}");
        }
        assert!(compact("1e-400").is_err() && compact("9007199254740993.0").is_err());
        for text in
            ["0.1", "0.10000000000000001", "0e9", "-1.7976931348623157e308", "5e-324", "100.000", "0.1e1"]
        {
            assert_eq!(compact(text).unwrap(), text);
        }
    }

    #[test]
    fn doubled_keys_are_named_however_they_are_spelled() {
        let error = compact(r#"{"x":{"a b":1,"\u0061 b":2}}"#).unwrap_err();
        assert!(error.message().starts_with(r#".x["\u0061 b"]: "#), "{error}");
        assert!(compact(r#"{"a":{"k":1},"b":{"k":1}}"#).is_ok());
    }

    #[test]
    fn levels_end_at_a_hundred() {
        let nest = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(compact(&nest(100)).is_ok());
        assert!(compact(&nest(101)).is_err());
        assert!(compact(&nest(1_000_000)).is_err());
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "{} {}", r#""\ud800""#, "nul", "[1,]"] {
            assert!(compact(text).is_err(), "{text}");
        }
    }
}
