//! From jq's syntax tree to plain operations, where a rule needs no more than those.

mod changes;
mod library;
mod scope;
mod visit;

use jaq_core::ValT as _;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{self, BinaryOp, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part};
use jaq_json::Val;

use super::apply::EventView;
use super::limits;
use super::ops::{self, Expr, Op, Path};
use super::project::{self, Projection, Slots, Source};
use super::rule;
use super::state::{State, text};
use super::syntax;
use super::value::{V, ValR};
use crate::error::{Error, Result};
use scope::Name;
use visit::visit_ops;

/// A rule that runs without the engine.
pub(super) struct Program {
    ops: Vec<Op>,
    projection: Projection,
}

impl Program {
    /// Lowers a source that compiles; `None` where it takes the engine.
    pub(super) fn lower(source: &str) -> Option<Self> {
        let term = syntax::term(source).ok()?;
        let (ops, projection) = Lower::default().whole(&term)?;
        Some(Self { ops, projection })
    }

    /// The next state.
    pub(super) fn run(&self, name: &str, state: State, event: &EventView<'_>) -> Result<State> {
        let run = |slots: &Slots| {
            limits::bounded(false, || {
                let next = ops::run(&self.ops, V(state.0), 0, slots);
                next.map(|v| State(v.0)).map_err(|e| rule::failed(name, e))
            })
        };
        let ran = self.projection.with(event, run).map_err(|e| e.at(name))?;
        ran.unwrap_or_else(|stop| Err(Error::refused(stop.reason()).at(name)))
    }
}

/// A filter of declared variables that has one result and runs without the engine.
pub(super) struct Plain {
    ops: Vec<Op>,
    slots: usize,
}

impl Plain {
    /// Lowers a source that compiles, with the definitions before it; `None` where it takes the engine.
    pub(super) fn lower(source: &str, vars: &[&'static str], prelude: &str) -> Option<Self> {
        let (term, defs) = (syntax::term(source).ok()?, syntax::defs(prelude).ok()?);
        let mut lower = Lower { of_event: false, ..Lower::default() };
        for var in vars {
            lower.bind(var);
        }
        lower.scope.extend(defs.iter().map(Name::Definition));
        let (ops, projection) = lower.whole(&term)?;
        Some(Self { ops, slots: projection.len() })
    }

    /// The one result; where there is an error, or none, the engine says what there is to say.
    pub(super) fn run(&self, input: &State, vars: &[State]) -> ValR {
        project::slots(self.slots, |slots| {
            for (slot, var) in slots.iter().zip(vars) {
                slot.set(Some(V(var.0.clone())));
            }
            ops::run(&self.ops, V(input.0.clone()), 0, slots)
        })
    }
}

struct Lower<'t> {
    /// Whether `$event` and its parts are what the rule reads besides its own variables.
    of_event: bool,
    projection: Projection,
    /// How often each slot is read.
    uses: Vec<usize>,
    /// What names mean where the term stands.
    scope: Vec<Name<'t>>,
    calls: usize,
}

type Tree<'s> = Term<&'s str>;

impl Default for Lower<'_> {
    fn default() -> Self {
        Self {
            of_event: true,
            projection: Projection::default(),
            uses: Vec::new(),
            scope: Vec::new(),
            calls: 0,
        }
    }
}

impl<'t> Lower<'t> {
    /// The rule's operations, and what they read.
    fn whole(mut self, term: &'t Tree<'t>) -> Option<(Vec<Op>, Projection)> {
        let mut ops = self.ops(term)?;
        visit_ops(&mut ops, &mut |slot, last| *last = self.uses[slot] == 1);
        Some((ops, self.projection))
    }

    fn ops(&mut self, term: &'t Tree<'t>) -> Option<Vec<Op>> {
        Some(match term {
            Term::Id => Vec::new(),
            Term::Def(defs, term) => self.within(|lower| {
                lower.scope.extend(defs.iter().map(Name::Definition));
                lower.ops(term)
            })?,
            Term::BinOp(l, BinaryOp::Pipe(Some(Pattern::Var(name))), r) => {
                let value = self.expr(l)?;
                let (slot, ops) = self.within(|lower| Some((lower.bind(name), lower.ops(r)?)))?;
                std::iter::once(Op::Bind(slot, value)).chain(ops).collect()
            }
            Term::BinOp(l, op, r) => match op {
                BinaryOp::Pipe(None) => {
                    let mut ops = self.ops(l)?;
                    ops.extend(self.ops(r)?);
                    ops
                }
                BinaryOp::Assign => vec![Op::Assign(self.path(l)?, self.expr(r)?)],
                BinaryOp::Update => {
                    let mut ops = Vec::new();
                    self.updates(l, r, &mut ops)?;
                    ops
                }
                BinaryOp::UpdateMath(math) => vec![Op::Math(self.path(l)?, *math, self.expr(r)?)],
                BinaryOp::UpdateAlt => vec![Op::Alt(self.path(l)?, self.expr(r)?)],
                BinaryOp::Math(math @ (Math::Add | Math::Mul)) => match self.onto_dot(l, *math, r) {
                    Some(ops) => ops,
                    None => vec![Op::Replace(self.expr(term)?)],
                },
                _ => vec![Op::Replace(self.expr(term)?)],
            },
            Term::IfThenElse(cases, otherwise) => {
                let cases = cases.iter().map(|(c, t)| Some((self.expr(c)?, self.ops(t)?)));
                let cases = cases.collect::<Option<_>>()?;
                let otherwise = otherwise.as_ref().map_or(Some(Vec::new()), |t| self.ops(t))?;
                vec![Op::If(cases, otherwise)]
            }
            Term::Call("del", args) if self.called("del", args.len()).is_none() => match &args[..] {
                [arg] => {
                    let mut ops = Vec::new();
                    self.deletes(arg, &mut ops)?;
                    ops
                }
                _ => return None,
            },
            _ => vec![Op::Replace(self.expr(term)?)],
        })
    }

