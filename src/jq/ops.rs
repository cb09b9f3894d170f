//! A rule as plain operations: each has one result, and changes the state in place.

mod library;

use std::cell::Cell;

use jaq_core::ValT as _;
use jaq_core::ops::{Cmp, Math};
use jaq_core::path::Opt;
use jaq_core::{Exn, ValX};
use jaq_json::{Map, Val};

use super::limits::{charge, tick};
use super::natives::length;
use super::paths;
use super::project::Slots;
use super::state::{self, MAX_DEPTH};
use super::value::{Error, V, ValR};
pub(super) use library::{Call, Each};

/// What is computed from the state and the event.
#[derive(Debug)]
pub(super) enum Expr {
    Dot,
    Const(V),
    /// A part of the event; moved out if nothing else reads it.
    Slot {
        slot: usize,
        last: bool,
    },
    Index(Box<Expr>, Box<Expr>),
    Array(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Neg(Box<Expr>),
    Math(Box<Expr>, Math, Box<Expr>),
    Compare(Box<Expr>, Cmp, Box<Expr>),
    /// `and` and `or`: the left side decides if it is this.
    Logic(Box<Expr>, bool, Box<Expr>),
    Alt(Box<Expr>, Box<Expr>),
    If(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    Text(Vec<Expr>),
    Pipe(Box<Expr>, Box<Expr>),
    /// The second, where the slot holds the first.
    Bind(usize, Box<Expr>, Box<Expr>),
    Not,
    Length,
    ToString,
    Fail(Box<Expr>),
    /// A function of the library, with its argument.
    Call(Call, Option<Box<Expr>>),
    /// Something of each element of a list (`true`), or of each value of an object.
    Each(bool, Each, Box<Expr>),
    /// Whether something is so of any element of a list.
    Any(Box<Expr>, bool, Box<Expr>),
    /// `e? // otherwise`
    Attempt(Box<Expr>, Box<Expr>),
}

/// A path to change.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// Indexes, and whether each may miss.
    pub(super) parts: Vec<(Expr, Opt)>,
    /// Where its first key stood last: states of one type mostly have their keys in the same order.
    near: Cell<usize>,
}

/// What is done to the state.
#[derive(Debug)]
pub(super) enum Op {
    Assign(Path, Expr),
    Update(Path, Vec<Op>),
    Math(Path, Math, Expr),
    Alt(Path, Expr),
    Delete(Path),
    If(Vec<(Expr, Vec<Op>)>, Vec<Op>),
    Replace(Expr),
    /// What follows finds this in the slot.
    Bind(usize, Expr),
}

impl Expr {
    pub(super) fn eval(&self, dot: &V, slots: &Slots) -> ValR {
        let eval = |e: &Expr| e.eval(dot, slots);
        Ok(match self {
            Self::Dot => dot.clone(),
            Self::Const(v) => v.clone(),
            Self::Slot { slot, last } => {
                let value = slots[*slot].take();
                if !last {
                    slots[*slot].set(value.clone());
                }
                value.unwrap_or_default()
            }
            Self::Index(base, index) => {
                let index = index.constant().map_or_else(|| eval(index).map(Ok), |c| Ok(Err(c)))?;
                let index = match &index {
                    Ok(v) => v,
                    Err(v) => *v,
                };
                match **base {
                    // Looking into the state must not clone it.
                    Self::Dot => get(dot, index)?,
                    _ => get(&eval(base)?, index)?,
                }
            }
            Self::Array(items) => V(items.iter().map(|e| Ok(eval(e)?.0)).collect::<Result<_, Error>>()?),
            Self::Object(entries) if entries.iter().all(|(key, _)| key.key().is_some()) => {
                charge(64 * (entries.len() + 1));
                let mut map = state::roomy(entries.len());
                for (key, e) in entries {
                    if let Some(key) = key.key() {
                        map.insert(key.clone(), eval(e)?.0);
                    }
                }
                V(Val::obj(map))
            }
            Self::Object(entries) => {
                let entries = entries.iter().map(|(k, v)| Ok((eval(k)?, eval(v)?)));
                V::from_map(entries.collect::<Result<Vec<_>, Error>>()?)?
            }
            Self::Neg(e) => (-eval(e)?)?,
            Self::Math(l, op, r) => op.run(eval(l)?, eval(r)?)?,
            Self::Compare(l, op, r) => V::from(op.run(&eval(l)?, &eval(r)?)),
            Self::Logic(l, decides, r) => {
                V::from(if eval(l)?.as_bool() == *decides { *decides } else { eval(r)?.as_bool() })
            }
            Self::Alt(l, r) => {
                let left = eval(l)?;
                if left.as_bool() { left } else { eval(r)? }
            }
            Self::If(cases, otherwise) => {
                for (condition, then) in cases {
                    if eval(condition)?.as_bool() {
                        return eval(then);
                    }
                }
                return otherwise.as_ref().map_or_else(|| Ok(dot.clone()), |e| eval(e));
            }
            Self::Text(parts) => {
                let mut joined: Option<V> = None;
                for part in parts {
                    let part = eval(part)?.into_string();
                    joined = Some(match joined {
                        Some(before) => (before + part)?,
                        None => part,
                    });
                }
                joined.unwrap_or_else(|| V::from(String::new()))
            }
            Self::Pipe(l, r) => r.eval(&eval(l)?, slots)?,
            Self::Bind(slot, value, then) => {
                slots[*slot].set(Some(eval(value)?));
                return eval(then);
            }
            Self::Not => V::from(!dot.as_bool()),
            Self::Length => length(dot)?,
            Self::ToString => dot.clone().into_string(),
            Self::Fail(e) => return Err(Error::new(eval(e)?)),
            Self::Call(call, argument) => call.run(dot, argument.as_ref().map(|e| eval(e)).transpose()?)?,
            Self::Each(of_list, how, f) => library::each(dot, *of_list, *how, f, slots)?,
            Self::Any(list, decides, f) => V::from(library::any(&eval(list)?, *decides, f, slots)?),
            Self::Attempt(tried, otherwise) => match eval(tried) {
                Ok(value) if value.as_bool() => value,
                _ => eval(otherwise)?,
            },
        })
    }

