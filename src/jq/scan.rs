//! Single fields of a stored JSON object, found without parsing what stands around them.

use jaq_json::Val;
use memchr::memchr2;
use serde_json::error::Category;

use super::state::stored;
use crate::error::{Error, Result};

/// What a damaged event's texts are refused with.
pub(super) fn damaged(why: &serde_json::Error) -> Error {
    Error::damaged(format!("the event does not hold a JSON object: {why}"))
}

/// Gives each wanted field that the object has to `take`, with the number beside its key. What the log holds
/// was checked when it came in: a key stands once, so nothing is read behind the last one that is wanted.
pub(super) fn fields(json: &str, wanted: &[(String, usize)], mut take: impl FnMut(usize, Val)) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    // What was cut off is seen at its end.
    let whole = json.trim_ascii_end().ends_with('}');
    match (Scan { json, at: 0 }).fields(wanted, &mut take).filter(|_| whole) {
        Some(done) => done.map_err(|e| damaged(&e)),
        None => match serde_json::from_str::<serde::de::IgnoredAny>(json) {
            Err(e) if e.classify() != Category::Io => Err(damaged(&e)),
            _ => Err(Error::damaged("the event does not hold a JSON object")),
        },
    }
}

struct Scan<'t> {
    json: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    /// `None` where the text is no JSON object.
    fn fields(
        &mut self,
        wanted: &[(String, usize)],
        take: &mut impl FnMut(usize, Val),
    ) -> Option<serde_json::Result<()>> {
        let mut missing = wanted.len();
        self.expect(b'{')?;
        if self.next()? == b'}' {
            return Some(Ok(()));
        }
        loop {
            let (key, escaped) = self.text()?;
            self.expect(b':')?;
            let decoded;
            let key = if escaped {
                decoded = serde_json::from_str::<String>(key).ok()?;
                &*decoded
            } else {
                key.get(1..key.len() - 1)?
            };
            if let Some((_, slot)) = wanted.iter().find(|(wanted, _)| wanted == key) {
                match self.value()? {
                    Ok(value) => take(*slot, value),
                    Err(e) => return Some(Err(e)),
                }
                missing -= 1;
                if missing == 0 {
                    return Some(Ok(()));
                }
            } else {
                self.skip()?;
            }
            match self.next()? {
                b',' => self.at += 1,
                b'}' => return Some(Ok(())),
                _ => return None,
            }
        }
    }

    /// The next byte that is no whitespace; it is not consumed.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.json.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// A text with its quotes, and whether an escape is in it.
    fn text(&mut self) -> Option<(&'t str, bool)> {
        self.expect(b'"')?;
        let (start, mut escaped) = (self.at - 1, false);
        loop {
            let rest = self.json.as_bytes().get(self.at..)?;
            let found = memchr2(b'"', b'\\', rest)?;
            if rest[found] == b'"' {
                self.at += found + 1;
                return Some((self.json.get(start..self.at)?, escaped));
            }
            escaped = true;
            self.at += found + 2;
        }
    }

    fn value(&mut self) -> Option<serde_json::Result<Val>> {
        if self.next()? == b'"' {
            let (text, escaped) = self.text()?;
            if !escaped {
                return Some(Ok(Val::utf8_str(text.as_bytes().get(1..text.len() - 1)?.to_vec())));
            }
            return Some(serde_json::from_str(text));
        }
        let start = self.at;
        self.skip()?;
        let text = self.json.get(start..self.at)?;
        let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
        // Short integers in their plain form; what else there is to numbers is the parser's business.
        if (1..=15).contains(&digits.len())
            && digits.iter().all(u8::is_ascii_digit)
            && (digits[0] != b'0' || text == "0")
        {
            return text.parse::<isize>().ok().map(|n| Ok(Val::from(n)));
        }
        Some(stored(text))
    }

    fn skip(&mut self) -> Option<()> {
        match self.next()? {
            b'"' => self.text().map(drop),
            b'{' | b'[' => self.skip_nested(),
            _ => {
                let rest = self.json.as_bytes().get(self.at..)?;
                let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                self.at += rest.iter().position(ends)?;
                Some(())
            }
        }
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            match self.json.as_bytes().get(self.at)? {
                b'"' => {
                    self.text()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, keys: &[&str]) -> Result<Vec<Option<Val>>> {
        let wanted: Vec<_> = keys.iter().enumerate().map(|(i, key)| ((*key).to_owned(), i)).collect();
        let mut found = vec![None; keys.len()];
        fields(json, &wanted, |slot, value| found[slot] = Some(value))?;
        Ok(found)
    }

    #[test]
    fn a_field_reads_as_it_does_in_the_whole() {
        let json = r#" { "a" : "x\"y\u00e9" , "b":[1,{"c":"]}\\"},[]] ,"\u0063":-0,"n":{"a":1},
            "i":-12,"z":0,"f":1.5e3,"big":18446744073709551615,"t":true,"u":null,"e":{},"l":"ü🦀"} "#;
        let keys = ["l", "a", "b", "c", "n", "i", "z", "f", "big", "t", "u", "e", "gone"];
        let Val::Obj(whole) = serde_json::from_str::<Val>(json).unwrap() else { panic!("no object") };
        for (key, value) in keys.iter().zip(read(json, &keys).unwrap()) {
            assert_eq!(value.as_ref(), whole.get(&Val::utf8_str(key.as_bytes().to_vec())), "{key}");
            assert_eq!(read(json, &[key]).unwrap()[0], value, "{key}");
        }
        assert_eq!(read("{}", &["a"]).unwrap(), [None]);
    }

    #[test]
    fn what_is_no_object_is_damaged() {
        for json in [
            "",
            " ",
            "null",
            "[]",
            "3",
            "{",
            r#"{"b"#,
            r#"{"b":"#,
            r#"{"b":1"#,
            r#"{"b":1,"#,
            r#"{"b":1,}"#,
            r#"{"b":"x"#,
            r#"{"b":"\"#,
            r#"{"b":[1"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":tru}"#,
            r#"{"a":[}}"#,
            "{1:2}",
            r#"{"b" 1}"#,
            r#"{"a":1"#,
            r#"{"b":1 "c":2}"#,
        ] {
            assert!(read(json, &["a"]).unwrap_err().message().contains("JSON object"), "{json}");
        }
    }
}
