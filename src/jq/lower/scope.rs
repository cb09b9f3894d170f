//! The names that a rule gives: variables, and definitions whose calls are written out in their places.

use jaq_core::load::parse::Def;

use super::super::ops::Expr;
use super::{Lower, Tree};

/// How many calls of a rule's own definitions are written out in their places.
const MOST_CALLS: usize = 100;

/// A name that a rule gave, or was given.
#[derive(Clone, Copy)]
pub(super) enum Name<'t> {
    Variable(&'t str, usize),
    /// A definition sees the names before it.
    Definition(&'t Def<&'t str>),
    /// A parameter `$x` is also a definition `x`, which is left to the engine.
    Parameter(&'t str),
}

impl<'t> Lower<'t> {
    /// A slot for a variable of the rule's own.
    pub(super) fn bind(&mut self, name: &'t str) -> usize {
        let slot = self.projection.own_slot();
        self.uses.resize(self.projection.len(), 0);
        self.scope.push(Name::Variable(name, slot));
        slot
    }

    /// Lowers something that is seen with more names, which are gone behind it.
    pub(super) fn within<T>(&mut self, lower: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let names = self.scope.len();
        let lowered = lower(self);
        self.scope.truncate(names);
        lowered
    }

    /// What the rule itself calls so, and where in the scope it stands.
    pub(super) fn called(&self, name: &str, args: usize) -> Option<(usize, Name<'t>)> {
        let found = self.scope.iter().enumerate().rev().find(|(_, known)| match known {
            Name::Definition(def) => def.name == name && def.args.len() == args,
            Name::Parameter(known) => args == 0 && *known == name,
            Name::Variable(..) => false,
        });
        found.map(|(place, known)| (place, *known))
    }

    /// A call of one of its definitions, written out in its place.
    pub(super) fn call(&mut self, (place, called): (usize, Name<'t>), args: &'t [Tree<'t>]) -> Option<Expr> {
        let Name::Definition(def) = called else { return None };
        self.calls += 1;
        if self.calls > MOST_CALLS || !def.args.iter().all(|name| name.starts_with('$')) {
            return None;
        }
        let values: Vec<_> = args.iter().map(|arg| self.expr(arg)).collect::<Option<_>>()?;
        // It sees what was there where it stands, so not itself: one that recurses is for the engine.
        let here = self.scope.clone();
        self.scope.truncate(place);
        let slots: Vec<_> = def
            .args
            .iter()
            .map(|name| {
                self.scope.push(Name::Parameter(&name[1..]));
                self.bind(name)
            })
            .collect();
        let body = self.expr(&def.body);
        self.scope = here;
        let bound = slots.into_iter().zip(values).rev();
        Some(bound.fold(body?, |body, (slot, value)| Expr::Bind(slot, Box::new(value), Box::new(body))))
    }

    /// The slot of a variable of the rule's own.
    pub(super) fn own_variable(&self, name: &str) -> Option<usize> {
        self.scope.iter().rev().find_map(|known| match known {
            Name::Variable(own, slot) if *own == name => Some(*slot),
            _ => None,
        })
    }
}
