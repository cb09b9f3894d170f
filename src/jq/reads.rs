//! Which parts of an event a rule of the engine reads: the others are not made for it.

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

/// What is read of the data or the metadata.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    /// These fields; none is nothing at all.
    Fields(Vec<(String, usize)>),
    Whole,
}

/// What a source reads.
#[derive(Debug)]
pub(super) struct Reads {
    event: bool,
    data: Read,
    meta: Read,
    at: bool,
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
        let mut reads =
            Self { event: false, data: Read::Fields(Vec::new()), meta: Read::Fields(Vec::new()), at: false };
        match syntax::term(source) {
            Ok(term) => reads.term(&term, false),
            // A source of its own definitions or modules: all of it.
            Err(_) => reads = Self { event: true, data: Read::Whole, meta: Read::Whole, at: true },
        }
        reads
    }

    /// The values of `$event`, `$data`, `$meta` and `$at`; null where one is not read.
    pub(super) fn vars(&self, event: &EventView<'_>) -> Result<Vec<Val>> {
        if self.event {
            let (data, meta) = (project::data(event)?, project::object(event.meta)?);
            let whole = project::whole(event, data.clone(), meta.clone());
            return Ok(vec![whole, data, meta, project::stamp(event.occurred_at)]);
        }
        let data = match &self.data {
            Read::Whole => project::data(event)?,
            Read::Fields(keys) => {
                let mut map = part(event.data, keys)?;
                for (key, value) in event.defaults {
                    if keys.iter().any(|(read, _)| read == key) {
                        map.entry(text(key)).or_insert_with(|| State::from_value(value).0);
                    }
                }
                Val::obj(map)
            }
        };
        let meta = match &self.meta {
            Read::Whole => project::object(event.meta)?,
            Read::Fields(keys) => Val::obj(part(event.meta, keys)?),
        };
        let at = if self.at { project::stamp(event.occurred_at) } else { Val::Null };
        Ok(vec![Val::Null, data, meta, at])
    }

    fn variable(&mut self, name: &str, field: Option<String>) {
        let read = match name {
            "$event" => return self.event = true,
            "$at" => return self.at = true,
            "$data" => &mut self.data,
            "$meta" => &mut self.meta,
            _ => return,
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
        (self.event, self.at) = (true, true);
        (self.data, self.meta) = (Read::Whole, Read::Whole);
    }

    fn path(&mut self, base: &Term<&str>, path: &[(Part<Term<&str>>, Opt)], changed: bool) {
        let first = match path.first() {
            Some((Part::Index(key), _)) if !changed => literal(key),
            _ => None,
        };
        match (base, first) {
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
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_alone_where_nothing_shows_the_whole() {
        let reads = |source: &str| {
            let Reads { event, data, meta, at } = Reads::of(source);
            let read = |read| match read {
                Read::Whole => "whole".to_owned(),
                Read::Fields(keys) => keys.into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" "),
            };
            (event, read(data), read(meta), at)
        };
        let fields = |data: &str, meta: &str| (false, data.to_owned(), meta.to_owned(), false);
        assert_eq!(reads(r#".a = $data.x | .b = $data["y"].z | .c = $meta.u"#), fields("x y", "u"));
        assert_eq!(
            reads(r#"select($data.x > 1) | .s = "\($meta.u)" | .t[$data.y]? = 1"#),
            fields("x y", "u")
        );
        assert_eq!(reads(". + $data | .a = $meta.u"), fields("whole", "u"));
        assert_eq!(reads("{$data}"), fields("whole", ""));
        assert_eq!(reads(".a = ($data.x |= 1) | .b = del($meta.u)"), fields("whole", "whole"));
        assert_eq!(reads(".a = $data[$meta.u]"), fields("whole", "u"));
        assert_eq!(reads(".a = $at"), (false, String::new(), String::new(), true));
        assert!(reads("reduce $data.x[] as $i (.; .a += $i)").0);
    }
}
