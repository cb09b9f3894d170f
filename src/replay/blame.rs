//! Blame: for every field of a state, the version that last set it; and the writers of one path. Pure: states in,
//! versions out.

use std::collections::HashMap;

use serde_json::Value;

use super::diff::escaped;
use super::items::match_items;
use super::{Change, Op};
use crate::error::Result;
use crate::event::Version;
use crate::jq::{Fields, Items, Parts, State, View};

/// Who set what, as far as an aggregate's history has been walked: a version of each field, or whatever else says who. It
/// remembers the values, so that an event can change the state in place: what it left alone is still the same piece of
/// memory, which costs a glance.
#[derive(Clone, Debug)]
pub struct Blame<W = Version> {
    root: Node<W>,
}

#[derive(Clone, Debug)]
enum Node<W> {
    Leaf {
        value: State,
        by: W,
    },
    /// An object's keys and what stands behind each.
    Fields(Vec<(State, Node<W>)>),
    /// An array, and what stands at each of its places.
    Items(State, Vec<Node<W>>),
}

impl<W: Default> Default for Node<W> {
    fn default() -> Self {
        Self::Leaf { value: State::null(), by: W::default() }
    }
}

impl<W: Default> Default for Blame<W> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

/// What an event took the place of: a field, as it is called there, and who had set it.
pub struct Undone<W> {
    /// The steps to it, the last one first.
    steps: Vec<String>,
    /// Who had set it.
    pub by: W,
}

impl<W> Undone<W> {
    /// Whether it is no field but the whole state, which was gone.
    pub fn is_whole(&self) -> bool {
        self.steps.is_empty()
    }

    /// The field as people write it, with dots.
    pub fn dotted(&self) -> String {
        let steps: Vec<_> = self.steps.iter().rev().map(String::as_str).collect();
        steps.join(".")
    }
}

/// A field and the version that last set it.
#[derive(Clone, Debug, PartialEq)]
pub struct Blamed {
    /// Where: a JSON Pointer; empty where the whole state is one empty object.
    pub path: String,
    /// What stands there.
    pub value: Value,
    /// Which version set it.
    pub version: Version,
}

impl<W: Clone + Default> Blame<W> {
    /// Takes note of the state that an event led to; answers the fields that it gave another value, or took away.
    pub fn step(&mut self, after: &State, by: &W) -> Vec<Undone<W>> {
        let mut undone = Vec::new();
        self.root.update(after.view(), by, &mut undone);
        undone
    }

    /// Gives the wanted fields to `each`, by their dotted names, and who set them; all of them where none is named.
    pub fn named(&self, names: Option<&[String]>, each: &mut dyn FnMut(&str, &W)) {
        self.root.named(&mut String::new(), names, each);
    }
}

