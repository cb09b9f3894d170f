//! Which parts of an event a rule of the engine reads: the others are not made for it.

mod input;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Opt, Part};
use jaq_json::{Map, Val};

use super::apply::EventView;
use super::lower::literal;
use super::project;
use super::scan;
use super::state::{State, roomy, text};
use super::syntax;
use crate::error::Result;
use crate::event::Hash;
use input::reads_input;

/// What is read of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Read {
    /// These fields; none is nothing at all.
    Fields(Vec<(String, usize)>),
    Whole,
}

/// What a rule reads of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// These fields; none is nothing at all.
    Fields(Vec<String>),
    /// All of it, as far as its text tells.
    Whole,
}

impl Need {
    /// Whether it is nothing at all.
    pub fn is_nothing(&self) -> bool {
        *self == Self::Fields(Vec::new())
    }

    /// What both need.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fields(mut names), Self::Fields(more)) => {
                for name in more {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                Self::Fields(names)
            }
            _ => Self::Whole,
        }
    }
}

/// What a source reads.
#[derive(Debug, Clone)]
pub struct Reads {
    source: String,
    input: bool,
    /// Whether everything that it mentions is read whole.
    all: bool,
    event: Read,
    data: Read,
    meta: Read,
    at: bool,
    rest: Vec<(String, Read)>,
}

/// Functions whose arguments are computed, never changed through: `del($data.a)` is all of the data but that.
const COMPUTE: &[&str] = &[
    "select",
    "error",
    "test",
    "startswith",
    "endswith",
    "contains",
    "inside",
    "has",
    "index",
    "split",
    "join",
    "ltrimstr",
    "rtrimstr",
    "range",
    "any",
    "all",
    "strftime",
    "strptime",
];

impl Reads {
    /// What a source that compiles reads.
    pub(super) fn of(source: &str) -> Self {
        let nothing = || Read::Fields(Vec::new());
        let mut reads = Self {
            source: source.to_owned(),
            input: true,
            all: false,
            event: nothing(),
            data: nothing(),
            meta: nothing(),
            at: false,
            rest: Vec::new(),
        };
        match syntax::term(source) {
            Ok(term) => {
                reads.input = reads_input(&term);
                reads.term(&term, false);
            }
            // A source of its own definitions or modules.
            Err(_) => reads.everything(),
        }
        reads
    }

    /// Whether it reads what it is given, `.`.
    pub fn input(&self) -> bool {
        self.input
    }

    /// Whether it reads all of an event's data or metadata.
    pub fn is_whole(&self) -> bool {
        self.data == Read::Whole || self.meta == Read::Whole
    }

    /// What it reads of a variable.
    pub fn need(&self, var: &str) -> Need {
        if self.all {
            return if self.source.contains(var) { Need::Whole } else { Need::Fields(Vec::new()) };
        }
        let read = match var {
            "$event" => Some(&self.event),
            "$data" => Some(&self.data),
            "$meta" => Some(&self.meta),
            "$at" if self.at => Some(&Read::Whole),
            _ => self.rest.iter().find(|(name, _)| name == var).map(|(_, read)| read),
        };
        match read {
            None => Need::Fields(Vec::new()),
            Some(Read::Whole) => Need::Whole,
            Some(Read::Fields(fields)) => {
                Need::Fields(fields.iter().map(|(field, _)| field.clone()).collect())
            }
        }
    }

    /// The values of `$event`, `$data`, `$meta` and `$at`; null where one is not read.
    pub(super) fn vars(&self, event: &EventView<'_>) -> Result<Vec<Val>> {
        let at = if self.at { project::stamp(event.occurred_at) } else { Val::Null };
        let (data, meta) = (self.data(event)?, self.meta(event)?);
        let whole = self.event(event, data.clone(), meta.clone(), None);
        Ok(vec![whole, data, meta, at])
    }

    /// The same values, with the hash of the event and its parent's where they are read.
    pub(crate) fn states(&self, event: &EventView<'_>, hashes: (Hash, Option<Hash>)) -> Result<[State; 4]> {
        let at = if self.at { project::stamp(event.occurred_at) } else { Val::Null };
        let (data, meta) = (self.data(event)?, self.meta(event)?);
        let whole = self.event(event, data.clone(), meta.clone(), Some(hashes));
        Ok([whole, data, meta, at].map(State))
    }

    fn data(&self, event: &EventView<'_>) -> Result<Val> {
        let Read::Fields(keys) = &self.data else { return project::data(event) };
        let mut map = part(event.data, keys)?;
        for (key, value) in event.defaults {
            if keys.iter().any(|(read, _)| read == key) {
                map.entry(text(key)).or_insert_with(|| State::from_value(value).0);
            }
        }
        Ok(Val::obj(map))
    }

    fn meta(&self, event: &EventView<'_>) -> Result<Val> {
        match &self.meta {
            Read::Whole => project::object(event.meta),
            Read::Fields(keys) => Ok(Val::obj(part(event.meta, keys)?)),
        }
    }

