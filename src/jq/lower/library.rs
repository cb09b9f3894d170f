//! Calls of functions of jq's library.

use jaq_core::load::parse::{BinaryOp, Term};
use jaq_core::ops::Cmp;
use jaq_core::path::{Opt, Part};

use super::super::ops::{Call, Each, Expr};
use super::{Lower, Tree};
use crate::jq::value::V;

impl<'t> Lower<'t> {
    /// A call; `None` where it takes the engine.
    pub(super) fn library(&mut self, name: &str, args: &'t [Tree<'t>]) -> Option<Expr> {
        Some(match (name, args) {
            ("null", []) => Expr::Const(V::default()),
            ("true", []) => Expr::Const(V::from(true)),
            ("false", []) => Expr::Const(V::from(false)),
            ("not", []) => Expr::Not,
            ("length", []) => Expr::Length,
            ("tostring", []) => Expr::ToString,
            ("error", [message]) => Expr::Fail(self.boxed(message)?),
            // What follows leaves some values to the engine, which runs the whole rule then: an apply rule has changed
            // its state until there.
            _ if self.of_event => return None,
            // Where it does not hold the engine says that nothing is left.
            ("select", [f]) => {
                let nothing = Expr::Fail(Box::new(Expr::Const(V::default())));
                Expr::If(vec![(self.expr(f)?, Expr::Dot)], Some(Box::new(nothing)))
            }
            ("map", [f]) => self.each(f, true)?,
            ("map_values", [f]) => self.each(f, false)?,
            ("any", [f]) => Expr::Any(Box::new(Expr::Dot), true, self.again(f)?),
            ("all", [f]) => Expr::Not.after(Expr::Any(Box::new(Expr::Dot), false, self.again(f)?)),
            ("any", [list, f]) => Expr::Any(self.listed(list)?, true, self.again(f)?),
            ("all", [list, f]) => Expr::Not.after(Expr::Any(self.listed(list)?, false, self.again(f)?)),
            ("IN", [these]) => self.among(these)?,
            (name, args) => {
                let call = Call::named(name, args.len())?;
                let argument = args.first().map(|argument| self.boxed(argument));
                Expr::Call(call, argument.map_or(Some(None), |argument| argument.map(Some))?)
            }
        })
    }

    /// `e? // otherwise`, of what fails where it fails in the engine.
    pub(super) fn attempt(&mut self, tried: &'t Tree<'t>, otherwise: &'t Tree<'t>) -> Option<Expr> {
        match tried {
            Term::Call("tonumber", args)
                if !self.of_event && self.called("tonumber", args.len()).is_none() =>
            {
                Some(Expr::Attempt(self.boxed(tried)?, self.boxed(otherwise)?))
            }
            _ => None,
        }
    }

    fn each(&mut self, f: &'t Tree<'t>, of_list: bool) -> Option<Expr> {
        Some(match f {
            Term::Call("select", args) if args.len() == 1 && self.called("select", 1).is_none() => {
                Expr::Each(of_list, Each::Kept, self.again(&args[0])?)
            }
            f => Expr::Each(of_list, Each::Made, self.again(f)?),
        })
    }

    /// What is evaluated more than once: what it reads must stay where it is.
    fn again(&mut self, term: &'t Tree<'t>) -> Option<Box<Expr>> {
        let before = self.uses.clone();
        let lowered = self.boxed(term)?;
        for (slot, uses) in self.uses.iter_mut().enumerate() {
            if *uses > before.get(slot).copied().unwrap_or(0) {
                *uses += 1;
            }
        }
        Some(lowered)
    }

    /// The list of `list[]`.
    fn listed(&mut self, term: &'t Tree<'t>) -> Option<Box<Expr>> {
        let Term::Path(base, path) = term else { return None };
        let ((Part::Range(None, None), Opt::Essential), path) = path.0.split_last()? else { return None };
        self.read(base, path).map(Box::new)
    }

    /// `IN(a, b)`: whether the state is one of these.
    fn among(&mut self, term: &'t Tree<'t>) -> Option<Expr> {
        if let Term::BinOp(l, BinaryOp::Comma, r) = term {
            let (l, r) = (self.among(l)?, self.among(r)?);
            return Some(Expr::Logic(Box::new(l), true, Box::new(r)));
        }
        // A list that is gone through is no value to compare with.
        let one = self.expr(term)?;
        Some(Expr::Compare(Box::new(one), Cmp::Eq, Box::new(Expr::Dot)))
    }
}

impl Expr {
    /// This, of what another one makes.
    fn after(self, first: Self) -> Self {
        Self::Pipe(Box::new(first), Box::new(self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::jq::{Rule, State};

    /// Rules whose functions are run as plain operations, over `.` and `$x`.
    const RULES: &[&str] = &[
        "startswith($x)",
        ".a | endswith($x)",
        "ltrimstr($x)",
        "rtrimstr($x) | length",
        "split($x)",
        ".b | split(\"a\")[0]",
        "join($x)",
        "[.a, .b] | join(\", \")",
        ".a | tonumber? // .",
        "tonumber? // $x",
        "has(\"a\")",
        "has($x)",
        "type + \"\\(.a | type)\"",
        "select(.a != $x)",
        ".a | select(. != null) | [., $x]",
        "map(select(. != $x))",
        "map([., $x])",
        "map_values(select(. != \"a\"))",
        "map_values(if . == $x then [.] else $x end)",
        "any(. == $x)",
        "all(. != $x)",
        "any(.b[]; . == $x or . == \"a\")",
        "all(.b[]; type == \"string\" and (startswith(\"a\") | not))",
        "any($x[]; . == $x[0])",
        ".a | IN(\"a\", $x, null)",
        "(.a, .b) |= (tonumber? // .)",
        "(.a, .new) |= [$x, .]",
        "del(.a) | map_values(select(. != null)) | .c = $x",
        "def f($p): map(select(. == $p)); {a: f($x)?, b: .}",
        "def named: if .a then .a else \"none\" end; \"\\(named)/\\($x)\"",
    ];

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "null", "true", "1", "-2.5", "\"a\"", "\"ab\"", "\"\"", "\"12\"", "\"1e2\"",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::btree_map("[abc]", inner, 0..4).prop_map(|members| {
                    let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn functions_of_the_library_agree_with_the_engine(
            source in prop::sample::select(RULES),
            input in json(),
            x in json(),
        ) {
            let compiled = |rule: Result<Rule, crate::jq::Mistake>| rule.map_err(|m| TestCaseError::fail(m.message));
            let plain = compiled(Rule::compile("t", source, &["$x"]))?;
            let engine = compiled(Rule::compile_unlowered("t", source, &["$x"], ""))?;
            prop_assert!(!engine.is_bare());
            let run = |rule: &Rule| {
                let vars = [State::from_json(&x).unwrap()];
                let outputs = rule.run(&State::from_json(&input).unwrap(), &vars).map_err(|e| e.to_string())?;
                outputs.iter().map(|output| output.to_json().map_err(|e| e.to_string())).collect::<Result<Vec<_>, _>>()
            };
            prop_assert_eq!(run(&plain), run(&engine), "{} on {} with {}", source, input, x);
        }
    }

    #[test]
    fn what_mappings_say_runs_without_the_engine() {
        for source in RULES.iter().filter(|source| !source.contains(")?")) {
            assert!(Rule::compile("t", source, &["$x"]).unwrap().is_bare(), "{source}");
        }
    }
}
