//! A stream as UTF-8, decoded where it is in another encoding.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

/// What stands for bytes that are no character: UTF-8 never has it, so that the record it is in is named as bad.
const NO_CHARACTER: u8 = 0xff;

/// The encoding that the first bytes of a stream mark, and how many bytes the mark has.
pub fn marked(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    Encoding::for_bom(head)
}

/// The stream as UTF-8.
pub fn decoded<'a>(stream: Box<dyn Read + 'a>, encoding: &'static Encoding) -> Box<dyn Read + 'a> {
    if encoding == UTF_8 {
        return stream;
    }
    let decoder = encoding.new_decoder_without_bom_handling();
    Box::new(Decoded { inner: stream, decoder, raw: Vec::new(), out: Vec::new(), given: 0, ended: false })
}

struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    /// What was read and is not decoded yet.
    raw: Vec<u8>,
    /// What was decoded, and how much of it was handed over.
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 1 << 13];
        let n = self.inner.read(&mut chunk)?;
        self.ended = n == 0;
        self.raw.extend_from_slice(&chunk[..n]);
        self.out.clear();
        self.given = 0;
        let mut done = 0;
        loop {
            let start = self.out.len();
            self.out.resize(start + (self.raw.len() - done) * 3 + 16, 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.raw[done..],
                &mut self.out[start..],
                self.ended,
            );
            done += read;
            self.out.truncate(start + written);
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.out.push(NO_CHARACTER),
            }
        }
        self.raw.clear();
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            self.fill()?;
        }
        let n = buffer.len().min(self.out.len() - self.given);
        buffer[..n].copy_from_slice(&self.out[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, UTF_16LE, WINDOWS_1252};

    fn read(bytes: &[u8], encoding: &'static Encoding) -> Vec<u8> {
        let mut out = Vec::new();
        decoded(Box::new(bytes), encoding).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn other_encodings_become_utf_8() {
        assert_eq!(read(b"caf\xe9 \x80", WINDOWS_1252), "café €".as_bytes());
        let wide: Vec<u8> = "é日🦀".repeat(9000).encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide, UTF_16LE), "é日🦀".repeat(9000).as_bytes());
    }

    #[test]
    fn what_is_no_character_is_left_for_the_reader_to_name() {
        assert_eq!(read(b"a\xffb", SHIFT_JIS), b"a\xffb");
        assert_eq!(read(b"a\0\0\xd8b\0c", UTF_16LE), b"a\xffb\xff");
    }
}
