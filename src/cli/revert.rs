//! `revert`: takes events back, by new events.

use super::carried::{Modes, print};
use super::{Actor, Context};
use crate::error::Result;
use crate::journal::Mode;

#[derive(clap::Args)]
pub struct Args {
    /// The events, in the order in which they are taken back; each brings the others of its command.
    #[arg(required = true)]
    revs: Vec<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    /// Take back once more what is taken back already.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    modes: Modes,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let points = args.revs.iter().map(|rev| session.resolve(rev, None)).collect::<Result<Vec<_>>>()?;
    let mode = Mode { again: args.again, ..args.modes.mode() };
    let carriage = session.revert(&points, mode, args.reason.as_deref(), &args.actor.name())?;
    print(context, &carriage, mode)
}
