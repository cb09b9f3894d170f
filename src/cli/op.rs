//! `op log`: what was done to the store, by whom and when.

use serde_json::{Value, json};

use super::out::visible;
use super::{Context, help};
use crate::error::Result;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The operations, newest first.
    Log {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Print this message or the help of the given subcommand(s).
    Help(help::Own),
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let limit = match &args.what {
        What::Log { limit } => *limit,
        What::Help(args) => return help::of_own("op", args),
    };
    let mut session = context.session()?;
    for (operation, branch) in session.operations(None, limit)? {
        let detail: Value = serde_json::from_str(&operation.detail).unwrap_or_default();
        let span = operation.span.map(|(first, last)| [first, last]);
        if context.json {
            context.out.json(&json!({
                "operation": operation.id, "at": operation.at, "actor": operation.actor, "verb": operation.verb,
                "branch": branch, "positions": span, "detail": detail, "undoes": operation.undoes,
            }))?;
            continue;
        }
        let events = match span {
            Some([first, last]) if first == last => format!("  #{first}"),
            Some([first, last]) => format!("  #{first}..#{last}"),
            None => String::new(),
        };
        let undoes = operation.undoes.map_or_else(String::new, |id| format!("  of {id}"));
        let detail = if detail.as_object().is_some_and(serde_json::Map::is_empty) {
            String::new()
        } else {
            format!("  {}", visible(&operation.detail))
        };
        context.out.line(format_args!(
            "{:>5}  {}  {:<10} {}{undoes} on {branch}{events}{detail}",
            operation.id,
            operation.at,
            visible(&operation.actor),
            operation.verb
        ))?;
    }
    Ok(())
}
