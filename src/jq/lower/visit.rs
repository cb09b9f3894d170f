//! A walk over operations: every slot that they read.

use super::super::ops::{Expr, Op, Path};

/// Gets a slot, and whether its value may be moved out.
pub(super) type See<'f> = &'f mut dyn FnMut(usize, &mut bool);

/// Shows every slot that is read.
pub(super) fn visit_ops(ops: &mut [Op], see: See<'_>) {
    for op in ops {
        match op {
            Op::Assign(path, e) | Op::Math(path, _, e) | Op::Alt(path, e) => {
                visit_path(path, see);
                visit(e, see);
            }
            Op::Delete(path) => visit_path(path, see),
            Op::Update(path, ops) => {
                visit_path(path, see);
                visit_ops(ops, see);
            }
            Op::If(cases, otherwise) => {
                for (condition, then) in cases {
                    visit(condition, see);
                    visit_ops(then, see);
                }
                visit_ops(otherwise, see);
            }
            Op::Replace(e) | Op::Bind(_, e) => visit(e, see),
        }
    }
}

fn visit_path(path: &mut Path, see: See<'_>) {
    for (index, _) in &mut path.parts {
        visit(index, see);
    }
}

fn visit(expr: &mut Expr, see: See<'_>) {
    match expr {
        Expr::Slot { slot, last } => see(*slot, last),
        Expr::Dot | Expr::Const(_) | Expr::Not | Expr::Length | Expr::ToString | Expr::Call(_, None) => {}
        Expr::Index(l, r)
        | Expr::Math(l, _, r)
        | Expr::Compare(l, _, r)
        | Expr::Logic(l, _, r)
        | Expr::Alt(l, r)
        | Expr::Attempt(l, r)
        | Expr::Any(l, _, r)
        | Expr::Bind(_, l, r)
        | Expr::Pipe(l, r) => {
            visit(l, see);
            visit(r, see);
        }
        Expr::Array(items) | Expr::Text(items) => items.iter_mut().for_each(|e| visit(e, see)),
        Expr::Object(entries) => {
            for (k, v) in entries {
                visit(k, see);
                visit(v, see);
            }
        }
        Expr::Neg(e) | Expr::Fail(e) | Expr::Each(_, _, e) | Expr::Call(_, Some(e)) => visit(e, see),
        Expr::If(cases, otherwise) => {
            for (c, t) in cases {
                visit(c, see);
                visit(t, see);
            }
            if let Some(e) = otherwise {
                visit(e, see);
            }
        }
    }
}
