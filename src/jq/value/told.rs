//! How values are told of in messages, and how numbers are written, as jq does.

use std::fmt;

use jaq_json::{Num, Val};

use super::{Error, V, render};

/// How much of a value an error message shows, in bytes.
const SHOWN: usize = 200;
/// The same where jq's own messages tell of it.
const TOLD: usize = 29;

impl V {
    /// The kind of value, as jq calls it.
    pub(in crate::jq) fn kind(&self) -> &'static str {
        match self.0 {
            Val::Null => "null",
            Val::Bool(_) => "boolean",
            Val::Num(_) => "number",
            Val::BStr(_) | Val::TStr(_) => "string",
            Val::Arr(_) => "array",
            Val::Obj(_) => "object",
        }
    }

    /// Kind and beginning, as jq's messages tell of a value: `string ("abc")`.
    pub(in crate::jq) fn told(&self) -> String {
        format!("{} ({})", self.kind(), self.beginning(TOLD))
    }

    /// The first bytes of its JSON.
    fn beginning(&self, most: usize) -> String {
        // A long text is not even escaped whole.
        let shortened = match &self.0 {
            Val::TStr(s) if s.len() > most => Some(V(Val::TStr(Box::new(s.slice(..most))))),
            _ => None,
        };
        let mut out = Vec::new();
        let whole = render(&shortened.as_ref().unwrap_or(self).0, &mut out, most, 0) && shortened.is_none();
        if whole {
            return String::from_utf8_lossy(&out).into_owned();
        }
        let close = match out.first() {
            Some(b'"') => "\"",
            Some(b'[') => "]",
            Some(b'{') => "}",
            _ => "",
        };
        out.truncate(most - "...".len() - close.len());
        let shown = String::from_utf8_lossy(&out);
        format!("{}...{close}", shown.trim_end_matches(char::REPLACEMENT_CHARACTER))
    }
}

/// For messages: the beginning is enough.
impl fmt::Display for V {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.beginning(SHOWN))
    }
}

/// A number as jq writes it: as short as it can be read again, and no number of JSON's is none.
pub(super) fn written(number: &Num) -> String {
    let double = match number {
        Num::Float(double) => *double,
        other => return other.to_string(),
    };
    if double.is_nan() {
        return "null".to_owned();
    }
    let double = double.clamp(f64::MIN, f64::MAX);
    let short = format!("{double:e}");
    let (digits, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let places = digits.bytes().filter(u8::is_ascii_digit).count() as i32;
    if exponent < -4 || exponent >= places + 15 {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    } else if double.fract() == 0.0 {
        // One that was computed is an integer where it can be ([`V::from`]).
        format!("{double:.1}")
    } else {
        double.to_string()
    }
}

/// The messages of jq.
pub(in crate::jq) trait Fault {
    fn no_index(value: &V, index: &V) -> Self;
    fn math(l: &V, done: &str, r: &V) -> Self;
}

impl Fault for Error {
    fn no_index(value: &V, index: &V) -> Self {
        Self::str(format_args!("Cannot index {} with {}", value.kind(), index.told()))
    }

    fn math(l: &V, done: &str, r: &V) -> Self {
        Self::str(format_args!("{} and {} cannot be {done}", l.told(), r.told()))
    }
}
