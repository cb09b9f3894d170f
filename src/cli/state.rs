//! `state`: the state at a point.

use serde_json::json;

use super::Context;
use super::out::visible;
use crate::error::{Error, Result};
use crate::session::Point;

#[derive(clap::Args)]
pub struct Args {
    /// The point: Task/42, Task/42@3, Task/42@2019-04-20, 118, the start of a hash.
    rev: String,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let Point::Aggregate { branch, aggregate, version, .. } = session.resolve(&args.rev, None)? else {
        return Err(Error::usage(format!("{} names a moment of the whole store.", args.rev))
            .hint("Name an aggregate too: Task/42@2019-04-20. The list of that moment: aggregates --at."));
    };
    session.switch(&branch)?;
    let at = session.state(&aggregate, version)?;
    if context.json {
        return context.out.json(&json!({
            "aggregate": at.aggregate, "branch": at.branch, "version": at.version, "position": at.position,
            "exists": at.exists, "state": at.state, "error": at.error,
        }));
    }
    let name = at.aggregate.to_string();
    let exists = if at.exists { "" } else { "  does not exist here" };
    context.out.line(format_args!("{} v{}{exists}", visible(&name), at.version))?;
    if let Some(error) = &at.error {
        context.out.line(format_args!("error  {}", visible(error)))?;
    }
    let pretty = serde_json::to_string_pretty(&at.state).unwrap_or_default();
    for line in pretty.lines() {
        context.out.line(visible(line))?;
    }
    Ok(())
}
