//! The engine's value: jaq's own, with every operation bounded that could run away in a single step.

mod arithmetic;
mod told;

use std::cmp::Ordering;

use jaq_json::{Map, Num, Rc, Val};

use super::limits::{Stop, TEXT, charge, charge_text, fits, stop, tick, work};
use super::state::text;
pub(super) use told::Fault;
use told::written;

/// What the engine computes with. Object keys are texts, and there are no byte strings.
#[derive(Clone, Debug, Default)]
pub(super) struct V(pub(super) Val);

pub(super) type Error = jaq_core::Error<V>;
pub(super) type ValR = Result<V, Error>;

/// How deep a value may be to be written as text.
const RENDERED: usize = 10_000;

/// Up to here a double that is whole is the integer.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// What an object's entry takes, about.
const ENTRY: usize = 64;

impl V {
    pub(super) fn as_num(&self) -> Option<&Num> {
        match &self.0 {
            Val::Num(n) => Some(n),
            _ => None,
        }
    }

    /// The array to change in place; a shared one is about to be copied, which counts.
    pub(super) fn array_mut(items: &mut Rc<Vec<Val>>) -> &mut Vec<Val> {
        if Rc::strong_count(items) > 1 {
            charge(items.len() * 16);
            work(items.len() / 16);
        }
        Rc::make_mut(items)
    }

    /// The same for an object.
    pub(super) fn object_mut(map: &mut Rc<Map>) -> &mut Map {
        if Rc::strong_count(map) > 1 {
            charge(map.len() * ENTRY);
            work(map.len() / 8);
        }
        Rc::make_mut(map)
    }

    /// The value as JSON text, in jq's spelling.
    pub(super) fn render(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !render(&self.0, &mut out, TEXT, 0) {
            stop(Stop::Text);
        }
        charge_text(out.len());
        out
    }

    pub(super) fn equal(x: &Val, y: &Val) -> bool {
        tick();
        match (x, y) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(x), Val::Bool(y)) => x == y,
            (Val::Num(x), Val::Num(y)) => x == y,
            (Val::TStr(x), Val::TStr(y)) => {
                work(x.len() / 1024);
                x == y
            }
            (Val::Arr(x), Val::Arr(y)) => {
                Rc::ptr_eq(x, y)
                    || x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| Self::equal(x, y))
            }
            (Val::Obj(x), Val::Obj(y)) => {
                Rc::ptr_eq(x, y)
                    || x.len() == y.len()
                        && x.iter().all(|(k, x)| y.get(k).is_some_and(|y| Self::equal(x, y)))
            }
            _ => false,
        }
    }

    pub(super) fn order(x: &Val, y: &Val) -> Ordering {
        tick();
        let rank = |v: &Val| match v {
            Val::Null => 0,
            Val::Bool(_) => 1,
            Val::Num(_) => 2,
            Val::BStr(_) | Val::TStr(_) => 3,
            Val::Arr(_) => 4,
            Val::Obj(_) => 5,
        };
        match (x, y) {
            (Val::Bool(x), Val::Bool(y)) => x.cmp(y),
            (Val::Num(x), Val::Num(y)) => x.cmp(y),
            (Val::TStr(x), Val::TStr(y)) => {
                work(x.len().min(y.len()) / 1024);
                x.cmp(y)
            }
            (Val::Arr(x), Val::Arr(y)) => {
                if Rc::ptr_eq(x, y) {
                    return Ordering::Equal;
                }
                let first = x.iter().zip(y.iter()).map(|(x, y)| Self::order(x, y)).find(|o| o.is_ne());
                first.unwrap_or_else(|| x.len().cmp(&y.len()))
            }
            (Val::Obj(x), Val::Obj(y)) => {
                if Rc::ptr_eq(x, y) {
                    return Ordering::Equal;
                }
                let sorted = |map: &Map| {
                    work(map.len());
                    fits(map.len() * 16);
                    let mut entries: Vec<(Val, Val)> =
                        map.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                    entries.sort_by(|x, y| x.0.cmp(&y.0));
                    entries
                };
                let (x, y) = (sorted(x), sorted(y));
                x.iter().map(|e| &e.0).cmp(y.iter().map(|e| &e.0)).then_with(|| {
                    x.iter()
                        .zip(&y)
                        .map(|(x, y)| Self::order(&x.1, &y.1))
                        .find(|o| o.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
            }
            _ => rank(x).cmp(&rank(y)),
        }
    }
}

/// Writes jq's JSON until the text is too long; false then.
fn render(val: &Val, out: &mut Vec<u8>, limit: usize, depth: usize) -> bool {
    use std::io::Write as _;
    tick();
    // The stack would end it somewhere, but not at the same depth in every build.
    if depth > RENDERED {
        stop(Stop::Stack);
    }
    let written = match val {
        Val::Null => out.write_all(b"null"),
        Val::Bool(b) => write!(out, "{b}"),
        Val::Num(n) => out.write_all(written(n).as_bytes()),
        Val::TStr(s) | Val::BStr(s) => {
            work(s.len() / 256);
            serde_json::to_writer(&mut *out, &String::from_utf8_lossy(s)).map_err(Into::into)
        }
        Val::Arr(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                if !render(item, out, limit, depth + 1) {
                    return false;
                }
            }
            out.write_all(b"]")
        }
        Val::Obj(map) => {
            out.push(b'{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                if !render(key, out, limit, depth + 1) {
                    return false;
                }
                out.push(b':');
                if !render(item, out, limit, depth + 1) {
                    return false;
                }
            }
            out.write_all(b"}")
        }
    };
    written.is_ok() && out.len() <= limit
}

