//! The door: which JSON texts come in, and how they are kept.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::de::IgnoredAny;

use crate::error::{Error, Result};

/// The deepest nesting of arrays and objects that is taken in, counted in levels.
pub(super) const MAX_DEPTH: usize = 100;

/// The longest number that is taken in, in characters: what is longer is no quantity.
const LONGEST_NUMBER: usize = 1300;

/// A decimal of no more characters than this, and no exponent, is one that a double holds.
const SHORT_NUMBER: usize = 15;

/// So many keys of an object are compared one by one.
const FEW_KEYS: usize = 16;

/// Checks a JSON text and removes its insignificant whitespace; key order and the spelling of strings and
/// numbers stay as they came in. Refused, with its path: more than 100 levels, a number that would not
/// survive (an integer beyond 64 bits, a decimal that a double cannot hold), a key that stands twice.
pub fn compact(text: &str) -> Result<Cow<'_, str>> {
    Ok(Door { kept: Some(Kept::default()), keys: true, ..Door::default() }.through(text)?.0)
}

/// The same for what others wrote, with what was let through: numbers keep their digits, of a key that stands twice
/// the last value is taken, and half a character (a lone surrogate) becomes U+FFFD.
pub fn compact_leniently(text: &str) -> Result<(Cow<'_, str>, Slips)> {
    Door { kept: Some(Kept::default()), keys: true, lenient: true, ..Door::default() }.through(text)
}

/// A text that is known to be JSON, compact, and how many keys stand in it; `None` where more is to be said of it.
pub(super) fn plain(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut door = Door { kept: Some(Kept::default()), lenient: true, ..Door::default() };
    door.scan(text).ok()?;
    (door.slips == Slips::default()).then(|| (Kept::text(door.kept, text), door.named))
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
    Ok(Door::default().through(text)?.1.digits)
}

/// What is kept of a text: nothing is copied before something is left out.
#[derive(Default)]
struct Kept {
    out: String,
    /// So much of the text is in `out`, or left out.
    upto: usize,
}

impl Kept {
    /// Copies the text up to a place, and goes on behind another one.
    fn skip(&mut self, text: &str, from: usize, to: usize) {
        self.out.push_str(&text[self.upto..from]);
        self.upto = to;
    }

