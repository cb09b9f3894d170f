//! Text that is safe and aligned on a terminal: control characters made visible, cut and padded by what a
//! person sees as one character.

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::visible::visible;

/// The columns a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(grapheme_width).sum()
}

fn grapheme_width(grapheme: &str) -> usize {
    UnicodeWidthStr::width(grapheme)
}

/// The text with every control character, escape and direction override made visible.
pub fn safe(text: &str) -> String {
    visible(text).into_owned()
}

/// The text, safe, in at most `columns`; an ellipsis says that something was cut. Reads no more of it than it shows.
pub fn cut(text: &str, columns: usize) -> String {
    // A character has at most a few bytes that matter; a cluster of thousands of marks is cut too.
    let mut end = text.len().min(columns.saturating_mul(32) + 64);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let shown = safe(&text[..end]);
    let mut out = String::new();
    let mut used = 0;
    let mut graphemes = shown.graphemes(true).peekable();
    while let Some(grapheme) = graphemes.next() {
        let w = grapheme_width(grapheme);
        let last = graphemes.peek().is_none() && end == text.len();
        if used + w > columns || (used + w == columns && !last) {
            if columns > 0 {
                out.push('…');
            }
            return out;
        }
        out.push_str(grapheme);
        used += w;
    }
    out
}

/// The end of the text, safe, in at most `columns`. Reads no more of it than it shows.
pub fn end(text: &str, columns: usize) -> String {
    let mut start = text.len() - text.len().min(columns.saturating_mul(32) + 64);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let shown = safe(&text[start..]);
    let mut used = 0;
    let fits = |grapheme: &&str| {
        used += grapheme_width(grapheme);
        used <= columns
    };
    let length: usize = shown.graphemes(true).rev().take_while(fits).map(str::len).sum();
    shown[shown.len() - length..].to_owned()
}

/// Two values of which one took the place of the other, where both do not fit: what they begin and end with alike, cut
/// as there is room, around where they differ, `Updated by 5[12 → 08]`. `None` where they fit or have little in common.
pub fn differing(old: &str, new: &str, columns: usize) -> Option<[String; 4]> {
    const SIGNS: usize = 5;
    if width(old) + width(new) + SIGNS - 2 <= columns {
        return None;
    }
    let (a, b): (Vec<_>, Vec<_>) = (old.graphemes(true).collect(), new.graphemes(true).collect());
    let shorter = a.len().min(b.len());
    let alike = |(a, b): &(&&str, &&str)| a == b;
    let head = a.iter().zip(&b).take_while(alike).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take(shorter - head).take_while(alike).count();
    if head + tail < 3 {
        return None;
    }
    let room = columns.saturating_sub(SIGNS);
    let (from, to) = (a[head..a.len() - tail].concat(), b[head..b.len() - tail].concat());
    let to = cut(&to, room.saturating_sub(width(&from).min(room / 2)));
    let from = cut(&from, room.saturating_sub(width(&to)));
    let left = room.saturating_sub(width(&from) + width(&to));
    let (begins, ends) = (a[..head].concat(), a[a.len() - tail..].concat());
    let begins = match width(&begins) {
        w if w + width(&ends) <= left || w <= left / 2 => safe(&begins),
        _ if left < 2 => String::new(),
        _ => format!("…{}", end(&begins, (left - 1).saturating_sub(width(&ends).min(left / 3)))),
    };
    let ends = cut(&ends, left.saturating_sub(width(&begins)));
    Some([begins, from, to, ends])
}

/// The text in at most `columns`, cut in the middle: names that begin alike often differ at their ends.
pub fn middle(text: &str, columns: usize) -> String {
    if width(text) <= columns || columns < 5 {
        return cut(text, columns);
    }
    let text = safe(text);
    let (head, tail) = ((columns - 1) / 2, columns / 2);
    let fitting = |graphemes: &mut dyn Iterator<Item = &str>, room: usize| {
        let mut used = 0;
        let fits = |grapheme: &&str| {
            used += grapheme_width(grapheme);
            used <= room
        };
        graphemes.take_while(fits).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut end = fitting(&mut text.graphemes(true).rev(), tail);
    end.reverse();
    fitting(&mut text.graphemes(true), head).concat() + "…" + &end.concat()
}

/// The text cut to `columns` and filled up with spaces on the right.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = cut(text, columns);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&out))));
    out
}

/// The text cut to `columns` and filled up with spaces on the left.
pub fn pad_left(text: &str, columns: usize) -> String {
    let shown = cut(text, columns);
    format!("{}{shown}", " ".repeat(columns.saturating_sub(width(&shown))))
}

/// The text in lines of at most `columns`, at most `lines` of them; the last one ends in an ellipsis where more follows.
pub fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut out = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_inclusive(' ') {
            let word = if word.len() > columns * lines.max(1) * 4 {
                cut(word, columns * lines.max(1))
            } else {
                safe(word)
            };
            let w = width(word.trim_end());
            if used > 0 && used + w > columns {
                out.push(std::mem::take(&mut line));
                used = 0;
            }
            for grapheme in word.graphemes(true) {
                let w = grapheme_width(grapheme);
                if used + w > columns {
                    if grapheme == " " {
                        continue;
                    }
                    out.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += w;
            }
            if out.len() > lines {
                break;
            }
        }
        out.push(line);
        if out.len() > lines {
            break;
        }
    }
    if out.len() > lines {
        out.truncate(lines);
        if let Some(last) = out.last_mut() {
            let mut used = 0;
            let fits = |grapheme: &&str| {
                used += grapheme_width(grapheme);
                used < columns
            };
            *last = last.graphemes(true).take_while(fits).collect::<String>() + "…";
        }
    }
    out
}

