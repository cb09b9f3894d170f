//! The door: which JSON texts come in, and how they are kept.

use std::collections::HashMap;

use serde::de::IgnoredAny;

use crate::error::{Error, Result};

/// The deepest nesting of arrays and objects that is taken in, counted in levels.
pub(super) const MAX_DEPTH: usize = 100;

/// The longest number that is taken in, in characters: what is longer is no quantity.
const LONGEST_NUMBER: usize = 1300;

/// Checks a JSON text and removes its insignificant whitespace; key order and the spelling of strings and
/// numbers stay as they came in. Refused, with its path: more than 100 levels, a number that would not
/// survive (an integer beyond 64 bits, a decimal that a double cannot hold), a key that stands twice.
pub fn compact(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    scan(text, &mut Door { out: Some(&mut out), keys: true, lenient: false, slips: Slips::default() })?;
    Ok(out)
}

/// The same for what others wrote, with what was let through: numbers keep their digits, of a key that stands twice
/// the last value is taken, and half a character (a lone surrogate) becomes U+FFFD.
pub fn compact_leniently(text: &str) -> Result<(String, Slips)> {
    let mut out = String::with_capacity(text.len());
    let mut door = Door { out: Some(&mut out), keys: true, lenient: true, slips: Slips::default() };
    scan(text, &mut door)?;
    let slips = door.slips;
    Ok((out, slips))
}

/// What a text had that was let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slips {
    /// A number of more digits than a double or 64 bits can hold.
    pub digits: bool,
    /// A key that stood twice.
    pub doubled: bool,
    /// Half a character.
    pub halves: bool,
}

/// The check of levels and characters for a text that is only read, not kept; whether it has a number that a double
/// or 64 bits cannot hold.
pub(super) fn check(text: &str) -> Result<bool> {
    let mut door = Door { out: None, keys: false, lenient: false, slips: Slips::default() };
    scan(text, &mut door)?;
    Ok(door.slips.digits)
}

struct Door<'o> {
    out: Option<&'o mut String>,
    keys: bool,
    lenient: bool,
    slips: Slips,
}

impl Door<'_> {
    fn len(&self) -> usize {
        self.out.as_ref().map_or(0, |out| out.len())
    }
}

/// An open array or object, and where in it the scan stands.
struct Level<'t> {
    object: bool,
    index: usize,
    key: &'t str,
    /// Which member has a key, where each begins in what is written, and which of them came again.
    seen: HashMap<String, usize>,
    starts: Vec<usize>,
    dropped: Vec<usize>,
}