    /// All that is kept of a text.
    fn text(kept: Option<Self>, text: &str) -> Cow<'_, str> {
        match kept {
            Some(mut kept) if kept.upto > 0 => {
                kept.skip(text, text.len(), text.len());
                Cow::Owned(kept.out)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Where a place of the text stands in what is kept.
    fn place(&self, at: usize) -> usize {
        self.out.len() + at - self.upto
    }
}

/// How a text is looked through, and what was found.
#[derive(Default)]
struct Door<'t> {
    kept: Option<Kept>,
    keys: bool,
    lenient: bool,
    slips: Slips,
    /// How many keys were passed.
    named: usize,
    levels: Vec<Level<'t>>,
    /// The keys of the objects that are open, and where each member begins in what is kept.
    members: Vec<(Cow<'t, str>, usize)>,
}

/// An open array or object, and where in it the scan stands.
struct Level<'t> {
    object: bool,
    index: usize,
    key: &'t str,
    /// Its first member among all that are open.
    first: usize,
    /// Which member has a key, where there are many.
    many: Option<HashMap<Cow<'t, str>, usize>>,
    /// Which of them came again.
    dropped: Vec<usize>,
}

impl Level<'_> {
    /// Takes the members that came again out of what was written of the object.
    fn close(&self, members: &[(Cow<'_, str>, usize)], out: &mut String) {
        let Some(&(_, start)) = members.first().filter(|_| !self.dropped.is_empty()) else { return };
        let starts = members.iter().map(|(_, start)| *start);
        let ends = starts.clone().skip(1).map(|next| next - 1).chain([out.len()]);
        let kept: Vec<&str> = (0..)
            .zip(starts.zip(ends))
            .filter(|(member, _)| !self.dropped.contains(member))
            .map(|(_, (start, end))| &out[start..end])
            .collect();
        let kept = kept.join(",");
        out.truncate(start);
        out.push_str(&kept);
    }
}

impl<'t> Door<'t> {
    fn through(mut self, text: &'t str) -> Result<(Cow<'t, str>, Slips)> {
        // The syntax is serde_json's business: below, the text is known to be JSON.
        serde_json::from_str::<IgnoredAny>(text).map_err(|e| Error::refused(format!("not JSON: {e}")))?;
        self.scan(text)?;
        Ok((Kept::text(self.kept, text), self.slips))
    }

    fn scan(&mut self, text: &'t str) -> Result<()> {
        let bytes = text.as_bytes();
        let mut expect_key = false;
        let mut i = 0;
        while i < bytes.len() {
            let start = i;
            i += 1;
            match bytes[start] {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    while matches!(bytes.get(i), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                        i += 1;
                    }
                    if let Some(kept) = &mut self.kept {
                        kept.skip(text, start, i);
                    }
                }
                open @ (b'{' | b'[') => {
                    expect_key = open == b'{';
                    self.open(expect_key)?;
                }
                b'}' | b']' => {
                    self.close(text, start);
                    expect_key = false;
                }
                b',' => {
                    if let Some(level) = self.levels.last_mut() {
                        level.index += 1;
                        expect_key = level.object;
                    }
                }
                b'"' => {
                    let mut escaped = false;
                    while bytes[i] != b'"' {
                        escaped |= bytes[i] == b'\\';
                        i += if bytes[i] == b'\\' { 2 } else { 1 };
                    }
                    i += 1;
                    let key = std::mem::take(&mut expect_key);
                    self.named += usize::from(key);
                    self.string(text, (start, i), key, escaped)?;
                }
                b'-' | b'0'..=b'9' => {
                    while i < bytes.len()
                        && matches!(bytes[i], b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
                    {
                        i += 1;
                    }
                    self.number(&text[start..i])?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn open(&mut self, object: bool) -> Result<()> {
        if self.levels.len() == MAX_DEPTH {
            let path = path(&self.levels);
            return Err(Error::refused(format!("{path}: nested deeper than {MAX_DEPTH} levels")));
        }
        let first = self.members.len();
        self.levels.push(Level { object, index: 0, key: "", first, many: None, dropped: Vec::new() });
        Ok(())
    }

    /// Closes the innermost level, whose bracket stands at a place of the text.
    fn close(&mut self, text: &str, at: usize) {
        let Some(level) = self.levels.pop() else { return };
        if let (false, Some(kept)) = (level.dropped.is_empty(), &mut self.kept) {
            kept.skip(text, at, at);
            level.close(&self.members[level.first..], &mut kept.out);
        }
        self.members.truncate(level.first);
    }

    fn number(&mut self, number: &str) -> Result<()> {
        if number.len() <= SHORT_NUMBER && !number.contains(['e', 'E']) {
            return Ok(());
        }
        if number.len() > LONGEST_NUMBER {
            let why = format!("{} has more than {LONGEST_NUMBER} digits", short(number));
            return Err(Error::refused(format!("{}: {why}", path(&self.levels))));
        }
        let why = lossy(number);
        self.slips.digits |= why.is_some();
        if let (Some(why), false, Some(_)) = (why, self.lenient, &self.kept) {
            return Err(Error::refused(format!("{}: {} {why}", path(&self.levels), short(number)))
                .hint("write it as a string to keep every digit"));
        }
        Ok(())
    }

    /// Checks a string, or a key, and writes it otherwise where it cannot stay as it is.
    fn string(
        &mut self,
        text: &'t str,
        (start, end): (usize, usize),
        key: bool,
        escaped: bool,
    ) -> Result<()> {
        let literal = &text[start..end];
        if let (true, Some(level)) = (key, self.levels.last_mut()) {
            level.key = literal;
        }
        let named = key && self.keys;
        if !escaped {
            return if named {
                self.member(Cow::Borrowed(&literal[1..literal.len() - 1]), start)
            } else {
                Ok(())
            };
        }
        if !named && !literal.contains("\\u") {
            return Ok(());
        }
        let decoded = match decode(literal, &self.levels) {
            Err(_) if self.lenient => {
                self.slips.halves = true;
                let whole = whole(literal);
                let decoded = decode(&whole, &self.levels)?;
                if named {
                    self.member(Cow::Owned(decoded), start)?;
                }
                if let Some(kept) = &mut self.kept {
                    kept.skip(text, start, end);
                    kept.out.push_str(&whole);
                }
                return Ok(());
            }
            decoded => decoded?,
        };
        if named { self.member(Cow::Owned(decoded), start) } else { Ok(()) }
    }

    /// Notes a member of the innermost object, whose key stands at a place of the text.
    fn member(&mut self, key: Cow<'t, str>, start: usize) -> Result<()> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let place = self.kept.as_ref().map_or(0, |kept| kept.place(start));
        let members = &self.members[level.first..];
        let before = if members.len() < FEW_KEYS {
            // Of those that stand twice the last counts as the one before.
            members.iter().rposition(|(known, _)| *known == key)
        } else {
            let many = level
                .many
                .get_or_insert_with(|| (0..).zip(members).map(|(at, (key, _))| (key.clone(), at)).collect());
            many.insert(key.clone(), members.len())
        };
        self.members.push((key, place));
        let Some(before) = before else { return Ok(()) };
        if !self.lenient {
            return Err(Error::refused(format!("{}: the key stands twice", path(&self.levels))));
        }
        self.slips.doubled = true;
        level.dropped.push(before);
        Ok(())
    }
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
mod tests;
