//! How rules reach into values and change them in place: `.a`, `.[0]`, `.[]`, `.[1:]`, and updates of those.

use jaq_core::path::Opt;
use jaq_core::val::Range;
use jaq_core::{Exn, ValX};
use jaq_json::{Num, Rc, Val};

use super::limits::{Stop, charge, charge_text, stop, tick, work};
use super::state::text;
use super::value::{Error, V, ValR};

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
                _ => Err(Error::typ(key, "object key")),
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
            _ => Box::new(std::iter::once(Err(not_iterable(self)))),
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
            _ => Box::new(std::iter::once(Err(not_iterable(self)))),
        }
    }

    fn index(self, index: &Self) -> ValR {
        self.index_opt(index).map(Option::unwrap_or_default)
    }

    fn range(self, range: Range<&Self>) -> ValR {
        match self.0 {
            Val::TStr(s) => {
                let (skip, take) = chars(&s, &bounds(range)?);
                charge(64);
                Ok(V(Val::utf8_str(s.slice(skip..skip + take))))
            }
            Val::Arr(items) => {
                let (skip, take) = clip(&bounds(range)?, items.len());
                charge(take * 16);
                work(take / 16);
                Ok(V(items[skip..skip + take].iter().cloned().collect()))
            }
            _ => Err(Error::typ(self, "rangeable (array or string)")),
        }
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match self.0 {
            Val::Arr(items) => {
                charge(items.len() * 16);
                let items = Rc::unwrap_or_clone(items).into_iter().flat_map(|v| {
                    tick();
                    f(V(v))
                });
                Ok(V(Val::Arr(Rc::new(items.map(|v| Ok(v?.0)).collect::<Result<_, Exn<_>>>()?))))
            }
            Val::Obj(map) => {
                charge(map.len() * 64);
                let entries = Rc::unwrap_or_clone(map).into_iter().filter_map(|(k, v)| {
                    tick();
                    f(V(v)).next().map(|v| Ok((k, v?.0)))
                });
                Ok(V(Val::obj(entries.collect::<Result<_, Exn<_>>>()?)))
            }
            _ => opt.fail(self, |v| Exn::from(not_iterable(v))),
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        mut self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match (&mut self.0, &index.0) {
            (Val::TStr(_) | Val::Arr(_), Val::Obj(range)) => {
                let bound = |key| range.get(&text(key)).cloned().map(V);
                let (start, end) = (bound("start"), bound("end"));
                self.map_range(start.as_ref()..end.as_ref(), opt, f)
            }
            (Val::Obj(map), Val::TStr(key)) => {
                work(key.len() / 256);
                let map = V::object_mut(map);
                if let Some(slot) = map.get_mut(&index.0) {
                    if let Some(value) = f(V(std::mem::take(slot))).next().transpose()? {
                        *slot = value.0;
                    } else {
                        // The order of what stays is part of what a reader sees.
                        work(map.len() / 16);
                        map.shift_remove(&index.0);
                    }
                } else if let Some(value) = f(V(Val::Null)).next().transpose()? {
                    charge(64);
                    map.insert(index.0.clone(), value.0);
                }
                Ok(self)
            }
            (Val::Obj(_), _) => opt.fail(self, |v| Exn::from(Error::index(v, index.clone()))),
            (Val::Arr(items), at) => {
                let Some(i) = position(at, items.len()) else {
                    let error = match at {
                        Val::Num(Num::Int(_) | Num::BigInt(_)) => {
                            Error::str(format_args!("index {index} out of bounds"))
                        }
                        _ => Error::typ(index.clone(), "integer"),
                    };
                    return opt.fail(self, |_| Exn::from(error));
                };
                let items = V::array_mut(items);
                let value = std::mem::take(&mut items[i]);
                if let Some(value) = f(V(value)).next().transpose()? {
                    items[i] = value.0;
                } else {
                    work(items.len() / 64);
                    items.remove(i);
                }
                Ok(self)
            }
            _ => opt.fail(self, |v| Exn::from(not_iterable(v))),
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        mut self,
        range: Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let bounds = match bounds(range) {
            Ok(bounds) => bounds,
            Err(e) if matches!(self.0, Val::Arr(_) | Val::TStr(_)) => {
                return opt.fail(self, |_| Exn::from(e));
            }
            Err(_) => return opt.fail(self, |v| Exn::from(Error::typ(v, "array"))),
        };
        match &mut self.0 {
            Val::Arr(items) => {
                let (skip, take) = clip(&bounds, items.len());
                charge(take * 16);
                let part = V(items[skip..skip + take].iter().cloned().collect());
                let new = match f(part).next().transpose()? {
                    None => Rc::default(),
                    Some(V(Val::Arr(new))) => new,
                    Some(other) => return Err(Exn::from(Error::typ(other, "array"))),
                };
                charge(new.len() * 16);
                work((items.len() + new.len()) / 16);
                V::array_mut(items).splice(skip..skip + take, new.iter().cloned());
                Ok(self)
            }
            Val::TStr(s) => {
                let (skip, take) = chars(s, &bounds);
                let new = match f(V(Val::utf8_str(s.slice(skip..skip + take)))).next().transpose()? {
                    None => Vec::new(),
                    Some(V(Val::TStr(new))) => new.to_vec(),
                    Some(other) => return Err(Exn::from(Error::typ(other, "string"))),
                };
                charge_text(s.len() + new.len());
                let mut whole = s[..skip].to_vec();
                whole.extend_from_slice(&new);
                whole.extend_from_slice(&s[skip + take..]);
                Ok(V(Val::utf8_str(whole)))
            }
            _ => opt.fail(self, |v| Exn::from(Error::typ(v, "array"))),
        }
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

fn not_iterable(v: V) -> Error {
    Error::typ(v, "iterable (array or object)")
}

impl V {
    /// `.[index]`; `None` where there is nothing.
    pub(super) fn index_opt(self, index: &Self) -> Result<Option<V>, Error> {
        Ok(match (&self.0, &index.0) {
            (Val::Null, _) => None,
            (Val::Obj(map), Val::TStr(key)) => {
                work(key.len() / 256);
                map.get(&index.0).cloned().map(V)
            }
            (Val::Arr(items), at @ Val::Num(Num::Int(_) | Num::BigInt(_))) => {
                position(at, items.len()).map(|i| V(items[i].clone()))
            }
            (Val::Arr(_), Val::Arr(_)) => Some(self.indices(index)?),
            (Val::TStr(_) | Val::Arr(_), Val::Obj(range)) => {
                use jaq_core::ValT as _;
                let bound = |key| range.get(&text(key)).cloned().map(V);
                let (start, end) = (bound("start"), bound("end"));
                return self.range(start.as_ref()..end.as_ref()).map(Some);
            }
            _ => return Err(Error::index(self, index.clone())),
        })
    }
}

/// Where in an array of that length an integer points, from the end if it is negative.
fn position(at: &Val, len: usize) -> Option<usize> {
    let Val::Num(n @ (Num::Int(_) | Num::BigInt(_))) = at else { return None };
    let at = n.as_isize()?;
    let at = if at < 0 { len.checked_sub(at.unsigned_abs())? } else { at.unsigned_abs() };
    (at < len).then_some(at)
}

fn bounds(range: Range<&V>) -> Result<[Option<isize>; 2], Error> {
    let bound = |v: Option<&V>| match v.map(|v| &v.0) {
        None | Some(Val::Null) => Ok(None),
        Some(Val::Num(n @ (Num::Int(_) | Num::BigInt(_)))) => {
            // What is beyond a machine's integers is beyond any array.
            Ok(Some(n.as_isize().unwrap_or(if *n < Num::Int(0) { isize::MIN } else { isize::MAX })))
        }
        Some(_) => Err(Error::typ(v.cloned().unwrap_or_default(), "integer")),
    };
    Ok([bound(range.start)?, bound(range.end)?])
}

/// How many to skip and to take of so many.
fn clip(bounds: &[Option<isize>; 2], len: usize) -> (usize, usize) {
    let at = |bound: Option<isize>, default: usize| match bound {
        None => default,
        Some(i) if i < 0 => len.saturating_sub(i.unsigned_abs()),
        Some(i) => i.unsigned_abs().min(len),
    };
    let (from, upto) = (at(bounds[0], 0), at(bounds[1], len));
    (from, upto.saturating_sub(from))
}

/// The same in characters, answered in bytes; what is not UTF-8 counts as a character a piece.
fn chars(s: &[u8], bounds: &[Option<isize>; 2]) -> (usize, usize) {
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
