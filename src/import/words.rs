//! Words that some programs write where JSON has none: `NaN`, `Infinity` and `-Infinity` become null, outside of strings.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// A stream of JSON without such words. It reads no further than a word is long, so that what was found belongs to the
/// value that is being read.
pub struct Words<R> {
    inner: R,
    /// Set where a word was found.
    found: Rc<Cell<bool>>,
    /// Bytes that were looked at and are handed over as they are or looked at again.
    ahead: VecDeque<u8>,
    /// Bytes of a null that is being handed over.
    null: &'static [u8],
    quoted: bool,
    escaped: bool,
}

impl<R: Read> Words<R> {
    pub fn new(inner: R, found: Rc<Cell<bool>>) -> Self {
        Self { inner, found, ahead: VecDeque::new(), null: b"", quoted: false, escaped: false }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.ahead.pop_front() {
            return Ok(Some(byte));
        }
        let mut byte = [0];
        Ok((self.inner.read(&mut byte)? > 0).then_some(byte[0]))
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        if let Some((byte, rest)) = self.null.split_first() {
            self.null = rest;
            return Ok(Some(*byte));
        }
        let Some(byte) = self.byte()? else { return Ok(None) };
        if self.quoted {
            // A string ends with its line at the latest: it cannot go on in the next one.
            self.quoted = !matches!((byte, self.escaped), (b'"', false) | (b'\n' | b'\r', _));
            self.escaped = byte == b'\\' && !self.escaped;
            return Ok(Some(byte));
        }
        self.quoted = byte == b'"';
        let Some(word) = WORDS.iter().find(|word| word.as_bytes()[0] == byte) else { return Ok(Some(byte)) };
        for (at, letter) in word.bytes().enumerate().skip(1) {
            let next = self.byte()?;
            if next != Some(letter) {
                // No such word: what was looked at comes next.
                for byte in next.into_iter().chain(word.bytes().take(at).skip(1).rev()) {
                    self.ahead.push_front(byte);
                }
                return Ok(Some(byte));
            }
        }
        self.found.set(true);
        self.null = b"ull";
        Ok(Some(b'n'))
    }
}

impl<R: Read> Read for Words<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One at a time, as the parser asks for them: what breaks behind a byte is told by the next one.
        let Some(place) = buffer.first_mut() else { return Ok(0) };
        let next = self.next()?;
        *place = next.unwrap_or_default();
        Ok(usize::from(next.is_some()))
    }
}

/// A text without such words; `None` where it has none.
pub fn tamed(text: &str) -> Option<String> {
    if !WORDS[..2].iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()) {
        return None;
    }
    let found = Rc::new(Cell::new(false));
    let mut out = String::with_capacity(text.len() + 8);
    Words::new(text.as_bytes(), found.clone()).read_to_string(&mut out).ok()?;
    found.get().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_outside_of_strings_become_null() {
        for (text, read) in [
            (r#"{"a":NaN,"b":[-Infinity,Infinity]}"#, Some(r#"{"a":null,"b":[null,null]}"#)),
            (r#"{"a":"NaN","\"NaN":"x\\"}"#, None),
            (r#"{"a":"\\\"NaN","b":NaN}"#, Some(r#"{"a":"\\\"NaN","b":null}"#)),
            ("-1 NaN", Some("-1 null")),
            ("NaNaN", Some("nullaN")),
            ("Na-In-Infinity", Some("Na-Innull")),
            ("\"open NaN\nNaN", Some("\"open NaN\nnull")),
            ("[Infinit", None),
        ] {
            assert_eq!(tamed(text).as_deref(), read, "{text}");
        }
    }
}