    /// `. + a + b`: added in place, where the state is not looked at after it changed.
    fn onto_dot(&mut self, l: &'t Tree<'t>, math: Math, r: &'t Tree<'t>) -> Option<Vec<Op>> {
        let mut ops = match l {
            Term::Id => Vec::new(),
            Term::BinOp(l, BinaryOp::Math(math @ (Math::Add | Math::Mul)), r) => {
                self.onto_dot(l, *math, r)?
            }
            _ => return None,
        };
        let right = self.expr(r)?;
        if !ops.is_empty() && right.reads_dot() {
            return None;
        }
        ops.push(Op::Math(Path::default(), math, right));
        Some(ops)
    }

    /// A path from the state, such as `.a.b` and `.tags[$data.tag]`.
    fn path(&mut self, term: &'t Tree<'t>) -> Option<Path> {
        let (base, path) = match term {
            Term::Id => return Some(Path::default()),
            Term::Path(base, path) => (base, path),
            _ => return None,
        };
        let mut whole = self.path(base)?;
        for (part, opt) in &path.0 {
            let Part::Index(index) = part else { return None };
            whole.parts.push((self.expr(index)?, *opt));
        }
        Some(whole)
    }

    fn expr(&mut self, term: &'t Tree<'t>) -> Option<Expr> {
        if let Term::Call(name, args) = term
            && let Some(own) = self.called(name, args.len())
        {
            return self.call(own, args);
        }
        Some(match term {
            Term::Id => Expr::Dot,
            // A longer one is for the engine to refuse.
            Term::Num(n) if n.len() < 400 => Expr::Const(V::from_num(n).ok()?),
            Term::Str(None, parts) => self.text(parts)?,
            Term::Arr(None) => Expr::Array(Vec::new()),
            Term::Arr(Some(items)) => {
                let mut list = Vec::new();
                self.items(items, &mut list)?;
                Expr::Array(list)
            }
            Term::Obj(entries) => {
                Expr::Object(entries.iter().map(|(k, v)| self.entry(k, v.as_ref())).collect::<Option<_>>()?)
            }
            Term::Neg(e) => Expr::Neg(self.boxed(e)?),
            Term::Var(name) => self.variable(name)?,
            Term::Path(base, path) => self.read(base, &path.0)?,
            Term::IfThenElse(cases, otherwise) => {
                let cases = cases.iter().map(|(c, t)| Some((self.expr(c)?, self.expr(t)?)));
                let cases = cases.collect::<Option<_>>()?;
                let otherwise = match otherwise {
                    Some(e) => Some(self.boxed(e)?),
                    None => None,
                };
                Expr::If(cases, otherwise)
            }
            Term::Def(defs, term) => self.within(|lower| {
                lower.scope.extend(defs.iter().map(Name::Definition));
                lower.expr(term)
            })?,
            Term::BinOp(l, BinaryOp::Pipe(Some(Pattern::Var(name))), r) => {
                let value = self.boxed(l)?;
                self.within(|lower| Some(Expr::Bind(lower.bind(name), value, lower.boxed(r)?)))?
            }
            Term::Call(name, args) => self.library(name, args)?,
            Term::BinOp(l, BinaryOp::Alt, r) if let Term::TryCatch(tried, None) = &**l => {
                self.attempt(tried, r)?
            }
            Term::BinOp(l, op, r) => {
                let (l, r) = (self.boxed(l)?, self.boxed(r)?);
                match op {
                    BinaryOp::Pipe(None) => Expr::Pipe(l, r),
                    BinaryOp::Alt => Expr::Alt(l, r),
                    BinaryOp::Or => Expr::Logic(l, true, r),
                    BinaryOp::And => Expr::Logic(l, false, r),
                    BinaryOp::Math(math) => Expr::Math(l, *math, r),
                    BinaryOp::Cmp(cmp) => Expr::Compare(l, *cmp, r),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn boxed(&mut self, term: &'t Tree<'t>) -> Option<Box<Expr>> {
        self.expr(term).map(Box::new)
    }

    /// The items of `[a, b, c]`.
    fn items(&mut self, term: &'t Tree<'t>, list: &mut Vec<Expr>) -> Option<()> {
        if let Term::BinOp(l, BinaryOp::Comma, r) = term {
            self.items(l, list)?;
            return self.items(r, list);
        }
        list.push(self.expr(term)?);
        Some(())
    }

    /// `a: e`, and the short forms `a` and `$data`.
    fn entry(&mut self, key: &'t Tree<'t>, value: Option<&'t Tree<'t>>) -> Option<(Expr, Expr)> {
        Some(match (key, value) {
            (key, Some(value)) => (self.expr(key)?, self.expr(value)?),
            (Term::Var(name), None) => (Expr::Const(V(text(name.strip_prefix('$')?))), self.variable(name)?),
            (Term::Str(None, _), None) => {
                let key = literal(key)?;
                let index = Expr::Const(V(text(&key)));
                (Expr::Const(V(text(&key))), Expr::Index(Box::new(Expr::Dot), Box::new(index)))
            }
            _ => return None,
        })
    }

    fn text(&mut self, parts: &'t [StrPart<&'t str, Tree<'t>>]) -> Option<Expr> {
        if let Some(text) = plain(parts) {
            return Some(Expr::Const(V(Val::utf8_str(text.into_bytes()))));
        }
        let parts = parts.iter().map(|part| {
            Some(match part {
                StrPart::Str(s) => Expr::Const(V(text(s))),
                StrPart::Char(c) => Expr::Const(V(text(c.encode_utf8(&mut [0; 4])))),
                StrPart::Term(term) => self.expr(term)?,
            })
        });
        Some(Expr::Text(parts.collect::<Option<_>>()?))
    }

    fn slot(&mut self, source: Source) -> Expr {
        let slot = self.projection.slot(source);
        self.uses.resize(self.projection.len(), 0);
        self.uses[slot] += 1;
        Expr::Slot { slot, last: false }
    }

    fn variable(&mut self, name: &str) -> Option<Expr> {
        if let Some(slot) = self.own_variable(name) {
            self.uses[slot] += 1;
            return Some(Expr::Slot { slot, last: false });
        }
        let source = match name {
            _ if !self.of_event => return None,
            "$data" => Source::WholeData,
            "$meta" => Source::WholeMeta,
            "$event" => Source::WholeEvent,
            "$at" => Source::Event("occurred_at".to_owned()),
            _ => return None,
        };
        Some(self.slot(source))
    }

    /// A read of a path: fields of the event are taken out of its text one by one.
    fn read(&mut self, base: &'t Tree<'t>, path: &'t [(Part<Tree<'t>>, Opt)]) -> Option<Expr> {
        let key = |i: usize| match path.get(i) {
            Some((Part::Index(key), Opt::Essential)) => literal(key),
            _ => None,
        };
        let (source, used) = match (base, key(0), key(1)) {
            (Term::Var(name), ..) if !self.of_event || self.own_variable(name).is_some() => (None, 0),
            (Term::Var("$data"), Some(field), _) => (Some(Source::Data(field)), 1),
            (Term::Var("$meta"), Some(field), _) => (Some(Source::Meta(field)), 1),
            (Term::Var("$event"), Some(part), field) => match (&*part, field) {
                ("data", Some(field)) => (Some(Source::Data(field)), 2),
                ("meta", Some(field)) => (Some(Source::Meta(field)), 2),
                ("data", None) => (Some(Source::WholeData), 1),
                ("meta", None) => (Some(Source::WholeMeta), 1),
                _ => (Some(Source::Event(part)), 1),
            },
            _ => (None, 0),
        };
        let mut read = match source {
            Some(source) => self.slot(source),
            None => self.expr(base)?,
        };
        for (part, opt) in &path[used..] {
            let (Part::Index(index), Opt::Essential) = (part, opt) else { return None };
            read = Expr::Index(Box::new(read), self.boxed(index)?);
        }
        Some(read)
    }
}

/// A text without anything computed in it.
pub(super) fn literal(term: &parse::Term<&str>) -> Option<String> {
    match term {
        Term::Str(None, parts) => plain(parts),
        _ => None,
    }
}

fn plain(parts: &[StrPart<&str, Tree<'_>>]) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match part {
            StrPart::Str(s) => text.push_str(s),
            StrPart::Char(c) => text.push(*c),
            StrPart::Term(_) => return None,
        }
    }
    Some(text)
}
