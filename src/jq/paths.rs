//! Updates as jq does them: the paths are found first, and what they lead to is set, changed or deleted, one after the
//! other. What does not exist yet is made on the way.

use std::cell::Cell;

use jaq_core::native::Fun;
use jaq_core::path::Opt;
use jaq_core::{Bind, Cv, Exn, Native, ValT as _, ValX, ValXs};
use jaq_json::{Map, Val};

use super::access::{clip, position, slice};
use super::limits::{charge, tick, work};
use super::rule::Engine;
use super::syntax::{ASSIGN, ELSE, FINAL, UPDATE};
use super::value::{Error, V, ValR};

/// `!else(f; g)`: the results of `f`, and those of `g` on the same input from where `f` fails.
macro_rules! otherwise {
    ($run:ident, $cv:expr) => {{
        let mut cv = $cv;
        let (next, next_context) = cv.0.pop_fun();
        let (first, first_context) = cv.0.pop_fun();
        let input = cv.1;
        let mut results = first.$run((first_context, input.clone()));
        let mut next = Some((next, next_context, input));
        Box::new(std::iter::from_fn(move || match results.next()? {
            Err(exn) => match exn.get_err() {
                Ok(error) => match next.take() {
                    Some((next, context, input)) => {
                        results = next.$run((context, input));
                        results.next()
                    }
                    None => Some(Err(error.into())),
                },
                Err(exn) => Some(Err(exn)),
            },
            result => Some(result),
        }))
    }};
}

/// The functions that the rewritten updates call, and those of jq on paths as values.
pub(super) fn funs() -> impl Iterator<Item = Fun<Engine>> {
    let fun = || Bind::Fun(());
    let both = || Box::new([Bind::Fun(()), Bind::Fun(())]);
    let with = |name, args: Box<[Bind]>, native| (name, args, native);
    [
        with(ASSIGN, Box::new([fun(), Bind::Var(())]), Native::<Engine>::new(|cv| once(assign(cv)))),
        with(UPDATE, both(), Native::new(|cv| once(update(cv)))),
        with(
            ELSE,
            both(),
            Native::<Engine>::new(|cv| otherwise!(run, cv)).with_paths(|cv| otherwise!(paths, cv)),
        ),
        with(
            FINAL,
            Box::new([fun()]),
            Native::<Engine>::new(last).with_paths(|mut cv| {
                let (filter, context) = cv.0.pop_fun();
                let last = filter.paths((context, cv.1)).try_fold(None, |_, result| result.map(Some));
                Box::new(last.transpose().into_iter())
            }),
        ),
        with("setpath", Box::new([Bind::Var(()), Bind::Var(())]), Native::new(|cv| once(set_path(cv)))),
        with("delpaths", Box::new([Bind::Var(())]), Native::new(|cv| once(delete_paths(cv)))),
    ]
    .into_iter()
}

