//! Which rules cannot recurse: their source bounds how deeply they call and how deeply they nest values.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::Part;

/// Library functions that neither recurse nor nest their input once more on each of many turns.
const TAME: &[&str] = &[
    "true",
    "false",
    "null",
    "not",
    "empty",
    "error",
    "select",
    "map",
    "map_values",
    "length",
    "keys",
    "has",
    "in",
    "del",
    "type",
    "tostring",
    "tonumber",
    "tojson",
    "fromjson",
    "fromyaml",
    "frombytes",
    "touuid",
    "ascii_downcase",
    "ascii_upcase",
    "startswith",
    "endswith",
    "ltrimstr",
    "rtrimstr",
    "trim",
    "ltrim",
    "rtrim",
    "test",
    "split",
    "join",
    "any",
    "all",
    "first",
    "last",
    "add",
    "to_entries",
    "from_entries",
    "with_entries",
    "sort",
    "sort_by",
    "group_by",
    "unique",
    "unique_by",
    "min",
    "max",
    "min_by",
    "max_by",
    "reverse",
    "contains",
    "inside",
    "index",
    "rindex",
    "indices",
    "values",
    "nulls",
    "booleans",
    "numbers",
    "strings",
    "arrays",
    "objects",
    "scalars",
    "isempty",
    "floor",
    "round",
    "ceil",
    "sqrt",
    "abs",
    "fromdate",
    "todate",
    "fromdateiso8601",
    "todateiso8601",
    "strftime",
    "gmtime",
    "mktime",
    "strptime",
    "range",
    "limit",
    "sub",
    "gsub",
    "match",
    "capture",
    "scan",
    "explode",
    "implode",
    "infinite",
    "nan",
    "isnumber",
    "isstring",
    "isboolean",
    "isarray",
    "isobject",
];

/// Is a bound on its depth plain to see?
pub(super) fn is_tame(term: &Term<&str>) -> bool {
    let boxed = |t: &Term<&str>| is_tame(t);
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Break(_) => true,
        Term::Recurse | Term::Fold(..) | Term::Def(..) => false,
        Term::Str(_, parts) => parts.iter().all(|part| match part {
            StrPart::Term(term) => is_tame(term),
            _ => true,
        }),
        Term::Arr(term) => term.as_deref().is_none_or(boxed),
        Term::Obj(entries) => entries.iter().all(|(k, v)| is_tame(k) && v.as_ref().is_none_or(boxed)),
        Term::Neg(term) | Term::Label(_, term) => is_tame(term),
        Term::BinOp(l, op, r) => {
            let pattern = match op {
                BinaryOp::Pipe(Some(pattern)) => tame_pattern(pattern),
                _ => true,
            };
            pattern && is_tame(l) && is_tame(r)
        }
        Term::TryCatch(term, handler) => is_tame(term) && handler.as_deref().is_none_or(boxed),
        Term::IfThenElse(cases, otherwise) => {
            cases.iter().all(|(c, t)| is_tame(c) && is_tame(t)) && otherwise.as_deref().is_none_or(boxed)
        }
        Term::Call(name, args) => TAME.contains(name) && args.iter().all(is_tame),
        Term::Path(term, path) => {
            is_tame(term)
                && path.0.iter().all(|(part, _)| match part {
                    Part::Index(at) => is_tame(at),
                    Part::Range(from, upto) => {
                        from.as_ref().is_none_or(boxed) && upto.as_ref().is_none_or(boxed)
                    }
                })
        }
    }
}

fn tame_pattern(pattern: &Pattern<&str>) -> bool {
    match pattern {
        Pattern::Var(_) => true,
        Pattern::Arr(parts) => parts.iter().all(tame_pattern),
        Pattern::Obj(parts) => parts.iter().all(|(key, part)| is_tame(key) && tame_pattern(part)),
    }
}
