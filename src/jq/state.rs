//! A JSON value as rules see it, and its ways in and out.

use jaq_json::{Map, Num, Rc, Val};
use serde::de::IgnoredAny;
use serde_json::Value;

pub(super) use super::compact::MAX_DEPTH;
use super::compact::{self, Slips};
use crate::error::{Error, Result};

/// Numbers of no more digits than this survive.
const LONG: usize = 15;

/// How many values, counted one by one, may be written out: shared parts count each time.
const MAX_NODES: usize = 2_000_000;

/// A JSON value as rules see it; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct State(pub(super) Val);

impl State {
    /// The empty object: what applies to where nothing exists yet.
    pub fn empty() -> Self {
        Self(Val::obj(Map::default()))
    }

    /// Null: what a rule answers for an aggregate that is gone.
    pub fn null() -> Self {
        Self(Val::Null)
    }

    /// An object of these fields.
    pub fn of_fields(fields: Vec<(String, Self)>) -> Self {
        Self(Val::obj(fields.into_iter().map(|(name, value)| (text(&name), value.0)).collect()))
    }

    /// Reads a JSON text of at most 100 levels. Numbers that a double or 64 bits cannot hold keep their digits, and are
    /// reckoned with as doubles.
    pub fn from_json(text: &str) -> Result<Self> {
        let digits = compact::check(text)?;
        Self::from_compact(text, Slips { digits, ..Slips::default() })
    }

    /// The same for what [`compact::compact_leniently`] answered.
    pub fn from_compact(text: &str, slips: Slips) -> Result<Self> {
        let read = if slips.digits { exact(text) } else { None };
        read.map_or_else(|| serde_json::from_str(text), Ok)
            .map(Self)
            .map_err(|e| Error::refused(format!("not JSON: {e}")))
    }

    /// The same for a text that this program wrote, and checked then.
    pub fn from_stored(text: &str) -> Result<Self> {
        stored(text).map(Self).map_err(|e| Error::damaged(format!("what is stored is not JSON: {e}")))
    }

    /// The same value as a rule sees it.
    pub fn from_value(value: &Value) -> Self {
        Self(to_val(value))
    }

    /// The plain JSON value; refused where JSON has no word for it, beyond 100 levels, or where it is huge.
    pub fn to_value(&self) -> Result<Value> {
        measure(&self.0, MAX_DEPTH)?;
        to_value(&self.0)
    }

    /// Compact JSON, with the same refusals.
    pub fn to_json(&self) -> Result<String> {
        measure(&self.0, MAX_DEPTH)?;
        let mut out = Vec::with_capacity(128);
        write(&mut out, &self.0)?;
        String::from_utf8(out).map_err(|_| not_text())
    }

