//! Whether a source looks at what it is given.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::path::Part;

/// Whether a term looks at what it is given; in doubt it does.
pub fn reads_input(term: &Term<&str>) -> bool {
    match term {
        Term::Num(_) | Term::Var(_) | Term::Arr(None) | Term::Break(_) => false,
        Term::Str(_, parts) => parts.iter().any(|part| match part {
            StrPart::Term(term) => reads_input(term),
            _ => false,
        }),
        Term::Arr(Some(term)) | Term::Neg(term) | Term::Label(_, term) | Term::TryCatch(term, _) => {
            reads_input(term)
        }
        Term::Obj(entries) => entries.iter().any(|(key, value)| match value {
            Some(value) => reads_input(key) || reads_input(value),
            None => !matches!(key, Term::Var(_)),
        }),
        // What comes behind a pipe is given what stands before it.
        Term::BinOp(left, BinaryOp::Pipe(None), _) => reads_input(left),
        Term::BinOp(left, BinaryOp::Pipe(Some(_)), right) => reads_input(left) || reads_input(right),
        Term::BinOp(left, op, right) => {
            let changes = matches!(
                op,
                BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt
            );
            changes || reads_input(left) || reads_input(right)
        }
        Term::IfThenElse(cases, Some(otherwise)) => {
            cases.iter().any(|(condition, then)| reads_input(condition) || reads_input(then))
                || reads_input(otherwise)
        }
        Term::Call("any" | "all", args) if args.len() == 2 => reads_input(&args[0]),
        Term::Call("true" | "false" | "null" | "empty", args) => !args.is_empty(),
        Term::Path(base, path) => {
            reads_input(base)
                || path.0.iter().any(|(part, _)| match part {
                    Part::Index(at) => reads_input(at),
                    Part::Range(from, upto) => from.iter().chain(upto).any(reads_input),
                })
        }
        Term::Id
        | Term::Recurse
        | Term::Call(..)
        | Term::Fold(..)
        | Term::Def(..)
        | Term::IfThenElse(_, None) => true,
    }
}
