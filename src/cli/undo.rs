//! `undo` and `redo`: takes back what the actor did last, by another operation.

use serde_json::json;

use super::carried::{print, sentence};
use super::out::visible;
use super::{Actor, Context};
use crate::error::Result;
use crate::journal::Mode;

#[derive(clap::Args)]
pub struct Args {
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args, again: bool) -> Result<()> {
    let mut session = context.session()?;
    let actor = args.actor.name();
    let mut take_back =
        |dry_run: bool| if again { session.redo(dry_run, &actor) } else { session.undo(dry_run, &actor) };
    // What it means is said before it is done.
    let mut undone = take_back(true)?;
    let verb = if again { "redo" } else { "undo" };
    if !context.json {
        let operation = &undone.operation;
        let line = format!("{verb} of operation {} ({}): {}.", operation.id, operation.verb, undone.says);
        context.out.line(visible(&line))?;
        context.out.flush()?;
    }
    if let Some(refusal) = undone.refusal(&sentence) {
        return Err(refusal);
    }
    if !args.dry_run {
        undone = take_back(false)?;
    }
    if context.json {
        return context.out.json(&json!({
            "operation": undone.operation.id, "verb": undone.operation.verb, "does": undone.says,
            "written": undone.written,
            "events": undone.carriage.iter().flat_map(|c| &c.units).flat_map(|u| &u.events)
                .map(|event| event.position).collect::<Vec<_>>(),
        }));
    }
    match &undone.carriage {
        Some(carriage) => print(context, carriage, Mode { dry_run: args.dry_run, ..Mode::default() }),
        None => Ok(()),
    }
}
