//! What the engine does in another way than jq becomes calls of functions that do it as jq does: updates by the paths
//! that they go through, the one value that `reduce` goes on with, `?//`, and `$__loc__`.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{self, Opt, Part};

use super::ALTERNATIVES;

type Tree<'s> = Term<&'s str>;

/// The functions that the rewriting calls; no source can spell their names. `!assign(path; $value)`, `!update(path; f)`,
/// `!else(f; g)` is `f`, and `g` on the same input from where `f` fails; `!final(f)` is its last result, or null.
pub(in crate::jq) const ASSIGN: &str = "!assign";
pub(in crate::jq) const UPDATE: &str = "!update";
pub(in crate::jq) const ELSE: &str = "!else";
pub(in crate::jq) const FINAL: &str = "!final";
/// `!line` counts the lines of the text before a place.
pub(in crate::jq) const LINE: &str = "!line";

/// The tree as the engine is to run it.
pub(in crate::jq) fn rewritten<'s>(source: &'s str, mut term: Tree<'s>) -> Tree<'s> {
    Rewrite { source }.term(&mut term);
    term
}

/// The same for definitions.
pub(in crate::jq) fn rewritten_defs<'s>(source: &'s str, mut defs: Vec<Def<&'s str>>) -> Vec<Def<&'s str>> {
    Rewrite { source }.each(defs.iter_mut().map(|def| &mut def.body));
    defs
}

struct Rewrite<'s> {
    source: &'s str,
}

impl<'s> Rewrite<'s> {
    fn term(&self, term: &mut Tree<'s>) {
        if let Term::Fold(_, xs, pattern, _) = term
            && let Some(patterns) = alternatives(pattern)
        {
            // Taken apart before the fold, which then has each variable at its place of an array.
            let names = variables(&patterns);
            let values =
                names.iter().map(|name| Term::Var(*name)).reduce(|l, r| binary(l, BinaryOp::Comma, r));
            let taken = binary(
                std::mem::take(xs),
                BinaryOp::Pipe(Some(std::mem::replace(pattern, array(&names)))),
                Term::Arr(values.map(Box::new)),
            );
            **xs = taken;
        }
        self.children(term);
        bind_later(term);
        let old = std::mem::take(term);
        *term = match old {
            Term::BinOp(l, BinaryOp::Assign, r) => Term::Call(ASSIGN, vec![*l, *r]),
            Term::BinOp(l, BinaryOp::Update, r) => Term::Call(UPDATE, vec![*l, *r]),
            Term::BinOp(l, BinaryOp::UpdateMath(op), r) => onto(*l, BinaryOp::Math(op), *r),
            Term::BinOp(l, BinaryOp::UpdateAlt, r) => onto(*l, BinaryOp::Alt, *r),
            Term::BinOp(l, BinaryOp::Pipe(Some(pattern)), r) => match alternatives(&pattern) {
                Some(patterns) => either(*l, patterns, *r),
                None => binary(*l, BinaryOp::Pipe(Some(pattern)), *r),
            },
            Term::Fold("reduce", xs, pattern, mut args) => {
                if let Some(update) = args.get_mut(1).filter(|update| !is_single(update)) {
                    *update = Term::Call(FINAL, vec![std::mem::take(update)]);
                }
                Term::Fold("reduce", xs, pattern, args)
            }
            Term::Var(name @ "$__loc__") => self.place(name),
            other => other,
        };
    }

    fn each<'t>(&self, terms: impl IntoIterator<Item = &'t mut Tree<'s>>)
    where
        's: 't,
    {
        for term in terms {
            self.term(term);
        }
    }

