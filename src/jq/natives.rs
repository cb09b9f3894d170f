//! The functions that rules may call: jq's library without what would break a replay, bounded.

use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::native::{Fun, bome, unary, v};
use jaq_core::{Exn, Native, ValXs};
use jaq_json::{Map, Val};
use jaq_std::ValT as _;
use memchr::memmem::Finder;

use super::compact;
use super::limits::{charge, fits, tick, work};
use super::regex::{Give, regex};
use super::rule::Engine;
use super::state::State;
use super::value::{Error, V, ValR};
use super::yaml;

/// Clock, environment, time zone, process, printing; and Bessel functions of any order, whose work has no bound.
const REMOVED: &[&str] =
    &["now", "env", "localtime", "strflocaltime", "halt", "debug_empty", "stderr_empty", "jn", "yn"];
/// Functions that are written again here, so that what they do inside is counted.
const AGAIN: &[&str] = &["range", "matches", "split_matches", "split_"];
const REMOVED_DEFS: &[&str] = &["halt", "halt_error", "debug", "stderr"];

/// Functions that are called through a guard, which sees their input and their first argument. The name of
/// the function itself is one that no source can spell.
const GUARDED: &[(&str, &str, &[&str], &str)] =
    &[("strptime", "!strptime", &["$a"], "!format"), ("strftime", "!strftime", &["$a"], "!format")];

/// The definitions of the library.
pub(super) fn defs() -> Vec<Def<&'static str>> {
    let guarded = GUARDED.iter().map(|&(name, raw, args, guard)| {
        let call =
            |name, args: &[&'static str]| Term::Call(name, args.iter().map(|a| Term::Var(*a)).collect());
        let guard = call(guard, &args[..1]);
        Def {
            name,
            args: args.to_vec(),
            body: Term::BinOp(Box::new(guard), BinaryOp::Pipe(None), Box::new(call(raw, args))),
        }
    });
    let library = jaq_core::defs().chain(guarded).chain(jaq_std::defs()).chain(jaq_json::defs());
    library.filter(|def| !REMOVED_DEFS.contains(&def.name)).collect()
}

/// The functions that are not written in jq.
pub(super) fn funs() -> impl Iterator<Item = Fun<Engine>> {
    let raw = |(name, args, native): Fun<Engine>| {
        let raw = GUARDED.iter().find(|guarded| guarded.0 == name).map_or(name, |guarded| guarded.1);
        (raw, args, native)
    };
    let library = jaq_core::funs()
        .chain(jaq_std::funs())
        .filter(|(name, ..)| !REMOVED.contains(name) && !AGAIN.contains(name))
        .map(raw);
    library.chain([
        ("range", v(3), Native::<Engine>::new(range)),
        ("matches", v(2), Native::new(|cv| bome(regex(cv, Give::Matches)))),
        ("split_matches", v(2), Native::new(|cv| bome(regex(cv, Give::Both)))),
        ("split_", v(2), Native::new(|cv| bome(regex(cv, Give::Split)))),
        ("!format", v(1), Native::new(|cv| unary(cv, |x, format| guard_format(x, &format)))),
        ("fromjson", v(0), Native::new(|cv| bome(from_json(&cv.1)))),
        ("fromyaml", v(0), Native::new(|cv| bome(from_yaml(&cv.1)))),
        ("tojson", v(0), Native::new(|cv| bome(Ok(V(Val::utf8_str(cv.1.render())))))),
        ("length", v(0), Native::new(|cv| bome(length(&cv.1)))),
        ("contains", v(1), Native::new(|cv| unary(cv, |x, y| Ok(V::from(contains(&x.0, &y.0)))))),
        ("has", v(1), Native::new(|cv| unary(cv, |x, key| x.index_opt(&key).map(|v| V::from(v.is_some()))))),
        ("indices", v(1), Native::new(|cv| unary(cv, |x, y| x.indices(&y)))),
        ("bsearch", v(1), Native::new(|cv| unary(cv, |x, wanted| bsearch(x, &wanted)))),
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
        let inside = if up {
            current < to
        } else if down {
            current > to
        } else {
            current != to
        };
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

/// Named time zones are read from the machine's files, and differ from one to the next.
fn guard_format(input: V, format: &V) -> ValR {
    // Two letters may stand for a whole date.
    let length = format.as_bytes().map_or(0, <[u8]>::len);
    fits(length.saturating_mul(32));
    work(length / 4);
    match format.as_bytes() {
        Some(format) if format.contains(&b'Q') => Err(Error::str("time zone names (%Q) are not available")),
        _ => Ok(input),
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
        _ => return Err(Error::str(format_args!("{input} has no length"))),
    })
}

/// How many characters a text has.
pub(super) fn chars(text: &[u8]) -> usize {
    work(text.len() / 256);
    let in_chunk =
        |c: std::str::Utf8Chunk<'_>| c.valid().chars().count() + usize::from(!c.invalid().is_empty());
    text.utf8_chunks().map(in_chunk).sum()
}

fn contains(x: &Val, y: &Val) -> bool {
    tick();
    match (x, y) {
        (Val::TStr(x), Val::TStr(y)) => {
            work((x.len() + y.len()) / 64);
            String::from_utf8_lossy(x).contains(&*String::from_utf8_lossy(y))
        }
        (Val::Arr(x), Val::Arr(y)) => y.iter().all(|y| x.iter().any(|x| contains(x, y))),
        (Val::Obj(x), Val::Obj(y)) => {
            let x: &Map = x;
            y.iter().all(|(key, y)| x.get(key).is_some_and(|x| contains(x, y)))
        }
        _ => V::equal(x, y),
    }
}

fn bsearch(input: V, wanted: &V) -> ValR {
    let Val::Arr(items) = &input.0 else { return Err(Error::typ(input, "array")) };
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
            _ => Err(Error::index(self.clone(), other.clone())),
        }
    }
}