    /// Whether it is the very same object, and not only an equal one.
    pub fn is(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Val::Obj(one), Val::Obj(other)) if Rc::ptr_eq(one, other))
    }

    /// Is it null?
    pub fn is_null(&self) -> bool {
        matches!(self.0, Val::Null)
    }

    /// Is it an object?
    pub fn is_object(&self) -> bool {
        matches!(self.0, Val::Obj(_))
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Val::TStr(s) => std::str::from_utf8(s).ok(),
            _ => None,
        }
    }

    /// Is it a number?
    pub fn is_number(&self) -> bool {
        matches!(self.0, Val::Num(_))
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.0 {
            Val::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// What `if` makes of it: everything but null and false is true.
    pub fn truthy(&self) -> bool {
        !matches!(self.0, Val::Null | Val::Bool(false))
    }

    /// The value of an object's key.
    pub fn get(&self, key: &str) -> Option<Self> {
        match &self.0 {
            Val::Obj(map) => map.get(&text(key)).cloned().map(Self),
            _ => None,
        }
    }

    /// What a JSON Pointer leads to; it may lead into a text that holds JSON.
    pub fn at(&self, pointer: &str) -> Option<Self> {
        let Some(path) = pointer.strip_prefix('/') else { return Some(self.clone()) };
        let (key, rest) = path.find('/').map_or((path, ""), |end| path.split_at(end));
        let key = key.replace("~1", "/").replace("~0", "~");
        let next = match &self.0 {
            Val::Obj(map) => map.get(&text(&key))?.clone(),
            Val::Arr(items) => items.get(key.parse::<usize>().ok()?)?.clone(),
            Val::TStr(_) => return Self::from_json(self.as_str()?).ok()?.at(pointer),
            _ => return None,
        };
        Self(next).at(rest)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::null()
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// A text value.
pub(super) fn text(s: &str) -> Val {
    Val::utf8_str(s.as_bytes().to_vec())
}

/// An empty object with room for so many keys.
pub(super) fn roomy(keys: usize) -> Map {
    let mut map = Map::default();
    map.reserve(keys);
    map
}

pub(super) fn not_text() -> Error {
    Error::refused("the result holds a text that is not UTF-8")
}

/// Refuses a value that is nested too deeply or, written out, too large; cheap where it is small.
pub(super) fn measure(val: &Val, levels: usize) -> Result<()> {
    fn walk(val: &Val, levels: usize, nodes: &mut usize) -> Result<()> {
        let spend = |n: usize, nodes: &mut usize| match nodes.checked_sub(n) {
            Some(left) => {
                *nodes = left;
                Ok(())
            }
            None => Err(Error::refused(format!("the result holds more than {MAX_NODES} values"))),
        };
        let level = || {
            levels
                .checked_sub(1)
                .ok_or_else(|| Error::refused(format!("the result is nested deeper than {MAX_DEPTH} levels")))
        };
        match val {
            Val::Arr(items) => {
                let levels = level()?;
                spend(items.len(), nodes)?;
                items.iter().try_for_each(|item| walk(item, levels, nodes))
            }
            Val::Obj(map) => {
                let levels = level()?;
                spend(map.len(), nodes)?;
                map.values().try_for_each(|item| walk(item, levels, nodes))
            }
            _ => Ok(()),
        }
    }
    walk(val, levels, &mut { MAX_NODES })
}

fn to_val(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(b) => Val::Bool(*b),
        Value::Number(n) => {
            if let Some(i) = n.as_i64() {
                Val::Num(Num::from_integral(i))
            } else if let Some(u) = n.as_u64() {
                Val::Num(Num::from_integral(u))
            } else {
                Val::from(n.as_f64().unwrap_or(f64::NAN))
            }
        }
        Value::String(s) => text(s),
        Value::Array(items) => items.iter().map(to_val).collect(),
        Value::Object(map) => Val::obj(map.iter().map(|(k, v)| (text(k), to_val(v))).collect()),
    }
}

/// A value whose text is known to be JSON and has long numbers.
fn exact(text: &str) -> Option<Val> {
    fn exact(val: Val) -> Val {
        match val {
            Val::Num(Num::Dec(digits)) if compact::lossy(&digits).is_none() => {
                Val::Num(Num::from_dec_str(&digits))
            }
            // As jq has it: a number that is only handed on keeps its digits, one that is reckoned with is a double.
            Val::Num(Num::BigInt(big)) if compact::lossy(&big.to_string()).is_some() => {
                Val::Num(Num::Dec(big.to_string().into()))
            }
            Val::Arr(items) => items.iter().cloned().map(exact).collect(),
            Val::Obj(map) => {
                Val::obj(map.iter().map(|(key, val)| (key.clone(), exact(val.clone()))).collect())
            }
            val => val,
        }
    }
    jaq_json::read::parse_single(text.as_bytes()).ok().map(exact)
}

/// A stored JSON text, which was checked when it came in: digits that only few texts have are kept.
pub(super) fn stored(text: &str) -> serde_json::Result<Val> {
    let mut run = 0;
    let long = text.bytes().any(|byte| {
        run = if byte.is_ascii_digit() || byte == b'.' { run + 1 } else { 0 };
        run > LONG
    });
    // jaq's reader takes more than JSON.
    let exact = || serde_json::from_str::<IgnoredAny>(text).ok().and_then(|_| exact(text));
    let read = if long { exact() } else { None };
    match read.map_or_else(|| serde_json::from_str(text), Ok) {
        // What is beyond a double has a short text, too.
        Err(error) => exact().ok_or(error),
        read => read,
    }
}

/// A number as JSON has it: 64-bit integers and finite doubles.
fn number(num: &Num) -> Result<serde_json::Number> {
    let refused = || Error::refused(format!("the result holds {num}, which is not a JSON number"));
    match num {
        Num::Int(i) => Ok((*i as i64).into()),
        Num::BigInt(big) => big.to_string().parse::<u64>().map(Into::into).map_err(|_| {
            Error::refused("the result holds an integer beyond 64 bits")
                .hint("make it a double (`. + 0.0`) or a text (`tostring`)")
        }),
        Num::Float(f) => serde_json::Number::from_f64(*f).ok_or_else(refused),
        // As jq does, what is beyond a double is the largest one.
        Num::Dec(digits) => digits
            .parse()
            .ok()
            .and_then(|n: f64| serde_json::Number::from_f64(n.clamp(f64::MIN, f64::MAX)))
            .ok_or_else(refused),
    }
}

pub(super) fn utf8(val: &Val) -> Result<&str> {
    match val {
        Val::TStr(s) => std::str::from_utf8(s).map_err(|_| not_text()),
        _ => Err(Error::refused("the result holds an object key that is not a text")),
    }
}

fn to_value(val: &Val) -> Result<Value> {
    Ok(match val {
        Val::Null => Value::Null,
        Val::Bool(b) => Value::Bool(*b),
        Val::Num(n) => Value::Number(number(n)?),
        Val::TStr(_) => Value::String(utf8(val)?.to_owned()),
        Val::BStr(_) => return Err(Error::refused("the result holds a byte string, which is not JSON")),
        Val::Arr(items) => Value::Array(items.iter().map(to_value).collect::<Result<_>>()?),
        Val::Obj(map) => Value::Object(
            map.iter().map(|(k, v)| Ok((utf8(k)?.to_owned(), to_value(v)?))).collect::<Result<_>>()?,
        ),
    })
}

pub(super) fn write(out: &mut Vec<u8>, val: &Val) -> Result<()> {
    let plain =
        |out: &mut Vec<u8>, s: &str| serde_json::to_writer(out, s).map_err(|e| Error::refused(e.to_string()));
    match val {
        Val::Null => out.extend_from_slice(b"null"),
        Val::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Val::Num(Num::Dec(digits)) if compact::lossy(digits).is_some() => {
            out.extend_from_slice(digits.as_bytes());
        }
        Val::Num(n) => {
            serde_json::to_writer(&mut *out, &number(n)?).map_err(|e| Error::refused(e.to_string()))?;
        }
        Val::TStr(_) => plain(out, utf8(val)?)?,
        Val::BStr(_) => return Err(Error::refused("the result holds a byte string, which is not JSON")),
        Val::Arr(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(out, item)?;
            }
            out.push(b']');
        }
        Val::Obj(map) => {
            out.push(b'{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                plain(out, utf8(key)?)?;
                out.push(b':');
                write(out, item)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_comes_out_as_it_went_in() {
        let text = r#"{"z":[1,-2,18446744073709551615,0.1,1e300,true,null],"a":{"é\n\"":"🦀"}}"#;
        let state = State::from_json(text).unwrap();
        assert_eq!(state.to_json().unwrap(), text.replace("1e300", "1e+300"));
        assert_eq!(State::from_value(&state.to_value().unwrap()), state);
        assert_eq!(state.to_value().unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_pointer_leads_into_objects_lists_and_texts_that_hold_json() {
        let state = State::from_json(r#"{"a/b":[{"x":1}],"body":"{\"y\":[2,3]}","n":null}"#).unwrap();
        let at = |pointer: &str| state.at(pointer).map(|found| found.to_json().unwrap());
        assert_eq!(at("/a~1b/0/x").as_deref(), Some("1"));
        assert_eq!(at("/body/y/1").as_deref(), Some("3"));
        assert_eq!(at("/n").as_deref(), Some("null"));
        assert_eq!([at("/a~1b/1"), at("/n/x"), at("/none"), at("/a~1b/z")], [None, None, None, None]);
    }

    #[test]
    fn what_json_has_no_word_for_is_refused() {
        for val in [
            Val::from(f64::NAN),
            Val::from(f64::INFINITY),
            Val::byte_str(vec![1]),
            Val::utf8_str(vec![0xff]),
            Val::obj([(Val::from(1isize), Val::Null)].into_iter().collect()),
        ] {
            let state = State([val].into_iter().collect());
            assert!(state.to_json().is_err() && state.to_value().is_err(), "{state:?}");
        }
    }

    #[test]
    fn a_small_value_that_is_huge_when_written_is_refused() {
        let shared = (0..40).fold(Val::Null, |v, _| [v.clone(), v].into_iter().collect());
        assert!(State(shared).to_json().unwrap_err().message().contains("more than"));
        let deep = (0..101).fold(Val::Null, |v, _| [v].into_iter().collect());
        assert!(State(deep).to_value().unwrap_err().message().contains("deeper"));
    }

    #[test]
    fn long_numbers_are_handed_on_with_their_digits_and_reckoned_with_as_doubles() {
        let text = r#"{"a":[18446744073709551616,-12345678901234567.89,1e400,1.5,0.1,7],"b":"18446744073709551617","c":9007199254740993}"#;
        let state = State::from_json(text).unwrap();
        assert_eq!(state.to_json().unwrap(), text);
        assert_eq!(State(stored(text).unwrap()).to_json().unwrap(), text);
        assert_eq!(State(stored("[1e400]").unwrap()).to_json().unwrap(), "[1e400]");
        let rule = |source| {
            let rule = crate::jq::Rule::compile("t", source, &[]).unwrap();
            rule.one(&state, &[]).unwrap().to_json().unwrap()
        };
        assert_eq!(rule(".a[0]"), "18446744073709551616");
        assert_eq!(rule(".a[0] == 18446744073709551616 and .a[0] > .a[1] and .a[2] > .a[0]"), "true");
        assert_eq!(rule(".a[1] * 1"), "-1.2345678901234568e+16");
        assert_eq!(rule(".a[0] | tostring"), "\"18446744073709551616\"");
        assert_eq!(state.to_value().unwrap()["a"][0], 1.844_674_407_370_955_2e19);
        assert_eq!(state.to_value().unwrap()["a"][2], f64::MAX);
    }
}