impl PartialEq for V {
    fn eq(&self, other: &Self) -> bool {
        Self::equal(&self.0, &other.0)
    }
}

impl Eq for V {}

impl Ord for V {
    fn cmp(&self, other: &Self) -> Ordering {
        Self::order(&self.0, &other.0)
    }
}

impl PartialOrd for V {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<bool> for V {
    fn from(b: bool) -> Self {
        Self(Val::Bool(b))
    }
}

impl From<isize> for V {
    fn from(i: isize) -> Self {
        Self(Val::from(i))
    }
}

impl From<usize> for V {
    fn from(i: usize) -> Self {
        Self(Val::from(i))
    }
}

/// One that is whole is written as an integer, as jq does with what it computed.
impl From<f64> for V {
    fn from(f: f64) -> Self {
        let whole = f.fract() == 0.0 && f.abs() <= EXACT && !(f == 0.0 && f.is_sign_negative());
        Self(if whole { Val::from(f as isize) } else { Val::from(f) })
    }
}

impl From<String> for V {
    fn from(s: String) -> Self {
        charge_text(s.len());
        Self(Val::utf8_str(s.into_bytes()))
    }
}

impl From<jaq_core::val::Range<V>> for V {
    fn from(range: jaq_core::val::Range<V>) -> Self {
        let bounds = [("start", range.start), ("end", range.end)];
        Self(Val::obj(bounds.into_iter().filter_map(|(key, v)| Some((text(key), v?.0))).collect()))
    }
}

impl FromIterator<V> for V {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        tick();
        charge(64);
        let items = items.into_iter().map(|item| {
            charge(16);
            item.0
        });
        Self(Val::Arr(Rc::new(items.collect())))
    }
}

impl jaq_std::ValT for V {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        match self.0 {
            Val::Arr(items) => {
                charge(items.len() * 16);
                work(items.len() / 16);
                Ok(match Rc::try_unwrap(items) {
                    Ok(items) => items.into_iter().map(V).collect(),
                    Err(items) => items.iter().cloned().map(V).collect(),
                })
            }
            _ => Err(self),
        }
    }

    fn is_int(&self) -> bool {
        matches!(self.0, Val::Num(Num::Int(_) | Num::BigInt(_)))
    }

    fn as_isize(&self) -> Option<isize> {
        self.as_num().and_then(Num::as_isize)
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_num().map(|n| match n {
            Num::Int(i) => *i as f64,
            Num::Float(f) => *f,
            // Adding zero is how a number of any other kind becomes a double.
            other => match other.clone() + Num::Float(0.0) {
                Num::Float(f) => f,
                _ => f64::NAN,
            },
        })
    }

    fn is_utf8_str(&self) -> bool {
        matches!(self.0, Val::TStr(_))
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Val::TStr(s) => {
                work(s.len() / 256);
                Some(s)
            }
            _ => None,
        }
    }

    fn as_sub_str(&self, sub: &[u8]) -> Self {
        charge(64);
        match &self.0 {
            Val::TStr(s) => V(Val::utf8_str(s.slice_ref(sub))),
            _ => V(Val::utf8_str(sub.to_vec())),
        }
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        charge_text(bytes.as_ref().len());
        V(Val::utf8_str(bytes.as_ref().to_vec()))
    }
}
