//! Texts out of codes: base64, percent signs, code points.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jaq_json::Val;
use jaq_std::ValT as _;

use super::limits::{charge_text, work};
use super::value::{Error, V, ValR};

/// The padding may be left out, and what is left over behind the last byte is not looked at.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// `@base64d`; bytes that are no text become U+FFFD.
pub(super) fn from_base64(input: &V) -> ValR {
    let bytes = input.as_bytes().unwrap_or_default();
    charge_text(bytes.len());
    let bare = bytes.trim_ascii_end();
    let bare = if bare.iter().all(|byte| *byte == b'=') { b"" } else { bare };
    let fail = |why: &str| Error::str(format_args!("{} {why}", input.told()));
    if bare.iter().filter(|byte| **byte != b'=').count() % 4 == 1 {
        let known = bare.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        return Err(fail(if known { "trailing base64 byte found" } else { "is not valid base64 data" }));
    }
    let decoded = BASE64.decode(bare).map_err(|_| fail("is not valid base64 data"))?;
    Ok(V::from(String::from_utf8_lossy(&decoded).into_owned()))
}

/// `@urid`.
pub(super) fn from_uri(input: &V) -> ValR {
    let bytes = input.as_bytes().unwrap_or_default();
    work(bytes.len() / 16);
    let fail = || Error::str(format_args!("{} is not a valid uri encoding", input.told()));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let digit = |at: usize| rest.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else { return Err(fail()) };
        decoded.push((high * 16 + low) as u8);
        rest = &rest[2..];
    }
    String::from_utf8(decoded).map(V::from).map_err(|_| fail())
}

/// `implode`: what is no character becomes U+FFFD.
pub(super) fn implode(input: &V) -> ValR {
    let Val::Arr(items) = &input.0 else { return Err(Error::str("implode input must be an array")) };
    charge_text(items.len());
    work(items.len() / 16);
    let character = |item: &Val| {
        let item = V(item.clone());
        match item.as_f64() {
            Some(code) if !code.is_nan() => {
                let code = if code < 0.0 { u32::MAX } else { code as u32 };
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            _ => {
                let why = "can't be imploded, unicode codepoint needs to be numeric";
                Err(Error::str(format_args!("{} {why}", item.told())))
            }
        }
    };
    items.iter().map(character).collect::<Result<String, _>>().map(V::from)
}
