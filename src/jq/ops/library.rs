//! Functions of jq's library as plain operations. Where a value is none that they are for, they fail: the engine then
//! runs the whole rule, and says what there is to say.

use jaq_core::ValT as _;
use jaq_core::ops::Math;
use jaq_json::{Map, Rc, Val};

use super::Expr;
use crate::jq::limits::{charge, charge_text, tick};
use crate::jq::natives::{has, to_number};
use crate::jq::project::Slots;
use crate::jq::value::{Error, V, ValR};

/// A function of the state and its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jq) enum Call {
    StartsWith,
    EndsWith,
    WithoutStart,
    WithoutEnd,
    Split,
    Join,
    ToNumber,
    Has,
    Type,
}

/// What is made of each element of a list, or of each value of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jq) enum Each {
    /// It stays where this holds.
    Kept,
    /// It becomes this.
    Made,
}

/// Leaves the rule to the engine.
fn unsure() -> Error {
    Error::str("it takes the engine")
}

impl Call {
    /// Its name in jq, and how many arguments it has.
    pub(in crate::jq) fn named(name: &str, args: usize) -> Option<Self> {
        Some(match (name, args) {
            ("startswith", 1) => Self::StartsWith,
            ("endswith", 1) => Self::EndsWith,
            ("ltrimstr", 1) => Self::WithoutStart,
            ("rtrimstr", 1) => Self::WithoutEnd,
            ("split", 1) => Self::Split,
            ("join", 1) => Self::Join,
            ("tonumber", 0) => Self::ToNumber,
            ("has", 1) => Self::Has,
            ("type", 0) => Self::Type,
            _ => return None,
        })
    }

    pub(super) fn run(self, dot: &V, argument: Option<V>) -> ValR {
        tick();
        let argument = argument.unwrap_or_default();
        match self {
            Self::ToNumber => return to_number(dot.clone()),
            Self::Type => return Ok(V::from(dot.kind().to_owned())),
            Self::Has => return has(dot.clone(), &argument),
            Self::Join => return join(dot, &argument),
            _ => {}
        }
        let (Val::TStr(text), Val::TStr(part)) = (&dot.0, &argument.0) else { return Err(unsure()) };
        let rest = match self {
            Self::StartsWith => return Ok(V::from(text.starts_with(part))),
            Self::EndsWith => return Ok(V::from(text.ends_with(part))),
            Self::WithoutStart => text.strip_prefix(&part[..]),
            Self::WithoutEnd => text.strip_suffix(&part[..]),
            _ => return Math::Div.run(dot.clone(), argument),
        };
        Ok(rest.map_or_else(|| dot.clone(), |rest| V(Val::utf8_str(rest.to_vec()))))
    }
}

/// Texts with another one between them; null is an empty one.
fn join(dot: &V, between: &V) -> ValR {
    let (Val::Arr(items), Val::TStr(between)) = (&dot.0, &between.0) else { return Err(unsure()) };
    let mut joined = Vec::new();
    for (at, item) in items.iter().enumerate() {
        tick();
        if at > 0 {
            joined.extend_from_slice(between);
        }
        match item {
            Val::TStr(text) => joined.extend_from_slice(text),
            Val::Null => {}
            _ => return Err(unsure()),
        }
        // Before it is too long to be made at all.
        charge_text(joined.len() - joined.len().min(1 << 10));
    }
    Ok(V(Val::utf8_str(joined)))
}

/// `map(f)` of a list, or `map_values(f)` of an object.
pub(super) fn each(dot: &V, of_list: bool, how: Each, f: &Expr, slots: &Slots) -> ValR {
    let made = |value: &Val| -> Result<Option<Val>, Error> {
        tick();
        let value = V(value.clone());
        let made = f.eval(&value, slots)?;
        Ok(match how {
            Each::Kept => made.as_bool().then_some(value.0),
            Each::Made => Some(made.0),
        })
    };
    match (&dot.0, of_list) {
        (Val::Arr(items), true) => {
            charge(items.len() * 16);
            let items = items.iter().filter_map(|item| made(item).transpose());
            Ok(V(Val::Arr(Rc::new(items.collect::<Result<_, _>>()?))))
        }
        (Val::Obj(map), false) => {
            charge(map.len() * 64);
            let entries = map
                .iter()
                .filter_map(|(key, value)| made(value).transpose().map(|value| Ok((key.clone(), value?))));
            Ok(V(Val::obj(entries.collect::<Result<Map, Error>>()?)))
        }
        _ => Err(unsure()),
    }
}

/// Whether a condition is this of any element of a list.
pub(super) fn any(list: &V, decides: bool, f: &Expr, slots: &Slots) -> Result<bool, Error> {
    let Val::Arr(items) = &list.0 else { return Err(unsure()) };
    for item in items.iter() {
        tick();
        if f.eval(&V(item.clone()), slots)?.as_bool() == decides {
            return Ok(true);
        }
    }
    Ok(false)
}
