//! `frombytes`: bytes as databases show them, `\x` and hexadecimal digits, as what they hold.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use jaq_json::Val;
use jaq_std::ValT as _;
use serde_json::json;

use super::limits::{TEXT, charge_text, work};
use super::state::State;
use super::value::{Error, V, ValR};
use crate::event::shown_bytes;

/// What gzip begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// What a term of Erlang in its own format begins with.
const ERLANG: u8 = 0x83;

/// Text as it is; what is compressed, unpacked; of what is neither, its digits under the name of what it is. What is no
/// row of bytes stays.
pub(super) fn from_bytes(input: &V) -> ValR {
    let Some(bytes) = input.as_bytes().and_then(unhex) else { return Ok(input.clone()) };
    charge_text(bytes.len());
    let plain = match unpacked(&bytes) {
        Some(plain) => plain?,
        None => bytes,
    };
    charge_text(plain.len());
    let plain = match String::from_utf8(plain) {
        Ok(text) => return Ok(V::from(text)),
        Err(error) => error.into_bytes(),
    };
    let name = match plain.first() {
        Some(&ERLANG) => "erlang_term",
        _ if is_protobuf(&plain) => "protobuf",
        _ => "bytes",
    };
    charge_text(2 * plain.len());
    Ok(V(State::from_value(&json!({ name: shown_bytes(&plain) })).0))
}

/// `touuid`: a UUID of 16 bytes, or of 32 digits, as it is usually written.
pub(super) fn to_uuid(input: &V) -> V {
    let Some(text) = input.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return input.clone();
    };
    let digits = text.strip_prefix("\\x").unwrap_or(text);
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return input.clone();
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits[part].to_ascii_lowercase());
    V(Val::utf8_str(parts.join("-")))
}

/// The bytes that digits behind `\x` stand for.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(b"\\x")?;
    work(digits.len() / 64);
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? * 16 + digit(*pair.get(1)?)?) as u8);
    digits.chunks(2).map(byte).collect()
}

/// What was compressed with zlib or gzip; `None` where that was not.
fn unpacked(bytes: &[u8]) -> Option<Result<Vec<u8>, Error>> {
    let zlib = matches!(bytes, [0x78, level, ..] if (0x7800 + u16::from(*level)) % 31 == 0);
    let stream: Box<dyn Read + '_> = if bytes.starts_with(GZIP) {
        Box::new(MultiGzDecoder::new(bytes))
    } else if zlib {
        Box::new(ZlibDecoder::new(bytes))
    } else {
        return None;
    };
    let mut plain = Vec::new();
    match stream.take(TEXT as u64 + 1).read_to_end(&mut plain) {
        Ok(_) => Some(Ok(plain)),
        // It only begins like that.
        Err(_) if zlib => None,
        Err(error) => Some(Err(Error::str(format_args!("bytes cannot be unpacked: {error}")))),
    }
}

/// Whether bytes are a row of fields as Protocol Buffers write them, to the last one.
fn is_protobuf(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        work(1);
        let Some((tag, rest)) = varint(bytes) else { return false };
        let skip = match tag & 7 {
            _ if tag >> 3 == 0 => return false,
            0 => varint(rest).map(|(_, behind)| rest.len() - behind.len()),
            1 => Some(8),
            2 => varint(rest).and_then(|(size, behind)| {
                usize::try_from(size).ok()?.checked_add(rest.len() - behind.len())
            }),
            5 => Some(4),
            _ => None,
        };
        match skip.and_then(|skip| rest.get(skip..)) {
            Some(behind) => bytes = behind,
            None => return false,
        }
    }
    true
}

/// A number of variable length, and what stands behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(10).position(|byte| *byte < 0x80)?;
    let number = bytes[..=end]
        .iter()
        .rev()
        .try_fold(0u64, |sum, byte| sum.checked_mul(128).map(|sum| sum | u64::from(byte & 0x7f)))?;
    Some((number, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::{Value, json};

    use super::*;
    use crate::jq::Rule;

    fn one(rule: &str, input: &Value) -> Result<Value, String> {
        let rule = Rule::compile("t", rule, &[]).unwrap();
        let found = rule.one(&State::from_value(input), &[]);
        found.map(|found| found.to_value().unwrap()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn bytes_are_told_by_what_they_hold() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(b"{\"a\":1}").unwrap();
        for (bytes, is) in [
            (json!("\\x7b7d"), json!("{}")),
            (json!(shown_bytes(&zlib.finish().unwrap())), json!("{\"a\":1}")),
            (json!("\\x836400036f6bff"), json!({ "erlang_term": "\\x836400036f6bff" })),
            (json!("\\x0896ff01"), json!({ "protobuf": "\\x0896ff01" })),
            (json!("\\xfffe00"), json!({ "bytes": "\\xfffe00" })),
            // It only looks compressed.
            (json!("\\x789c00ff"), json!({ "bytes": "\\x789c00ff" })),
            (json!("\\xzz"), json!("\\xzz")),
            (json!("plain"), json!("plain")),
            (json!(7), json!(7)),
            (json!(null), json!(null)),
        ] {
            assert_eq!(one("frombytes", &bytes).unwrap(), is, "{bytes}");
        }
    }

    #[test]
    fn what_unpacks_to_more_than_a_text_may_be_is_stopped() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all(&vec![b'a'; TEXT + 2]).unwrap();
        let why = one("frombytes", &json!(shown_bytes(&zlib.finish().unwrap()))).unwrap_err();
        assert!(why.contains("a text of more than"), "{why}");
    }

    #[test]
    fn a_uuid_is_written_with_dashes_whatever_it_is_kept_as() {
        let uuid = json!("fb83d239-f99d-4f1c-bcc8-20c256342199");
        for kept in ["fb83d239f99d4f1cbcc820c256342199", "\\xFB83D239f99d4f1cbcc820c256342199"] {
            assert_eq!(one("touuid", &json!(kept)).unwrap(), uuid);
        }
        assert_eq!(one("touuid", &uuid).unwrap(), uuid);
        assert_eq!(one("touuid", &json!("cart-1")).unwrap(), json!("cart-1"));
    }
}
