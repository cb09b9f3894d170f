//! A look into a state that copies nothing: what comparing two states event by event needs.

use jaq_json::{Map, Num, Rc, Val};
use serde_json::Value;

use super::state::{State, text};
use crate::error::Result;

/// A value inside a state.
#[derive(Clone, Copy, Debug)]
pub struct View<'a>(&'a Val);

/// The fields of an object, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a Map);

/// The items of an array.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a>(&'a [Val]);

/// What a value is made of.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a> {
    /// An object that has fields.
    Fields(Fields<'a>),
    /// An array that has items.
    Items(Items<'a>),
    /// Anything else.
    Leaf,
}

impl State {
    /// A look into it.
    pub fn view(&self) -> View<'_> {
        View(&self.0)
    }
}

impl<'a> View<'a> {
    /// What it is made of.
    pub fn parts(self) -> Parts<'a> {
        match self.0 {
            Val::Obj(map) if !map.is_empty() => Parts::Fields(Fields(map)),
            Val::Arr(items) if !items.is_empty() => Parts::Items(Items(items)),
            _ => Parts::Leaf,
        }
    }

    /// Is it the same JSON value, with its keys in the same order? What both share in memory is not looked into.
    pub fn same(self, other: View<'_>) -> bool {
        same(self.0, other.0)
    }

    /// Is it the same JSON value, whatever the order of keys? What both share in memory is not looked into.
    pub fn equals(self, other: View<'_>) -> bool {
        alike(self.0, other.0)
    }

    /// Its fields, where it is an object, an empty one too.
    pub fn fields(self) -> Option<Fields<'a>> {
        match self.0 {
            Val::Obj(map) => Some(Fields(map)),
            _ => None,
        }
    }

    /// Its items, where it is an array, an empty one too.
    pub fn items(self) -> Option<Items<'a>> {
        match self.0 {
            Val::Arr(items) => Some(Items(items)),
            _ => None,
        }
    }

    /// Do both share it in memory? Two that do not may still be the same.
    pub fn is_shared(self, other: View<'_>) -> bool {
        match (self.0, other.0) {
            (Val::Arr(x), Val::Arr(y)) => Rc::ptr_eq(x, y),
            (Val::Obj(x), Val::Obj(y)) => Rc::ptr_eq(x, y),
            _ => false,
        }
    }

    /// The value behind an object's key.
    pub fn field(self, key: &str) -> Option<Self> {
        match self.0 {
            Val::Obj(map) => map.get(&text(key)).map(View),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        match self.0 {
            Val::TStr(s) => std::str::from_utf8(s).ok(),
            _ => None,
        }
    }

    /// Is it an object or an array?
    pub fn is_container(self) -> bool {
        matches!(self.0, Val::Obj(_) | Val::Arr(_))
    }

    /// Is it null?
    pub fn is_null(self) -> bool {
        matches!(self.0, Val::Null)
    }

    /// The value by itself; it shares what it holds.
    pub fn to_state(self) -> State {
        State(self.0.clone())
    }

    /// The plain JSON value.
    pub fn to_value(self) -> Result<Value> {
        self.to_state().to_value()
    }
}

impl<'a> Fields<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The value behind a key.
    pub fn get(self, key: View<'_>) -> Option<View<'a>> {
        self.0.get(key.0).map(View)
    }

    /// All of them, each with its key.
    pub fn iter(self) -> impl Iterator<Item = (View<'a>, View<'a>)> {
        self.0.iter().map(|(key, value)| (View(key), View(value)))
    }
}

impl<'a> Items<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The item at a place.
    pub fn at(self, place: usize) -> Option<View<'a>> {
        self.0.get(place).map(View)
    }

    /// Do both share them in memory?
    pub fn is_shared(self, other: Items<'_>) -> bool {
        std::ptr::eq(self.0, other.0)
    }

    /// All of them.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = View<'a>> + ExactSizeIterator {
        self.0.iter().map(View)
    }
}

fn same(x: &Val, y: &Val) -> bool {
    match (x, y) {
        (Val::Arr(x), Val::Arr(y)) => {
            Rc::ptr_eq(x, y) || x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| same(x, y))
        }
        (Val::Obj(x), Val::Obj(y)) => {
            Rc::ptr_eq(x, y)
                || x.len() == y.len()
                    && x.iter().zip(y.iter()).all(|((k, x), (l, y))| same(k, l) && same(x, y))
        }
        (Val::TStr(x), Val::TStr(y)) => x.as_ptr() == y.as_ptr() && x.len() == y.len() || x == y,
        // 1 and 1.0 are equal to a rule, but are not written alike.
        (Val::Num(x), Val::Num(y)) => x == y && whole(x) == whole(y),
        _ => x == y,
    }
}

/// As [`same`], in whatever order keys stand.
fn alike(x: &Val, y: &Val) -> bool {
    match (x, y) {
        (Val::Arr(x), Val::Arr(y)) => {
            Rc::ptr_eq(x, y) || x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| alike(x, y))
        }
        (Val::Obj(x), Val::Obj(y)) => {
            Rc::ptr_eq(x, y)
                || x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| alike(x, y)))
        }
        _ => same(x, y),
    }
}

fn whole(n: &Num) -> bool {
    matches!(n, Num::Int(_) | Num::BigInt(_))
}
