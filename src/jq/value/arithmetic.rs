//! What the signs between values do: numbers, texts, arrays and objects added, taken away, multiplied and divided.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use jaq_json::{Map, Num, Rc, Val};
use jaq_std::ValT as _;

use super::{ENTRY, Error, Fault, V, ValR};
use crate::jq::limits::{charge, charge_text, check_bits, tick, work};

/// Big integers stay small enough to compute with; a double that is whole is an integer.
fn checked(n: Num) -> V {
    match n {
        Num::Float(double) => V::from(double),
        Num::BigInt(big) => {
            check_bits(big.bits());
            V(Val::Num(Num::BigInt(big)))
        }
        other => V(Val::Num(other)),
    }
}

/// A number cut to a 64-bit integer, as C does.
fn cut(n: &Num) -> i64 {
    V(Val::Num(n.clone())).as_f64().map_or(0, |double| double as i64)
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
            (x, y) => Err(<Error as Fault>::math(&V(x), "added", &V(y))),
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
            (x, y) => Err(<Error as Fault>::math(&V(x), "subtracted", &V(y))),
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
            (Val::TStr(s), Val::Num(n)) | (Val::Num(n), Val::TStr(s)) => {
                let times = V(Val::Num(n)).as_f64().unwrap_or(f64::NAN);
                if times < 0.0 || times.is_nan() {
                    return Ok(V(Val::Null));
                }
                let times = if s.is_empty() { 0 } else { times as usize };
                charge_text(s.len().saturating_mul(times));
                Ok(V(Val::utf8_str(s.repeat(times))))
            }
            (Val::Obj(mut x), Val::Obj(y)) => {
                merge(&mut x, &y);
                Ok(V(Val::Obj(x)))
            }
            (x, y) => Err(<Error as Fault>::math(&V(x), "multiplied", &V(y))),
        }
    }
}

impl Div for V {
    type Output = ValR;
    fn div(self, other: Self) -> ValR {
        match (self.0, other.0) {
            (Val::Num(x), Val::Num(y)) if y == Num::Int(0) => Err(<Error as Fault>::math(
                &V(Val::Num(x)),
                "divided because the divisor is zero",
                &V(Val::Num(y)),
            )),
            (Val::Num(x), Val::Num(y)) => Ok(checked(x / y)),
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
            (x, y) => Err(<Error as Fault>::math(&V(x), "divided", &V(y))),
        }
    }
}

impl Rem for V {
    type Output = ValR;
    fn rem(self, other: Self) -> ValR {
        match (self.0, other.0) {
            (Val::Num(x @ (Num::Int(_) | Num::BigInt(_))), Val::Num(y @ (Num::Int(_) | Num::BigInt(_))))
                if y != Num::Int(0) =>
            {
                Ok(checked(x % y))
            }
            // What is no integer is cut to one on both sides.
            (Val::Num(x), Val::Num(y)) => match (V(Val::Num(x)), V(Val::Num(y))) {
                (x, y) if [&x, &y].iter().any(|v| v.as_f64().is_some_and(f64::is_nan)) => {
                    Ok(V::from(f64::NAN))
                }
                (x, y) => match (x.as_num().map(cut), y.as_num().map(cut)) {
                    (Some(dividend), Some(divisor)) if divisor != 0 => {
                        Ok(V::from(dividend.checked_rem(divisor).unwrap_or_default() as isize))
                    }
                    _ => {
                        let why = "divided (remainder) because the divisor is zero";
                        Err(<Error as Fault>::math(&x, why, &y))
                    }
                },
            },
            (x, y) => Err(<Error as Fault>::math(&V(x), "divided (remainder)", &V(y))),
        }
    }
}

impl Neg for V {
    type Output = ValR;
    fn neg(self) -> ValR {
        match self.0 {
            Val::Num(n) => Ok(V(Val::Num(-n))),
            x => Err(Error::str(format_args!("{} cannot be negated", V(x).told()))),
        }
    }
}
