//! How rules reach into values and change them in place: `.a`, `.[0]`, `.[]`, `.[1:]`, and updates of those.

use jaq_core::path::Opt;
use jaq_core::val::Range;
use jaq_core::{Exn, ValX};
use jaq_json::{Map, Num, Rc, Val};
use jaq_std::ValT as _;

use super::limits::{Stop, charge, stop, tick, work};
use super::state::text;
use super::value::{Error, Fault as _, V, ValR};

/// The longest number that a rule may spell.
const DIGITS: usize = 1300;

impl jaq_core::ValT for V {
    fn from_num(n: &str) -> ValR {
        if n.len() > DIGITS {
            stop(Stop::Integer);
        }
        Ok(V(Val::Num(Num::from_str_radix(n, 10).unwrap_or_else(|| Num::from_dec_str(n)))))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(entries: I) -> ValR {
        tick();
        charge(64);
        let entries = entries.into_iter().map(|(key, value)| {
            charge(64);
            match key.0 {
                Val::TStr(ref text) => {
                    work(text.len() / 256);
                    Ok((key.0, value.0))
                }
                _ => Err(Error::str(format_args!("Cannot use {} as object key", key.told()))),
            }
        });
        Ok(V(Val::obj(entries.collect::<Result<_, _>>()?)))
    }

    fn key_values(self) -> Box<dyn Iterator<Item = Result<(V, V), Error>>> {
        match self.0 {
            Val::Arr(items) => Box::new((0..items.len()).map(move |i| {
                tick();
                Ok((V::from(i), V(items[i].clone())))
            })),
            Val::Obj(map) => Box::new((0..map.len()).filter_map(move |i| {
                tick();
                map.get_index(i).map(|(k, v)| Ok((V(k.clone()), V(v.clone()))))
            })),
            _ => Box::new(std::iter::once(Err(not_iterable(&self)))),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR>> {
        match self.0 {
            Val::Arr(items) => Box::new((0..items.len()).map(move |i| {
                tick();
                Ok(V(items[i].clone()))
            })),
            Val::Obj(map) => Box::new((0..map.len()).filter_map(move |i| {
                tick();
                map.get_index(i).map(|(_, v)| Ok(V(v.clone())))
            })),
            _ => Box::new(std::iter::once(Err(not_iterable(&self)))),
        }
    }

    fn index(self, index: &Self) -> ValR {
        self.index_opt(index).map(Option::unwrap_or_default)
    }

    fn range(self, range: Range<&Self>) -> ValR {
        self.index(&V::from(range.start.cloned()..range.end.cloned()))
    }

    /// Updates go by the paths of what they change ([`super::paths`]), one key at a time.
    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        _: Opt,
        _: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        Err(Exn::from(not_iterable(&self)))
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        self.map_index(&V::from(range.start.cloned()..range.end.cloned()), opt, f)
    }

    /// Changes what stands at a key; what is not there yet is made.
    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        mut self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let one = |old: V| f(old).next().unwrap_or_else(|| Ok(V::default()));
        if let Val::Null = self.0 {
            self.0 = match index.0 {
                Val::TStr(_) => Val::obj(Map::default()),
                Val::Num(_) | Val::Obj(_) => Val::Arr(Rc::default()),
                _ => Val::Null,
            };
        }
        match (&mut self.0, &index.0) {
            (Val::Obj(map), Val::TStr(key)) => {
                work(key.len() / 256);
                let map = V::object_mut(map);
                if let Some(slot) = map.get_mut(&index.0) {
                    *slot = one(V(std::mem::take(slot)))?.0;
                } else {
                    charge(64);
                    map.insert(index.0.clone(), one(V::default())?.0);
                }
            }
            (Val::Arr(items), Val::Num(_)) => {
                let at = place(&index.0, items.len())?;
                let items = V::array_mut(items);
                if at >= items.len() {
                    charge((at + 1 - items.len()).saturating_mul(16));
                    work((at - items.len()) / 16);
                    items.resize(at + 1, Val::Null);
                }
                items[at] = one(V(std::mem::take(&mut items[at])))?.0;
            }
            (Val::Arr(items), Val::Obj(_)) => {
                let (skip, take) = clip(&slice(&index.0)?, items.len());
                charge(take * 16);
                let part = V(items[skip..skip + take].iter().cloned().collect());
                let V(Val::Arr(new)) = one(part)? else {
                    return Err(Error::str("A slice of an array can only be assigned another array").into());
                };
                charge(new.len() * 16);
                work((items.len() + new.len()) / 16);
                V::array_mut(items).splice(skip..skip + take, new.iter().cloned());
            }
            (Val::TStr(_), Val::Obj(_)) => return Err(Error::str("Cannot update string slices").into()),
            (Val::Arr(_), Val::Arr(_)) => {
                return Err(Error::str("Cannot update field at array index of array").into());
            }
            _ => return opt.fail(self, |v| Exn::from(Error::no_index(&v, index))),
        }
        Ok(self)
    }

    fn as_bool(&self) -> bool {
        !matches!(self.0, Val::Null | Val::Bool(false))
    }

    fn into_string(self) -> Self {
        match self.0 {
            Val::TStr(_) => self,
            _ => V(Val::utf8_str(self.render())),
        }
    }
}

fn not_iterable(v: &V) -> Error {
    Error::str(format_args!("Cannot iterate over {}", v.told()))
}

impl V {
    /// `.[index]`; `None` where there is nothing.
    pub(super) fn index_opt(self, index: &Self) -> Result<Option<V>, Error> {
        Ok(match (&self.0, &index.0) {
            (Val::Null, Val::TStr(_) | Val::Num(_) | Val::Obj(_)) => None,
            (Val::Obj(map), Val::TStr(key)) => {
                work(key.len() / 256);
                map.get(&index.0).cloned().map(V)
            }
            (Val::Arr(items), at @ Val::Num(_)) => position(at, items.len()).map(|i| V(items[i].clone())),
            (Val::Arr(_), Val::Arr(_)) => Some(self.indices(index)?),
            (Val::TStr(s), Val::Obj(_)) => {
                let (skip, take) = chars(s, &slice(&index.0)?);
                charge(64);
                Some(V(Val::utf8_str(s.slice(skip..skip + take))))
            }
            (Val::Arr(items), Val::Obj(_)) => {
                let (skip, take) = clip(&slice(&index.0)?, items.len());
                charge(take * 16);
                work(take / 16);
                Some(V(items[skip..skip + take].iter().cloned().collect()))
            }
            _ => return Err(Error::no_index(&self, index)),
        })
    }
}

/// The largest place of an array that an update may make.
const LARGEST: f64 = 536_870_911.0;

/// A number as a place of an array, not yet counted from the end; what is beyond is beyond any array.
fn whole(at: &Val) -> Option<f64> {
    let at = V(at.clone()).as_f64()?;
    (!at.is_nan()).then(|| at.trunc())
}

/// Where in an array of that length a number points, from the end if it is negative.
pub(super) fn position(at: &Val, len: usize) -> Option<usize> {
    let at = whole(at)?;
    let at = if at < 0.0 { at + len as f64 } else { at };
    (at >= 0.0 && at < len as f64).then_some(at as usize)
}

/// The same where it may be beyond the end.
fn place(at: &Val, len: usize) -> Result<usize, Error> {
    let at = whole(at).ok_or_else(|| Error::str("Cannot set array element at NaN index"))?;
    let at = if at < 0.0 { at + len as f64 } else { at };
    match at {
        _ if at < 0.0 => Err(Error::str("Out of bounds negative array index")),
        _ if at > LARGEST => Err(Error::str("Array index too large")),
        _ => Ok(at as usize),
    }
}

/// The bounds of `{start: …, end: …}`.
pub(super) fn slice(range: &Val) -> Result<[Option<f64>; 2], Error> {
    let Val::Obj(range) = range else { return Ok([None; 2]) };
    let bound = |key: &str| match range.get(&text(key)) {
        None | Some(Val::Null) => Ok(None),
        Some(number @ Val::Num(_)) => Ok(V(number.clone()).as_f64().filter(|at| !at.is_nan())),
        Some(_) => Err(Error::str("Array/string slice indices must be integers")),
    };
    Ok([bound("start")?, bound("end")?])
}

/// How many to skip and to take of so many: the start is rounded down, the end up.
pub(super) fn clip(bounds: &[Option<f64>; 2], len: usize) -> (usize, usize) {
    let at = |bound: Option<f64>, default: usize| match bound {
        None => default as f64,
        Some(at) if at < 0.0 => (at + len as f64).max(0.0),
        Some(at) => at.min(len as f64),
    };
    let (from, upto) = (at(bounds[0], 0).floor() as usize, at(bounds[1], len).ceil() as usize);
    (from, upto.saturating_sub(from))
}

/// The same in characters, answered in bytes; what is not UTF-8 counts as a character a piece.
fn chars(s: &[u8], bounds: &[Option<f64>; 2]) -> (usize, usize) {
    work(s.len() / 64);
    if s.is_ascii() {
        return clip(bounds, s.len());
    }
    let starts = || {
        let mut start = 0;
        s.utf8_chunks().flat_map(move |chunk| {
            let base = start;
            start += chunk.valid().len() + chunk.invalid().len();
            let bad = (!chunk.invalid().is_empty()).then_some(base + chunk.valid().len());
            chunk.valid().char_indices().map(move |(i, _)| base + i).chain(bad)
        })
    };
    let (skip, take) = clip(bounds, starts().count());
    let from = starts().nth(skip).unwrap_or(s.len());
    let upto = starts().nth(skip + take).unwrap_or(s.len());
    (from, upto - from)
}