/// A JSON value on one line in at most about `columns`, strings without their quotes; reads no more than it shows.
pub fn value(value: &Value, columns: usize) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".into(),
        Value::String(text) => cut(text, columns),
        other => {
            let mut out = String::new();
            inline(other, columns + 8, &mut out);
            cut(&out, columns)
        }
    }
}

fn inline(value: &Value, room: usize, out: &mut String) {
    if out.len() > room {
        return;
    }
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate().take_while(|_| room > 0) {
                if out.len() > room {
                    break;
                }
                out.push_str(if i > 0 { ", " } else { "" });
                inline(item, room, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (i, (key, item)) in fields.iter().enumerate() {
                if out.len() > room {
                    break;
                }
                out.push_str(if i > 0 { ", " } else { "" });
                out.push_str(&cut(key, room));
                out.push_str(": ");
                inline(item, room, out);
            }
            out.push('}');
        }
        Value::String(text) => {
            out.push('"');
            out.push_str(&cut(text, room));
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// A number with thousands separated: `24,918`.
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things: `1 event`, `2,000 events`, `2 branches`.
pub fn many(n: i64, word: &str) -> String {
    let ending = if n == 1 {
        ""
    } else if word.ends_with("ch") {
        "es"
    } else {
        "s"
    };
    format!("{} {word}{ending}", count(n))
}

/// A word as a shell takes it.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_cut_around_where_they_differ() {
        let shown = |old: &str, new: &str, columns| {
            differing(old, new, columns)
                .map(|[begins, from, to, ends]| format!("{begins}[{from} → {to}]{ends}"))
        };
        assert_eq!(shown("a", "b", 10), None);
        let (old, new) = ("Updated by 512", "Updated by 508");
        assert_eq!(shown(old, new, 40), None);
        assert_eq!(shown(old, new, 22).unwrap(), "Updated by 5[12 → 08]");
        assert_eq!(shown(old, new, 16).unwrap(), "…d by 5[12 → 08]");
        assert_eq!(shown("nothing alike here", "quite another text", 20), None);
        let long = shown(
            &format!("{}x{}", "a".repeat(50), "b".repeat(50)),
            &format!("{}y{}", "a".repeat(50), "b".repeat(50)),
            30,
        );
        assert!(
            width(&long.clone().unwrap()) <= 30 && long.clone().unwrap().contains("a[x → y]b"),
            "{long:?}"
        );
        for columns in 0..40 {
            for (old, new) in [
                (old, new),
                ("日本語のテスト一", "日本語のテスト二"),
                ("aaaa", "aaa"),
                ("", "xyz"),
                ("abc\u{1b}[0m", "abc\u{1b}[1m"),
            ] {
                if let Some(shown) = shown(old, new, columns) {
                    assert!(width(&shown) <= columns.max(5), "{columns} {shown}");
                }
            }
        }
    }

    #[test]
    fn control_characters_are_seen_and_never_sent() {
        assert_eq!(safe("a\x1b[31mred\x07\u{9b}1m\u{202e}x\n"), "a␛[31mred␇⟨9b⟩1m⟨202e⟩x␊");
        assert!(!cut("\x1b]52;c;AAAA\x07", 40).chars().any(char::is_control));
    }

    #[test]
    fn cuts_between_characters_as_people_see_them() {
        assert_eq!(cut("漢字かな", 5), "漢字…");
        assert_eq!(cut("漢字かな", 8), "漢字かな");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(pad("👩‍👩‍👧 ok", 8), "👩‍👩‍👧 ok   ");
        assert_eq!(width(&pad("né\tx", 9)), 9);
        assert_eq!(cut("abc", 0), "");
        assert_eq!(pad_left("7", 3), "  7");
    }

    #[test]
    fn of_a_huge_text_what_is_shown_is_left() {
        let text = "x".repeat(10_000_000);
        assert_eq!(cut(&text, 10), "xxxxxxxxx…");
        assert_eq!(wrap(&text, 10, 3).len(), 3);
        assert!(value(&json!({ "a": text, "b": [text] }), 20).starts_with("{a: \"xxx"));
    }

    #[test]
    fn the_end_of_a_text_is_cut_between_characters_too() {
        assert_eq!(end("漢字かな", 5), "かな");
        assert_eq!(end("abc", 9), "abc");
        assert_eq!(end("a\x1b", 1), "␛");
        assert_eq!(end(&"é".repeat(1_000_000), 3), "ééé");
        assert_eq!(end("abc", 0), "");
    }

    #[test]
    fn wraps_at_words() {
        assert_eq!(wrap("one two three\nfour", 8, 9), ["one two ", "three", "four"]);
        assert_eq!(wrap("one two three four", 8, 2), ["one two ", "three …"]);
    }

    #[test]
    fn names_that_begin_alike_stay_apart() {
        assert_eq!(
            [middle("exp-long-4", 7), middle("INC0001234", 7), middle("main", 7)],
            ["exp…g-4", "INC…234", "main"]
        );
        assert!(width(&middle("漢字かな漢字", 7)) <= 7);
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(
            [count(0), count(999), count(24_918), count(-1_000_000)],
            ["0", "999", "24,918", "-1,000,000"]
        );
    }

    #[test]
    fn a_shell_takes_what_is_quoted() {
        assert_eq!(quoted("Task/42@3"), "Task/42@3");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("#12"), "'#12'");
    }
}
