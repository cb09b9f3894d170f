//! A compiled filter with declared variables.

use jaq_core::data::JustLut;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};
use jaq_json::Val;

use super::mistake::Mistake;
use super::state::{self, State};
use crate::error::{Error, Result};

/// How many outputs a rule may have.
const MAX_OUTPUTS: usize = 10_000;

/// A compiled jq filter with declared variables.
pub struct Rule {
    name: String,
    source: String,
    filter: Filter<JustLut<Val>>,
}

impl Rule {
    /// Compiles a filter. The name says in errors what the rule is (`Task.TaskCreated apply`); the variables are
    /// those that a run is given, in order (`$params`, `$meta`).
    pub fn compile(name: &str, source: &str, vars: &[&'static str]) -> Result<Self, Mistake> {
        Self::compile_with(name, source, vars, "")
    }

    /// The same, with jq definitions that the source can call, such as `def event($t; $d): {type: $t, data: $d};`.
    pub fn compile_with(
        name: &str,
        source: &str,
        vars: &[&'static str],
        prelude: &str,
    ) -> Result<Self, Mistake> {
        const NO: &[&str] =
            &["now", "env", "localtime", "strflocaltime", "halt", "debug_empty", "stderr_empty", "jn", "yn"];
        const NO_DEF: &[&str] = &["halt", "halt_error", "debug", "stderr"];
        let own = load::parse(prelude, |p| p.defs())
            .ok_or_else(|| Mistake::new("the definitions before the rule are not jq", 0..0))?;
        let library: Vec<load::parse::Def<&'static str>> = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .filter(|d| !NO_DEF.contains(&d.name))
            .collect();
        let mut defs: Vec<load::parse::Def<&str>> = library;
        defs.extend(own);
        let funs = jaq_core::funs()
            .chain(jaq_std::funs())
            .chain(jaq_json::funs())
            .filter(|(name, ..)| !NO.contains(name));
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(&arena, File { path: (), code: source })
            .map_err(|e| Mistake::of_load(source, e))?;
        load::import(&modules, |_| Err(String::new())).map_err(|e| Mistake::of_load(source, e))?;
        let filter = Compiler::default()
            .with_funs(funs)
            .with_global_vars(vars.iter().copied())
            .compile(modules)
            .map_err(|e| Mistake::of_compile(source, e))?;
        Ok(Self { name: name.to_owned(), source: source.to_owned(), filter })
    }

    /// What the rule is called in errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// All outputs, in order; at most 10,000.
    pub fn run(&self, input: &State, vars: &[State]) -> Result<Vec<State>> {
        self.outputs(input.0.clone(), vars.iter().map(|v| v.0.clone()).collect())
    }

    /// The one output; none or several are an error.
    pub fn one(&self, input: &State, vars: &[State]) -> Result<State> {
        self.only(input.0.clone(), vars.iter().map(|v| v.0.clone()).collect())
    }

    pub(super) fn only(&self, input: Val, vars: Vec<Val>) -> Result<State> {
        let mut outputs = self.outputs(input, vars)?;
        match (outputs.pop(), outputs.len()) {
            (Some(output), 0) => Ok(output),
            (None, _) => Err(self
                .error("it must have one result, and has none")
                .hint("`empty` and `select` leave nothing; `if … then … else . end` keeps what was there")),
            (_, rest) => Err(self.error(format!("it must have one result, and has {}", rest + 1))),
        }
    }

    fn outputs(&self, input: Val, vars: Vec<Val>) -> Result<Vec<State>> {
        let ctx = Ctx::<JustLut<Val>>::new(&self.filter.lut, Vars::new(vars));
        let mut outputs = Vec::new();
        for output in self.filter.id.run((ctx, input)).map(jaq_core::unwrap_valr) {
            let output = output.map_err(|e| self.error(e.to_string()))?;
            if outputs.len() == MAX_OUTPUTS {
                return Err(self.error(format!("stopped: it has more than {MAX_OUTPUTS} results")));
            }
            state::measure(&output).map_err(|e| e.at(&self.name))?;
            outputs.push(State(output));
        }
        Ok(outputs)
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::refused(message).at(&self.name)
    }
}