    fn event(
        &self,
        event: &EventView<'_>,
        data: Val,
        meta: Val,
        hashes: Option<(Hash, Option<Hash>)>,
    ) -> Val {
        let hash = |hash: Hash| text(&hash.to_string());
        match &self.event {
            Read::Whole => {
                let mut fields = project::fields(event, data, meta);
                if let Some((own, parent)) = hashes {
                    fields.insert(text("hash"), hash(own));
                    fields.insert(text("parent"), parent.map_or(Val::Null, hash));
                }
                Val::obj(fields)
            }
            Read::Fields(keys) if keys.is_empty() => Val::Null,
            Read::Fields(keys) => {
                let mut fields = roomy(keys.len());
                for (key, _) in keys {
                    let value = match (key.as_str(), hashes) {
                        ("data", _) => Some(data.clone()),
                        ("meta", _) => Some(meta.clone()),
                        ("hash", Some((own, _))) => Some(hash(own)),
                        ("parent", Some((_, parent))) => parent.map(hash),
                        _ => project::field(event, key),
                    };
                    fields.extend(value.map(|value| (text(key), value)));
                }
                Val::obj(fields)
            }
        }
    }

    fn variable(&mut self, name: &str, field: Option<String>) {
        let read = match name {
            "$event" => &mut self.event,
            "$at" => return self.at = true,
            "$data" => &mut self.data,
            "$meta" => &mut self.meta,
            _ => {
                let place = self.rest.iter().position(|(known, _)| known == name);
                let place = place.unwrap_or_else(|| {
                    self.rest.push((name.to_owned(), Read::Fields(Vec::new())));
                    self.rest.len() - 1
                });
                &mut self.rest[place].1
            }
        };
        match (read, field) {
            (Read::Whole, _) => {}
            (Read::Fields(keys), Some(field)) => {
                if keys.iter().all(|(key, _)| *key != field) {
                    keys.push((field, keys.len()));
                }
            }
            (read, None) => *read = Read::Whole,
        }
        if name == "$event" && self.event == Read::Whole {
            (self.data, self.meta) = (Read::Whole, Read::Whole);
        }
    }

    /// With `changed` the term may be what an update goes through: its result is the whole variable then.
    fn term(&mut self, term: &Term<&str>, changed: bool) {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Str(_, _) | Term::Arr(None) => {
                if let Term::Str(_, parts) = term {
                    self.parts(parts);
                }
            }
            Term::Var(name) => self.variable(name, None),
            Term::Arr(Some(term)) | Term::Neg(term) | Term::Label(_, term) => self.term(term, changed),
            Term::Obj(entries) => {
                for (key, value) in entries {
                    self.term(key, changed);
                    if let Some(value) = value {
                        self.term(value, changed);
                    }
                }
            }
            Term::BinOp(l, op, r) => {
                let updates = matches!(
                    op,
                    BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt
                );
                if let BinaryOp::Pipe(Some(pattern)) = op {
                    self.pattern(pattern);
                }
                self.term(l, changed || updates);
                self.term(r, changed);
            }
            Term::TryCatch(term, handler) => {
                self.term(term, changed);
                if let Some(handler) = handler {
                    self.term(handler, changed);
                }
            }
            Term::IfThenElse(cases, otherwise) => {
                for (condition, then) in cases {
                    self.term(condition, changed);
                    self.term(then, changed);
                }
                if let Some(otherwise) = otherwise {
                    self.term(otherwise, changed);
                }
            }
            Term::Call(name, args) => {
                let changed = changed || !COMPUTE.contains(name);
                for arg in args {
                    self.term(arg, changed);
                }
            }
            Term::Path(base, path) => self.path(base, &path.0, changed),
            // Folds and definitions are rare, and bind names: what they mention is read whole.
            Term::Fold(..) | Term::Def(..) => self.everything(),
        }
    }

    fn everything(&mut self) {
        (self.input, self.all, self.at) = (true, true, true);
        (self.event, self.data, self.meta) = (Read::Whole, Read::Whole, Read::Whole);
    }

    fn path(&mut self, base: &Term<&str>, path: &[(Part<Term<&str>>, Opt)], changed: bool) {
        let step = |place: usize| match path.get(place) {
            Some((Part::Index(key), _)) if !changed => literal(key),
            _ => None,
        };
        match (base, step(0)) {
            (Term::Var("$event"), Some(part)) => {
                // What is read of a part of the event is read of the variable that it has of its own.
                if part == "data" || part == "meta" {
                    self.variable(if part == "data" { "$data" } else { "$meta" }, step(1));
                }
                self.variable("$event", Some(part));
            }
            (Term::Var(name), Some(field)) => self.variable(name, Some(field)),
            _ => self.term(base, changed),
        }
        // Where to look is computed, whatever happens to what is found there.
        for (part, _) in path {
            match part {
                Part::Index(at) => self.term(at, false),
                Part::Range(from, upto) => {
                    from.iter().chain(upto).for_each(|bound| self.term(bound, false));
                }
            }
        }
    }

    fn parts(&mut self, parts: &[StrPart<&str, Term<&str>>]) {
        for part in parts {
            if let StrPart::Term(term) = part {
                self.term(term, false);
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern<&str>) {
        match pattern {
            Pattern::Var(_) => {}
            Pattern::Arr(parts) => parts.iter().for_each(|part| self.pattern(part)),
            Pattern::Obj(parts) => {
                for (key, part) in parts {
                    self.term(key, false);
                    self.pattern(part);
                }
            }
        }
    }
}

/// An object of these fields, as far as the text has them.
fn part(json: &str, keys: &[(String, usize)]) -> Result<Map> {
    let mut map = roomy(keys.len());
    scan::fields(json, keys, |slot, value| {
        map.insert(text(&keys[slot].0), value);
    })?;
    Ok(map)
}

#[cfg(test)]
mod tests;
