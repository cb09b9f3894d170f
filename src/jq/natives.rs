//! The functions that rules may call: jq's library without what would break a replay, bounded.

use std::sync::LazyLock;

use jaq_core::load::parse::Def;
use jaq_core::native::{Fun, bome, unary, v};
use jaq_core::{Exn, Native, ValT as _, ValXs};
use jaq_json::{Map, Val};
use jaq_std::ValT as _;
use memchr::memmem::Finder;

use super::compact;
use super::limits::{charge, fits, tick, work};
use super::regex::{Give, regex};
use super::rule::Engine;
use super::state::State;
use super::value::{Error, Fault as _, V, ValR};
use super::{bytes, format, paths, syntax, time, yaml};

/// Clock, environment, time zone, process, printing; and Bessel functions of any order, whose work has no bound.
const REMOVED: &[&str] =
    &["now", "env", "localtime", "strflocaltime", "halt", "debug_empty", "stderr_empty", "jn", "yn"];
/// Functions that are written again here or in the prelude.
const AGAIN: &[&str] = &[
    "range",
    "matches",
    "split_matches",
    "split_",
    "strptime",
    "mktime",
    "gmtime",
    "todateiso8601",
    "implode",
    "decode_base64",
    "decode_uri",
];
const REMOVED_DEFS: &[&str] = &[
    "halt",
    "halt_error",
    "debug",
    "stderr",
    "nan",
    "infinite",
    "type",
    "tonumber",
    "abs",
    "totype",
    "scan_",
    "capture_of_match",
    "setpath",
    "delpaths",
];

/// Functions of the engine that the prelude calls by this name and another sign: it sees what they are called with.
const BEHIND: &[(&str, &str)] = &[
    ("limit", "_limit"),
    ("skip", "_skip"),
    ("sort", "_sort"),
    ("startswith", "_startswith"),
    ("endswith", "_endswith"),
    ("ltrimstr", "_ltrimstr"),
    ("rtrimstr", "_rtrimstr"),
    ("trim", "_trim"),
    ("ltrim", "_ltrim"),
    ("rtrim", "_rtrim"),
    ("strftime", "_strftime"),
    ("utf8bytelength", "_utf8bytelength"),
];

/// The definitions of the library, read once.
pub(super) fn defs() -> &'static [Def<&'static str>] {
    static DEFS: LazyLock<Vec<Def<&str>>> = LazyLock::new(|| {
        let own = syntax::defs(include_str!("prelude.jq")).unwrap_or_default();
        let library = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let again =
            |def: &Def<&str>| own.iter().any(|own| (own.name, own.args.len()) == (def.name, def.args.len()));
        let library: Vec<_> =
            library.filter(|def| !REMOVED_DEFS.contains(&def.name) && !again(def)).collect();
        syntax::rewritten_defs("", library.into_iter().chain(own).collect())
    });
    &DEFS
}