impl Blame {
    /// Every field of the state that the walk has come to, in the state's order; the first `skip` are left out.
    pub fn fields(&self, skip: usize, limit: usize) -> Result<Vec<Blamed>> {
        let mut found = Vec::new();
        let mut left = skip;
        self.root.collect(&mut String::new(), &mut |path, value, version| {
            if left > 0 {
                left -= 1;
            } else if found.len() < limit {
                found.push(Blamed { path: path.to_owned(), value: value.to_value()?, version: *version });
            }
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }
}

impl<W: Clone + Default> Node<W> {
    /// The node of a value that was set as a whole.
    fn all(value: View<'_>, by: &W) -> Self {
        let of = |value| Self::all(value, by);
        match value.parts() {
            Parts::Leaf => Self::Leaf { value: value.to_state(), by: by.clone() },
            Parts::Fields(fields) => {
                Self::Fields(fields.iter().map(|(key, value)| (key.to_state(), of(value))).collect())
            }
            Parts::Items(items) => Self::Items(value.to_state(), items.iter().map(of).collect()),
        }
    }

    fn update(&mut self, new: View<'_>, by: &W, undone: &mut Vec<Undone<W>>) {
        match (&mut *self, new.parts()) {
            (Self::Leaf { value, .. }, Parts::Leaf) if value.view().same(new) => {}
            (Self::Fields(nodes), Parts::Fields(fields)) => update_fields(nodes, fields, by, undone),
            (Self::Items(list, nodes), Parts::Items(items)) => {
                if !list.view().is_shared(new) {
                    if let Parts::Items(old) = list.view().parts() {
                        update_items(nodes, old, items, by, undone);
                    }
                    *list = new.to_state();
                }
            }
            // What comes into an empty container takes nobody's place.
            (Self::Leaf { value, .. }, _) if value.view().is_container() && new.is_container() => {
                *self = Self::all(new, by);
            }
            _ => {
                self.gone(undone);
                *self = Self::all(new, by);
            }
        }
    }

    /// Notes all that stands here as undone.
    fn gone(&self, undone: &mut Vec<Undone<W>>) {
        match self {
            Self::Leaf { by, .. } => undone.push(Undone { steps: Vec::new(), by: by.clone() }),
            Self::Fields(nodes) => nodes.iter().for_each(|(key, node)| {
                below(undone, key.as_str().unwrap_or_default(), |undone| node.gone(undone));
            }),
            Self::Items(_, nodes) => nodes.iter().enumerate().for_each(|(place, node)| {
                below(undone, &place.to_string(), |undone| node.gone(undone));
            }),
        }
    }

    /// False where `each` wants no more.
    fn collect(
        &self,
        path: &mut String,
        each: &mut dyn FnMut(&str, View<'_>, &W) -> Result<bool>,
    ) -> Result<bool> {
        let length = path.len();
        let mut below = |step: &str, node: &Self| {
            path.push('/');
            path.push_str(step);
            let more = node.collect(path, each);
            path.truncate(length);
            more
        };
        match self {
            Self::Leaf { value, by } => return each(path, value.view(), by),
            Self::Fields(nodes) => {
                for (key, node) in nodes {
                    if !below(&escaped(key.as_str().unwrap_or_default()), node)? {
                        return Ok(false);
                    }
                }
            }
            Self::Items(_, nodes) => {
                for (place, node) in nodes.iter().enumerate() {
                    if !below(&place.to_string(), node)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn named(&self, path: &mut String, names: Option<&[String]>, each: &mut dyn FnMut(&str, &W)) {
        if let Self::Leaf { by, .. } = self {
            if names.is_none_or(|names| names.iter().any(|name| name == path)) {
                each(path, by);
            }
            return;
        }
        let length = path.len();
        let mut below = |step: &str, node: &Self| {
            if length > 0 {
                path.push('.');
            }
            path.push_str(step);
            let leads = |name: &String| {
                name.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            if names.is_none_or(|names| names.iter().any(leads)) {
                node.named(path, names, each);
            }
            path.truncate(length);
        };
        match self {
            Self::Leaf { .. } => {}
            Self::Fields(nodes) => {
                for (key, node) in nodes {
                    below(key.as_str().unwrap_or_default(), node);
                }
            }
            Self::Items(_, nodes) => {
                nodes.iter().enumerate().for_each(|(place, node)| below(&place.to_string(), node));
            }
        }
    }
}

/// Notes what is undone one step down.
fn below<W>(undone: &mut Vec<Undone<W>>, step: &str, go: impl FnOnce(&mut Vec<Undone<W>>)) {
    let from = undone.len();
    go(undone);
    undone[from..].iter_mut().for_each(|undone| undone.steps.push(step.to_owned()));
}

fn update_fields<W: Clone + Default>(
    nodes: &mut Vec<(State, Node<W>)>,
    new: Fields<'_>,
    by: &W,
    undone: &mut Vec<Undone<W>>,
) {
    let known = nodes.len() == new.len()
        && nodes.iter().zip(new.iter()).all(|((known, _), (key, _))| known.view().same(key));
    if known {
        for ((key, node), (_, value)) in nodes.iter_mut().zip(new.iter()) {
            below(undone, key.as_str().unwrap_or_default(), |undone| node.update(value, by, undone));
        }
        return;
    }
    let before: Vec<_> = std::mem::take(nodes);
    let mut places: HashMap<String, Node<W>> =
        before.into_iter().filter_map(|(key, node)| Some((key.as_str()?.to_owned(), node))).collect();
    for (key, value) in new.iter() {
        let name = key.text().unwrap_or_default();
        let node = match places.remove(name) {
            Some(mut node) => {
                below(undone, name, |undone| node.update(value, by, undone));
                node
            }
            None => Node::all(value, by),
        };
        nodes.push((key.to_state(), node));
    }
    for (name, node) in places {
        below(undone, &name, |undone| node.gone(undone));
    }
}

fn update_items<W: Clone + Default>(
    nodes: &mut Vec<Node<W>>,
    old: Items<'_>,
    new: Items<'_>,
    by: &W,
    undone: &mut Vec<Undone<W>>,
) {
    let matched = match_items(old, new);
    let end = old.len() - (new.len() - matched.head - matched.middle.len());
    let mut before: Vec<Option<Node<W>>> = nodes.splice(matched.head..end, []).map(Some).collect();
    let mut middle = Vec::with_capacity(matched.middle.len());
    for (at, place) in matched.middle.iter().enumerate() {
        let Some(value) = new.at(matched.head + at) else { continue };
        let was = place.and_then(|place| before.get_mut(place - matched.head)?.take());
        middle.push(match was {
            Some(mut node) => {
                let step = (matched.head + at).to_string();
                below(undone, &step, |undone| node.update(value, by, undone));
                node
            }
            None => Node::all(value, by),
        });
    }
    for (at, node) in before.iter().enumerate() {
        if let Some(node) = node {
            below(undone, &(matched.head + at).to_string(), |undone| node.gone(undone));
        }
    }
    nodes.splice(matched.head..matched.head, middle);
}

/// A path through a state, followed backwards along its history: an item of an array keeps its path's meaning
/// when its place changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    steps: Vec<String>,
    ended: bool,
}

impl Trail {
    /// A path as it is written: a JSON Pointer, or names with dots between them.
    pub fn parse(path: &str) -> Self {
        let steps = match path.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect(),
            None => path.trim_start_matches('.').split('.').map(str::to_owned).collect(),
        };
        Self { steps: if path.trim_matches('.').is_empty() { Vec::new() } else { steps }, ended: false }
    }

    /// The keys that it leads through.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// The field in which it begins; none where it is the whole state.
    pub fn first(&self) -> Option<&str> {
        self.steps.first().map(String::as_str)
    }

    /// The path as a JSON Pointer.
    pub fn pointer(&self) -> String {
        self.steps.iter().map(|step| format!("/{}", escaped(step))).collect()
    }

    /// The path as people write it, with dots.
    pub fn dotted(&self) -> String {
        self.steps.join(".")
    }

    /// Whether what it leads to began here: nothing earlier is about it.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// What an event did to the path, if anything; the trail leads to where it was before the event then.
    pub(crate) fn step_back(&mut self, before: &State, after: &State) -> Result<Option<Change>> {
        let path = self.pointer();
        let (mut old, mut new) = (some(before.view()), some(after.view()));
        for step in &mut self.steps {
            let (olds, news) = (old.map(View::parts), new.map(View::parts));
            if let (Some(Parts::Items(olds)), Some(Parts::Items(news)), Some(at)) = (olds, news, place(step))
                && let Some(item) = news.at(at)
            {
                let was = match_items(olds, news).of(at);
                self.ended |= was.is_none();
                *step = was.unwrap_or(at).to_string();
                (old, new) = (was.and_then(|was| olds.at(was)), Some(item));
            } else {
                (old, new) = (child(old, step), child(new, step));
            }
        }
        let value = |view: Option<View<'_>>| view.map_or(Ok(Value::Null), View::to_value);
        let op = match (old, new) {
            (None, None) => return Ok(None),
            (Some(old), Some(new)) if old.same(new) => return Ok(None),
            // Another order of keys is no other value.
            (Some(_), Some(_)) if value(old)? == value(new)? => return Ok(None),
            (Some(_), Some(_)) => Op::Replace,
            (None, Some(_)) => Op::Add,
            (Some(_), None) => Op::Remove,
        };
        Ok(Some(Change { op, path, old: value(old)?, value: value(new)? }))
    }
}

/// A state that is gone holds nothing.
fn some(view: View<'_>) -> Option<View<'_>> {
    if view.is_null() { None } else { Some(view) }
}

fn child<'a>(value: Option<View<'a>>, step: &str) -> Option<View<'a>> {
    match value?.parts() {
        Parts::Items(items) => items.at(place(step)?),
        _ => value?.field(step),
    }
}

fn place(step: &str) -> Option<usize> {
    step.parse().ok()
}

#[cfg(test)]
mod tests;
