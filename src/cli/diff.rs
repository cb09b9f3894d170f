//! `diff`: what changed between two points.

use super::Context;
use super::out::change_line;
use crate::error::Result;
use crate::session::Point;

#[derive(clap::Args)]
pub struct Args {
    /// The point before.
    from: String,
    /// The point after; `@5` alone is about the same aggregate.
    to: String,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let from = session.resolve(&args.from, None)?;
    let here = match &from {
        Point::Aggregate { aggregate, .. } => Some(aggregate.clone()),
        Point::Store { .. } => None,
    };
    let to = session.resolve(&args.to, here.as_ref())?;
    for change in session.diff(&from, &to)? {
        if context.json {
            context.out.json(&change)?;
        } else {
            context.out.line(change_line(&change))?;
        }
    }
    Ok(())
}