/// The functions that are not written in jq.
pub(super) fn funs() -> impl Iterator<Item = Fun<Engine>> {
    let behind = |(name, args, native): Fun<Engine>| {
        let name = BEHIND.iter().find(|behind| behind.0 == name).map_or(name, |behind| behind.1);
        (name, args, native)
    };
    let library = jaq_core::funs()
        .chain(jaq_std::funs())
        .filter(|(name, ..)| !REMOVED.contains(name) && !AGAIN.contains(name))
        .map(behind);
    library.chain(paths::funs()).chain([
        ("range", v(3), Native::<Engine>::new(range)),
        ("_match", v(2), Native::new(|cv| bome(regex(cv, Give::Matches)))),
        ("_test", v(2), Native::new(|cv| bome(regex(cv, Give::Whether)))),
        ("_pieces", v(2), Native::new(|cv| bome(regex(cv, Give::Pieces)))),
        ("_split", v(2), Native::new(|cv| bome(regex(cv, Give::Split)))),
        ("_format", v(1), Native::new(|cv| unary(cv, |x, format| time::guard(x, &format)))),
        ("_strptime", v(1), Native::new(|cv| unary(cv, |x, format| time::broken_down(&x, &format)))),
        ("_gmtime", v(0), Native::new(|cv| bome(time::gmtime(&cv.1)))),
        ("_epoch", v(1), Native::new(|cv| unary(cv, |x, function| time::epoch(&x, &function)))),
        ("_told", v(0), Native::new(|cv| bome(Ok(V::from(cv.1.told()))))),
        ("_base64d", v(0), Native::new(|cv| bome(format::from_base64(&cv.1)))),
        ("_urid", v(0), Native::new(|cv| bome(format::from_uri(&cv.1)))),
        (syntax::LINE, v(0), Native::new(|cv| bome(Ok(line(&cv.1))))),
        ("nan", v(0), Native::new(|_| bome(Ok(V::from(f64::NAN))))),
        ("infinite", v(0), Native::new(|_| bome(Ok(V::from(f64::INFINITY))))),
        ("type", v(0), Native::new(|cv| bome(Ok(V::from(cv.1.kind().to_owned()))))),
        ("abs", v(0), Native::new(|cv| bome(if cv.1 < V::from(0usize) { -cv.1 } else { Ok(cv.1) }))),
        ("tonumber", v(0), Native::new(|cv| bome(to_number(cv.1)))),
        ("implode", v(0), Native::new(|cv| bome(format::implode(&cv.1)))),
        ("fromjson", v(0), Native::new(|cv| bome(from_json(&cv.1)))),
        ("fromyaml", v(0), Native::new(|cv| bome(from_yaml(&cv.1)))),
        ("frombytes", v(0), Native::new(|cv| bome(bytes::from_bytes(&cv.1)))),
        ("touuid", v(0), Native::new(|cv| bome(Ok(bytes::to_uuid(&cv.1))))),
        ("tojson", v(0), Native::new(|cv| bome(Ok(V(Val::utf8_str(cv.1.render())))))),
        ("length", v(0), Native::new(|cv| bome(length(&cv.1)))),
        ("contains", v(1), Native::new(|cv| unary(cv, |x, y| contains(&x.0, &y.0).map(V::from)))),
        ("has", v(1), Native::new(|cv| unary(cv, |x, key| has(x, &key)))),
        ("indices", v(1), Native::new(|cv| unary(cv, |x, y| x.indices(&y)))),
        ("bsearch", v(1), Native::new(|cv| unary(cv, |x, wanted| bsearch(&x, &wanted)))),
    ])
}

/// `range($from; $to; $by)`, a step for each number.
fn range(mut cv: jaq_core::Cv<'_, Engine>) -> ValXs<'_, V> {
    let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
    let zero = V::from(0isize);
    let (up, down) = (by > zero, by < zero);
    let mut next = Some(from);
    Box::new(std::iter::from_fn(move || {
        tick();
        let current = next.take()?;
        let inside = (up && current < to) || (down && current > to);
        if !inside {
            return None;
        }
        Some(match current.clone() + by.clone() {
            Ok(following) => {
                next = Some(following);
                Ok(current)
            }
            Err(error) => Err(Exn::from(error)),
        })
    }))
}

/// The line behind a text.
fn line(before: &V) -> V {
    V::from(before.as_bytes().unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1)
}

/// `tonumber`: a number as JSON writes it, and a little more.
pub(super) fn to_number(input: V) -> ValR {
    if input.as_num().is_some() {
        return Ok(input);
    }
    let fail = |input: &V| Error::str(format_args!("{} cannot be parsed as a number", input.told()));
    let Some(text) = input.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return Err(fail(&input));
    };
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = bare.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && bare.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let is_number = plain && (bare.bytes().all(|b| b.is_ascii_digit()) || bare.parse::<f64>().is_ok());
    if !is_number {
        return Err(fail(&input));
    }
    V::from_num(text)
}

/// `has`: an array's places count from its beginning.
pub(super) fn has(input: V, key: &V) -> ValR {
    match (&input.0, &key.0) {
        (Val::Null, _) => Ok(V::from(false)),
        (Val::Obj(_), Val::TStr(_)) => input.index_opt(key).map(|found| V::from(found.is_some())),
        (Val::Arr(items), Val::Num(_)) => {
            let inside = |at: f64| at > -1.0 && at < items.len() as f64;
            Ok(V::from(key.as_f64().is_some_and(inside)))
        }
        _ => {
            let why = format_args!("Cannot check whether {} has a {} key", input.kind(), key.kind());
            Err(Error::str(why))
        }
    }
}

fn from_json(input: &V) -> ValR {
    let fail = |why: &str| Error::str(format_args!("cannot parse {input} as JSON: {why}"));
    let bytes = input.as_bytes().ok_or_else(|| Error::typ(input.clone(), "string"))?;
    let text = std::str::from_utf8(bytes).map_err(|e| fail(&e.to_string()))?;
    // A value takes up to some thirty times the text that it is read from.
    fits(text.len().saturating_mul(32));
    work(text.len() / 16);
    charge(text.len());
    State::from_json(text).map(|state| V(state.0)).map_err(|e| fail(e.message()))
}