    fn children(&self, term: &mut Tree<'s>) {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => {}
            Term::Str(_, parts) => parts.iter_mut().for_each(|part| {
                if let StrPart::Term(term) = part {
                    self.term(term);
                }
            }),
            Term::Arr(Some(term)) | Term::Neg(term) | Term::Label(_, term) => self.term(term),
            Term::Obj(entries) => entries.iter_mut().for_each(|(key, value)| self.entry(key, value)),
            Term::BinOp(l, op, r) => {
                self.term(l);
                if let BinaryOp::Pipe(Some(pattern)) = op {
                    self.pattern(pattern);
                }
                self.term(r);
            }
            Term::Fold(_, xs, pattern, args) => {
                self.term(xs);
                self.pattern(pattern);
                self.each(args);
            }
            Term::TryCatch(term, handler) => {
                self.term(term);
                self.each(handler.as_deref_mut());
            }
            Term::IfThenElse(cases, otherwise) => {
                for (condition, then) in cases {
                    self.term(condition);
                    self.term(then);
                }
                self.each(otherwise.as_deref_mut());
            }
            Term::Def(defs, term) => {
                self.each(defs.iter_mut().map(|def| &mut def.body));
                self.term(term);
            }
            Term::Call(_, args) => args.iter_mut().for_each(|arg| self.term(arg)),
            Term::Path(base, path) => {
                self.term(base);
                for (part, _) in &mut path.0 {
                    match part {
                        Part::Index(at) => self.term(at),
                        Part::Range(from, upto) => from.iter_mut().chain(upto).for_each(|at| self.term(at)),
                    }
                }
            }
        }
    }

    fn entry(&self, key: &mut Tree<'s>, value: &mut Option<Tree<'s>>) {
        if let (Term::Var(name @ "$__loc__"), None) = (&*key, &*value) {
            *value = Some(self.place(name));
            *key = constant("__loc__");
            return;
        }
        // `{$x}` is more than a variable.
        if !matches!((&*key, &*value), (Term::Var(_), None)) {
            self.term(key);
        }
        self.each(value);
    }

    fn pattern(&self, pattern: &mut Pattern<&'s str>) {
        match pattern {
            Pattern::Var(_) => {}
            Pattern::Arr(parts) => parts.iter_mut().for_each(|part| self.pattern(part)),
            Pattern::Obj(parts) => parts.iter_mut().for_each(|(key, part)| {
                if !matches!(key, Term::Var(_)) {
                    self.term(key);
                }
                self.pattern(part);
            }),
        }
    }

    /// Where a name stands, as jq says it.
    fn place(&self, name: &'s str) -> Tree<'s> {
        let at = (name.as_ptr() as usize).wrapping_sub(self.source.as_ptr() as usize);
        let before = constant(self.source.get(..at).unwrap_or(""));
        let line = binary(before, BinaryOp::Pipe(None), Term::Call(LINE, Vec::new()));
        Term::Obj(vec![(constant("file"), Some(constant("<top-level>"))), (constant("line"), Some(line))])
    }
}

/// Names for what is computed before its place.
const BEFORE: [&str; 8] = ["$!0", "$!1", "$!2", "$!3", "$!4", "$!5", "$!6", "$!7"];

/// Where several operands have several results, the last one changes most slowly: in jq each is computed after those
/// behind it, in the engine before.
fn bind_later(term: &mut Tree<'_>) {
    let operands: Vec<&mut Tree<'_>> = match term {
        Term::BinOp(l, BinaryOp::Math(_) | BinaryOp::Cmp(_), r) => vec![l, r],
        Term::Str(_, parts) => parts
            .iter_mut()
            .filter_map(|part| if let StrPart::Term(term) = part { Some(term) } else { None })
            .collect(),
        Term::Path(base, path) => {
            let keys = path
                .0
                .iter_mut()
                .filter_map(|(part, _)| if let Part::Index(at) = part { Some(at) } else { None });
            std::iter::once(&mut **base).chain(keys).collect()
        }
        _ => return,
    };
    let several = operands.into_iter().filter(|operand| !is_single(operand)).skip(1);
    let bound: Vec<_> = BEFORE
        .into_iter()
        .zip(several)
        .map(|(name, term)| (name, std::mem::replace(term, Term::Var(name))))
        .collect();
    for (name, value) in bound {
        *term = binary(value, BinaryOp::Pipe(Some(Pattern::Var(name))), std::mem::take(term));
    }
}

fn constant(text: &str) -> Tree<'_> {
    Term::Str(None, vec![StrPart::Str(text)])
}

fn binary<'s>(l: impl Into<Box<Tree<'s>>>, op: BinaryOp<&'s str>, r: Tree<'s>) -> Tree<'s> {
    Term::BinOp(l.into(), op, Box::new(r))
}