    fn constant(&self) -> Option<&V> {
        match self {
            Self::Const(v) => Some(v),
            _ => None,
        }
    }

    /// Is it a constant text?
    pub(super) fn is_name(&self) -> bool {
        self.key().is_some()
    }

    /// The text, if it is a constant one.
    fn key(&self) -> Option<&Val> {
        match self {
            Self::Const(V(key @ Val::TStr(_))) => Some(key),
            _ => None,
        }
    }

    /// Does it look at the state?
    pub(super) fn reads_dot(&self) -> bool {
        match self {
            Self::Dot | Self::Not | Self::Length | Self::ToString | Self::Call(..) | Self::Each(..) => true,
            Self::Const(_) | Self::Slot { .. } => false,
            Self::Index(l, r)
            | Self::Math(l, _, r)
            | Self::Compare(l, _, r)
            | Self::Logic(l, _, r)
            | Self::Bind(_, l, r)
            | Self::Attempt(l, r)
            | Self::Alt(l, r) => l.reads_dot() || r.reads_dot(),
            Self::Array(items) | Self::Text(items) => items.iter().any(Self::reads_dot),
            Self::Object(entries) => entries.iter().any(|(k, v)| k.reads_dot() || v.reads_dot()),
            Self::Neg(e) | Self::Fail(e) | Self::Pipe(e, _) | Self::Any(e, ..) => e.reads_dot(),
            Self::If(cases, otherwise) => {
                otherwise.as_ref().is_none_or(|e| e.reads_dot())
                    || cases.iter().any(|(c, t)| c.reads_dot() || t.reads_dot())
            }
        }
    }
}

fn get(base: &V, index: &V) -> ValR {
    match (&base.0, &index.0) {
        (Val::Obj(map), Val::TStr(_)) => Ok(map.get(&index.0).cloned().map(V).unwrap_or_default()),
        (Val::Null, Val::TStr(_)) => Ok(V::default()),
        _ => base.clone().index(index),
    }
}

/// A state must stay shallow enough to be written out; only a container that comes in can make it deeper.
fn shallow(value: V, level: usize) -> ValR {
    state::measure(&value.0, MAX_DEPTH.saturating_sub(level)).map_err(|e| Error::str(e.message()))?;
    Ok(value)
}

/// Runs operations on a value that stands at a level of the state.
pub(super) fn run(ops: &[Op], value: V, level: usize, slots: &Slots) -> ValR {
    ops.iter().try_fold(value, |value, op| op.run(value, level, slots))
}

impl Op {
    fn run(&self, mut value: V, level: usize, slots: &Slots) -> ValR {
        tick();
        match self {
            Self::Assign(path, e) => {
                let new = shallow(e.eval(&value, slots)?, level + path.parts.len())?;
                change(path, value, slots, Some(new), |_, new| Ok(new.unwrap_or_default()))
            }
            Self::Math(path, Math::Add, Expr::Object(entries))
                if path.parts.is_empty()
                    && matches!(value.0, Val::Obj(_))
                    && entries.iter().all(|(key, _)| key.key().is_some()) =>
            {
                let new = entries.iter().map(|(_, e)| shallow(e.eval(&value, slots)?, level + 1));
                let new = new.collect::<Result<Vec<_>, _>>()?;
                if let Val::Obj(map) = &mut value.0 {
                    extend(V::object_mut(map), entries, new);
                }
                Ok(value)
            }
            Self::Math(path, op, e) => {
                let right = shallow(e.eval(&value, slots)?, level + path.parts.len())?;
                change(path, value, slots, Some(right), |old, right| op.run(old, right.unwrap_or_default()))
            }
            Self::Alt(path, e) => {
                let new = shallow(e.eval(&value, slots)?, level + path.parts.len())?;
                change(path, value, slots, Some(new), |old, new| {
                    Ok(if old.as_bool() { old } else { new.unwrap_or_default() })
                })
            }
            Self::Delete(path) => delete(path, value, slots),
            Self::Update(path, ops) => {
                change(path, value, slots, None, |old, _| run(ops, old, level + path.parts.len(), slots))
            }
            Self::If(cases, otherwise) => {
                for (condition, then) in cases {
                    if condition.eval(&value, slots)?.as_bool() {
                        return run(then, value, level, slots);
                    }
                }
                run(otherwise, value, level, slots)
            }
            Self::Replace(e) => shallow(e.eval(&value, slots)?, level),
            Self::Bind(slot, e) => {
                slots[*slot].set(Some(e.eval(&value, slots)?));
                Ok(value)
            }
        }
    }
}

/// Changes what a path leads to, with an operand that is moved in.
fn change(
    path: &Path,
    mut value: V,
    slots: &Slots,
    operand: Option<V>,
    f: impl Fn(V, Option<V>) -> ValR,
) -> ValR {
    // `.key` of an object, by far the most common: what the engine's update does, without its closures.
    if let ([(index, _)], Val::Obj(map)) = (&path.parts[..], &mut value.0)
        && let Some(key) = index.key()
    {
        set(V::object_mut(map), key, &path.near, operand, f)?;
        return Ok(value);
    }
    let mut parts = Vec::with_capacity(path.parts.len());
    for (index, opt) in &path.parts {
        parts.push((index.eval(&value, slots)?, *opt));
    }
    // `.key[computed]`, where there is an object already.
    if let ([(V(key), _), (V(inner @ Val::TStr(_)), _)], Val::Obj(map)) = (&parts[..], &mut value.0)
        && let Some(Val::Obj(child)) = find(V::object_mut(map), key, &path.near)
    {
        set(V::object_mut(child), inner, &Cell::new(usize::MAX), operand, f)?;
        return Ok(value);
    }
    if parts.iter().any(|(_, opt)| matches!(opt, Opt::Optional)) && !leads(&parts, &value)? {
        return Ok(value);
    }
    // The engine's updates take a function that may be called often; here it is called once.
    let operand = Cell::new(operand);
    let f = |old: V| f(old, operand.take()).map_err(Exn::from);
    descend(&parts, value, &f)
        .map_err(|exn| exn.get_err().unwrap_or_else(|_| Error::str("it breaks out of nothing")))
}

/// A key's value, looked for first where the key stood last.
fn find<'m>(map: &'m mut Map, key: &Val, near: &Cell<usize>) -> Option<&'m mut Val> {
    let same = |found: &Val| match (found, key) {
        (Val::TStr(x), Val::TStr(y)) => (x.as_ptr(), x.len()) == (y.as_ptr(), y.len()) || x == y,
        _ => false,
    };
    if !map.get_index(near.get()).is_some_and(|(found, _)| same(found)) {
        near.set(map.get_index_of(key)?);
    }
    map.get_index_mut(near.get()).map(|(_, value)| value)
}

