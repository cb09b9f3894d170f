//! Text that cannot steer a terminal. What a store, a file or an argument holds may be anything: escape sequences that
//! retitle the window or write to the clipboard, signs that turn the direction of a line or hide a word. One function
//! decides what is harmful, for the command line, the explorer and the error that ends a run.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character must never reach a terminal: C0 and C1 controls, signs of direction, invisible separators, the
/// byte order mark, and the tag characters.
pub fn is_harmful(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// What stands for a harmful character: a picture of it, or its number.
fn push_picture(out: &mut String, c: char) {
    match c {
        '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')),
        '\x7f' => out.push('\u{2421}'),
        // Writing to a string cannot fail.
        c => drop(write!(out, "\u{27e8}{:x}\u{27e9}", u32::from(c))),
    }
}

/// The text on one line, with pictures in the place of what is harmful.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_harmful(c) { push_picture(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The same for text of several lines, which stay apart.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c != '\n' && is_harmful(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c != '\n' && is_harmful(c) { push_picture(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// JSON with `\u` escapes in the place of what is harmful: whoever reads it back has the same. Outside of strings JSON
/// has line ends and spaces only.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    let harmful = |c| !matches!(c, '\n' | '\t' | '\r') && is_harmful(c);
    if !json.contains(harmful) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmful(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: &str = "a\x1b]52;c;AA\x07\u{9b}31m\u{202e}\u{e0041}\nz";

    #[test]
    fn nothing_harmful_is_left_and_nothing_is_lost_from_json() {
        assert!(!visible(BAD).contains(is_harmful));
        assert!(visible(BAD).starts_with("a␛]52;c;AA␇⟨9b⟩31m⟨202e⟩⟨e0041⟩␊z"));
        assert_eq!(visible_lines(BAD).lines().count(), 2);
        let json = format!("{{\"k\": {}}}\n", serde_json::to_string(BAD).unwrap());
        let escaped = escaped_json(&json);
        assert!(!escaped.trim_end().contains(is_harmful), "{escaped}");
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["k"], BAD);
        assert!(matches!(visible("plain 日本 é"), Cow::Borrowed(_)));
    }
}