/// `l op= r`: `r` is computed of the whole, once for all that `l` leads to.
fn onto<'s>(l: Tree<'s>, op: BinaryOp<&'s str>, r: Tree<'s>) -> Tree<'s> {
    let update = Term::Call(UPDATE, vec![l, binary(Term::Id, op, Term::Var("$!right"))]);
    binary(r, BinaryOp::Pipe(Some(Pattern::Var("$!right"))), update)
}

/// The patterns of `as A ?// B`.
fn alternatives<'s>(pattern: &Pattern<&'s str>) -> Option<Vec<Pattern<&'s str>>> {
    match pattern {
        Pattern::Arr(parts) => match &parts[..] {
            [Pattern::Var(ALTERNATIVES), patterns @ ..] => Some(patterns.to_vec()),
            _ => None,
        },
        _ => None,
    }
}

fn array<'s>(names: &[&'s str]) -> Pattern<&'s str> {
    Pattern::Arr(names.iter().map(|name| Pattern::Var(*name)).collect())
}

/// The variables of all patterns, each once.
fn variables<'s>(patterns: &[Pattern<&'s str>]) -> Vec<&'s str> {
    fn collect<'s>(pattern: &Pattern<&'s str>, names: &mut Vec<&'s str>) {
        match pattern {
            Pattern::Var(name) if !names.contains(name) => names.push(name),
            Pattern::Var(_) => {}
            Pattern::Arr(parts) => parts.iter().for_each(|part| collect(part, names)),
            Pattern::Obj(parts) => parts.iter().for_each(|(_, part)| collect(part, names)),
        }
    }
    let mut names = Vec::new();
    for pattern in patterns {
        collect(pattern, &mut names);
    }
    names
}

/// `l as A ?// B | r`: with the variables of the others null, and with the next one where it fails, in `r` too.
fn either<'s>(l: Tree<'s>, patterns: Vec<Pattern<&'s str>>, r: Tree<'s>) -> Tree<'s> {
    let names = variables(&patterns);
    let tried = patterns.into_iter().map(|pattern| {
        let own = variables(std::slice::from_ref(&pattern));
        let body = Term::Call("!body", names.iter().map(|name| Term::Var(*name)).collect());
        let bound = binary(Term::Var("$!whole"), BinaryOp::Pipe(Some(pattern)), body);
        let others = names.iter().filter(|name| !own.contains(name));
        others.fold(bound, |then, name| binary(null(), BinaryOp::Pipe(Some(Pattern::Var(*name))), then))
    });
    let tried = tried.rev().reduce(|next, first| Term::Call(ELSE, vec![first, next])).unwrap_or_default();
    let body = Def { name: "!body", args: names.clone(), body: r };
    binary(l, BinaryOp::Pipe(Some(Pattern::Var("$!whole"))), Term::Def(vec![body], Box::new(tried)))
}

/// `[][0]`: the name `null` may be somebody's own function.
fn null<'s>() -> Tree<'s> {
    Term::Path(Box::new(Term::Arr(None)), path::Path(vec![(Part::Index(Term::Num("0")), Opt::Essential)]))
}

/// Is it plain to see that there is exactly one result, or an error?
fn is_single(term: &Tree<'_>) -> bool {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Arr(_) | Term::Call(UPDATE, _) => true,
        Term::Str(_, parts) => parts.iter().all(|part| match part {
            StrPart::Term(term) => is_single(term),
            _ => true,
        }),
        Term::Neg(term) => is_single(term),
        Term::Obj(entries) => entries.iter().all(|(k, v)| is_single(k) && v.as_ref().is_none_or(is_single)),
        Term::BinOp(l, op, r) => {
            !matches!(op, BinaryOp::Comma | BinaryOp::Pipe(Some(Pattern::Obj(_) | Pattern::Arr(_))))
                && is_single(l)
                && is_single(r)
        }
        Term::IfThenElse(cases, otherwise) => {
            cases.iter().all(|(c, t)| is_single(c) && is_single(t))
                && otherwise.as_deref().is_none_or(is_single)
        }
        Term::Call(ASSIGN, args) => args.last().is_some_and(is_single),
        Term::Path(base, path) => {
            is_single(base)
                && path.0.iter().all(|(part, opt)| match (part, opt) {
                    (Part::Index(at), Opt::Essential) => is_single(at),
                    _ => false,
                })
        }
        _ => false,
    }
}