/// Like `fromjson`, for YAML; text that Ruby wrote is read as Ruby means it.
fn from_yaml(input: &V) -> ValR {
    let fail = |why: &str| Error::str(format_args!("cannot parse {input} as YAML: {why}"));
    let bytes = input.as_bytes().ok_or_else(|| Error::typ(input.clone(), "string"))?;
    let text = std::str::from_utf8(bytes).map_err(|e| fail(&e.to_string()))?;
    fits(text.len().saturating_mul(32));
    work(text.len() / 4);
    charge(text.len());
    let value = yaml::parse(text).map_err(|why| fail(&why))?;
    compact::check(&value.to_string()).map_err(|e| fail(e.message()))?;
    Ok(V(State::from_value(&value).0))
}

pub(super) fn length(input: &V) -> ValR {
    Ok(match &input.0 {
        Val::Null => V::from(0usize),
        Val::Num(n) if *n < jaq_json::Num::Int(0) => (-input.clone())?,
        Val::Num(_) => input.clone(),
        Val::TStr(s) => V::from(chars(s)),
        Val::Arr(items) => V::from(items.len()),
        Val::Obj(map) => V::from(map.len()),
        _ => return Err(Error::str(format_args!("{} has no length", input.told()))),
    })
}

/// How many characters a text has.
pub(super) fn chars(text: &[u8]) -> usize {
    work(text.len() / 256);
    let in_chunk =
        |c: std::str::Utf8Chunk<'_>| c.valid().chars().count() + usize::from(!c.invalid().is_empty());
    text.utf8_chunks().map(in_chunk).sum()
}

/// Only values of one kind can contain one another.
fn contains(x: &Val, y: &Val) -> Result<bool, Error> {
    tick();
    Ok(match (x, y) {
        (Val::TStr(x), Val::TStr(y)) => {
            work((x.len() + y.len()) / 64);
            String::from_utf8_lossy(x).contains(&*String::from_utf8_lossy(y))
        }
        (Val::Arr(x), Val::Arr(y)) => {
            let in_x = |y: &Val| x.iter().any(|x| contains(x, y).unwrap_or_default());
            y.iter().all(in_x)
        }
        (Val::Obj(x), Val::Obj(y)) => {
            let x: &Map = x;
            y.iter().all(|(key, y)| x.get(key).is_some_and(|x| contains(x, y).unwrap_or_default()))
        }
        _ => {
            let (l, r) = (V(x.clone()), V(y.clone()));
            if l.kind() != r.kind() {
                let why = format_args!("{} and {} cannot have their containment checked", l.told(), r.told());
                return Err(Error::str(why));
            }
            V::equal(x, y)
        }
    })
}

fn bsearch(input: &V, wanted: &V) -> ValR {
    let Val::Arr(items) = &input.0 else {
        return Err(Error::str(format_args!("{} cannot be searched from", input.told())));
    };
    let found = items.binary_search_by(|item| V::order(item, &wanted.0));
    Ok(V::from(found.map_or_else(|i| -1 - i as isize, |i| i as isize)))
}

impl V {
    /// Where the other value stands in this text or array.
    pub(super) fn indices(&self, other: &V) -> ValR {
        match (&self.0, &other.0) {
            (Val::TStr(x), Val::TStr(y)) => {
                let (x, y) = (String::from_utf8_lossy(x), String::from_utf8_lossy(y));
                work((x.len() + y.len()) / 16);
                let finder = Finder::new(y.as_bytes());
                let (mut found, mut from, mut place) = (Vec::new(), 0, (0, 0));
                // Places may overlap: each look begins a character behind the last one, and is counted.
                while let Some(at) = (!y.is_empty()).then(|| finder.find(&x.as_bytes()[from..])).flatten() {
                    let at = from + at;
                    work(1 + (at - from + y.len()) / 64);
                    charge(16);
                    place = (at, place.1 + x[place.0..at].chars().count());
                    found.push(V::from(place.1));
                    from = at + x[at..].chars().next().map_or(1, char::len_utf8);
                }
                Ok(found.into_iter().collect())
            }
            (Val::Arr(x), Val::Arr(y)) => {
                let same = |window: &[Val]| window.iter().zip(y.iter()).all(|(x, y)| V::equal(x, y));
                let windows = x.windows(y.len().max(1)).enumerate();
                Ok(windows.filter(|(_, w)| !y.is_empty() && same(w)).map(|(i, _)| V::from(i)).collect())
            }
            (Val::Arr(x), y) => {
                Ok(x.iter().enumerate().filter(|(_, x)| V::equal(x, y)).map(|(i, _)| V::from(i)).collect())
            }
            (Val::Null, _) => Ok(V::default()),
            _ => Err(Error::no_index(self, other)),
        }
    }
}
