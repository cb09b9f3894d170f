//! A compiled filter with declared variables.

use jaq_core::data::HasLut;
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, DataT, Filter, Lut, Vars};
use jaq_json::Val;

use super::lower::Plain;
use super::mistake::Mistake;
use super::reads::Reads;
use super::state::{self, State};
use super::value::{self, V};
use super::{limits, natives, syntax, tame};
use crate::error::{Error, Kind, Result};

/// What the rule is called inside.
const RULE: &str = "__rule__";
/// How many outputs a rule may have.
const MAX_OUTPUTS: usize = 10_000;

/// A compiled jq filter with declared variables.
pub struct Rule {
    name: String,
    source: String,
    filter: Filter<Engine>,
    /// Which of the declared variables it names.
    reads: Vec<bool>,
    /// What it reads of each.
    needs: Box<Reads>,
    /// The same as plain operations, where it needs no more than those.
    plain: Option<Plain>,
    /// May it recurse, or nest values without end? Then it runs with much more stack.
    wild: bool,
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
        let rule = Self::compile_unlowered(name, source, vars, prelude)?;
        Ok(Self { plain: Plain::lower(source, vars, prelude), ..rule })
    }

    /// The same for the jq engine, whatever it is.
    pub fn compile_unlowered(
        name: &str,
        source: &str,
        vars: &[&'static str],
        prelude: &str,
    ) -> Result<Self, Mistake> {
        let term = syntax::term(source)?;
        let wild = !tame::is_tame(&term);
        let own = syntax::defs(prelude)
            .map_err(|e| Mistake::new(format!("in the definitions before the rule: {}", e.message), 0..0))?;
        let mut defs = natives::defs().to_vec();
        defs.extend(syntax::rewritten_defs(prelude, own));
        // The engine takes trees as definitions only: the rule is one, of a name that the loader's file calls.
        defs.push(Def { name: RULE, args: Vec::new(), body: syntax::rewritten(source, term) });
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(&arena, File { path: (), code: RULE })
            .map_err(|_| Mistake::new("it does not compile", 0..source.len()))?;
        let filter = Compiler::default()
            .with_funs(natives::funs())
            .with_global_vars(vars.iter().copied())
            .compile(modules)
            .map_err(|e| Mistake::of_compile(source, e))?;
        let reads = vars.iter().map(|var| source.contains(var) || prelude.contains(var)).collect();
        let needs = Box::new(Reads::of(source));
        Ok(Self { name: name.to_owned(), source: source.to_owned(), filter, reads, needs, plain: None, wild })
    }

    /// Whether its text names the variable that was declared at this place: what it does not read need not be made.
    pub fn reads(&self, var: usize) -> bool {
        self.reads.get(var).copied().unwrap_or(false)
    }

    /// What it reads of what it is given, and of each variable.
    pub fn needs(&self) -> &Reads {
        &self.needs
    }

    /// Does it run as plain operations, without the jq engine?
    pub fn is_bare(&self) -> bool {
        self.plain.is_some()
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
        if let Some(output) = self.plainly(input, vars) {
            return Ok(vec![output]);
        }
        self.outputs(input.0.clone(), vars.iter().map(|v| v.0.clone()).collect())
    }

    /// The one output; none or several are an error.
    pub fn one(&self, input: &State, vars: &[State]) -> Result<State> {
        if let Some(output) = self.plainly(input, vars) {
            return Ok(output);
        }
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

    /// The output of plain operations; where they have none, the engine says why, or has one.
    fn plainly(&self, input: &State, vars: &[State]) -> Option<State> {
        let plain = self.plain.as_ref()?;
        limits::bounded(false, || plain.run(input, vars).map(|v| State(v.0)).ok()).ok().flatten()
    }

    fn outputs(&self, input: Val, vars: Vec<Val>) -> Result<Vec<State>> {
        limits::bounded(self.wild, || self.collect(input, vars))
            .unwrap_or_else(|stop| Err(self.stopped(stop.reason())))
    }

    fn collect(&self, input: Val, vars: Vec<Val>) -> Result<Vec<State>> {
        let data = Data { lut: &self.filter.lut };
        let ctx = Ctx::<Engine>::new(data, Vars::new(vars.into_iter().map(V)));
        let mut outputs = Vec::new();
        for output in self.filter.id.run((ctx, V(input))) {
            let output = output.map_err(|exn| match exn.get_err() {
                Ok(error) => failed(&self.name, error),
                Err(_) => self.error("it breaks out of nothing"),
            })?;
            if outputs.len() == MAX_OUTPUTS {
                return Err(self.stopped(format!("stopped: it has more than {MAX_OUTPUTS} results")));
            }
            state::measure(&output.0, state::MAX_DEPTH).map_err(|e| e.at(&self.name))?;
            outputs.push(State(output.0));
        }
        Ok(outputs)
    }

    /// Whether a predicate holds: its first result is neither false nor null. One that fails on a value (a
    /// missing field, another type) does not hold there; one that runs away is an error.
    pub fn holds(&self, input: &State, vars: &[State]) -> Result<bool> {
        match self.run(input, vars) {
            Ok(outputs) => Ok(outputs.first().is_some_and(State::truthy)),
            Err(error) if error.kind() == Kind::Stopped => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn stopped(&self, message: impl Into<String>) -> Error {
        Error::new(Kind::Stopped, message).at(&self.name)
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::refused(message).at(&self.name)
    }
}

/// The engine's error for the person who wrote the rule; to be called inside the bounds.
pub(super) fn failed(name: &str, error: value::Error) -> Error {
    let message = match error.into_val() {
        V(Val::TStr(s)) => String::from_utf8_lossy(&s).into_owned(),
        other => other.to_string(),
    };
    Error::refused(message).at(name)
}

/// The engine's kind of data: bounded values, and a count of steps.
pub(super) enum Engine {}

#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    lut: &'a Lut<Engine>,
}

impl DataT for Engine {
    type V<'a> = V;
    type Data<'a> = Data<'a>;
}

impl<'a> HasLut<'a, Engine> for Data<'a> {
    /// The engine asks for this once for each term that it evaluates: the place to count.
    fn lut(&self) -> &'a Lut<Engine> {
        limits::tick();
        self.lut
    }
}

#[cfg(test)]
mod tests;
