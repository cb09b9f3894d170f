//! What the signs between values do: numbers, texts, arrays and objects added, taken away, multiplied and divided.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use jaq_core::ops::Math;
use jaq_json::{Map, Num, Rc, Val};

use super::{ENTRY, Error, V, ValR};
use crate::jq::limits::{charge, charge_text, check_bits, tick, work};

/// Big integers stay small enough to compute with.
fn checked(n: Num) -> V {
    if let Num::BigInt(big) = &n {
        check_bits(big.bits());
    }
    V(Val::Num(n))
}

impl Add for V {
    type Output = ValR;
    fn add(self, other: Self) -> ValR {
        match (self.0, other.0) {
            (Val::Null, x) | (x, Val::Null) => Ok(V(x)),
            (Val::Num(x), Val::Num(y)) => Ok(checked(x + y)),
            (Val::TStr(x), Val::TStr(y)) => {
                charge_text(x.len() + y.len());
                let mut joined = Vec::with_capacity(x.len() + y.len());
                joined.extend_from_slice(&x);
                joined.extend_from_slice(&y);
                Ok(V(Val::utf8_str(joined)))
            }
            (Val::Arr(mut x), Val::Arr(y)) => {
                charge(y.len() * 16);
                work(y.len() / 16);
                V::array_mut(&mut x).extend(y.iter().cloned());
                Ok(V(Val::Arr(x)))
            }
            (Val::Obj(mut x), Val::Obj(y)) => {
                charge(y.len() * ENTRY);
                work(y.len() / 8);
                let x_map = V::object_mut(&mut x);
                match Rc::try_unwrap(y) {
                    Ok(y) => x_map.extend(y),
                    Err(y) => x_map.extend(y.iter().map(|(k, v)| (k.clone(), v.clone()))),
                }
                Ok(V(Val::Obj(x)))
            }
            (x, y) => Err(Error::math(V(x), Math::Add, V(y))),
        }
    }
}

impl Sub for V {
    type Output = ValR;
    fn sub(self, other: Self) -> ValR {
        match (self.0, other.0) {
            (Val::Num(x), Val::Num(y)) => Ok(checked(x - y)),
            (Val::Arr(mut x), Val::Arr(y)) => {
                let mut gone: Vec<V> = y.iter().cloned().map(V).collect();
                gone.sort();
                V::array_mut(&mut x).retain(|x| gone.binary_search_by(|g| V::order(&g.0, x)).is_err());
                Ok(V(Val::Arr(x)))
            }
            (x, y) => Err(Error::math(V(x), Math::Sub, V(y))),
        }
    }
}

/// `*` of two objects: merged at every level.
fn merge(target: &mut Rc<Map>, patch: &Rc<Map>) {
    tick();
    let target = V::object_mut(target);
    for (key, value) in patch.iter() {
        work(1);
        match (target.get_mut(key), value) {
            (Some(Val::Obj(inner)), Val::Obj(patch)) => merge(inner, patch),
            (Some(slot), value) => *slot = value.clone(),
            (None, value) => {
                charge(ENTRY);
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

impl Mul for V {
    type Output = ValR;
    fn mul(self, other: Self) -> ValR {
        match (self.0, other.0) {
            (Val::Num(x), Val::Num(y)) => Ok(checked(x * y)),
            (Val::TStr(s), Val::Num(n @ (Num::Int(_) | Num::BigInt(_))))
            | (Val::Num(n @ (Num::Int(_) | Num::BigInt(_))), Val::TStr(s)) => {
                if n <= Num::Int(0) {
                    return Ok(V(Val::Null));
                }
                let times = n.as_isize().map_or(usize::MAX, isize::unsigned_abs);
                charge_text(s.len().saturating_mul(times));
                Ok(V(Val::utf8_str(s.repeat(if s.is_empty() { 0 } else { times }))))
            }
            (Val::Obj(mut x), Val::Obj(y)) => {
                merge(&mut x, &y);
                Ok(V(Val::Obj(x)))
            }
            (x, y) => Err(Error::math(V(x), Math::Mul, V(y))),
        }
    }
}

impl Div for V {
    type Output = ValR;
    fn div(self, other: Self) -> ValR {
        match (self.0, other.0) {
            (Val::Num(x), Val::Num(y)) => Ok(V(Val::Num(x / y))),
            (Val::TStr(x), Val::TStr(y)) => {
                work((x.len() + y.len()) / 256);
                let whole = String::from_utf8_lossy(&x);
                let parts = if y.is_empty() {
                    whole.len()
                } else {
                    whole.matches(&*String::from_utf8_lossy(&y)).count() + 1
                };
                charge(parts.saturating_mul(64));
                work(parts);
                (Val::TStr(x) / Val::TStr(y)).map(V).map_err(|_| Error::str("cannot split"))
            }
            (x, y) => Err(Error::math(V(x), Math::Div, V(y))),
        }
    }
}

impl Rem for V {
    type Output = ValR;
    fn rem(self, other: Self) -> ValR {
        let int = |n: &Num| matches!(n, Num::Int(_) | Num::BigInt(_));
        match (self.0, other.0) {
            (Val::Num(x), Val::Num(y)) if !(int(&x) && int(&y) && y == Num::Int(0)) => Ok(V(Val::Num(x % y))),
            (x, y) => Err(Error::math(V(x), Math::Rem, V(y))),
        }
    }
}

impl Neg for V {
    type Output = ValR;
    fn neg(self) -> ValR {
        match self.0 {
            Val::Num(n) => Ok(V(Val::Num(-n))),
            x => Err(Error::typ(V(x), "number")),
        }
    }
}