/// Changes an object's key.
fn set(
    map: &mut Map,
    key: &Val,
    near: &Cell<usize>,
    operand: Option<V>,
    f: impl Fn(V, Option<V>) -> ValR,
) -> Result<(), Error> {
    if let Some(slot) = find(map, key, near) {
        *slot = f(V(std::mem::take(slot)), operand)?.0;
    } else {
        charge(64);
        map.insert(key.clone(), f(V::default(), operand)?.0);
    }
    Ok(())
}

/// `. + {a: …, b: …}`: each value is computed before any is put in.
fn extend(map: &mut Map, entries: &[(Expr, Expr)], values: Vec<V>) {
    charge(64 * values.len());
    map.reserve(values.len());
    for ((key, _), value) in entries.iter().zip(values) {
        if let Some(key) = key.key() {
            map.insert(key.clone(), value.0);
        }
    }
}

fn descend<'a>(parts: &[(V, Opt)], value: V, f: &dyn Fn(V) -> ValX<'a, V>) -> ValX<'a, V> {
    match parts {
        [] => f(value),
        [(index, opt), rest @ ..] => {
            value.map_index(index, *opt, |child| std::iter::once(descend(rest, child, f)))
        }
    }
}

/// Removes what a path leads to; what is not there is no mistake, and what cannot be there is one unless it may miss.
fn delete(path: &Path, mut value: V, slots: &Slots) -> ValR {
    if let ([(index, _)], Val::Obj(map)) = (&path.parts[..], &mut value.0)
        && let Some(key) = index.key()
    {
        paths::remove(V::object_mut(map), key);
        return Ok(value);
    }
    let mut parts = Vec::with_capacity(path.parts.len());
    for (index, opt) in &path.parts {
        parts.push((index.eval(&value, slots)?, *opt));
    }
    if !leads(&parts, &value)? {
        return Ok(value);
    }
    paths::delete(value, vec![parts.into_iter().map(|(key, _)| key).collect()])
}

/// Whether keys lead somewhere, be it to nothing; where they cannot, that is an error unless it may miss.
fn leads(parts: &[(V, Opt)], value: &V) -> Result<bool, Error> {
    let mut there = value.clone();
    for (key, opt) in parts {
        there = match (there.index(key), opt) {
            (Ok(there), _) => there,
            (Err(_), Opt::Optional) => return Ok(false),
            (Err(error), Opt::Essential) => return Err(error),
        };
    }
    Ok(true)
}