fn once(result: ValX<'_, V>) -> ValXs<'_, V> {
    Box::new(std::iter::once(result))
}

/// All that a filter leads to from here.
macro_rules! paths {
    ($filter:expr, $input:expr) => {{
        let (filter, context) = $filter;
        let found = filter.paths((context, ($input, Default::default()))).map(|found| {
            let mut path: Vec<V> = found?.1.iter().cloned().collect();
            charge(32 * (path.len() + 1));
            path.reverse();
            Ok(path)
        });
        found.collect::<Result<Vec<_>, Exn<'_, V>>>()
    }};
}

fn assign(mut cv: Cv<'_, Engine>) -> ValX<'_, V> {
    let value = cv.0.pop_var();
    let paths = paths!(cv.0.pop_fun(), cv.1.clone())?;
    paths.iter().try_fold(cv.1, |input, path| change(input, path, &mut |_| Ok(value.clone())))
}

/// The first result of the filter on each; where it has none, the place is deleted at the end.
fn update(mut cv: Cv<'_, Engine>) -> ValX<'_, V> {
    let (filter, context) = cv.0.pop_fun();
    let paths = paths!(cv.0.pop_fun(), cv.1.clone())?;
    let (mut value, mut gone) = (cv.1, Vec::new());
    for path in paths {
        let mut keeps = true;
        value = change(value, &path, &mut |old| {
            let new = filter.run((context.clone(), old)).next();
            keeps = new.is_some();
            new.unwrap_or_else(|| Ok(V::default()))
        })?;
        if !keeps {
            gone.push(path);
        }
    }
    Ok(delete(value, gone)?)
}

fn set_path(mut cv: Cv<'_, Engine>) -> ValX<'_, V> {
    let (value, path) = (cv.0.pop_var(), cv.0.pop_var());
    let Val::Arr(path) = &path.0 else { return Err(Error::str("Path must be specified as an array").into()) };
    let path: Vec<V> = path.iter().cloned().map(V).collect();
    change(cv.1, &path, &mut |_| Ok(value.clone()))
}

fn delete_paths(mut cv: Cv<'_, Engine>) -> ValX<'_, V> {
    let paths = cv.0.pop_var();
    let Val::Arr(paths) = &paths.0 else {
        return Err(Error::str("Paths must be specified as an array").into());
    };
    let path = |path: &Val| match path {
        Val::Arr(path) => Ok(path.iter().cloned().map(V).collect()),
        _ => Err(Error::str("Path must be specified as an array")),
    };
    Ok(delete(cv.1, paths.iter().map(path).collect::<Result<_, _>>()?)?)
}

/// Puts something else where a path leads to.
fn change<'a>(value: V, path: &[V], f: &mut dyn FnMut(V) -> ValX<'a, V>) -> ValX<'a, V> {
    tick();
    let Some((key, rest)) = path.split_first() else { return f(value) };
    let f = Cell::new(Some(f));
    value.map_index(key, Opt::Essential, |child| f.take().map(|f| change(child, rest, f)).into_iter())
}

/// Takes out what all of the paths lead to; what is not there is no mistake.
pub(super) fn delete(value: V, mut paths: Vec<Vec<V>>) -> ValR {
    if paths.iter().any(Vec::is_empty) {
        return Ok(V::default());
    }
    paths.sort();
    let paths: Vec<&[V]> = paths.iter().map(Vec::as_slice).collect();
    delete_sorted(value, &paths)
}

fn delete_sorted(mut value: V, paths: &[&[V]]) -> ValR {
    let mut keys = Vec::new();
    for group in paths.chunk_by(|x, y| x.first() == y.first()) {
        tick();
        let Some(key) = group.first().and_then(|path| path.first()) else { continue };
        if group.iter().any(|path| path.len() == 1) {
            keys.push(key);
            continue;
        }
        if matches!(value.clone().index(key)?.0, Val::Null) {
            continue;
        }
        let rest: Vec<&[V]> = group.iter().map(|path| &path[1..]).collect();
        let changed = value
            .map_index(key, Opt::Essential, |child| once(delete_sorted(child, &rest).map_err(Exn::from)));
        value = changed
            .map_err(|exn| exn.get_err().unwrap_or_else(|_| Error::str("it breaks out of nothing")))?;
    }
    delete_keys(value, &keys)
}

/// Takes out several keys at once: the places of an array are those before any is gone.
fn delete_keys(mut value: V, keys: &[&V]) -> ValR {
    let kind = value.kind();
    match &mut value.0 {
        Val::Null => {}
        _ if keys.is_empty() => {}
        Val::Obj(map) => {
            let map = V::object_mut(map);
            for key in keys {
                if !matches!(key.0, Val::TStr(_)) {
                    return Err(Error::str(format_args!("Cannot delete {} field of object", key.kind())));
                }
                remove(map, &key.0);
            }
        }
        Val::Arr(items) => {
            let mut gone = vec![false; items.len()];
            charge(items.len());
            for key in keys {
                match &key.0 {
                    Val::Num(_) => position(&key.0, items.len()).into_iter().for_each(|at| gone[at] = true),
                    Val::Obj(_) => {
                        let (skip, take) = clip(&slice(&key.0)?, items.len());
                        gone[skip..skip + take].fill(true);
                    }
                    _ => {
                        return Err(Error::str(format_args!(
                            "Cannot delete {} element of array",
                            key.kind()
                        )));
                    }
                }
            }
            work(items.len() / 16);
            let mut gone = gone.into_iter();
            V::array_mut(items).retain(|_| !gone.next().unwrap_or_default());
        }
        _ => return Err(Error::str(format_args!("Cannot delete fields from {kind}"))),
    }
    Ok(value)
}

/// The order of what stays is part of what a reader sees.
pub(super) fn remove(map: &mut Map, key: &Val) {
    work(map.len() / 16);
    map.shift_remove(key);
}

/// The last result, or null: what `reduce` goes on with.
fn last(mut cv: Cv<'_, Engine>) -> ValXs<'_, V> {
    let (filter, context) = cv.0.pop_fun();
    let results = filter.run((context, cv.1)).try_fold(V::default(), |_, result| result);
    once(results)
}
