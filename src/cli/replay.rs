//! `replay`: build every head again from the log, or see what another domain would make of it.

use serde_json::{Value, json};

use super::Context;
use super::out::{change_line, progress, visible};
use crate::domain;
use crate::error::Result;
use crate::replay::diff;

#[derive(clap::Args)]
pub struct Args {
    /// Fold by the rules of this domain instead; always a dry run.
    #[arg(long, value_name = "FILE")]
    domain: Option<String>,
    /// List what would differ, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let other = args.domain.as_deref().map(domain::load).transpose()?;
    let write = other.is_none() && !args.dry_run;
    let mut session = context.session()?;
    let bar = progress("replaying");
    let rebuilt = session.replay(other.as_ref(), write, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        true
    });
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    for differing in &rebuilt.differing {
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let changes = diff(&value(&differing.old), &value(&differing.new));
        if context.json {
            context.out.json(
                &json!({ "aggregate": differing.aggregate, "branch": differing.branch, "changes": changes }),
            )?;
        } else {
            let name = differing.aggregate.to_string();
            context.out.line(visible(&name))?;
            for change in &changes {
                context.out.line(format_args!("  {}", change_line(change)))?;
            }
        }
    }
    if context.json {
        return context.out.json(&json!({
            "aggregates": rebuilt.aggregates, "events": rebuilt.events, "differ": rebuilt.differ,
            "errors": rebuilt.errors, "written": write,
        }));
    }
    let did = if write { "heads built again" } else { "nothing was written" };
    context.out.line(format_args!(
        "{} aggregates, {} events: {} differ, {} with a rule error; {did}.",
        rebuilt.aggregates, rebuilt.events, rebuilt.differ, rebuilt.errors
    ))
}
