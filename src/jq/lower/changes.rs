//! Several paths that are changed at once, as operations one after the other.

use jaq_core::load::parse::{BinaryOp, Term};

use super::super::ops::Op;
use super::{Lower, Tree};

impl<'t> Lower<'t> {
    /// `del(.a, .b)`
    pub(super) fn deletes(&mut self, term: &'t Tree<'t>, ops: &mut Vec<Op>) -> Option<()> {
        if let Term::BinOp(l, BinaryOp::Comma, r) = term {
            self.deletes(l, ops)?;
            self.deletes(r, ops)?;
            // One after the other is all at once only where no place moves and none is looked for in the state.
            let fixed =
                |op: &Op| matches!(op, Op::Delete(path) if path.parts.iter().all(|(key, _)| key.is_name()));
            return ops.iter().all(fixed).then_some(());
        }
        let path = self.path(term)?;
        // Removing the state itself leaves no result.
        if path.parts.is_empty() {
            return None;
        }
        ops.push(Op::Delete(path));
        Some(())
    }

    /// `(.a, .b) |= f`: one after the other.
    pub(super) fn updates(&mut self, paths: &'t Tree<'t>, by: &'t Tree<'t>, ops: &mut Vec<Op>) -> Option<()> {
        if let Term::BinOp(l, BinaryOp::Comma, r) = paths {
            self.updates(l, by, ops)?;
            self.updates(r, by, ops)?;
            // Where the second stands must not depend on what the first became.
            let fixed = |op: &Op| matches!(op, Op::Update(path, _) if path.parts.iter().all(|(key, _)| key.is_name()));
            return ops.iter().all(fixed).then_some(());
        }
        ops.push(Op::Update(self.path(paths)?, self.ops(by)?));
        Some(())
    }
}