impl Level<'_> {
    fn new(object: bool) -> Self {
        Self { object, index: 0, key: "", seen: HashMap::new(), starts: Vec::new(), dropped: Vec::new() }
    }

    /// Takes the members that came again out of what was written of the object.
    fn close(&self, out: &mut String) {
        let Some(&start) = self.starts.first().filter(|_| !self.dropped.is_empty()) else { return };
        let ends = self.starts.iter().skip(1).map(|next| next - 1).chain([out.len()]);
        let kept: Vec<&str> = (0..)
            .zip(self.starts.iter().zip(ends))
            .filter(|(member, _)| !self.dropped.contains(member))
            .map(|(_, (start, end))| &out[*start..end])
            .collect();
        let kept = kept.join(",");
        out.truncate(start);
        out.push_str(&kept);
    }
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
                levels.push(Level::new(expect_key));
            }
            b'}' | b']' => {
                if let (Some(level), Some(out)) = (levels.pop(), &mut door.out) {
                    level.close(out);
                }
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
                let key = std::mem::take(&mut expect_key);
                if let (true, Some(level)) = (key, levels.last_mut()) {
                    level.key = literal;
                }
                if let Some(written) = string(literal, key, &mut levels, door)? {
                    if let Some(out) = &mut door.out {
                        out.push_str(&written);
                    }
                    continue;
                }
            }
            b'-' | b'0'..=b'9' => {
                while i < bytes.len() && matches!(bytes[i], b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
                    i += 1;
                }
                let number = &text[start..i];
                if number.len() > LONGEST_NUMBER {
                    let why = format!("{} has more than {LONGEST_NUMBER} digits", short(number));
                    return Err(Error::refused(format!("{}: {why}", path(&levels))));
                }
                let why = lossy(number);
                door.slips.digits |= why.is_some();
                if let (Some(why), false, Some(_)) = (why, door.lenient, &door.out) {
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

/// Checks a string, or a key; how it is written where it cannot stay as it is.
fn string(literal: &str, key: bool, levels: &mut [Level<'_>], door: &mut Door<'_>) -> Result<Option<String>> {
    let mut written = None;
    let named = key && door.keys;
    if !named && !literal.contains("\\u") {
        return Ok(None);
    }
    let decoded = match decode(literal, levels) {
        Err(_) if door.lenient => {
            door.slips.halves = true;
            let whole = whole(literal);
            let decoded = decode(&whole, levels)?;
            written = Some(whole);
            decoded
        }
        decoded => decoded?,
    };
    let start = door.len();
    let Some(level) = levels.last_mut().filter(|_| named) else { return Ok(written) };
    let before = level.seen.insert(decoded, level.starts.len());
    level.starts.push(start);
    if let Some(before) = before {
        if !door.lenient {
            return Err(Error::refused(format!("{}: the key stands twice", path(levels))));
        }
        door.slips.doubled = true;
        level.dropped.push(before);
    }
    Ok(written)
}

/// A string of JSON in which halves of characters are U+FFFD.
fn whole(literal: &str) -> String {
    let unit = |at: usize| {
        let digits = literal.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(literal.len());
    let mut at = 0;
    while let Some(found) = literal[at..].find('\\') {
        out.push_str(&literal[at..at + found]);
        at += found;
        let end = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at + 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            (Some(_), _) => at + 6,
            (None, _) => at + 2,
        };
        out.push_str(&literal[at..end]);
        at = end;
    }
    out + &literal[at..]
}

fn decode(literal: &str, levels: &[Level<'_>]) -> Result<String> {
    serde_json::from_str(literal).map_err(|_| {
        Error::refused(format!("{}: the text holds an escape that is no character", path(levels)))
    })
}

/// Why a number would not come out as it went in, if so.
pub(super) fn lossy(number: &str) -> Option<&'static str> {
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
    fn what_others_wrote_is_let_through_and_told() {
        let lenient = |text: &str| compact_leniently(text).unwrap();
        let none = Slips::default();
        let plain = r#"{ "a": "\u0041\ud83c\udf89", "b": {"a": 1} }"#;
        assert_eq!(lenient(plain), (compact(plain).unwrap(), none));
        assert_eq!(
            lenient(r#"{"n": 1000000000000000000000, "d": 12345678901234567.89, "e": 1e400}"#),
            (
                r#"{"n":1000000000000000000000,"d":12345678901234567.89,"e":1e400}"#.into(),
                Slips { digits: true, ..none }
            )
        );
        assert_eq!(
            lenient(r#"{"a":"x\\\ud83c","\udc00":["\ud83c\ud83c\udf89\n\ud83c"]}"#),
            (
                r#"{"a":"x\\\ufffd","\ufffd":["\ufffd\ud83c\udf89\n\ufffd"]}"#.into(),
                Slips { halves: true, ..none }
            )
        );
        let twice = Slips { doubled: true, ..none };
        assert_eq!(lenient(r#"{"a": 1, "b": 2, "\u0061": 3}"#), (r#"{"b":2,"\u0061":3}"#.into(), twice));
        assert_eq!(
            lenient(r#"{"a":{"x":[1,2],"x":{}},"a":{"y":1,"y":2,"y":3},"c":0}"#),
            (r#"{"a":{"y":3},"c":0}"#.into(), twice)
        );
        assert_eq!(lenient(r#"{"a":1,"a":2}"#), (r#"{"a":2}"#.into(), twice));
        assert!(compact_leniently("{\"a\":").is_err() && compact_leniently(&"[".repeat(200)).is_err());
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
