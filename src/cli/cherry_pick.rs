//! `cherry-pick`: carries events over to another branch.

use super::carried::{Modes, React, print_carried};
use super::{Actor, Context};
use crate::error::Result;
use crate::session::Carry;

#[derive(clap::Args)]
pub struct Args {
    /// The events, in the order in which they are carried; each brings the others of its command.
    #[arg(required = true)]
    revs: Vec<String>,
    /// The branch they go to; else the one that -b names.
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
    #[command(flatten)]
    modes: Modes,
    #[command(flatten)]
    react: React,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let points = args.revs.iter().map(|rev| session.resolve(rev, None)).collect::<Result<Vec<_>>>()?;
    if let Some(onto) = &args.onto {
        session.switch(onto)?;
    }
    let mode = args.react.with(args.modes.mode());
    let carriage = session.cherry_pick(&points, mode, &args.actor.name())?;
    let Some(event) = points.first().cloned() else { return Ok(()) };
    let carry = Carry::Pick { event, onto: session.branch_name().to_owned() };
    print_carried(context, &mut session, &carry, &carriage, mode)
}
